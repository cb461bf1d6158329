// Everything that takes time, away from the page: what a model would take, loading it, writing.
//   in:  plan { id, model, dtype } | load { model, dtype } | write { id, prompt, options } | stop | cancel
//   out: planned { id, plan } | progress { loaded, total, files } | preparing | loaded { chat, … } | piece { id, text, stats }
//        | written { id, reason, stats } | cancelled { during } | failed { during, id, name, code, field, message }
import { AutoModelForCausalLM, pipeline } from '../../js/index.js';
import { chooseShelf } from '../shared/shelf.js';

/** Pieces are handed to the page at most so often, in ms: a screen shows no more. */
const PACE = 33;
/** New tokens that a story has at least. */
const STORY = 40;

let writer = null,
  planning = new AbortController(),
  loading = new AbortController(),
  writing = new AbortController();
/** Where files are looked for is one setting: questions about it wait for each other. */
let shelved = Promise.resolve();
const shelf = (id) => (shelved = shelved.catch(() => {}).then(() => chooseShelf(id, 'config.json')));
const send = (type, more = {}) => self.postMessage({ type, ...more });

async function plan({ id, model, dtype }) {
  planning.abort();
  planning = new AbortController();
  const { signal } = planning;
  await shelf(model);
  signal.throwIfAborted();
  send('planned', { id, plan: await AutoModelForCausalLM.estimate(model, { dtype, signal }) });
}

async function load({ model, dtype }) {
  for (const controller of [loading, writing]) controller.abort();
  loading = new AbortController();
  const { signal } = loading,
    began = performance.now();
  await writer?.dispose();
  writer = null;
  await shelf(model);
  let shown = 0;
  const loaded = await pipeline('text-generation', model, {
    dtype,
    signal,
    progress_callback: ({ status, loaded: bytes, total, files }) => {
      if (status !== 'progress_total' || (performance.now() - shown < 40 && bytes < total)) return;
      shown = performance.now();
      send('progress', { loaded: bytes, total, files });
    },
  });
  try {
    signal.throwIfAborted();
    send('preparing');
    for await (const _ of loaded.stream('a', { max_new_tokens: 1, signal }));
  } catch (error) {
    await loaded.dispose();
    throw error;
  }
  writer = loaded;
  const { config, generation_config: defaults, stats } = loaded.model;
  send('loaded', {
    model,
    stats,
    defaults,
    ms: performance.now() - began,
    chat: loaded.tokenizer.chat_template !== undefined,
    context: config.max_position_embeddings ?? config.n_positions ?? null,
  });
}

/** The end of a story that the model can still read, with room to go on: it has no turns that could be left out. */
function readable(story, most) {
  const { config } = writer.model,
    context = config.max_position_embeddings ?? config.n_positions ?? Infinity;
  const room = Math.max(context - most, context / 2);
  for (let words = story.split(/(?<=\s)/); writer.tokenizer.encode(story).length > room; story = words.join(''))
    words = words.slice(Math.ceil(words.length / 10));
  return story;
}

async function write({ id, prompt, options }) {
  writing.abort();
  writing = new AbortController();
  const { signal } = writing;
  const story = typeof prompt === 'string',
    most = options.max_new_tokens ?? 256;
  // A story goes on for a while, also where the model would end it at once.
  const stream = writer.stream(story ? readable(prompt, most) : prompt, {
    ...options,
    ...(story && { min_new_tokens: Math.min(STORY, most) }),
    signal,
  });
  let text = '',
    shown = 0;
  const hand = () => {
    shown = performance.now();
    send('piece', { id, text, stats: stream.stats });
    text = '';
  };
  let reason = null;
  try {
    for await (const piece of stream) {
      text += piece;
      if (performance.now() - shown >= PACE) hand();
    }
  } catch (error) {
    if (error?.name !== 'AbortError') throw error;
    reason = 'stopped';
  }
  hand();
  send('written', { id, reason: reason ?? stream.stats.finish_reason, stats: stream.stats });
}

const jobs = { plan, load, write };
self.onmessage = async ({ data }) => {
  if (data.type === 'stop') return writing.abort();
  if (data.type === 'cancel') return loading.abort();
  try {
    await jobs[data.type](data);
  } catch (error) {
    if (error?.name === 'AbortError') send('cancelled', { during: data.type });
    else
      send('failed', {
        during: data.type,
        id: data.id,
        name: error?.name ?? 'Error',
        code: error?.code ?? 'unknown',
        field: error?.field ?? '',
        message: error?.message ?? String(error),
      });
  }
};
