// Page opened → first embedding with Transformers.js, from its own ONNX file of the same checkpoint; then steady state.
import { texts, steady } from './common.js';
const query = new URLSearchParams(location.search);
try {
  const { pipeline, env } = await import('/node_modules/@huggingface/transformers/dist/transformers.web.min.js');
  const imported = performance.now();
  Object.assign(env, {
    allowRemoteModels: false,
    allowLocalModels: true,
    localModelPath: '/onnx/',
    useBrowserCache: false,
  });
  env.backends.onnx.wasm.wasmPaths = '/node_modules/onnxruntime-web/dist/';
  env.backends.onnx.wasm.numThreads = 1;
  const pipe = await pipeline('feature-extraction', 'Xenova/all-MiniLM-L6-v2', {
    dtype: query.get('dtype') ?? 'q8',
    device: 'wasm',
  });
  const loaded = performance.now();
  const first = await pipe(texts[0], { pooling: 'mean', normalize: true });
  const embedded = performance.now();
  window.result = { imported, loaded, embedded, ...(await steady(pipe)), vector: [...first.data.slice(0, 4)] };
} catch (error) {
  window.result = { error: String(error instanceof Error ? error.stack : error) };
}
document.title = 'DONE';
