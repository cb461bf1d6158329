// Everything that takes time, away from the page: loading the model, reading passages, answering queries.
//   in:  load { model, dtype } | index { text } | query { id, query } | cancel
//   out: progress { files } | preparing | loaded | indexing { done, total } | indexed { passages } | answer | sentences
//        | cancelled { during } | failed { during, name, code, message }
// A newer message of a kind overtakes the older one: it aborts it, so that nobody waits for an answer that nobody
// wants.
import { pipeline } from '../../js/index.js';
import { styleOf } from './models.js';
import { passagesOf } from './passages.js';
import { chooseShelf } from '../shared/shelf.js';

const BATCH = 8; // passages between two reports of progress
const SHOWN = 6; // results
const CLOSER = 3; // of these, the sentence that fits best is looked for

let extractor = null,
  style = styleOf(''),
  passages = [],
  vectors = [],
  size = 0;
/** What was found out about the sentences of a passage, so that it is found out once. */
let ofSentences = new Map();
const running = { load: new AbortController(), index: new AbortController(), query: new AbortController() };

const send = (type, more = {}) => self.postMessage({ type, ...more });
/** Aborts what runs of these kinds; the signal for what comes in their place is that of the first. */
function overtake(...kinds) {
  for (const kind of kinds) {
    running[kind].abort();
    running[kind] = new AbortController();
  }
  return running[kinds[0]].signal;
}
const embed = (texts, signal) => extractor(texts, { pooling: style.pooling, normalize: true, signal });

function dot(a, b, at = 0) {
  let sum = 0;
  for (let k = 0; k < b.length; k++) sum += a[at + k] * b[k];
  return sum;
}

async function load({ model, dtype }) {
  const signal = overtake('load', 'index', 'query'),
    began = performance.now();
  await extractor?.dispose();
  extractor = null;
  vectors = [];
  await chooseShelf(model, 'config.json');
  const files = {};
  let shown = 0;
  const loaded = await pipeline('feature-extraction', model, {
    dtype,
    signal,
    progress_callback: ({ status, file, loaded: bytes, total }) => {
      if (status !== 'progress') return;
      files[file] = { loaded: bytes, total };
      if (performance.now() - shown < 40 && bytes < total) return;
      shown = performance.now();
      send('progress', { files });
    },
  });
  try {
    signal.throwIfAborted();
    send('preparing');
    style = styleOf(model);
    await loaded('warm up', { pooling: style.pooling, signal });
  } catch (error) {
    await loaded.dispose();
    throw error;
  }
  extractor = loaded;
  send('loaded', { ms: performance.now() - began, stats: loaded.model.stats, model });
}

async function index({ text }) {
  const signal = overtake('index', 'query'),
    began = performance.now();
  const cut = passagesOf(text);
  vectors = [];
  send('indexing', { done: 0, total: cut.length });
  const parts = [];
  for (let i = 0; i < cut.length; i += BATCH) {
    const { data, dims } = await embed(
      cut.slice(i, i + BATCH).map((p) => p.sentences.join('')),
      signal,
    );
    signal.throwIfAborted();
    size = dims[1];
    for (let row = 0; row < dims[0]; row++) parts.push(data.subarray(row * size, (row + 1) * size));
    send('indexing', { done: parts.length, total: cut.length });
  }
  passages = cut;
  vectors = parts;
  ofSentences = new Map();
  send('indexed', { passages, ms: performance.now() - began });
}

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
    floor = Math.max(0.12, top * 0.45);
  // The best are always shown, further ones while they are not far behind; what comes near the best is marked, the
  // nearer the stronger.
  const results = order.slice(0, SHOWN).filter((i, rank) => rank < 3 || scores[i] > top / 2);
  const marked = [];
  for (const i of order) {
    if (scores[i] <= floor) break;
    marked.push([i, (scores[i] - floor) / (top - floor)]);
  }
  send('answer', {
    id,
    results: results.map((passage) => ({ passage, score: scores[passage] })),
    marked,
    compared: scores.length,
    embedMs: embedded - began,
    searchMs: performance.now() - embedded,
  });

  // Which sentence of the nearest passages says it best?
  const best = [];
  for (const passage of results.slice(0, CLOSER)) {
    const { sentences } = passages[passage];
    if (sentences.length === 1 || scores[passage] <= floor) continue;
    if (!ofSentences.has(passage)) ofSentences.set(passage, (await embed(sentences, signal)).data);
    signal.throwIfAborted();
    const likeness = sentences.map((_, s) => dot(ofSentences.get(passage), wanted, s * size));
    best.push({ passage, sentence: likeness.indexOf(Math.max(...likeness)) });
  }
  send('sentences', { id, best });
}

const jobs = { load, index, query };
self.onmessage = async ({ data }) => {
  if (data.type === 'cancel') return void overtake('load', 'index', 'query');
  try {
    await jobs[data.type](data);
  } catch (error) {
    if (error?.name === 'AbortError') send('cancelled', { during: data.type });
    else
      send('failed', {
        during: data.type,
        name: error?.name ?? 'Error',
        code: error?.code ?? 'unknown',
        message: error?.message ?? String(error),
      });
  }
};
