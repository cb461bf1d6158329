// config.json by itself.

import { getJSON, missing } from '../hub/index.js';

/** The fields of a config.json. */
export class PretrainedConfig {
  /** @type {string | null} */
  model_type = null;
  is_encoder_decoder = false;

  /** @param {object} json */
  constructor(json) {
    Object.assign(this, json);
  }

  /**
   * @param {string} id
   * @param {import('../engines/engine.js').ModelOptions} [options] config: its fields go before the file's
   */
  static async from_pretrained(id, { config, ...options } = {}) {
    if (config instanceof PretrainedConfig) return config;
    const file = await getJSON(id, 'config.json', options);
    if (!file && !config) throw missing(id, 'config.json', options);
    return new PretrainedConfig({ ...file, ...config });
  }
}
export class AutoConfig extends PretrainedConfig {}
