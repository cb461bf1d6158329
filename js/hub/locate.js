// Where a repository's file may lie, by the form of its id. Nothing is opened here.
//   'org/name'              env.localModelPath/org/name, then (Node) the user's cache folder, then env.remoteHost
//   './folder', '/abs', …   a folder on disk (Node), a path of this server (browsers)
//   'https://…/folder/'     that URL
// The option gguf, or an id that ends in .gguf, names a GGUF file, which stands for a whole repository
// (gguf.js).

import { ConfigError, HubError } from '../errors.js';
import { env, isNode } from '../env.js';
import { node } from '../utils/node.js';
import { cacheFolder } from './cache.js';
import { webPageAt } from './verify.js';

/** @typedef {import('./types.js').HubOptions} HubOptions */

const isUrl = (/** @type {string} */ id) => /^(https?|blob|data|chrome-extension|capacitor):/.test(id);
/** A folder by its look; in browsers, a path of this server. */
const isPath = (/** @type {string} */ id) => /^(\.{0,2}\/|\.{1,2}$|file:|[A-Za-z]:[\\/])/.test(id);
const ID = /^[\w][\w.-]*(\/[\w][\w.-]*)?$/;

/**
 * The GGUF file that stands for a repository.
 * @param {string} id
 * @param {HubOptions} options
 * @returns {{ id: string, gguf: string } | null} where it lies, and its name there; null: there is none
 */
export function ggufOf(id, { gguf }) {
  if (gguf !== undefined && gguf !== null) {
    if (typeof gguf === 'string' && /^(?!.*\.\.)[\w][^\\?#]*\.gguf$/i.test(gguf)) return { id, gguf };
    throw new ConfigError(`The option gguf must be the name of a .gguf file, not ${JSON.stringify(gguf)}.`, {
      code: 'bad_option',
      field: 'gguf',
    });
  }
  const parts = typeof id === 'string' && /^(.*[\\/])?([^\\/?#]+\.gguf(\?[^#]*)?)$/i.exec(id);
  if (!parts) return null;
  const [, folder = './', file] = parts;
  if (isUrl(id) || isPath(folder)) return { id: folder.replace(/([^\\/])[\\/]$/, '$1'), gguf: file };
  // org/name/file.gguf; a repository's name may end so as well.
  const [org, name, ...rest] = id.split('/');
  return rest.length ? { id: `${org}/${name}`, gguf: rest.join('/') } : null;
}

const withSlash = (/** @type {string} */ folder) => folder.replace(/\/*$/, '/');

/**
 * @param {string} name
 * @param {HubOptions} options
 */
const pathOf = (name, { subfolder }) => (subfolder ? subfolder + '/' : '') + name;

/**
 * A path of the page's (or worker's) server as a URL.
 * @param {string} path
 */
const urlOfPath = (path) => new URL(path, globalThis.document?.baseURI ?? globalThis.location?.href).href;

/**
 * @param {string} id
 * @param {string} name
 * @param {HubOptions} options
 */
function hubUrl(id, name, options) {
  const revision = encodeURIComponent(options.revision ?? 'main');
  const folder = env.remotePathTemplate.replaceAll('{model}', id).replaceAll('{revision}', revision);
  return withSlash(env.remoteHost) + folder + pathOf(name, options);
}

/** @param {unknown} id */
const badId = (id) =>
  new ConfigError(
    `${typeof id === 'string' ? JSON.stringify(id) : `The ${typeof id}`} is neither a repository id (org/name), ` +
      'a folder nor a URL.',
    { code: 'bad_id', field: 'model' },
  );

/**
 * The address of the list of a repository's files. '': a mirror need not have one.
 * @param {string} id
 * @param {HubOptions} options
 */
const listUrl = (id, { revision = 'main' }) =>
  /^https:\/\/(huggingface\.co|hf\.co)\/*$/.test(env.remoteHost) &&
  env.remotePathTemplate.startsWith('{model}/resolve/')
    ? `${withSlash(env.remoteHost)}api/models/${id}/tree/${encodeURIComponent(revision)}`
    : '';

/**
 * The places of a file, in the order in which they are tried.
 * @param {string} id repository id, folder or URL
 * @param {string} name
 * @param {HubOptions} options
 * @returns {Promise<import('./types.js').Place[]>} rejects with a ConfigError where the id has no known form
 */
export async function locate(id, name, options) {
  if (typeof id !== 'string' || id.includes('\0')) throw badId(id);
  const path = pathOf(name, options);
  if (isUrl(id)) return [{ url: withSlash(id) + path, cached: /^https?:/.test(id) }];
  if (isNode) {
    const { statSync } = await node('fs');
    if (isPath(id) || (env.useFS && statSync(id, { throwIfNoEntry: false })?.isDirectory()))
      return env.useFS ? [{ folder: id, path }] : [];
  } else if (isPath(id)) {
    return [{ url: urlOfPath(withSlash(id) + path), cached: true }];
  }
  if (!ID.test(id)) throw badId(id);
  /** @type {import('./types.js').Place[]} */
  const places = [];
  if (env.allowLocalModels && env.localModelPath) {
    const folder = withSlash(env.localModelPath) + id;
    if (!isNode || isUrl(folder)) {
      // A single-page app answers with its start page for a missing file.
      places.push({ url: urlOfPath(folder + '/' + path), cached: false, skipWebPage: !options.local_files_only });
    } else if (env.useFS) places.push({ folder, path });
  }
  if (isNode && env.useFS) {
    const { join } = await node('path');
    places.push({ folder: join(await cacheFolder(), 'models', id), path });
  }
  places.push({ url: hubUrl(id, name, options), cached: true, path, list: listUrl(id, options) });
  return places;
}

/** Whether files may come from local places and the cache only. */
export const isOffline = (/** @type {HubOptions} */ options) => options.local_files_only || !env.allowRemoteModels;

/**
 * The last address that is tried for a file, for messages.
 * @param {string} id
 * @param {string} name
 * @param {HubOptions} options
 * @returns {string} '' where no network is asked, or the id has no known form
 */
export function addressOf(id, name, options) {
  if (isOffline(options) || (isNode && isPath(id))) return '';
  if (isUrl(id)) return withSlash(id) + pathOf(name, options);
  if (isPath(id)) return urlOfPath(withSlash(id) + pathOf(name, options));
  return ID.test(id) ? hubUrl(id, name, options) : '';
}

/**
 * The error of a file that a caller needs and the repository lacks: says where it was looked for.
 * @param {string} id
 * @param {string} name
 * @param {HubOptions} [options]
 * @returns {HubError}
 */
export function missing(id, name, options = {}) {
  const found = ggufOf(id, options);
  if (found) {
    if (name !== found.gguf)
      return new HubError(`${found.gguf} of ${found.id} holds nothing that makes a ${name}.`, {
        code: 'not_found',
        status: 404,
        file: name,
      });
    ({ id } = found);
  }
  const url = addressOf(id, name, options),
    webPage = webPageAt(name, url);
  if (webPage) return webPage;
  const where = isOffline(options)
    ? 'in the local files and the cache (the network is switched off)'
    : url
      ? `at ${url}`
      : 'in the folder';
  return new HubError(`${name} of ${id} was not found ${where}.`, { code: 'not_found', status: 404, url, file: name });
}
