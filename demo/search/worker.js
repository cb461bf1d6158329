// Everything that takes time, off the page's thread: loading the model, reading passages, answering queries.
// A newer request of a kind aborts the older one, so that nobody waits for an answer that is no longer wanted.
import { pipeline } from '../../js/index.js';
import { answer } from '../shared/messages.js';
import { chooseShelf } from '../shared/shelf.js';
import { comesClose, styleOf } from './models.js';
import { passagesOf } from './passages.js';

/**
 * @typedef {import('./passages.js').Passage} Passage
 * @typedef {{ passage: number, score: number }} Found passage: its index
 *
 * @typedef {{ type: 'load', model: string, dtype: 'q8' | 'fp32' }} Load
 * @typedef {{ type: 'index', text: string }} Index
 * @typedef {{ type: 'query', id: number, query: string }} Query
 * @typedef {Load | Index | Query | { type: 'cancel' }} Request
 *
 * @typedef {{ type: 'progress', files: Record<string, import('../shared/loading.js').Progress> }} Progress
 * @typedef {{ type: 'preparing' }} Preparing
 * @typedef {{ type: 'loaded', ms: number, stats: import('../../js/types.js').PreTrainedModel['stats'],
 *   model: string }} Loaded
 * @typedef {{ type: 'indexing', done: number, total: number }} Indexing
 * @typedef {{ type: 'indexed', passages: Passage[], ms: number }} Indexed
 * @typedef {{ type: 'answer', id: number, results: Found[], near: boolean, marked: [number, number][],
 *   compared: number, embedMs: number, searchMs: number }} Answer results: best first; near: whether the first has to
 *   do with the query; marked: passage and heat in (0, 1]
 * @typedef {{ type: 'sentences', id: number, best: { passage: number, sentence: number }[] }} Sentences
 * @typedef {Progress | Preparing | Loaded | Indexing | Indexed | Answer | Sentences
 *   | import('../shared/messages.js').Cancelled | import('../shared/messages.js').Failed} Response
 */

const BATCH = 8; // passages between two reports of progress
const SHOWN = 6; // results
const CLOSER = 3; // results whose best sentence is looked for

/** @type {import('../../js/types.js').FeatureExtractionPipeline | null} */
let extractor = null;
let style = styleOf('');
/** @type {Passage[]} */
let passages = [];
/**
 * One for each passage.
 * @type {Float32Array[]}
 */
let vectors = [];
let size = 0;
/**
 * The vectors of a passage's sentences, once they are known.
 * @type {Map<number, Float32Array>}
 */
let ofSentences = new Map();
const running = { load: new AbortController(), index: new AbortController(), query: new AbortController() };

const send = (/** @type {Response} */ message) => self.postMessage(message);

/**
 * Aborts what runs of these kinds.
 * @param {...keyof running} kinds
 * @returns {AbortSignal} for what replaces the first of them
 */
function overtake(...kinds) {
  for (const kind of kinds) {
    running[kind].abort();
    running[kind] = new AbortController();
  }
  return running[kinds[0]].signal;
}

/**
 * @param {string | string[]} texts
 * @param {AbortSignal} signal
 */
async function embed(texts, signal) {
  if (!extractor) throw new Error('No model is loaded.');
  const { data, dims } = await extractor(texts, { pooling: style.pooling, normalize: true, signal });
  return { data: /** @type {Float32Array} */ (data), dims };
}

/**
 * @param {Float32Array} a
 * @param {Float32Array} b
 * @param {number} [at] where in a to begin
 */
function dot(a, b, at = 0) {
  let sum = 0;
  for (let k = 0; k < b.length; k++) sum += a[at + k] * b[k];
  return sum;
}

/** @param {Load} request */
async function load({ model, dtype }) {
  const signal = overtake('load', 'index', 'query'),
    began = performance.now();
  await extractor?.dispose();
  extractor = null;
  vectors = [];
  await chooseShelf(model, 'config.json');
  /** @type {Progress['files']} */
  const files = {};
  let shown = 0;
  const loaded = await pipeline('feature-extraction', model, {
    dtype,
    signal,
    progress_callback: (event) => {
      if (event.status !== 'progress') return;
      const { file, loaded: bytes, total } = event;
      files[file] = { loaded: bytes, total };
      if (performance.now() - shown < 40 && bytes < total) return;
      shown = performance.now();
      send({ type: 'progress', files });
    },
  });
  try {
    signal.throwIfAborted();
    send({ type: 'preparing' });
    style = styleOf(model);
    await loaded('warm up', { pooling: style.pooling, signal });
  } catch (error) {
    await loaded.dispose();
    throw error;
  }
  extractor = loaded;
  send({ type: 'loaded', ms: performance.now() - began, stats: loaded.model.stats, model });
}

/** @param {Index} request */
async function index({ text }) {
  const signal = overtake('index', 'query'),
    began = performance.now();
  const cut = passagesOf(text);
  vectors = [];
  send({ type: 'indexing', done: 0, total: cut.length });
  const parts = [];
  for (let i = 0; i < cut.length; i += BATCH) {
    const { data, dims } = await embed(
      cut.slice(i, i + BATCH).map((p) => p.sentences.join('')),
      signal,
    );
    signal.throwIfAborted();
    size = dims[1];
    for (let row = 0; row < dims[0]; row++) parts.push(data.subarray(row * size, (row + 1) * size));
    send({ type: 'indexing', done: parts.length, total: cut.length });
  }
  passages = cut;
  vectors = parts;
  ofSentences = new Map();
  send({ type: 'indexed', passages, ms: performance.now() - began });
}

/** @param {Query} request */
async function query({ id, query }) {
  const signal = overtake('query');
  if (!vectors.length) return;
  const began = performance.now();
  const { data: wanted } = await embed(style.query + query, signal);
  signal.throwIfAborted();
  const embedded = performance.now();
  const scores = vectors.map((vector) => dot(vector, wanted));
  const order = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const top = scores[order[0]],
    near = comesClose(scores, style.near),
    floor = near ? Math.max(0.12, top * 0.45) : top; // where nothing comes close, nothing is marked
  // Three results are always shown, further ones if they are not far behind.
  const results = order.slice(0, SHOWN).filter((i, rank) => rank < 3 || scores[i] > top / 2);
  /** @type {[number, number][]} */
  const marked = [];
  for (const i of order) {
    if (scores[i] <= floor) break;
    marked.push([i, (scores[i] - floor) / (top - floor)]);
  }
  send({
    type: 'answer',
    id,
    results: results.map((passage) => ({ passage, score: scores[passage] })),
    near,
    marked,
    compared: scores.length,
    embedMs: embedded - began,
    searchMs: performance.now() - embedded,
  });

  const best = [];
  for (const passage of results.slice(0, CLOSER)) {
    const { sentences } = passages[passage];
    if (sentences.length === 1 || scores[passage] <= floor) continue;
    const known = ofSentences.get(passage) ?? (await embed(sentences, signal)).data;
    ofSentences.set(passage, known);
    signal.throwIfAborted();
    const likeness = sentences.map((_, s) => dot(known, wanted, s * size));
    best.push({ passage, sentence: likeness.indexOf(Math.max(...likeness)) });
  }
  send({ type: 'sentences', id, best });
}

/** @type {import('../shared/messages.js').Handlers<Request>} */
const handlers = { load, index, query, cancel: () => overtake('load', 'index', 'query') };
answer(handlers);
