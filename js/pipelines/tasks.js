// The table of tasks. Each class declares the rest in its own file. The small classes are imported statically: with a
// top-level await in a page's entry, a chunk that Rollup made of one would wait for that entry, and the entry for it.
// A large pipeline imports its work on demand, as text-generation.js does.

import { FeatureExtractionPipeline } from './feature-extraction.js';
import { FillMaskPipeline } from './fill-mask.js';
import { QuestionAnsweringPipeline } from './question-answering.js';
import { TextClassificationPipeline } from './text-classification.js';
import { TextGenerationPipeline } from './text-generation.js';
import { TextRankingPipeline } from './text-ranking.js';
import { TokenClassificationPipeline } from './token-classification.js';
import { ZeroShotClassificationPipeline } from './zero-shot-classification.js';

/** @type {Record<string, typeof import('./pipeline.js').Pipeline>} */
export const TASKS = {
  'feature-extraction': FeatureExtractionPipeline,
  'fill-mask': FillMaskPipeline,
  'question-answering': QuestionAnsweringPipeline,
  'text-classification': TextClassificationPipeline,
  'text-generation': TextGenerationPipeline,
  'text-ranking': TextRankingPipeline,
  'token-classification': TokenClassificationPipeline,
  'zero-shot-classification': ZeroShotClassificationPipeline,
};

export {
  FeatureExtractionPipeline,
  FillMaskPipeline,
  QuestionAnsweringPipeline,
  TextClassificationPipeline,
  TextGenerationPipeline,
  TextRankingPipeline,
  TokenClassificationPipeline,
  ZeroShotClassificationPipeline,
};

/**
 * A task under its own name; undefined where there is none.
 * @param {string} task or another name for it
 */
export const taskNamed = (task) =>
  Object.hasOwn(TASKS, task) ? task : Object.keys(TASKS).find((name) => TASKS[name].aliases.includes(task));
