// Options and named inputs as callers give them: an object that has known names only, numbers within their range.

import { InputError } from '../errors.js';

/** Options of loading. What stands behind model_file_name means something in Transformers.js alone. */
export const LOADING = [
  'revision subfolder progress_callback signal local_files_only cache_dir token headers dtype device config gguf',
  'model_file_name use_external_data_format session_options legacy quantized',
];

/**
 * Levenshtein's distance: letters to put in, take out or replace.
 * @param {string} a
 * @param {string} b
 */
function distance(a, b) {
  let row = Array.from(b, (_, j) => j + 1);
  for (let i = 0; i < a.length; i++) {
    let diagonal = i,
      left = i + 1;
    row = row.map((up, j) => {
      left = Math.min(up + 1, left + 1, diagonal + Number(a[i] !== b[j]));
      diagonal = up;
      return left;
    });
  }
  return row.at(-1) ?? a.length;
}

/**
 * The end of a message about an unknown name.
 * @param {string} name
 * @param {string[]} known
 * @returns {string} "; did you mean top_k?"; where nothing is near, all that there are
 */
export function suggestion(name, known) {
  const plain = (/** @type {string} */ x) => x.toLowerCase().replaceAll('_', ''),
    far = (/** @type {string} */ one) => distance(plain(name), plain(one)),
    [nearest] = [...known].sort((a, b) => far(a) - far(b));
  return far(nearest) <= Math.max(2, name.length / 3)
    ? `; did you mean ${nearest}?`
    : `; there are ${known.join(', ')}.`;
}

/**
 * The names in lists that were checked before: a short text takes less time than splitting its options' list.
 * @type {Map<string, Set<string>>}
 */
const lists = new Map();
/** @param {string | string[]} known */
function namesIn(known) {
  const list = [known].flat().join(' ');
  let names = lists.get(list);
  if (!names) lists.set(list, (names = new Set(list.split(' '))));
  return names;
}

/**
 * InputError: no object, or a name that is not known. undefined is as if absent.
 * @param {unknown} options
 * @param {string | string[] | null} known names, in one string with spaces between; null: any
 * @param {'option' | 'input'} [kind]
 */
export function checkOptions(options, known, kind = 'option') {
  if (options === undefined) return;
  const wrong = options === null ? 'null' : Array.isArray(options) ? 'an array' : typeof options;
  if (wrong !== 'object')
    throw new InputError(`The ${kind}s must be an object, not ${wrong}.`, { code: `bad_${kind}s`, field: `${kind}s` });
  if (!known) return;
  const names = namesIn(known);
  for (const [name, value] of Object.entries(/** @type {object} */ (options)))
    if (value !== undefined && !names.has(name))
      throw new InputError(`"${name}" is no ${kind}${suggestion(name, [...names])}`, {
        code: `unknown_${kind}`,
        field: name,
      });
}

/**
 * InputError: no whole number from `least` on (Infinity is one).
 * @param {string} field
 * @param {unknown} value
 * @param {number} [least]
 */
export function checkWhole(field, value, least = 1) {
  if (typeof value === 'number' && value >= least && Math.floor(value) === value) return;
  throw new InputError(`${field} is ${String(value)}; it must be a whole number from ${least} on.`, {
    code: 'bad_option',
    field,
  });
}
