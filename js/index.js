// The package's front door: the names of Transformers.js, so that changing the import is enough.

export { LogLevel, env } from './env.js';
export {
  ConfigError,
  HubError,
  InputError,
  InternalError,
  MemoryError,
  TokenizerError,
  WasmformersError,
  WeightsError,
} from './errors.js';
export { DynamicCache } from './generation/cache.js';
export {
  EosTokenCriteria,
  GenerationConfig,
  InterruptableStoppingCriteria,
  LogitsProcessor,
  LogitsProcessorList,
  MaxLengthCriteria,
  StoppingCriteria,
  StoppingCriteriaList,
} from './generation/criteria.js';
export {
  ClassifierFreeGuidanceLogitsProcessor,
  ForcedBOSTokenLogitsProcessor,
  ForcedEOSTokenLogitsProcessor,
  LogitsWarper,
  MinLengthLogitsProcessor,
  MinNewTokensLengthLogitsProcessor,
  NoBadWordsLogitsProcessor,
  NoRepeatNGramLogitsProcessor,
  RepetitionPenaltyLogitsProcessor,
  SuppressTokensAtBeginLogitsProcessor,
  SuppressTokensLogitsProcessor,
  TemperatureLogitsWarper,
  TopKLogitsWarper,
  TopPLogitsWarper,
} from './generation/logits-process.js';
export { BaseStreamer, TextStreamer } from './generation/streamers.js';
export { AutoConfig, PretrainedConfig } from './models/auto-config.js';
export * from './models/index.js';
export {
  BaseModelOutput,
  CausalLMOutput,
  CausalLMOutputWithPast,
  MaskedLMOutput,
  ModelOutput,
  MultipleChoiceModelOutput,
  QuestionAnsweringModelOutput,
  Seq2SeqLMOutput,
  SequenceClassifierOutput,
  TokenClassifierOutput,
} from './models/outputs.js';
export { pipeline, registerPipeline } from './pipelines/index.js';
export { Pipeline } from './pipelines/pipeline.js';
export { ModelRegistry } from './pipelines/registry.js';
export * from './pipelines/tasks.js';
export { AutoTokenizer } from './tokenizers/auto-tokenizer.js';
export * from './tokenizers/classes/classes.js';
export { PreTrainedTokenizer as TokenizersBackend } from './tokenizers/pre-trained-tokenizer.js';
export { DecodeStream } from './tokenizers/decode-stream.js';
export { cos_sim, dot, log_softmax, softmax } from './tensor/maths.js';
export * from './tensor/more-functions.js';
export { random } from './tensor/random.js';
export * from './tensor/tensor-functions.js';
export { Tensor } from './tensor/tensor.js';
