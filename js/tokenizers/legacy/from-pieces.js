// Makes a tokenizer.json for classes that Transformers writes in Python and whose merges make pieces that vocab.json
// lacks or spells otherwise: BlenderbotSmall and XLM (tokenization_blenderbot_small.py, tokenization_xlm.py). `pieces`
// of their model, which only this library reads (wasm/tokenizer/models/bpe.cpp), says which id each piece has when
// merging ends.

import { xlmWords } from './moses.js';
import { makeWords } from './worded.js';

/**
 * @typedef {import('../../utils/types.js').Json} Json
 * @typedef {import('./old-formats.js').Made} Made
 * @typedef {typeof import('./old-parts.js') & { InputError: typeof import('../../errors.js').InputError }} Parts given,
 *   since this module is a file of its own beside the bundle, where it would have copies of them
 */

/** What marks the last piece of a word. */
const END = '</w>';
/** As many spaces as there may be: Python's strip(). */
const ALL = 1 << 20;

/**
 * @typedef {object} Spelling
 * @property {(piece: string) => string} tokenOf the token that a piece is when merging ends
 * @property {(token: string) => string | null} letterOf the piece of one letter that a token is, null where it is
 *   longer
 */

/**
 * The pieces of all letters and merges, each with its id.
 * @param {Record<string, number>} vocab
 * @param {[string, string][]} merges
 * @param {string} unk
 * @param {number | undefined} unkId
 * @param {Spelling} spelling
 */
function piecesOf(vocab, merges, unk, unkId, { tokenOf, letterOf }) {
  /** @type {Map<string, number>} */
  const pieces = new Map();
  const idOf = (/** @type {string} */ token) => (Object.hasOwn(vocab, token) ? vocab[token] : unkId) ?? 0;
  if (unkId !== undefined) pieces.set(unk, unkId);
  for (const token of Object.keys(vocab)) {
    const letter = letterOf(token);
    if (letter !== null) pieces.set(letter, vocab[token]);
  }
  for (const [left, right] of merges)
    for (const piece of [left, right, left + right]) pieces.set(piece, idOf(tokenOf(piece)));
  return Object.fromEntries(pieces);
}

/**
 * The merges that Python reads: of the lines that a line feed ends, those with two pieces.
 * @param {string} text merges.txt
 * @param {boolean} xlm its file has no first line without a merge, and may have counts after the pieces
 */
const mergesOf = (text, xlm) =>
  /** @type {[string, string][]} */ (
    text
      .split('\n')
      .slice(xlm ? 0 : 1, -1)
      .map((line) => line.trim().split(/\s+/, xlm ? 2 : 3))
      .filter((pair) => pair.length === 2)
  );

/** @param {string} s */
const isLetter = (s) => [...s].length === 1;

/**
 * @param {Record<string, number>} vocab
 * @param {[string, string][]} merges
 * @param {Spelling} spelling
 * @param {ReturnType<Parts['addedTokens']>} added
 * @param {Json} parts sections of the tokenizer.json
 */
const assembled = (vocab, merges, spelling, added, parts) => ({
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: added.list,
  normalizer: null,
  post_processor: null,
  ...parts,
  model: {
    type: 'BPE',
    unk_token: added.tokens.unk,
    end_of_word_suffix: END,
    vocab,
    pieces: piecesOf(vocab, merges, added.tokens.unk, added.idOf(added.tokens.unk), spelling),
    merges,
  },
});

/** @param {Json[]} decoders after which Python strips spaces */
const decoder = (...decoders) => ({
  type: 'Sequence',
  decoders: [...decoders, { type: 'Strip', content: ' ', start: ALL, stop: ALL }],
});
/**
 * @param {string} text
 * @param {string} content
 */
const replaced = (text, content) => ({ type: 'Replace', pattern: { String: text }, content });

/**
 * BlenderbotSmall: "th@@ e" is what others write as "th e</w>". Small letters; a word begins at each of . , ! ? ( ),
 * ' is a word, and so is a line feed after anything but these.
 * @param {Record<string, number>} vocab vocab.json
 * @param {string} text merges.txt
 * @param {Json} config tokenizer_config.json
 * @param {Parts} parts
 * @returns {Made}
 */
export function fromBlenderbotSmall(vocab, text, config, { addedTokens, sequence }) {
  const special = { bos: '__start__', eos: '__end__', unk: '__unk__', pad: '__null__' };
  const added = addedTokens([], config, special, [], new Map(Object.entries(vocab)));
  const spelling = {
    tokenOf: (/** @type {string} */ piece) => (piece.endsWith(END) ? piece.slice(0, -END.length) : `${piece}@@`),
    letterOf: (/** @type {string} */ token) => {
      if (isLetter(token)) return token + END;
      return token.endsWith('@@') && isLetter(token.slice(0, -2)) ? token.slice(0, -2) : null;
    },
  };
  /**
   * @param {string} mark
   * @param {string} behavior
   */
  const cutAt = (mark, behavior) => ({ type: 'Split', pattern: { String: mark }, behavior, invert: false });
  const json = assembled(vocab, mergesOf(text, false), spelling, added, {
    normalizer: sequence([
      { type: 'Replace', pattern: { Regex: "(?<=[^\\s'])\\n" }, content: ' __newln__ ' },
      { type: 'Lowercase' },
    ]),
    pre_tokenizer: sequence(
      [
        { type: 'WhitespaceSplit' },
        cutAt("'", 'Isolated'),
        ...Array.from('.,!?()', (mark) => cutAt(mark, 'MergedWithNext')),
      ],
      'pretokenizers',
    ),
    // WordPiece: a space between all tokens.
    decoder: decoder({ type: 'WordPiece', prefix: '\0', cleanup: false }, { type: 'Fuse' }, replaced('@@ ', '')),
  });
  return { json, config: { ...added.config, ...config } };
}

/**
 * XLM: its words are made before (moses.js).
 * @param {Record<string, number>} vocab vocab.json
 * @param {string} text merges.txt
 * @param {Json} config tokenizer_config.json
 * @param {Parts} parts
 * @returns {Made}
 */
export function fromXlm(vocab, text, config, { addedTokens, template, InputError }) {
  const special = { bos: '<s>', unk: '<unk>', sep: '</s>', pad: '<pad>', cls: '</s>', mask: '<special1>' };
  const numbered = Array.from({ length: 10 }, (_, i) => `<special${i}>`),
    { extra_special_tokens = numbered, additional_special_tokens = extra_special_tokens } = config;
  const added = addedTokens([], { ...config, additional_special_tokens }, special, [], new Map(Object.entries(vocab)));
  const spelling = {
    tokenOf: (/** @type {string} */ piece) => piece,
    letterOf: (/** @type {string} */ token) => (isLetter(token.replace(END, '')) ? token : null),
  };
  const { bos, sep } = added.tokens,
    single = `${bos}:0 $A:0 ${sep}:0`;
  const json = assembled(vocab, mergesOf(text, true), spelling, added, {
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: template(single, `${single} $B:1 ${sep}:1`, added.idOf),
    decoder: decoder({ type: 'Fuse' }, replaced(END, ' ')),
  });
  const small = config.do_lowercase_and_remove_accent ?? true;
  return {
    json,
    config: { ...added.config, ...config },
    finish: (tokenizer) => makeWords(tokenizer, (part) => xlmWords(part, small), InputError),
  };
}
