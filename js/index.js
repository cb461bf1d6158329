// The package's front door: the names of Transformers.js, so that changing the import is enough.

export { env } from './env.js';
export * from './errors.js';
export * from './models/index.js';
export * from './pipelines/index.js';
export { AutoTokenizer, PreTrainedTokenizer } from './tokenizers/auto-tokenizer.js';
export { Tensor, cat, full, layer_norm, mean_pooling, ones, quantize_embeddings, stack, zeros } from './utils/tensor.js';
export { cos_sim, dot, log_softmax, softmax } from './utils/maths.js';
