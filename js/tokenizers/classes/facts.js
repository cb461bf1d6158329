// What Transformers' tokenizer classes say of themselves, for repositories whose files do not say it. classes.js fills
// the table, a line a class.

/**
 * @typedef {object} Facts
 * @property {boolean} [typeIds] model_input_names contains token_type_ids
 * @property {boolean} [chats] its models may have chat templates
 */

/** @type {Map<string, Facts>} */
const FACTS = new Map();

/**
 * @param {string} kind
 * @param {Facts} facts
 */
export const setFacts = (kind, facts) => FACTS.set(kind, facts);

/**
 * The class that tokenizer_config.json names, without Tokenizer and Fast; '' where it names none.
 * @param {{ tokenizer_class?: unknown }} config
 */
export const kindOf = (config) => String(config.tokenizer_class ?? '').replace(/Tokenizer(Fast)?$/, '');

/**
 * @param {{ tokenizer_class?: unknown }} config tokenizer_config.json
 * @returns {Facts}
 */
export const factsOf = (config) => FACTS.get(kindOf(config)) ?? {};
