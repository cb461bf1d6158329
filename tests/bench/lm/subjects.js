// What is measured, ours and the peers, behind one face, in Node and in a page: load, generate greedily with a call for
// each token, logits of the last token where they can be had.
/**
 * @typedef {{ dtype: string, id: string, modules: { ours?: () => Promise<any>, transformers?: () => Promise<any>,
 *   wllama?: () => Promise<any> },
 *             models: string, device?: string, sessionOptions?: any, ggufUrl?: string, wllamaWasm?: string,
 *             ortWasm?: string }} Place
 * @typedef {import('./prompt.js').Prompt} Prompt
 * @typedef {{ generate: (prompt: Prompt, count: number, onToken: () => void) => Promise<any>, logits?: (prompt:
 *   Prompt) => Promise<number[]>,
 *             top?: (prompt: Prompt) => Promise<any>, stats: () => any }} Subject
 */

const big = (/** @type {number[]} */ ids) => BigInt64Array.from(ids, BigInt);

/**
 * Ours and Transformers.js have the same face.
 * @param {any} lib
 * @param {string} id
 * @param {any} options
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
      let first = true; // that call brings the prompt
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
    const lib = await /** @type {any} */ (modules).ours();
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
    const lib = await /** @type {any} */ (modules).transformers();
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
    const { Wllama } = await /** @type {any} */ (modules).wllama();
    /** @type {string[]} */
    const said = [];
    const keep = (/** @type {any[]} */ ...line) => said.push(line.join(' '));
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
    const ask = (/** @type {Prompt} */ { text }, /** @type {any} */ more) =>
      engine
        .createCompletion({ prompt: text, temperature: 0, top_k: 1, ignore_eos: true, cache_prompt: false, ...more })
        .catch((/** @type {any} */ error) => {
          throw new Error(`${error}\n${said.slice(-8).join('\n')}`);
        });
    return {
      async generate(prompt, count, onToken) {
        await ask(prompt, {
          max_tokens: count,
          stream: true,
          onData(/** @type {any} */ chunk) {
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
