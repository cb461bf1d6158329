// What library.test.js asks the package to do in a browser. Each case takes and gives plain data.
import { AutoTokenizer, PreTrainedModel, PreTrainedTokenizer, env, pipeline } from '/js/index.js';

env.allowLocalModels = true;
env.localModelPath = '/models/';
env.remoteHost = new URL('/no-hub/', location.href).href;
const tiny = (/** @type {string} */ name) => new URL(`/fixtures/models/${name}/`, location.href).href;
const told = (/** @type {Partial<import('wasmformers').WasmformersError> | undefined} */ error) => ({
  name: error?.name,
  code: error?.code,
  file: error?.file,
  message: error?.message,
});
const pooled = /** @type {const} */ ({ pooling: 'mean', normalize: true });

/**
 * Embeddings, the engine's statistics, and the events of the load.
 * @param {{ model: string, dtype: 'q8' | 'fp32', texts: string[], variant?: '' | 'simd' | 'relaxed' }} options
 */
export async function embed({ model, dtype, texts, variant = '' }) {
  /** @type {string[]} */
  const events = [];
  env.wasm.variant = variant;
  const extractor = await pipeline('feature-extraction', model, {
    dtype,
    progress_callback: (event) => events.push(event.status),
  });
  env.wasm.variant = '';
  const { dims, data } = await extractor(texts, pooled);
  const stats = extractor.model.stats;
  await extractor.dispose();
  return { dims, data: [...data], stats, events: [...new Set(events)] };
}

/**
 * Ids of a text and back again.
 * @param {{ model: string, text: string }} options
 */
export async function tokenize({ model, text }) {
  const tokenizer = await AutoTokenizer.from_pretrained(model);
  const { input_ids } = await tokenizer(text);
  return {
    ids: [...input_ids.data].map(Number),
    decoded: tokenizer.decode(input_ids.tolist()[0], { skip_special_tokens: true }),
  };
}

/**
 * A conversation by its template, its ids streamed back, and a template that does not end.
 * @param {{ messages: import('wasmformers').Message[] }} options
 */
export async function chat({ messages }) {
  const [json, chat_template] = await Promise.all(
    ['tokenizers/bytelevel-gpt2like.tokenizer.json', 'chat/templates/chatml-tools.jinja'].map(async (file) =>
      (await fetch(`/fixtures/${file}`)).text(),
    ),
  );
  const tokenizer = await PreTrainedTokenizer.fromFiles(json, { chat_template });
  const { input_ids, assistant_masks } = tokenizer.apply_chat_template(messages, {
    return_tensor: false,
    return_assistant_tokens_mask: true,
  });
  const stream = tokenizer.decodeStream();
  const text = tokenizer.apply_chat_template(messages, { tokenize: false }),
    streamed = input_ids.map((/** @type {number} */ id) => stream.push(id)).join('') + stream.end();
  let endless;
  try {
    tokenizer.apply_chat_template(messages, {
      tokenize: false,
      chat_template: '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}',
    });
  } catch (error) {
    endless = told(/** @type {Error} */ (error));
  }
  tokenizer.dispose();
  return { text, streamed, assistant_masks, endless };
}

/**
 * A forward pass of a tiny checkpoint: shape and numbers of each output.
 * @param {{ name: string, ids: number[][] }} options
 */
export async function forward({ name, ids }) {
  const model = await PreTrainedModel.from_pretrained(tiny(name), { dtype: 'fp32' });
  const outputs = await model({ input_ids: ids });
  await model.dispose();
  return Object.fromEntries(Object.entries(outputs).map(([key, { dims, data }]) => [key, { dims, data: [...data] }]));
}

/**
 * Wrong calls, each with the error it gave, and whether the next right call gives what it gave before.
 * @param {{ name: string }} options
 */
export async function failures({ name }) {
  const model = await PreTrainedModel.from_pretrained(tiny(name), { dtype: 'q8' });
  const right = async () => JSON.stringify([...Object.values(await model({ input_ids: [[5, 6, 7]] }))[0].data]);
  const before = await right();
  /** @type {Record<string, ReturnType<typeof told> & { next?: boolean }>} */
  const results = {};
  const none = () => told(undefined);
  const wrong = {
    range: () => model({ input_ids: [[5, 9999]] }),
    shape: () => model({ input_ids: [[5, 6]], attention_mask: [[1]] }),
    missing: () => PreTrainedModel.from_pretrained(tiny('no-such-model')),
    // A server that answers every path with its start page.
    page: () => PreTrainedModel.from_pretrained(new URL('/start-page/', location.href).href),
    cut: () => PreTrainedModel.from_pretrained(new URL('/cut/', location.href).href),
    // @ts-expect-error there is no such task
    task: () => pipeline('mind-reading'),
  };
  for (const [key, call] of Object.entries(wrong)) {
    const error = await call().then(none, told);
    results[key] = { ...error, next: (await right()) === before };
  }
  await model.dispose();
  results.disposed = await model({ input_ids: [[5]] }).then(none, told);
  return results;
}

/**
 * Aborts while the model works and while it loads; then it works.
 * @param {{ model: string }} options
 */
export async function aborts({ model }) {
  const extractor = await pipeline('feature-extraction', model, { dtype: 'q8' });
  const text = 'word '.repeat(200),
    long = Array(32).fill(text),
    stop = new AbortController();
  const whole = extractor(long, { ...pooled, signal: stop.signal }).then(() => 'no error', told);
  await new Promise((resolve) => {
    setTimeout(resolve, 60);
  });
  stop.abort();
  const running = await whole;
  const after = await extractor('still there', pooled);
  await extractor.dispose();
  const early = new AbortController();
  const loading = await pipeline('feature-extraction', model, {
    dtype: 'q8',
    signal: early.signal,
    progress_callback: (event) => {
      if (event.status === 'progress' && event.file === 'model.safetensors' && event.loaded > 1e6) early.abort();
    },
  }).then(() => 'no error', told);
  return { running, after: after.dims, loading };
}

/**
 * Loads and disposes again and again.
 * @param {{ name: string, times: number }} options
 */
export async function again({ name, times }) {
  for (let i = 0; i < times; i++) await (await PreTrainedModel.from_pretrained(tiny(name), { dtype: 'q8' })).dispose();
  return times;
}
