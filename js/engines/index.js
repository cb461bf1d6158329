// The engines that there are, in the order in which they are asked. The first that accepts a repository loads it.

import { ConfigError } from '../errors.js';
import { wasmEngine } from './wasm/engine.js';

/**
 * A new engine is a line here. Tests put their own in front.
 * @type {import('./engine.js').Engine[]}
 */
export const engines = [wasmEngine];

/**
 * The engine for a repository, chosen before any weight is fetched.
 * @param {import('./engine.js').LoadRequest} request
 * @returns {Promise<import('./engine.js').Engine>}
 */
export async function chooseEngine(request) {
  for (const engine of engines) if (await engine.accepts(request)) return engine;
  const type = request.config.model_type;
  throw new ConfigError(
    `config.json of ${request.id} has ${type === undefined ? 'no model_type' : `the model_type "${type}"`}; ` +
      `no engine (${engines.map(({ name }) => name).join(', ')}) can run it.`,
    { code: 'unknown_model_type', file: 'config.json', field: 'model_type' },
  );
}

/**
 * Begins to fetch what the preferred engine needs for a model of one of these families, while config.json comes.
 * @param {import('./engine.js').Family[]} families
 */
export const warmUp = (families) => engines[0].warmUp?.(families);
