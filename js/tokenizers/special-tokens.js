// What PreTrainedTokenizer knows of its vocabulary: tokens and ids, added tokens, and the special tokens by their names
// in Transformers (bos_token, bos_token_id, …).

import { InputError } from '../errors.js';
import { Callable } from '../utils/callable.js';
import { SPECIAL, readConfig } from './config.js';
import { addedToken } from './input.js';
import { idList } from './options.js';
import { surroundEachBy } from './post-processor.js';

/**
 * @typedef {import('../utils/types.js').Json} Json
 * @typedef {(typeof SPECIAL)[number]} SpecialName
 * @typedef {import('./input.js').AddedToken} AddedToken
 * @typedef {{ [K in `${SpecialName}_token`]: string | undefined } & { [K in `${SpecialName}_token_id`]: number |
 *   undefined }} NamedTokens
 *
 * @typedef {object} State of a tokenizer
 * @property {import('../engines/tokenizer.js').WasmTokenizer} core
 * @property {Record<string, string | undefined>} tokens special ones by their names
 * @property {Record<string, number | undefined>} ids of the same
 * @property {Record<string, string>} extra special tokens by names of the model's own (image_token, …)
 * @property {string[]} additional special tokens without a name
 * @property {boolean | null} typeIds whether the files say that the model takes token_type_ids; null: they say nothing
 * @property {boolean} cleanUp whether decoding cleans up spaces where a call does not say
 * @property {{ bos: boolean, eos: boolean }} flags whether a text begins and ends with these tokens
 */

/** A flag of the vocabulary. */
const IS_SPECIAL = 2;

class Vocabulary extends Callable {
  /**
   * @param {import('../engines/tokenizer.js').WasmTokenizer} core
   * @param {Json} config tokenizer_config.json
   * @param {Json} map special_tokens_map.json
   */
  constructor(core, config, map) {
    super();
    const { tokens, extra, additional, named, typeIds, cleanUp, ...sides } = readConfig(config, map);
    // What tokenizer.json lacks is added, as TokenizersBackend.__init__ does. The keys of added_tokens_decoder are ids,
    // so they are in order.
    core.addTokens(Object.values(config.added_tokens_decoder ?? {}).map(addedToken));
    core.addTokens(
      named.map((token) => ({ ...addedToken(token), special: true })),
      true,
    );
    /** @type {Record<string, number | undefined>} */
    const ids = {};
    for (const name of SPECIAL) ids[name] = tokens[name] === undefined ? undefined : core.tokenToId(tokens[name]);
    /**
     * tokenizer_config.json.
     * @type {Json}
     */
    this.config = config;
    /**
     * An option of a call goes before it.
     * @type {'left' | 'right'}
     */
    this.padding_side = sides.padLeft ? 'left' : 'right';
    /** @type {'left' | 'right'} */
    this.truncation_side = sides.truncateLeft ? 'left' : 'right';
    /**
     * The most tokens that the model takes; Infinity where no file says.
     * @type {number}
     */
    this.model_max_length = sides.maxLength;
    /**
     * For this package only.
     * @type {State}
     */
    this._ = {
      core,
      tokens,
      ids,
      extra,
      additional,
      typeIds,
      cleanUp,
      flags: { bos: config.add_bos_token ?? false, eos: config.add_eos_token ?? false },
    };
    Object.defineProperty(this, '_', { enumerable: false });
  }

  /** The configuration by Transformers.js' name. */
  get _tokenizer_config() {
    return this.config;
  }

  /**
   * @param {string | string[]} tokens unknown ones get unk_token_id
   * @returns {any} an id, or a list of ids. any: one or the other
   */
  convert_tokens_to_ids(tokens) {
    const one = (/** @type {string} */ token) => this._.core.tokenToId(token) ?? this._.ids.unk;
    return Array.isArray(tokens) ? tokens.map(one) : one(tokens);
  }
  /**
   * @param {Iterable<number | bigint>} ids
   * @returns {string[]}
   */
  convert_ids_to_tokens(ids) {
    const { tokens } = this._.core.vocabulary;
    return Array.from(idList(ids), (id) => tokens[id] ?? this._.tokens.unk ?? '');
  }
  /**
   * Token → id.
   * @returns {Map<string, number>}
   */
  get_vocab() {
    const map = new Map();
    this._.core.vocabulary.tokens.forEach((token, id) => {
      if (token !== null) map.set(token, id);
    });
    return map;
  }
  /**
   * Adds tokens. Ones that the vocabulary has keep their id.
   * @param {string | AddedToken | (string | AddedToken)[]} tokens
   * @param {{ special_tokens?: boolean }} [options]
   * @returns {number} how many are new
   */
  add_tokens(tokens, { special_tokens = false } = {}) {
    const { core } = this._,
      list = [tokens].flat().map((t) => ({ special: special_tokens, normalized: !special_tokens, ...addedToken(t) }));
    const fresh = new Set(
      list.map(({ content }) => content).filter((content) => content && core.tokenToId(content) === undefined),
    );
    core.addTokens(list);
    return fresh.size;
  }
  /**
   * Adds special tokens and gives them their names.
   * @param {Json} tokens pad_token, …, additional_special_tokens
   * @returns {number} how many are new
   */
  add_special_tokens(tokens) {
    const { additional_special_tokens: more = [], ...named } = tokens;
    for (const name of Object.keys(named)) {
      if (!SPECIAL.some((one) => name === one + '_token'))
        throw new InputError(`${name} is no special token.`, { code: 'bad_option', field: name });
    }
    const count = this.add_tokens([...Object.values(named), ...more], { special_tokens: true });
    for (const [name, token] of Object.entries(named)) nameToken(this._, name.slice(0, -6), addedToken(token).content);
    const contents = more.map((/** @type {string | AddedToken} */ token) => addedToken(token).content);
    this._.additional = [...new Set([...this._.additional, ...contents])];
    return count;
  }

