// Makes a tokenizer.json of a SentencePiece `.model`, with the special tokens of its class. What differs by class is in
// sentencepiece-recipes.js.

import { TokenizerError } from '../../errors.js';
import { addedTokens, sequence, template } from './old-parts.js';
import { MARK, metaspace, recipeFor, runsOfSpaces } from './sentencepiece-recipes.js';

/**
 * @typedef {import('../../engines/tokenizer-engine.js').SentencePiece} SentencePiece
 * @typedef {import('./sentencepiece-recipes.js').Recipe} Recipe
 * @typedef {import('../../utils/types.js').Json} Json
 */

const CONTROL = 3,
  USER_DEFINED = 4;

/**
 * The vocabulary: pieces and scores, by id.
 * @param {SentencePiece} m
 * @param {Recipe} recipe
 * @param {string[]} extra
 * @returns {[string, number][]}
 */
function piecesOf(m, { head = [], skip = 0, tail = [], score = (_, s) => s, change }, extra) {
  /** @type {[string, number][]} */
  const pieces = [
    ...head.map(
      (piece) => /** @type {[string, number]} */ ([piece, piece === '<unk>NOTUSED' ? -100 : score(piece, 0)]),
    ),
    ...m.pieces.slice(skip).map(([piece, s]) => /** @type {[string, number]} */ ([piece, score(piece, s)])),
    ...[...tail, ...extra].map((piece) => /** @type {[string, number]} */ ([piece, 0])),
  ];
  change?.(pieces);
  return pieces;
}

/**
 * @param {SentencePiece} m
 * @param {Recipe} recipe
 * @param {[string, number][]} pieces
 * @param {Map<string, number>} ids
 * @returns {Json} the model of a tokenizer.json
 */
function modelOf(m, { bytes: byte_fallback = false, unk, unkOffset = 0 }, pieces, ids) {
  if (m.model_type !== 'bpe')
    return { type: 'Unigram', unk_id: unk ?? m.unk_id + unkOffset, vocab: pieces, byte_fallback };
  return {
    type: 'BPE',
    dropout: null,
    unk_token: m.unk_piece,
    fuse_unk: true,
    byte_fallback,
    vocab: Object.fromEntries(ids),
    merges: m.merges.filter(([a, b]) => ids.has(a) && ids.has(b) && ids.has(a + b)),
  };
}

/**
 * Where ▁ is put before a text: Metaspace's prepend_scheme.
 * @param {Recipe} recipe
 * @param {Json} config
 */
function schemeOf({ ownSpaces }, { add_prefix_space, legacy }) {
  if (!ownSpaces) return 'always';
  return add_prefix_space === false ? 'never' : legacy === false ? 'first' : 'always';
}

/**
 * @param {SentencePiece} m what WasmTokenizer.convert() says
 * @param {Json} config tokenizer_config.json
 * @param {string} kind the class, without Tokenizer and Fast
 * @returns {{ json: Json, config: Json }} a tokenizer.json, and the configuration with the class's defaults
 */
export function fromSentencePiece(m, config, kind) {
  // A model of characters is a unigram model whose pieces are characters.
  if (!['unigram', 'bpe', 'char'].includes(m.model_type)) {
    throw new TokenizerError(`SentencePiece models of the kind "${m.model_type}" are not supported.`, {
      code: 'unsupported_model',
      field: 'model_type',
    });
  }
  const recipe = recipeFor(kind, m.byte_fallback),
    extra = recipe.extra?.(config) ?? [];
  const pieces = piecesOf(m, recipe, extra),
    ids = new Map(pieces.map(([piece], id) => [piece, id]));
  const languages = recipe.tail?.filter((piece) => /^[a-z]{2}_[A-Z]{2}$/.test(piece)) ?? [];
  const added = addedTokens(
    m.pieces
      .filter(([, , type]) => !recipe.namedOnly && (type === CONTROL || type === USER_DEFINED))
      .map(([content, , type]) => ({ content, special: type === CONTROL || !!recipe.control?.includes(content) })),
    config,
    recipe.special,
    [...extra, ...languages],
    ids,
  );
  const charsmap = m.precompiled_charsmap
    ? [{ type: 'Precompiled', precompiled_charsmap: m.precompiled_charsmap }]
    : [];
  const scheme = schemeOf(recipe, config),
    spaces = recipe.metaspace ? recipe.metaspace(config, scheme) : metaspace(scheme),
    cuts = [...(recipe.before?.(config) ?? []), ...(spaces ? [spaces] : [])];
  const [single, pair] = recipe.template?.(config, added.tokens) ?? [recipe.single, recipe.pair];
  return {
    json: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added.list,
      normalizer: recipe.normalizer
        ? recipe.normalizer(charsmap, config)
        : sequence([...charsmap, { type: 'Strip', strip_left: false, strip_right: true }, runsOfSpaces(MARK)]),
      pre_tokenizer: cuts.length > 1 ? { type: 'Sequence', pretokenizers: cuts } : (cuts[0] ?? null),
      post_processor: single ? template(single, pair ?? '', added.idOf) : null,
      decoder: recipe.decoder ? recipe.decoder(config) : metaspace(scheme),
      model: modelOf(m, recipe, pieces, ids),
    },
    config: { ...added.config, ...config },
  };
}
