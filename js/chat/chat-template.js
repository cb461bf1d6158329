// Which chat template a tokenizer uses, and the loading of all that writes chats: most pages have none.

import { InputError, TokenizerError } from '../errors.js';

/** @typedef {string | Record<string, string> | undefined} ChatTemplate one template, or several by name */

/**
 * Reads chat_template of tokenizer_config.json: a string, a list of { name, template }, or an object by name.
 * @param {unknown} raw
 * @returns {ChatTemplate}
 */
export function readChatTemplate(raw) {
  if (raw === undefined || raw === null) return undefined;
  if (typeof raw === 'string') return raw;
  const bad = (/** @type {string} */ what) =>
    new TokenizerError(`chat_template of tokenizer_config.json ${what}.`, {
      code: 'wrong_type',
      file: 'tokenizer_config.json',
      field: 'chat_template',
    });
  if (typeof raw !== 'object') throw bad('must be a text, or a list of named ones');
  const pairs = Array.isArray(raw) ? raw.map((one) => [one?.name, one?.template]) : Object.entries(raw);
  if (pairs.some(([name, template]) => typeof name !== 'string' || typeof template !== 'string'))
    throw bad('has an entry without a name or a template');
  return Object.fromEntries(pairs);
}

const noTemplate = (/** @type {string} */ message) =>
  new InputError(message, { code: 'no_chat_template', field: 'chat_template' });

/**
 * Chooses a tokenizer's template.
 * @param {ChatTemplate} own the tokenizer's
 * @param {string | null} asked a name or a template
 * @param {boolean} tools whether there are tools
 * @returns {string}
 */
export function chooseTemplate(own, asked, tools) {
  if (own !== undefined && typeof own === 'object') {
    if (asked !== null) return Object.hasOwn(own, asked) ? own[asked] : asked;
    if (tools && Object.hasOwn(own, 'tool_use')) return own.tool_use;
    if (Object.hasOwn(own, 'default')) return own.default;
    throw noTemplate(
      'This tokenizer has several chat templates and no default: pass chat_template, one of ' +
        `${Object.keys(own).sort().join(', ')}.`,
    );
  }
  const template = asked ?? own;
  if (typeof template !== 'string') throw noTemplate('This tokenizer has no chat template; pass one as chat_template.');
  return template;
}

/** @type {typeof import('./apply-chat-template.js').applyChatTemplate | null} */
let apply = null;
/** @type {Promise<void> | null} */
let loading = null;
/**
 * Why the library could not be loaded.
 * @type {unknown}
 */
let failure;

/**
 * Loads what writes chats: npm's @huggingface/jinja (js/vendor/jinja.js) and our modules around it. Later calls cost
 * nothing; after a failure the next one tries again.
 * @returns {Promise<void>} rejects with a TokenizerError
 */
export function loadTemplateEngine() {
  // @ts-ignore: copied by tools/vendor.js
  const library = () => import('../vendor/jinja.js');
  return (loading ??= Promise.all([
    library(),
    import('./template-interpreter.js'),
    import('./template-engine.js'),
    import('./apply-chat-template.js'),
  ]).then(
    ([jinja, { makeEngine }, { setEngine }, { applyChatTemplate }]) => {
      setEngine(makeEngine(jinja));
      apply = applyChatTemplate;
    },
    (cause) => {
      loading = null;
      failure = cause;
      throw notLoaded();
    },
  ));
}

const notLoaded = () =>
  failure
    ? new TokenizerError(
        'The library for chat templates (js/vendor/jinja.js) could not be loaded; in a clone, npm start brings it.',
        {
          code: 'no_template_library',
          cause: failure,
        },
      )
    : new InputError(
        'The library for chat templates is loaded with a tokenizer that has one; for others call await ' +
          'tokenizer.load_chat_templates() once before.',
        { code: 'templates_not_loaded', field: 'chat_template' },
      );

/**
 * What PreTrainedTokenizer.apply_chat_template does, once loadTemplateEngine() was awaited.
 * @type {typeof import('./apply-chat-template.js').applyChatTemplate}
 */
export function applyChatTemplate(tokenizer, conversation, options) {
  if (!apply) {
    tokenizer.get_chat_template(options); // where there is no template, that is the error
    throw notLoaded();
  }
  return apply(tokenizer, conversation, options);
}