  /**
   * Ids of all special tokens.
   * @returns {number[]}
   */
  get all_special_ids() {
    const { tokens, flags } = this._.core.vocabulary;
    const ids = new Set(Object.values(this._.ids).filter((id) => id !== undefined));
    flags.forEach((flag, id) => {
      if (flag & IS_SPECIAL && tokens[id] !== null) ids.add(id);
    });
    return [...ids];
  }
  /** @returns {string[]} */
  get all_special_tokens() {
    return this.convert_ids_to_tokens(this.all_special_ids);
  }
  /** @returns {string[]} */
  get additional_special_tokens() {
    return this._.additional;
  }
  /**
   * Special tokens by the names that templates use.
   * @returns {Json}
   */
  get special_tokens_map() {
    const { tokens, extra, additional } = this._;
    const named = Object.entries(tokens)
      .filter(([, token]) => token !== undefined)
      .map(([name, token]) => [`${name}_token`, token]);
    return {
      ...Object.fromEntries(named),
      ...extra,
      ...(additional.length ? { additional_special_tokens: additional } : {}),
    };
  }
  /** The mark of pieces that continue a word ("##"), where the model has one. */
  get continuing_subword_prefix() {
    return this._.core.continuingSubwordPrefix || undefined;
  }

  /** Does a text begin with bos_token, end with eos_token? Setting one sets both, in place of what the file says. */
  get add_bos_token() {
    return this._.flags.bos;
  }
  set add_bos_token(value) {
    this.#flag('bos', value);
  }
  get add_eos_token() {
    return this._.flags.eos;
  }
  set add_eos_token(value) {
    this.#flag('eos', value);
  }
  /**
   * @param {'bos' | 'eos'} name
   * @param {boolean} value
   */
  #flag(name, value) {
    const { flags, tokens } = this._;
    flags[name] = Boolean(value);
    const given = (/** @type {'bos' | 'eos'} */ one) => (flags[one] ? [tokens[one] ?? []].flat() : []);
    surroundEachBy(this, given('bos'), given('eos'));
  }

  /** Lets go of the Wasm memory. Later calls throw. */
  dispose() {
    this._.core.dispose();
  }
}
if (Symbol.dispose) {
  Object.assign(Vocabulary.prototype, {
    /** @this {Vocabulary} */
    [Symbol.dispose]() {
      this.dispose();
    },
  });
}

/**
 * @param {State} state
 * @param {string} name 'pad', …
 * @param {string | null | undefined} token
 */
function nameToken(state, name, token) {
  if (token !== undefined && token !== null && typeof token !== 'string')
    throw new InputError(`${name}_token must be a text.`, { code: 'not_a_string', field: `${name}_token` });
  state.tokens[name] = token ?? undefined;
  state.ids[name] = typeof token === 'string' ? state.core.tokenToId(token) : undefined;
}

/** Every special token is a property, and its id is another one; setting either sets both. */
for (const name of SPECIAL) {
  Object.defineProperties(Vocabulary.prototype, {
    [`${name}_token`]: {
      get() {
        return this._.tokens[name];
      },
      set(token) {
        nameToken(this._, name, token);
      },
      configurable: true,
    },
    [`${name}_token_id`]: {
      get() {
        return this._.ids[name];
      },
      set(id) {
        nameToken(this._, name, this._.core.vocabulary.tokens[id]);
      },
      configurable: true,
    },
  });
}

/** The base of PreTrainedTokenizer. */
export const SpecialTokens = /** @type {new (...parts: ConstructorParameters<typeof Vocabulary>) => Vocabulary &
  NamedTokens} */ (Vocabulary);
