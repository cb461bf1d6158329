// AutoTokenizer: the tokenizer of a repository, a folder or a URL: tokenizer.json (or an older format, where there is
// none), and tokenizer_config.json and special_tokens_map.json where they are there.

import { getJSON, missing } from '../hub/index.js';
import { coreOf } from './core/binary-cache.js';
import { withChatTemplates } from '../chat/chat-files.js';
import { classOf } from './classes/classes.js';
import { fromOldFiles } from './legacy/old-formats.js';
import { PreTrainedTokenizer } from './pre-trained-tokenizer.js';

export class AutoTokenizer {
  /**
   * @param {string} id repository id, folder or URL
   * @param {import('../hub/index.js').HubOptions & { config?: Record<string, any> | null }} [options] config stands
   *   in for tokenizer_config.json
   * @returns {Promise<any>} a PreTrainedTokenizer of the class that the files name, which can be called
   */
  static async from_pretrained(id, options = {}) {
    return loadTokenizer(id, options, null);
  }
}

/**
 * @param {string} id
 * @param {import('../hub/index.js').HubOptions & { config?: Record<string, any> | null }} options
 * @param {typeof PreTrainedTokenizer | null} As null: as the files say
 * @returns {Promise<any>}
 */
export async function loadTokenizer(id, { config = null, ...options }, As) {
  const [core, read, map] = await Promise.all([
    coreOf(id, options),
    config && config.tokenizer_class ? config : getJSON(id, 'tokenizer_config.json', options),
    getJSON(id, 'special_tokens_map.json', options),
  ]);
  if (!core) {
    const made = await fromOldFiles(id, { ...map, ...(await withChatTemplates(id, read ?? {}, options)) }, options);
    if (!made) throw missing(id, 'tokenizer.json', options);
    const Class = As ?? classOf(made.config),
      tokenizer = await Class.fromFiles(made.json, made.config, map ?? {}, id);
    if (made.target)
      /** @type {any} */ (tokenizer).target = await Class.fromFiles(
        made.target.json,
        made.target.config,
        map ?? {},
        id,
      );
    return tokenizer;
  }
  return (As ?? classOf(read ?? {})).fromFiles(core, await withChatTemplates(id, read ?? {}, options), map ?? {}, id);
}

export { PreTrainedTokenizer };
