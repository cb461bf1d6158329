// Inputs of a forward pass as callers give them: tensors, typed arrays, nested arrays.

import { InputError } from '../errors.js';
import { checkOptions } from '../utils/options.js';

/** What tokenizers give, and forward() of the two transformers take, that a model may not need. */
const UNUSED = [
  'input_ids attention_mask token_type_ids position_ids special_tokens_mask offset_mapping length labels',
  'overflow_to_sample_mapping assistant_masks past_key_values use_cache cache_position num_logits_to_keep',
  'logits_to_keep output_attentions output_hidden_states return_dict',
];

/**
 * InputError "unknown_input": a name that is neither declared nor usual elsewhere.
 * Data and shape of each input that the model declares. An array that lacks the first axis is a batch of one.
 * @param {Record<string, any>} inputs
 * @param {import('../engines/engine.js').Declared[]} declared
 */
export function fromArrays(inputs, declared) {
  /** @type {Record<string, import('../engines/engine.js').Values>} */
  const out = {};
  checkOptions(inputs, [...declared.map(({ name }) => name), ...UNUSED], 'input');
  for (const { name, dims: axes } of declared) {
    const value = inputs[name];
    if (value === null || value === undefined) continue;
    out[name] = value;
    if (Array.isArray(value.dims) && value.data) continue;
    const dims = [];
    for (let v = value; Array.isArray(v) || ArrayBuffer.isView(v); v = /** @type {any} */ (v)[0])
      dims.push(/** @type {any} */ (v).length);
    if (!dims.length)
      throw new InputError(`${name} is no tensor and no array of numbers.`, { code: 'bad_input', field: name });
    if (axes.length === dims.length + 1) dims.unshift(1);
    out[name] = { data: Array.isArray(value) ? value.flat(Infinity) : value, dims };
  }
  return out;
}
