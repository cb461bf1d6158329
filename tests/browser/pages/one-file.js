// The library as one file, without a bundler: three sentences embedded, for one-file.test.js.
import { env, pipeline } from '/js/dist/wasmformers.js';

Object.assign(env, { allowLocalModels: true, allowRemoteModels: false, localModelPath: '/models/' });
try {
  const extractor = await pipeline('feature-extraction', new URLSearchParams(location.search).get('model'), {
    dtype: 'q8',
  });
  const [a, b, c] = (
    await extractor(['a small cat', 'a little kitten', 'stock prices'], { pooling: 'mean', normalize: true })
  ).tolist();
  const dot = (/** @type {number[]} */ x, /** @type {number[]} */ y) =>
    x.reduce((sum, value, i) => sum + value * y[i], 0);
  document.body.dataset.variant = extractor.model.stats.variant;
  document.body.dataset.result = JSON.stringify({ near: dot(a, b), far: dot(a, c) });
} catch (error) {
  document.body.dataset.result = JSON.stringify({ error: String(error instanceof Error ? error.stack : error) });
}
