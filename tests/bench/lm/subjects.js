// What is measured, ours and the peers, with one interface, in Node and in a page: load, generate greedily with a call
// for each token, and the logits of the last token if the library gives them.
/**
 * @typedef {import('./prompt.js').Prompt} Prompt
 * @typedef {() => Promise<Untyped>} Import of a library
 *
 * @typedef {object} Place
 * @property {string} dtype
 * @property {string} id
 * @property {{ ours?: Import, transformers?: Import, wllama?: Import }} modules
 * @property {string} models
 * @property {string} [device]
 * @property {object} [sessionOptions]
 * @property {string} [ggufUrl]
 * @property {string} [wllamaWasm]
 * @property {string} [ortWasm]
 *
 * @typedef {object} Subject
 * @property {(prompt: Prompt, count: number, onToken: () => void) => Promise<unknown>} generate
 * @property {(prompt: Prompt) => Promise<number[]>} [logits]
 * @property {(prompt: Prompt) => Promise<Untyped>} [top]
 * @property {() => Untyped} stats
 */

const big = (/** @type {number[]} */ ids) => BigInt64Array.from(ids, BigInt);

/**
 * Ours and Transformers.js have the same interface.
 * @param {Untyped} lib
 * @param {string} id
 * @param {Untyped} options
 * @returns {Promise<Subject>}
 */
async function causal(lib, id, options) {
  const model = await lib.AutoModelForCausalLM.from_pretrained(id, options);
  const inputs = (/** @type {Prompt} */ { ids }) => ({
    input_ids: new lib.Tensor('int64', big(ids), [1, ids.length]),
    attention_mask: new lib.Tensor('int64', new BigInt64Array(ids.length).fill(1n), [1, ids.length]),
  });
  return {
    async generate(prompt, count, onToken) {
      let first = true; // the first call brings the prompt
      const streamer = { put: () => (first ? (first = false) : onToken()), end() {} };
      const out = await model.generate({
        ...inputs(prompt),
        max_new_tokens: count,
        min_new_tokens: count,
        do_sample: false,
        streamer,
      });
      return out.dims ?? out.length;
    },
    async logits(prompt) {
      const { logits } = await model(inputs(prompt)),
        size = logits.dims.at(-1);
      return [...logits.data.slice(logits.data.length - size)];
    },
    stats: () => ({ ...model.stats }),
  };
}

/** @type {Record<string, (place: Place) => Promise<Subject>>} */
export const subjects = {
  async ours({ dtype, id, modules, models }) {
    const lib = await /** @type {Untyped} */ (modules).ours();
    if (!lib.AutoModelForCausalLM) throw new Error('MISSING: wasmformers has no AutoModelForCausalLM yet');
    Object.assign(lib.env, {
      allowRemoteModels: false,
      allowLocalModels: true,
      localModelPath: models,
      useBrowserCache: false,
    });
    return causal(lib, id, { dtype });
  },
  async transformers({ dtype, id, modules, models, device, sessionOptions, ortWasm }) {
    const lib = await /** @type {Untyped} */ (modules).transformers();
    Object.assign(lib.env, {
      allowRemoteModels: false,
      allowLocalModels: true,
      localModelPath: models,
      useBrowserCache: false,
    });
    Object.assign(lib.env.backends.onnx.wasm, { numThreads: 1, wasmPaths: ortWasm });
    return causal(lib, id, { dtype, device, ...(sessionOptions && { session_options: sessionOptions }) });
  },
  async wllama({ dtype, modules, ggufUrl, wllamaWasm }) {
    const { Wllama } = await /** @type {Untyped} */ (modules).wllama();
    /** @type {string[]} */
    const said = [];
    const keep = (/** @type {Untyped[]} */ ...line) => said.push(line.join(' '));
    const engine = new Wllama({ default: wllamaWasm }, { logger: { debug() {}, log: keep, warn: keep, error: keep } });
    try {
      await engine.loadModel([await (await fetch(`${ggufUrl}${dtype}.gguf`)).blob()], {
        n_threads: 1,
        n_gpu_layers: 0,
        n_ctx: 1024,
      });
    } catch (error) {
      throw new Error(`${error}\n${said.slice(-30).join('\n')}`);
    }
    const ask = (/** @type {Prompt} */ { text }, /** @type {Untyped} */ more) =>
      engine
        .createCompletion({ prompt: text, temperature: 0, top_k: 1, ignore_eos: true, cache_prompt: false, ...more })
        .catch((/** @type {Untyped} */ error) => {
          throw new Error(`${error}\n${said.slice(-8).join('\n')}`);
        });
    return {
      async generate(prompt, count, onToken) {
        await ask(prompt, {
          max_tokens: count,
          stream: true,
          onData(/** @type {Untyped} */ chunk) {
            if (!chunk.choices[0]?.finish_reason) onToken();
          },
        });
      },
      async top(prompt) {
        const answer = await ask(prompt, { max_tokens: 1, logprobs: 20 });
        return answer.choices[0].logprobs.content[0].top_logprobs;
      },
      stats: () => ({ threads: engine.getNumThreads(), multithread: engine.isMultithread() }),
    };
  },
};
