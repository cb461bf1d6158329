// Everything that takes time, away from the page: loading the model, reading passages, answering queries.
//   in:  { type: 'load', model, dtype } | { type: 'index', text } | { type: 'query', id, query } | { type: 'cancel' }
//   out: progress, loaded, indexing, indexed, answer, failed, cancelled
import { env, pipeline } from '../js/index.js';
import { passagesOf } from './passages.js';

const BATCH = 16;
const POOL = { pooling: 'mean', normalize: true };

const SHELF = new URL('../models/', import.meta.url).href;
/** Where models are served beside the demo (npm start), they are taken from there, else from the Hub. */
const onShelf = (model) => fetch(`${SHELF}${model}/config.json`, { method: 'HEAD' })
  .then((r) => r.ok && !r.headers.get('content-type')?.startsWith('text/html')).catch(() => false);

let extractor = null, vectors = null, passages = [], abort = new AbortController(), job = 0;

const send = (type, more = {}) => self.postMessage({ type, ...more });

async function load({ model, dtype }) {
  const began = performance.now();
  await extractor?.dispose();
  extractor = vectors = null;
  env.localModelPath = SHELF;
  env.allowLocalModels = await onShelf(model);
  const files = {};
  let shown = 0;
  extractor = await pipeline('feature-extraction', model, {
    dtype, signal: abort.signal,
    progress_callback: (event) => {
      if (event.status !== 'progress') return;
      files[event.file] = { loaded: event.loaded, total: event.total };
      if (performance.now() - shown < 40 && event.progress < 100) return;
      shown = performance.now();
      send('progress', { files });
    },
  });
  await extractor('warm up', POOL);
  send('loaded', { ms: performance.now() - began, stats: extractor.model.stats, model });
}

async function index({ text }) {
  const began = performance.now(), mine = ++job, { signal } = abort;
  passages = passagesOf(text);
  vectors = null;
  const parts = [];
  send('indexing', { done: 0, total: passages.length });
  for (let i = 0; i < passages.length; i += BATCH) {
    const batch = passages.slice(i, i + BATCH).map((p) => p.text);
    const { data } = await extractor(batch, { ...POOL, signal });
    if (mine !== job) return;
    parts.push(data);
    send('indexing', { done: i + batch.length, total: passages.length });
  }
  vectors = parts;
  send('indexed', { passages, ms: performance.now() - began });
}

async function query({ id, query }) {
  if (!vectors) return;
  const began = performance.now();
  const { data: q, dims } = await extractor(query, POOL);
  const embedded = performance.now(), size = dims[1], scores = [];
  for (const part of vectors) {
    for (let at = 0; at < part.length; at += size) {
      let dot = 0;
      for (let k = 0; k < size; k++) dot += part[at + k] * q[k];
      scores.push(dot);
    }
  }
  send('answer', { id, scores, embedMs: embedded - began, searchMs: performance.now() - embedded });
}

self.onmessage = async ({ data }) => {
  if (data.type === 'cancel') {
    abort.abort();
    abort = new AbortController();
    job++;
    return;
  }
  try {
    await { load, index, query }[data.type](data);
  } catch (error) {
    if (error?.name === 'AbortError') send('cancelled', { during: data.type });
    else send('failed', { during: data.type, name: error.name, code: error.code, message: error.message });
  }
};
