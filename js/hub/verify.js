// What is not the file that was asked for, although the server sent it as such: a web page or a pointer of Git LFS.

import { HubError } from '../errors.js';

/** @typedef {import('./types.js').OpenFile} OpenFile */

/**
 * URLs that answered with a web page: the server's way to say that a file is missing.
 * @type {Set<string>}
 */
const webPages = new Set();

/**
 * Whether the server says that it sends a web page, though another kind of file was asked for.
 * @param {Response} response
 * @param {string} name
 */
export const isWebPage = (response, name) =>
  (response.headers.get('content-type') ?? '').startsWith('text/html') && !/\.html?$/.test(name);

/**
 * Remembers a web page in place of a file, so that webPageAt() can name it.
 * @param {string} url
 */
export const noteWebPage = (url) => webPages.add(url);

/**
 * @param {string} name
 * @param {string} url
 * @returns {HubError | null} the error of a file in whose place a web page came
 */
export const webPageAt = (name, url) => (webPages.has(url) ? webPageError(name, url) : null);

/**
 * @param {string} name
 * @param {string} url
 */
export const webPageError = (name, url) =>
  new HubError(
    `${url} answered with a web page instead of ${name}: the server probably sends its start page for missing files.`,
    { code: 'html_instead_of_file', status: 200, url, file: name },
  );

/**
 * Reads the first bytes and throws a HubError where they are a web page's or a pointer's of Git LFS.
 * @param {OpenFile} file
 * @param {string} url for messages
 * @returns {OpenFile}
 */
export function rejectWrongContent(file, url) {
  async function* chunks() {
    let first = true;
    for await (const chunk of file.chunks) {
      if (first) {
        const start = new TextDecoder().decode(chunk.subarray(0, 64));
        if (/^\uFEFF?\s*<(!doctype|html|head|\?xml)/i.test(start)) throw webPageError(file.name, url);
        if (start.startsWith('version https://git-lfs')) {
          throw new HubError(
            `${file.name} at ${url} is a pointer of Git LFS, not the file; fetch it with "git lfs pull".`,
            { code: 'lfs_pointer', url, file: file.name },
          );
        }
      }
      first = false;
      yield chunk;
    }
  }
  return { ...file, chunks: chunks() };
}
