// Page opened → first embedding with ours, from the fp32 safetensors as the Hub holds them; then steady state.
import { texts, steady } from './common.js';
const query = new URLSearchParams(location.search);
try {
  const { pipeline, env } = await import('/js/dist/wasmformers.js');
  const imported = performance.now();
  Object.assign(env, {
    allowRemoteModels: false,
    allowLocalModels: true,
    localModelPath: '/models/',
    useBrowserCache: false,
  });
  const pipe = await pipeline('feature-extraction', 'sentence-transformers/all-MiniLM-L6-v2', {
    dtype: query.get('dtype') === 'fp32' ? 'fp32' : 'q8',
  });
  const loaded = performance.now();
  const first = await pipe(texts[0], { pooling: 'mean', normalize: true });
  const embedded = performance.now();
  window.result = {
    imported,
    loaded,
    embedded,
    ...(await steady(pipe)),
    vector: [...first.data.slice(0, 4)],
    ...pipe.model.stats,
  };
} catch (error) {
  window.result = { error: String(error instanceof Error ? error.stack : error) };
}
document.title = 'DONE';
