// Reads a repository's tokenizer: tokenizer.json (or the files of an older format where there is none), and
// tokenizer_config.json and special_tokens_map.json where they exist. From the second load on, a large tokenizer.json
// is read in a few milliseconds: its binary form is kept as a sidecar in the cache.

import { withChatTemplates } from '../chat/chat-files.js';
import { WasmTokenizer } from '../engines/tokenizer.js';
import { bytesOf, getJSON, healed, missing, openFile } from '../hub/index.js';
import { blameCaller } from '../errors.js';
import { awaitFiles } from '../hub/progress.js';
import { keepSidecar, openWithSidecar } from '../hub/sidecar.js';
import { factsOf } from './classes/facts.js';

/**
 * @typedef {import('../utils/types.js').Json} Json
 * @typedef {import('../hub/index.js').HubOptions & { config?: Json | null }} LoadOptions config goes over
 *   tokenizer_config.json; with a tokenizer_class, in its place
 * @typedef {{ fromFiles(json: WasmTokenizer | object, config: Json, map: Json, where: string): Promise<any> }}
 *   TokenizerClass any: an instance of that class
 */

const BINARY = '.binary';
/** In bytes. A smaller tokenizer.json loads as fast as the cache answers. */
const SMALLEST_WITH_BINARY = 1 << 19;

/**
 * @param {string} id repository id, folder or URL
 * @param {import('../hub/index.js').HubOptions} options
 * @returns {Promise<WasmTokenizer | null>} null where there is no tokenizer.json
 */
async function readTokenizerJson(id, options) {
  const opened = await openWithSidecar(id, 'tokenizer.json', BINARY, options);
  if ('sidecar' in opened) {
    const core = await WasmTokenizer.fromBinary(opened.sidecar, id).catch((error) => {
      if (error.name === 'TokenizerError') return null; // damaged, or of another version: it is made again
      throw error;
    });
    if (core) return core;
  }
  const file = 'file' in opened ? opened.file : await openFile(id, 'tokenizer.json', options);
  if (!file) return null;
  const json = await bytesOf(file);
  const core = await WasmTokenizer.create(json, id);
  if (json.byteLength >= SMALLEST_WITH_BINARY) await keepSidecar(file, BINARY, () => core.binary(), options);
  return core;
}

/**
 * @param {Json | null} read tokenizer_config.json
 * @param {Json | null} given what the caller gives; a model's configuration is none of a tokenizer
 */
const over = (read, given) => (given && !given.model_type ? { ...read, ...given } : read);

/**
 * @param {string} id repository id, folder or URL
 * @param {LoadOptions} options
 * @param {(config: Json) => TokenizerClass} classFor the class of a tokenizer, by its tokenizer_config.json
 * @returns {Promise<any>} any: an instance of that class
 */
export const loadTokenizer = (id, options, classFor) =>
  healed(options, (all) => loadFiles(id, all, classFor)).catch((error) => {
    throw blameCaller(error, options.config, 'tokenizer_config.json');
  });

/** @type {typeof loadTokenizer} */
async function loadFiles(id, { config: given = null, ...options }, classFor) {
  awaitFiles(options, 'tokenizer.json', ...(given?.tokenizer_class ? [] : ['tokenizer_config.json']));
  const readConfigs = async () => {
    const read = given?.tokenizer_class ? given : over(await getJSON(id, 'tokenizer_config.json', options), given),
      isWhole = read && typeof read === 'object' && ('added_tokens_decoder' in read || 'backend' in read);
    // transformers: tokenization_utils_base.py reads special_tokens_map.json only beside older files
    return [read, isWhole ? {} : ((await getJSON(id, 'special_tokens_map.json', options)) ?? {})];
  };
  const [core, [read, map]] = await Promise.all([readTokenizerJson(id, options), readConfigs()]);
  const config = await withChatTemplates(id, read ?? {}, factsOf(read ?? {}), options);
  if (core) return classFor(config).fromFiles(core, config, map, id);
  const { fromOldFiles } = await import('./legacy/old-formats.js');
  const made = await fromOldFiles(id, { ...map, ...config }, options);
  if (!made) throw missing(id, 'tokenizer.json', options);
  const Class = classFor(made.config),
    tokenizer = await Class.fromFiles(made.json, made.config, map, id);
  if (made.target) tokenizer.target = await Class.fromFiles(made.target.json, made.target.config, map, id);
  made.finish?.(tokenizer);
  return tokenizer;
}
