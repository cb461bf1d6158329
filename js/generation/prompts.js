// The prompts of a call in any form that callers give, as left-padded rows of ids.

import { InputError } from '../errors.js';

/** @typedef {import('../engines/engine.js').Values} Values */

/**
 * @param {any} value a Tensor, { data, dims }, a typed array, an array, an array of arrays
 * @param {string} field
 * @returns {ArrayLike<number | bigint>[]}
 */
function rowsOf(value, field) {
  if (value?.dims && value.data) {
    const { dims, data } = value;
    if (dims.length > 2 || dims.length < 1)
      throw new InputError(`${field} must have the shape [rows, length], not [${dims}].`, {
        code: 'shape_mismatch',
        field,
      });
    const [rows, width] = dims.length === 2 ? dims : [1, dims[0]];
    if (rows * width !== data.length)
      throw new InputError(`${field} of shape [${dims}] needs ${rows * width} values, not ${data.length}.`, {
        code: 'shape_mismatch',
        field,
      });
    return Array.from({ length: rows }, (_, r) => data.slice(r * width, (r + 1) * width));
  }
  if (ArrayBuffer.isView(value)) return [/** @type {any} */ (value)];
  if (!Array.isArray(value) || !value.length)
    throw new InputError(`${field} must be a tensor or a list of token ids.`, { code: 'bad_input', field });
  return Array.isArray(value[0]) || ArrayBuffer.isView(value[0]) ? value : [value];
}

/**
 * InputError: ids that are no ids, rows without any.
 * @param {{ input_ids?: any, attention_mask?: any }} inputs
 * @param {number} [pad]
 * @returns {{ rows: Int32Array[], written: Int32Array[], inputs: { input_ids: Values, attention_mask: Values | null }
 *   }} rows: of each prompt the ids that the mask does not hide, views into input_ids; written: the rows as they were
 *   given; attention_mask: null where no row is padded
 */
export function readPrompts({ input_ids, attention_mask }, pad = 0) {
  const given = rowsOf(input_ids, 'input_ids'),
    masks = attention_mask === undefined || attention_mask === null ? null : rowsOf(attention_mask, 'attention_mask');
  if (masks && (masks.length !== given.length || masks.some((mask, r) => mask.length !== given[r].length))) {
    throw new InputError('attention_mask and input_ids have different shapes.', {
      code: 'shape_mismatch',
      field: 'attention_mask',
    });
  }
  const isReal = (/** @type {number} */ r, /** @type {number} */ i) => !masks || Number(masks[r][i]) !== 0,
    lengths = given.map((row, r) => Array.from(row, (_, i) => isReal(r, i)).filter(Boolean).length),
    width = Math.max(...lengths),
    dims = [given.length, width],
    ids = new Int32Array(given.length * width).fill(pad),
    mask = lengths.every((length) => length === width) ? null : new Int32Array(ids.length);
  const rows = given.map((row, r) => {
    const end = (r + 1) * width,
      begin = end - lengths[r];
    if (begin === end)
      throw new InputError(`Row ${r} of the prompt has no tokens.`, { code: 'empty_input', field: 'input_ids' });
    mask?.fill(1, begin, end);
    for (let i = 0, at = begin; i < row.length; i++) {
      if (!isReal(r, i)) continue;
      const id = Number(row[i]);
      if (row[i] === null || !Number.isInteger(id) || id < 0 || id > 0x7fffffff)
        throw new InputError(`input_ids[${r}][${i}] is ${String(row[i])}; token ids are whole numbers from 0 on.`, {
          code: 'bad_ids',
          field: 'input_ids',
        });
      ids[at++] = id;
    }
    return ids.subarray(begin, end);
  });
  const written = given.map((row) => Int32Array.from(row, Number));
  return { rows, written, inputs: { input_ids: { data: ids, dims }, attention_mask: mask && { data: mask, dims } } };
}
