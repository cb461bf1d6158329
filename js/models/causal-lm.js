// Models that write: a forward pass gives logits [rows, length, vocabulary], generate() goes on with token after
// token. What only they need is loaded when one is: their own Wasm program, and the loop of tokens.

import { getJSON } from '../hub/index.js';
import { PreTrainedModel, engineDtype } from './model.js';

export class PreTrainedCausalLM extends PreTrainedModel {
  static head = 'CausalLM';
  /** @type {import('../engines/wasm/load-wasm.js').Program} */
  static program = 'lm';

  static async engine() {
    return (await import('../engines/wasm/decoder.js')).LanguageEngine;
  }
  /**
   * @param {string} id
   * @param {import('./model.js').ModelOptions} options
   */
  static async beside(id, options) {
    const [file, { readGenerationConfig }] = await Promise.all([
      getJSON(id, 'generation_config.json', options),
      import('../generation/config.js'),
    ]);
    return (/** @type {any} */ model) => {
      model.generation_config = readGenerationConfig(file, model.config);
    };
  }

  /**
   * generation_config.json, with config.json's token ids where it has none.
   * @type {Record<string, any>}
   */
  generation_config = {};

  /**
   * Token ids that go on with a prompt.
   * @param {any} inputs ids (a Tensor, an array), or { input_ids, attention_mask }; options may stand in the same
   *   object
   * @param {Record<string, any>} [options] of transformers' GenerationConfig; streamer, stopping_criteria,
   *   logits_processor, stop_strings with tokenizer, past_key_values, signal
   * @returns {Promise<any>} an int64 Tensor [rows, length] of prompts and what follows; with
   *   return_dict_in_generate { sequences, … }
   */
  async generate(inputs, options = {}) {
    const { generate } = await import('../generation/generate.js');
    return generate(this, inputs, options);
  }

  /**
   * What loading this model would take: the download, and the memory once it is loaded.
   * @param {string} id
   * @param {import('../generation/estimate.js').EstimateOptions} [options] max_length: tokens that the cache is to hold
   */
  static async estimate(id, options = {}) {
    const { estimate } = await import('../generation/estimate.js');
    return estimate(this, id, options, engineDtype(options.dtype));
  }
}
