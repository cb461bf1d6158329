// Chat templates in files of their own beside tokenizer_config.json: chat_template.jinja, and further ones in
// additional_chat_templates/. Folders of the Hub cannot be listed without its API, so their usual names are asked for.

import { getText } from '../hub/index.js';

/** Names that Transformers' documentation gives. */
const NAMES = ['tool_use', 'rag'];

/**
 * @param {string} id repository id, folder or URL
 * @param {import('../utils/types.js').Json} config tokenizer_config.json
 * @param {{ chats?: boolean }} facts of the tokenizer's class: where it has no chats, no file is asked for
 * @param {import('../hub/index.js').HubOptions} options
 * @returns {Promise<import('../utils/types.js').Json>} the configuration; where it has no template, with those of the
 *   files
 */
export async function withChatTemplates(id, config, { chats = true }, options) {
  // A repository that names no class is not asked either.
  if (config.chat_template || !config.tokenizer_class || !chats) return config;
  const main = await getText(id, 'chat_template.jinja', options);
  if (main === null) return config;
  const more = await Promise.all(
    NAMES.map(async (name) => [name, await getText(id, `additional_chat_templates/${name}.jinja`, options)]),
  );
  const found = more.filter(([, template]) => template !== null);
  return { ...config, chat_template: found.length ? { default: main, ...Object.fromEntries(found) } : main };
}
