// A tokenizer whose texts are made words in JavaScript before Wasm encodes them, as Transformers' classes in Python do
// it (tokenization_python.py, tokenize): added tokens are found first, and what lies between them becomes words.

/** @typedef {import('../pre-trained-tokenizer.js').PreTrainedTokenizer} PreTrainedTokenizer */

/** A flag of the vocabulary: an added token. */
const IS_ADDED = 1;

/** @param {{ tokens: (string | null)[], flags: Uint8Array }} vocabulary */
function addedPattern({ tokens, flags }) {
  const added = /** @type {string[]} */ (tokens.filter((token, id) => token && flags[id] & IS_ADDED));
  const longestFirst = added.sort((a, b) => b.length - a.length);
  return new RegExp(`(${longestFirst.map((token) => token.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})`);
}

/**
 * Has every text made words. There are no offsets then, as in Python: a call that asks for them is an error.
 * @param {PreTrainedTokenizer} tokenizer
 * @param {(text: string) => string[]} wordsOf
 * @param {typeof import('../../errors.js').InputError} InputError
 */
export function makeWords(tokenizer, wordsOf, InputError) {
  const { core } = tokenizer._,
    { encode } = core,
    { _call, encodeRows } = tokenizer;
  /** @type {object | null} */
  let known = null;
  let pattern = /(?:)/;
  const prepared = (/** @type {string} */ text) => {
    if (known !== core.vocabulary) {
      known = core.vocabulary; // another one where tokens were added
      pattern = addedPattern(core.vocabulary);
    }
    return text
      .split(pattern)
      .flatMap((part, i) => (i % 2 ? part : wordsOf(part)))
      .join(' ');
  };
  core.encode = (strings, ...rest) => {
    const batch = encode.call(core, strings.map(prepared), ...rest);
    batch.offsets.fill(0);
    return batch;
  };
  const refuse = (/** @type {unknown} */ offsets) => {
    if (offsets)
      throw new InputError('This tokenizer knows no offsets: it makes words of a text before it encodes them.', {
        code: 'no_offsets',
        field: 'return_offsets_mapping',
      });
  };
  tokenizer._call = (text, options = {}) => {
    refuse(options?.return_offsets_mapping);
    return _call.call(tokenizer, text, options);
  };
  tokenizer.encodeRows = (texts, options = {}) => {
    refuse(options.details);
    return encodeRows.call(tokenizer, texts, options);
  };
}
