// Everything that takes time, off the page's thread: how much a model needs, loading it, generating.
import { AutoModelForCausalLM, pipeline } from '../../js/index.js';
import { answer } from '../shared/messages.js';
import { chooseShelf } from '../shared/shelf.js';

/**
 * @typedef {import('../../js/types.js').TextGenerationPipeline} TextGenerationPipeline
 * @typedef {ReturnType<TextGenerationPipeline['stream']>['stats']} Stats
 * @typedef {'q8' | 'q4' | 'fp16' | 'fp32'} Dtype
 * @typedef {{ role: string, content: string }[] | string} Prompt messages, or the story so far
 *
 * @typedef {{ type: 'plan', id: number, model: string, dtype: Dtype }} Plan
 * @typedef {{ type: 'load', model: string, dtype: Dtype }} Load
 * @typedef {{ type: 'write', id: number, prompt: Prompt, options: Settings }} Write
 * @typedef {{ do_sample: boolean, max_new_tokens?: number, [name: string]: number | boolean | undefined }} Settings
 * @typedef {Plan | Load | Write | { type: 'stop' } | { type: 'cancel' }} Request
 *
 * @typedef {{ type: 'planned', id: number, plan: import('../../js/types.js').Estimate }} Planned
 * @typedef {{ type: 'progress', loaded: number, total: number,
 *   files: Record<string, import('../shared/loading.js').Progress> }} Progress
 * @typedef {{ type: 'preparing' }} Preparing
 * @typedef {{ type: 'loaded', model: string, stats: import('../../js/types.js').PreTrainedModel['stats'],
 *   defaults: Record<string, unknown>, ms: number, chat: boolean, context: number | null }} Loaded chat: the model has
 *   a chat template
 * @typedef {{ type: 'piece', id: number, text: string, stats: Stats }} Piece
 * @typedef {{ type: 'written', id: number, reason: Stats['finish_reason'] | 'stopped', stats: Stats }} Written
 * @typedef {Planned | Progress | Preparing | Loaded | Piece | Written | import('../shared/messages.js').Cancelled
 *   | import('../shared/messages.js').Failed} Response
 */

/** The shortest time between two pieces for the page, in ms: a screen shows no more. */
const PACE = 33;
/** New tokens that a story gets at least. */
const STORY = 40;

/** @type {TextGenerationPipeline | null} */
let writer = null;
let planning = new AbortController(),
  loading = new AbortController(),
  writing = new AbortController();
/** Where files are looked for is one global setting, so requests that set it wait for each other. */
let shelved = Promise.resolve();
const shelf = (/** @type {string} */ id) =>
  (shelved = shelved.catch(() => {}).then(() => chooseShelf(id, 'config.json')));
const send = (/** @type {Response} */ message) => self.postMessage(message);

/** @param {Plan} request */
async function plan({ id, model, dtype }) {
  planning.abort();
  planning = new AbortController();
  const { signal } = planning;
  await shelf(model);
  signal.throwIfAborted();
  send({ type: 'planned', id, plan: await AutoModelForCausalLM.estimate(model, { dtype, signal }) });
}

/**
 * The longest text that a model reads, null where its config does not say.
 * @param {Record<string, any>} config any: as the repository has it
 * @returns {number | null}
 */
const contextOf = (config) => config.max_position_embeddings ?? config.n_positions ?? null;

/** @param {Load} request */
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
    progress_callback: (event) => {
      if (event.status !== 'progress_total') return;
      const { loaded: bytes, total, files } = event;
      if (performance.now() - shown < 40 && bytes < total) return;
      shown = performance.now();
      send({ type: 'progress', loaded: bytes, total, files });
    },
  });
  try {
    signal.throwIfAborted();
    send({ type: 'preparing' });
    await loaded.stream('a', { max_new_tokens: 1, signal }).output;
  } catch (error) {
    await loaded.dispose();
    throw error;
  }
  writer = loaded;
  const { config, generation_config: defaults, stats } = loaded.model;
  send({
    type: 'loaded',
    model,
    stats,
    defaults,
    ms: performance.now() - began,
    chat: loaded.tokenizer.chat_template !== undefined,
    context: contextOf(config),
  });
}

/**
 * The end of a story that the model can still read, with room to continue: a story has no turns to leave out.
 * @param {TextGenerationPipeline} by
 * @param {string} story
 * @param {number} most new tokens
 */
function readable(by, story, most) {
  const context = contextOf(by.model.config) ?? Infinity;
  const room = Math.max(context - most, context / 2);
  for (let words = story.split(/(?<=\s)/); by.tokenizer.encode(story).length > room; story = words.join(''))
    words = words.slice(Math.ceil(words.length / 10));
  return story;
}

/** @param {Write} request */
async function write({ id, prompt, options }) {
  writing.abort();
  writing = new AbortController();
  if (!writer) throw new Error('No model is loaded.');
  const { signal } = writing;
  const most = options.max_new_tokens ?? 256;
  // A story gets some tokens even where the model would end it at once.
  const stream =
    typeof prompt === 'string'
      ? writer.stream(readable(writer, prompt, most), { ...options, min_new_tokens: Math.min(STORY, most), signal })
      : writer.stream(prompt, { ...options, signal });
  let text = '',
    shown = 0;
  const hand = () => {
    shown = performance.now();
    send({ type: 'piece', id, text, stats: stream.stats });
    text = '';
  };
  let stopped = false;
  try {
    for await (const piece of stream) {
      text += piece;
      if (performance.now() - shown >= PACE) hand();
    }
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
    stopped = true;
  }
  hand();
  send({ type: 'written', id, reason: stopped ? 'stopped' : stream.stats.finish_reason, stats: stream.stats });
}

/** @type {import('../shared/messages.js').Handlers<Request>} */
const handlers = { plan, load, write, stop: () => writing.abort(), cancel: () => loading.abort() };
answer(handlers);
