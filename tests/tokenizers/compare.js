// Compares our answer to a case with the reference's: the first field that differs, or null. The reference counts code
// points, ours UTF-16 units. A lone surrogate goes to Python as U+FFFD, as ours reads it.

/**
 * @typedef {import('./reference.js').Case} Case
 * @typedef {import('./reference.js').Plain} Plain
 * @typedef {import('./reference.js').Answer} Answer
 * @typedef {{ field: string, ours: Untyped, reference: Untyped }} Difference
 */

/**
 * @param {Untyped} x
 * @returns {Untyped}
 */
const wellFormed = (x) =>
  typeof x === 'string' ? /** @type {Untyped} */ (x).toWellFormed() : Array.isArray(x) ? x.map(wellFormed) : x;
/**
 * The case as the reference gets it.
 * @param {Case} c
 * @returns {Case}
 */
export const forReference = (c) => ({
  ...c,
  text: wellFormed(c.text),
  ...(c.pair === undefined ? {} : { pair: wellFormed(c.pair) }),
  ...(c.batch ? { batch: wellFormed(c.batch) } : {}),
  ...(c.pairs ? { pairs: wellFormed(c.pairs) } : {}),
});

/**
 * Code point → UTF-16 unit of a text.
 * @param {string} text
 */
function unitsOf(text) {
  const units = [0];
  for (const c of text) units.push(units[units.length - 1] + c.length);
  return units;
}

/**
 * @param {Untyped} a
 * @param {Untyped} b
 */
const same = (a, b) =>
  a.length === b.length && a.every((/** @type {Untyped} */ x, /** @type {number} */ i) => x === b[i]);

/**
 * @param {Untyped} e ours: an Encoding
 * @param {Plain} want
 * @param {(string | string[] | undefined)[]} texts text and pair
 * @param {boolean} [forgetful] a piece of overflow
 * @returns {Difference | null}
 */
function encodingDiffers(e, want, texts, forgetful = false) {
  const words = Array.isArray(texts[0]);
  const maps = texts.map((t) => (Array.isArray(t) ? t.map(unitsOf) : [unitsOf(t ?? '')]));
  const offsets = Array.from(e.offsets),
    mine = {
      ids: e.ids,
      type_ids: e.type_ids,
      special: e.special_tokens_mask,
      mask: e.attention_mask,
      words: e.word_ids,
      sequences: e.sequence_ids,
    };
  for (const [field, value] of Object.entries(mine)) {
    const reference = /** @type {Untyped} */ (want)[field],
      ours = Array.from(value);
    // Padding belongs to no text; the reference gives 0 if the post-processor named no texts.
    if (field === 'sequences')
      ours.forEach((s, i) => {
        if (!want.mask[i] && s === -1) ours[i] = reference[i];
      });
    if (!same(ours, reference)) return { field, ours, reference };
  }
  // If the reference has lost which text a token is from (sequence -1, or 0 for all overflow), the positions of either
  // text are accepted.
  /**
   * @param {number} i
   * @param {number} sequence
   */
  const converted = (i, sequence) => {
    const map = maps[sequence]?.[words ? Math.max(0, want.words[i]) : 0];
    if (!map && !want.offsets[2 * i] && !want.offsets[2 * i + 1]) return [0, 0];
    return map && [map[want.offsets[2 * i]], map[want.offsets[2 * i + 1]]];
  };
  for (let i = 0; i < want.ids.length; i++) {
    const tries =
      want.sequences[i] >= 0 && !forgetful
        ? [converted(i, want.sequences[i])]
        : [converted(i, 0), converted(i, 1), [want.offsets[2 * i], want.offsets[2 * i + 1]]];
    if (!tries.some((t) => t && t[0] === offsets[2 * i] && t[1] === offsets[2 * i + 1])) {
      return {
        field: `offsets of token ${i} (${want.tokens[i]})`,
        ours: offsets.slice(2 * i, 2 * i + 2),
        reference: tries[0],
      };
    }
  }
  if (!same(e.tokens, want.tokens)) return { field: 'tokens', ours: e.tokens, reference: want.tokens };
  return null;
}

/**
 * @param {Untyped} e
 * @param {Plain & { overflow: Plain[] }} want
 * @param {(string | string[] | undefined)[]} texts
 */
function fullDiffers(e, want, texts) {
  const found = encodingDiffers(e, want, texts);
  if (found) return found;
  if (e.overflowing.length !== want.overflow.length)
    return { field: 'overflow pieces', ours: e.overflowing.length, reference: want.overflow.length };
  for (let i = 0; i < want.overflow.length; i++) {
    const inside = encodingDiffers(e.overflowing[i], want.overflow[i], texts, true);
    if (inside) return { ...inside, field: `overflow ${i}: ${inside.field}` };
  }
  return null;
}

/**
 * The options for our call.
 * @param {Case} c
 */
function optionsOf(c) {
  /** @type {Record<string, Json>} */
  const options = {
    add_special_tokens: c.special,
    padding: false,
    truncation: false,
    is_split_into_words: Array.isArray(c.batch ? c.batch[0] : c.text),
  };
  if (c.pair !== undefined) options.text_pair = c.pair;
  if (c.pairs) options.text_pair = c.pairs;
  if (c.truncation) {
    const [max_length, stride, truncation, truncation_side] = c.truncation;
    Object.assign(options, { max_length, stride, truncation, truncation_side, return_overflowing_tokens: true });
  }
  return options;
}

/**
 * @param {Untyped} tokenizer ours, loaded without the file's truncation and padding
 * @param {Case} c
 * @param {Answer} want
 * @returns {Difference | null}
 */
export function differs(tokenizer, c, want) {
  // If the reference crashed, ours must have an answer or a named error.
  const crashed = want.error?.startsWith('PanicException'),
    options = optionsOf(c);
  if (c.padding) {
    // In ours, fixed padding and truncation share max_length: with both, only padding is requested.
    const [padding_side, pad_to_multiple_of, length] = c.padding;
    if (length !== null && c.truncation) return null;
    Object.assign(options, {
      padding: length === null ? true : 'max_length',
      padding_side,
      pad_to_multiple_of: pad_to_multiple_of || null,
    });
    if (length !== null) options.max_length = length;
  }
  let made;
  try {
    made = c.batch ? tokenizer.encodeBatch(c.batch, options) : tokenizer.encode(c.text, options);
  } catch (error) {
    const { code, message } = /** @type {Untyped} */ (error);
    if (crashed && code && code !== 'out_of_memory') return null; // a trap would appear as this
    return want.error && code
      ? null
      : { field: 'error', ours: `${code}: ${message}`, reference: want.error ?? 'an answer' };
  }
  if (crashed) return null;
  if (want.error !== undefined) return { field: 'error', ours: 'an answer', reference: want.error };
  if (want.encodings) {
    for (let i = 0; i < want.encodings.length; i++) {
      const found = fullDiffers(made[i], want.encodings[i], [c.batch?.[i], c.pairs?.[i]]);
      if (found) return { ...found, field: `text ${i}: ${found.field}` };
    }
    return null;
  }
  const found = fullDiffers(made, want, [c.text, c.pair]);
  if (found) return found;
  if (c.padding || Array.isArray(c.text)) return null;
  // encodeIds gives the same ids.
  const { ids } = tokenizer.encodeIds([c.text], { ...options, text_pair: c.pair === undefined ? null : [c.pair] });
  return same(Array.from(ids), want.ids) ? null : { field: 'encodeIds', ours: Array.from(ids), reference: want.ids };
}
