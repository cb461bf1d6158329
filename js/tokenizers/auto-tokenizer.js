// AutoTokenizer: a repository's tokenizer, of the class that its files name.

import * as classes from './classes/classes.js';
import { LOADING, checkOptions } from '../utils/options.js';
import { loadTokenizer } from './load.js';

/** @type {Record<string, import('./load.js').TokenizerClass>} */
const CLASSES = { ...classes };

/**
 * @param {import('../utils/types.js').Json} config tokenizer_config.json
 * @returns {import('./load.js').TokenizerClass} PreTrainedTokenizer where there is none of that name
 */
function classFor(config) {
  const name = String(config.tokenizer_class ?? '').replace(/Fast$/, '');
  return Object.hasOwn(CLASSES, name) ? CLASSES[name] : classes.PreTrainedTokenizer;
}

export class AutoTokenizer {
  /**
   * @param {string} id repository id, folder or URL
   * @param {import('./load.js').LoadOptions} [options]
   * @returns {Promise<any>} a callable PreTrainedTokenizer. any: of the class that the files name
   */
  static async from_pretrained(id, options = {}) {
    checkOptions(options, LOADING);
    return loadTokenizer(id, options, classFor);
  }
}
