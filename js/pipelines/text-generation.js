// Text that goes on with a prompt, and answers in a conversation: whole, or piece by piece while it is written. The
// work needs the loop of tokens, so it lies in a file of its own that is imported for a language model.

import { InputError } from '../errors.js';
import { Pipeline } from './pipeline.js';

/** @type {typeof import('./text-generation-work.js') | null} */
let work = null;

export class TextGenerationPipeline extends Pipeline {
  static task = 'text-generation';
  static model = 'AutoModelForCausalLM';
  static defaultModel = 'HuggingFaceTB/SmolLM2-135M-Instruct';
  /** @type {import('./pipeline.js').Need[]} */
  static needs = ['tokenizer', 'decoder'];
  /** @returns {Promise<NonNullable<typeof work>>} */
  static async load() {
    return (work ??= await import('./text-generation-work.js'));
  }

  /**
   * @param {any} inputs see call() in text-generation-work.js
   * @param {Record<string, any>} [options]
   * @returns {Promise<any>}
   */
  async _call(inputs, options) {
    return (await TextGenerationPipeline.load()).call(/** @type {any} */ (this), inputs, options);
  }

  /**
   * @param {any} input see stream() in text-generation-work.js
   * @param {Record<string, any>} [options]
   * @returns {import('../generation/text-stream.js').TextStream}
   */
  stream(input, options) {
    if (work) return work.stream(/** @type {any} */ (this), input, options);
    throw new InputError('Before a stream, await TextGenerationPipeline.load(); pipeline() has done so.', {
      code: 'not_loaded',
    });
  }
}
