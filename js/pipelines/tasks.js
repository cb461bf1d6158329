// The table of tasks: a class each, which declares the rest in its own file. The small classes are imported statically:
// with a top-level await in a page's entry, a chunk that Rollup made of one would wait for that entry, and the entry
// for it. A large pipeline imports its work on demand, as text-generation.js does.

export { FeatureExtractionPipeline } from './feature-extraction.js';
export { FillMaskPipeline } from './fill-mask.js';
export { QuestionAnsweringPipeline } from './question-answering.js';
export { TextClassificationPipeline } from './text-classification.js';
export { TextGenerationPipeline } from './text-generation.js';
export { TextRankingPipeline } from './text-ranking.js';
export { TokenClassificationPipeline } from './token-classification.js';
export { ZeroShotClassificationPipeline } from './zero-shot-classification.js';
