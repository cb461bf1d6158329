// Which special tokens stand around a text, where a class of Transformers decides it and not the file: a post-processor
// of the form that tokenizer.json has.

/** @typedef {import('./pre-trained-tokenizer.js').PreTrainedTokenizer} PreTrainedTokenizer */

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
 * @param {PreTrainedTokenizer} tokenizer
 * @param {object[]} single
 * @param {object[]} pair
 * @param {string[]} tokens that stand in them
 */
function setTemplate(tokenizer, single, pair, tokens) {
  const special_tokens = Object.fromEntries(
    tokens.map((id) => [id, { id, ids: [tokenizer.convert_tokens_to_ids(id)], tokens: [id] }]),
  );
  /** @type {any} */ (tokenizer)._.core.setPostProcessor({ type: 'TemplateProcessing', single, pair, special_tokens });
}

/**
 * Tokens before and after a text; a pair is one text.
 * @param {PreTrainedTokenizer} tokenizer
 * @param {string[]} before
 * @param {string[]} after
 * @param {number} [second] type id of a pair's second text and of what follows it
 */
export function surroundBy(tokenizer, before, after, second = 0) {
  const single = [...pieces(before, 0), sequence('A', 0), ...pieces(after, 0)];
  const pair = [...pieces(before, 0), sequence('A', 0), sequence('B', second), ...pieces(after, second)];
  setTemplate(tokenizer, single, pair, [...new Set([...before, ...after])]);
}

/**
 * Llama's way: each text of a pair has its own.
 * @param {PreTrainedTokenizer} tokenizer
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
