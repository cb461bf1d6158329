// The prompts of a call, from whatever they come in: rows of ids without their padding.

import { InputError } from '../errors.js';

/**
 * @param {any} value a Tensor, { data, dims }, a typed array, an array, an array of arrays
 * @param {string} field
 * @returns {ArrayLike<number | bigint>[]}
 */
function rowsOf(value, field) {
  if (value?.dims && value.data) {
    if (value.dims.length > 2 || value.dims.length < 1)
      throw new InputError(`${field} must have the shape [rows, length], not [${value.dims}].`, {
        code: 'shape_mismatch',
        field,
      });
    const [rows, width] = value.dims.length === 2 ? value.dims : [1, value.dims[0]];
    if (rows * width !== value.data.length)
      throw new InputError(
        `${field} of shape [${value.dims}] needs ${rows * width} values, not ${value.data.length}.`,
        { code: 'shape_mismatch', field },
      );
    return Array.from({ length: rows }, (_, r) => value.data.slice(r * width, (r + 1) * width));
  }
  if (ArrayBuffer.isView(value)) return [/** @type {any} */ (value)];
  if (!Array.isArray(value) || !value.length)
    throw new InputError(`${field} must be a tensor or a list of token ids.`, { code: 'bad_input', field });
  return Array.isArray(value[0]) || ArrayBuffer.isView(value[0]) ? value : [value];
}

/**
 * @param {{ input_ids?: any, attention_mask?: any }} inputs
 * @returns {Int32Array[]} each row's own ids: what the mask hides is left out, on either side
 */
export function promptRows({ input_ids, attention_mask }) {
  const rows = rowsOf(input_ids, 'input_ids');
  const masks =
    attention_mask === undefined || attention_mask === null ? null : rowsOf(attention_mask, 'attention_mask');
  if (masks && (masks.length !== rows.length || masks.some((m, r) => m.length !== rows[r].length))) {
    throw new InputError('attention_mask and input_ids have different shapes.', {
      code: 'shape_mismatch',
      field: 'attention_mask',
    });
  }
  return rows.map((row, r) => {
    const own = [];
    for (let i = 0; i < row.length; i++) {
      if (masks && !Number(masks[r][i])) continue;
      const id = Number(row[i]);
      if (!Number.isInteger(id) || id < 0 || id > 0x7fffffff)
        throw new InputError(`input_ids[${r}][${i}] is ${String(row[i])}; token ids are whole numbers from 0 on.`, {
          code: 'bad_ids',
          field: 'input_ids',
        });
      own.push(id);
    }
    if (!own.length)
      throw new InputError(`Row ${r} of the prompt has no tokens.`, { code: 'empty_input', field: 'input_ids' });
    return Int32Array.from(own);
  });
}

/**
 * Left-padded rows, as models that generate take them.
 * @param {Int32Array[]} rows
 * @param {number} pad
 */
export function leftPadded(rows, pad) {
  const width = rows.reduce((n, row) => Math.max(n, row.length), 0),
    dims = [rows.length, width];
  const input_ids = new Int32Array(rows.length * width).fill(pad),
    attention_mask = new Int32Array(rows.length * width);
  rows.forEach((row, r) => {
    input_ids.set(row, (r + 1) * width - row.length);
    attention_mask.fill(1, (r + 1) * width - row.length, (r + 1) * width);
  });
  return { width, input_ids: { data: input_ids, dims }, attention_mask: { data: attention_mask, dims } };
}
