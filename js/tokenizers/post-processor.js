// Sets which special tokens surround a text, where a class of Transformers decides it and not the file. It is done by a
// post-processor of the form that tokenizer.json has.

/**
 * @typedef {{ _: import('./special-tokens.js').State, convert_tokens_to_ids(token: string): number }} Tokenizer
 */

/**
 * @param {string[]} tokens
 * @param {number} type_id
 */
const pieces = (tokens, type_id) => tokens.map((id) => ({ SpecialToken: { id, type_id } }));
/**
 * @param {'A' | 'B'} id
 * @param {number} type_id
 */
const sequence = (id, type_id) => ({ Sequence: { id, type_id } });

/**
 * @param {Tokenizer} tokenizer
 * @param {object[]} single
 * @param {object[]} pair
 * @param {string[]} tokens that the templates contain
 */
function setTemplate(tokenizer, single, pair, tokens) {
  const special_tokens = Object.fromEntries(
    tokens.map((id) => [id, { id, ids: [tokenizer.convert_tokens_to_ids(id)], tokens: [id] }]),
  );
  tokenizer._.core.setPostProcessor({ type: 'TemplateProcessing', single, pair, special_tokens });
}

/**
 * Puts tokens before and after a text. A pair is surrounded as one text.
 * @param {Tokenizer} tokenizer
 * @param {string[]} before
 * @param {string[]} after
 * @param {number} [second] type id of a pair's second text and of the tokens after it
 */
export function surroundBy(tokenizer, before, after, second = 0) {
  const single = [...pieces(before, 0), sequence('A', 0), ...pieces(after, 0)];
  const pair = [...pieces(before, 0), sequence('A', 0), sequence('B', second), ...pieces(after, second)];
  setTemplate(tokenizer, single, pair, [...new Set([...before, ...after])]);
}

/**
 * Puts tokens before and after each text of a pair, as Llama has it.
 * @param {Tokenizer} tokenizer
 * @param {string[]} before
 * @param {string[]} after
 */
export function surroundEachBy(tokenizer, before, after) {
  const one = (/** @type {'A' | 'B'} */ id, /** @type {number} */ type) => [
    ...pieces(before, type),
    sequence(id, type),
    ...pieces(after, type),
  ];
  setTemplate(tokenizer, one('A', 0), [...one('A', 0), ...one('B', 1)], [...new Set([...before, ...after])]);
}
