// What js/tokenizers ask of an engine that runs a tokenizer.json: types only, as in engine.js. There is one such
// engine, WasmTokenizer; tokenizer.js names it.

/**
 * @typedef {object} EncodeRequest of one call of encode()
 * @property {boolean} addSpecialTokens
 * @property {boolean} details answer offsets, words, special and sequences, too
 * @property {boolean} [idsOnly] answer no typeIds and no attentionMask
 * @property {boolean} overflow answer what truncation cuts off, in rows of its own
 * @property {boolean} words the texts are lists of words
 * @property {number} truncation 0 none, 1 longest_first, 2 only_first, 3 only_second
 * @property {number} maxLength tokens
 * @property {number} stride tokens that a row of overflow repeats
 * @property {boolean} truncateLeft
 * @property {number} padding 0 none, 1 to the longest row, 2 to padLength
 * @property {number} padLength tokens
 * @property {number} padToMultipleOf 0: no matter
 * @property {boolean} padLeft
 * @property {number} padId
 * @property {number} padTypeId
 *
 * @typedef {Omit<EncodeRequest, 'addSpecialTokens' | 'details' | 'overflow' | 'words'>} FileOptions what a
 *   tokenizer.json's truncation and padding sections say
 *
 * @typedef {object} Batch encoded texts; row r has the tokens rowStarts[r] … rowStarts[r + 1] - 1. What was not asked
 *   for is empty.
 * @property {number} rows
 * @property {Uint32Array} rowStarts [rows + 1]
 * @property {Uint32Array} rowTexts [rows] the text that each row comes from
 * @property {Int32Array} ids [tokens], as the next six
 * @property {Int32Array} typeIds
 * @property {Int32Array} attentionMask
 * @property {Int32Array} words index of the word, -1: none
 * @property {Uint8Array} special 1: the tokenizer added the token
 * @property {Int8Array} sequences 0: the text, 1: its pair, -1: neither
 * @property {Int32Array} offsets [tokens, 2] begin and end in the text, in UTF-16 units
 * @property {Map<number, string>} surfaces token of the batch → its text, where the vocabulary has another one
 *
 * @typedef {{ tokens: (string | null)[], flags: Uint8Array }} Vocabulary by id; flags: 1 added, 2 special
 *
 * @typedef {object} SentencePiece a `.model` file
 * @property {'unigram' | 'bpe' | 'word' | 'char'} model_type
 * @property {number} unk_id
 * @property {string} unk_piece
 * @property {boolean} byte_fallback
 * @property {string} precompiled_charsmap Base64
 * @property {[piece: string, score: number, type: number][]} pieces types: 3 control, 4 user-defined
 * @property {[string, string][]} merges
 *
 * @typedef {{ vocab: Record<string, number>, merges: (string | [string, string])[] }} BytePairs tiktoken's ranks
 */

export {};
