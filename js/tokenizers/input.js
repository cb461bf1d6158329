// Arguments that callers may pass in several shapes: a tokenizer.json, added tokens.

import { InputError, TokenizerError } from '../errors.js';

/**
 * @typedef {{ content: string, special?: boolean, single_word?: boolean, lstrip?: boolean, rstrip?: boolean,
 *   normalized?: boolean }} AddedToken
 */

/**
 * @param {string | Uint8Array | ArrayBuffer | object} json
 * @returns {Uint8Array}
 */
export function jsonBytes(json) {
  if (json instanceof Uint8Array) return json;
  if (json instanceof ArrayBuffer) return new Uint8Array(json);
  if (typeof json === 'string') return new TextEncoder().encode(json);
  if (json === null || typeof json !== 'object') {
    throw new TokenizerError(
      `A tokenizer.json is text, bytes or an object, not ${json === null ? 'null' : typeof json}.`,
      { code: 'wrong_type', file: 'tokenizer.json' },
    );
  }
  return new TextEncoder().encode(JSON.stringify(json));
}

/**
 * @param {AddedToken | string} token
 * @returns {AddedToken}
 */
export function addedToken(token) {
  const given = typeof token === 'string' ? { content: token } : token;
  if (typeof given?.content === 'string') return given;
  throw new InputError('An added token is a string or an object whose content is a string.', {
    code: 'not_a_string',
    field: 'content',
  });
}
