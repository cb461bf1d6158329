// AutoTokenizer: the tokenizer of a repository, a folder or a URL: tokenizer.json, and tokenizer_config.json and
// special_tokens_map.json where they are there.

import { getBytes, getJSON, missing } from '../hub/index.js';
import { PreTrainedTokenizer } from './pre-trained-tokenizer.js';

export class AutoTokenizer {
  /**
   * @param {string} id repository id, folder or URL
   * @param {import('../hub/index.js').HubOptions & { config?: Record<string, any> | null }} [options] config stands in for tokenizer_config.json
   * @returns {Promise<any>} a PreTrainedTokenizer, which can be called
   */
  static async from_pretrained(id, { config = null, ...options } = {}) {
    const [json, read, map] = await Promise.all([
      getBytes(id, 'tokenizer.json', options),
      config && config.tokenizer_class ? config : getJSON(id, 'tokenizer_config.json', options),
      getJSON(id, 'special_tokens_map.json', options),
    ]);
    if (!json) throw missing(id, 'tokenizer.json', options);
    return PreTrainedTokenizer.fromFiles(json, read ?? {}, map ?? {}, id);
  }
}

export { PreTrainedTokenizer };
