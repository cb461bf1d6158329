// The engines, in the order in which they are asked: the first that accepts a repository loads it.

import { ConfigError, blameCaller } from '../errors.js';
import { wasmEngine } from './wasm/engine.js';

/** @type {import('./engine.js').Engine[]} */
export const engines = [wasmEngine];

/**
 * The engine for a repository. ConfigError: none can run it.
 * @param {import('./engine.js').LoadRequest} request
 */
export async function chooseEngine(request) {
  for (const engine of engines) if (await engine.accepts(request)) return engine;
  const { id, config, options } = request;
  const error = new ConfigError(`No engine runs ${id}: config.json says model_type "${config.model_type}".`, {
    code: 'unknown_model_type',
    file: 'config.json',
    field: 'model_type',
  });
  throw blameCaller(error, options.config, 'config.json');
}

/**
 * Begins to fetch what the first engine needs for these families.
 * @param {import('./engine.js').Family[]} families
 */
export const warmUp = (families) => engines[0].warmUp?.(families);
