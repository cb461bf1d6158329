// The arguments of generate() taken apart: inputs, what this side does itself, options for the search.

import { InputError } from '../errors.js';
import { checkOptions } from '../utils/options.js';

/** @typedef {Record<string, any>} Json */

/** Outputs of a tokenizer that generation does not need. */
const IGNORED = [
  'token_type_ids',
  'position_ids',
  'offset_mapping',
  'special_tokens_mask',
  'length',
  'overflow_to_sample_mapping',
];

/** Arguments of transformers' generate() that are refused rather than ignored. */
const UNSUPPORTED = ['assistant_model', 'assistant_tokenizer', 'custom_generate', 'inputs_embeds', 'synced_gpus'];

/**
 * InputError: an argument that is not supported.
 * @param {any} inputs ids, or an object with input_ids, which may have options as well, as in Transformers.js
 * @param {Json} options
 */
export function splitOptions(inputs, options) {
  checkOptions(options, null);
  const isObject =
    inputs !== null &&
    typeof inputs === 'object' &&
    !(inputs.dims && inputs.data) &&
    !Array.isArray(inputs) &&
    !ArrayBuffer.isView(inputs);
  const {
    input_ids,
    inputs: named,
    attention_mask,
    generation_config = null,
    logits_processor,
    stopping_criteria,
    streamer = null,
    tokenizer = null,
    past_key_values,
    signal,
    ...rest
  } = { ...(isObject ? inputs : { input_ids: inputs }), ...options };
  for (const name of IGNORED) delete rest[name];
  for (const name of UNSUPPORTED) {
    if (rest[name]) throw new InputError(`${name} is not supported.`, { code: 'unsupported_option', field: name });
    delete rest[name];
  }
  return {
    input_ids: input_ids ?? named,
    attention_mask,
    generation_config,
    logits_processor,
    stopping_criteria,
    streamer,
    tokenizer,
    past_key_values,
    signal,
    rest,
  };
}
