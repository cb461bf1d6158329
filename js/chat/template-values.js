// Values as Python prints, compares and serializes them, and Python's methods of strings, where @huggingface/jinja does
// as JavaScript does. After the Python library reference (str, repr, json.dumps) and Jinja's list of filters and tests.

/**
 * A value of the template engine: `type` names its class ("StringValue", …), `value` is what it holds.
 * @typedef {{ type: string, value: any }} Value any: depends on the type
 * @typedef {any} Node of a parsed template. any: @huggingface/jinja has no types for it
 * @typedef {any} Scope an Environment. any: the same
 */

/** Most characters of a text that a template makes, and most weight of a list or mapping. */
export const MAX_TEXT = 1 << 24;
/** Most pieces that a text may be cut into. */
const MAX_ENTRIES = 1 << 20;

/** A failure in a template. template-engine.js makes it one of the package's errors. */
export class TemplateFault extends Error {}
/** A template that would take too long, or too much memory. */
export class LimitFault extends TemplateFault {}

/**
 * @param {number} length
 * @param {string} what
 */
export function checkLength(length, what) {
  if (length > MAX_TEXT) throw new LimitFault(`${what} would be longer than ${MAX_TEXT} characters.`);
}

/** @param {number} count */
export function checkEntries(count) {
  if (count > MAX_ENTRIES) throw new LimitFault(`A list would have more than ${MAX_ENTRIES} entries.`);
}

const isList = (/** @type {Value} */ v) => v.type === 'ArrayValue' || v.type === 'TupleValue';
const isMapping = (/** @type {Value} */ v) =>
  v.type === 'ObjectValue' || v.type === 'NamespaceValue' || v.type === 'KeywordArgumentsValue';
const isNumber = (/** @type {Value} */ v) =>
  v.type === 'IntegerValue' || v.type === 'FloatValue' || v.type === 'BooleanValue';

/**
 * repr() of a float: Python writes exponents from 1e16 on and with two digits.
 * @param {number} x
 * @returns {string}
 */
function floatText(x) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? 'nan' : x > 0 ? 'inf' : '-inf';
  if (Object.is(x, -0)) return '-0.0';
  const size = Math.abs(x);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) return x.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  return Number.isInteger(x) ? `${x}.0` : String(x);
}

/**
 * repr() of a string.
 * @param {string} s
 */
function quoted(s) {
  const quote = s.includes("'") && !s.includes('"') ? '"' : "'";
  const inner = s.replace(/[\\'"]|(?! )[\p{C}\p{Z}]/gu, (c) => {
    if (c === '\\') return '\\\\';
    if (c === "'" || c === '"') return c === quote ? '\\' + c : c;
    const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[c],
      code = /** @type {number} */ (c.codePointAt(0));
    const [letter, digits] = code < 0x100 ? ['x', 2] : code < 0x10000 ? ['u', 4] : ['U', 8];
    return short ?? `\\${letter}${code.toString(16).padStart(Number(digits), '0')}`;
  });
  return quote + inner + quote;
}

/**
 * repr() of a key that is not a string.
 * @param {number | boolean | null} key
 */
const keyText = (key) =>
  key === null
    ? 'None'
    : typeof key === 'boolean'
      ? key
        ? 'True'
        : 'False'
      : Number.isInteger(key)
        ? String(key)
        : floatText(key);

/**
 * repr(value).
 * @param {Value} v
 * @returns {string}
 */
function repr(v) {
  if (v.type === 'StringValue') return quoted(v.value);
  if (v.type === 'TupleValue')
    return v.value.length === 1 ? `(${repr(v.value[0])},)` : `(${v.value.map(repr).join(', ')})`;
  if (v.type === 'ArrayValue') return `[${v.value.map(repr).join(', ')}]`;
  if (isMapping(v)) {
    const pairs = Array.from(
      v.value,
      ([key, value]) => `${typeof key === 'string' ? quoted(key) : keyText(key)}: ${repr(value)}`,
    );
    return `{${pairs.join(', ')}}`;
  }
  return v.type === 'UndefinedValue' ? 'Undefined' : text(v);
}

/**
 * The Map's key for a value that is used as a key.
 * @param {Value} v
 * @returns {string | number | boolean | null}
 */
export function keyOf(v) {
  if (v?.type === 'NullValue') return null;
  if (
    v?.type === 'FloatValue'
      ? !Number.isInteger(v.value)
      : ['StringValue', 'IntegerValue', 'BooleanValue'].includes(v?.type)
  )
    return v.value;
  throw new TemplateFault(`A value of the kind ${v?.type} cannot be the key of a mapping.`);
}

/**
 * The key of the mapping that equals this one, as Python compares: 1 equals True.
 * @param {Map<unknown, unknown>} map
 * @param {unknown} key
 */
export function keyIn(map, key) {
  if (typeof key === 'string' || map.has(key)) return key;
  const other = typeof key === 'boolean' ? Number(key) : key === 1 || key === 0 ? key === 1 : key;
  return map.has(other) ? other : key;
}

/**
 * str(value): what {{ value }} prints.
 * @param {Value} v
 * @returns {string}
 */
export function text(v) {
  switch (v.type) {
    case 'StringValue':
      return v.value;
    case 'UndefinedValue':
      return '';
    case 'NullValue':
      return 'None';
    case 'BooleanValue':
      return v.value ? 'True' : 'False';
    case 'IntegerValue':
      return Number.isSafeInteger(v.value) ? String(v.value) : BigInt(v.value).toString();
    case 'FloatValue':
      return floatText(v.value);
    case 'FunctionValue':
      return '<function>';
    default:
      return repr(v);
  }
}

/**
 * a == b.
 * @param {Value} a
 * @param {Value} b
 * @returns {boolean}
 */
export function equal(a, b) {
  if (isNumber(a) && isNumber(b)) return Number(a.value) === Number(b.value);
  if (a.type !== b.type) return false;
  if (isList(a))
    return (
      a.value.length === b.value.length &&
      a.value.every((/** @type {Value} */ x, /** @type {number} */ i) => equal(x, b.value[i]))
    );
  if (a.type === 'ObjectValue') {
    return (
      a.value.size === b.value.size &&
      Array.from(a.value).every(([key, x]) => b.value.has(key) && equal(x, b.value.get(key)))
    );
  }
  return a.type === 'NullValue' || a.type === 'UndefinedValue' || a.value === b.value;
}

/**
 * a in b; undefined where Python would raise an error.
 * @param {Value} a
 * @param {Value} b
 * @returns {boolean | undefined}
 */
export function contains(a, b) {
  if (isList(b)) return b.value.some((/** @type {Value} */ x) => equal(a, x));
  if (b.type === 'StringValue' && a.type === 'StringValue') return b.value.includes(a.value);
  if (isMapping(b)) return b.value.has(keyIn(b.value, a.type === 'NullValue' ? null : a.value));
  return b.type === 'UndefinedValue' ? false : undefined;
}

/**
 * json.dumps with Transformers' settings.
 * @param {Value} v
 * @param {{ indent: number | null, separators: [string, string] | null, ensureAscii: boolean, sortKeys: boolean }} o
 * @param {string} [margin]
 * @returns {string}
 */
export function json(v, o, margin = '') {
  const [item, key] = o.separators ?? [o.indent === null ? ', ' : ',', ': '];
  const string = (/** @type {string} */ s) => {
    // Python does not escape surrogates.
    const out = JSON.stringify(s).replace(/\\u(d[89a-f]..)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    return o.ensureAscii
      ? out.replace(/[\x7f-\uffff]/g, (c) => (c === '\x7f' ? c : '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0')))
      : out;
  };
  const inner = o.indent === null ? '' : margin + ' '.repeat(o.indent);
  const wrap = (/** @type {string} */ open, /** @type {string[]} */ parts, /** @type {string} */ close) => {
    if (!parts.length) return open + close;
    return o.indent === null
      ? open + parts.join(item) + close
      : `${open}\n${inner}${parts.join(`${item}\n${inner}`)}\n${margin}${close}`;
  };
  if (v.type === 'StringValue') return string(v.value);
  if (v.type === 'NullValue') return 'null';
  if (v.type === 'BooleanValue') return String(v.value);
  if (isNumber(v))
    return Number.isFinite(v.value) ? text(v) : Number.isNaN(v.value) ? 'NaN' : v.value > 0 ? 'Infinity' : '-Infinity';
  if (isList(v))
    return wrap(
      '[',
      v.value.map((/** @type {Value} */ x) => json(x, o, inner)),
      ']',
    );
  if (isMapping(v)) {
    const entries = Array.from(v.value);
    if (o.sortKeys) entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return wrap(
      '{',
      entries.map(
        ([name, x]) =>
          string(
            typeof name === 'string'
              ? name
              : name === null
                ? 'null'
                : typeof name === 'boolean'
                  ? String(name)
                  : keyText(name),
          ) +
          key +
          json(x, o, inner),
      ),
      '}',
    );
  }
  throw new TemplateFault(`Object of type ${v.type} is not JSON serializable`);
}

/** What Python's str.isspace accepts. */
export const SPACE = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const SPACES = new RegExp(SPACE);

/**
 * str.strip, lstrip, rstrip.
 * @param {string} s
 * @param {string | null} chars null: white space
 * @param {boolean} left
 * @param {boolean} right
 */
export function strip(s, chars, left, right) {
  const has =
    chars === null
      ? (/** @type {string} */ c) => SPACES.test(c)
      : (
          (set) => (/** @type {string} */ c) =>
            set.has(c)
        )(new Set(chars));
  let from = 0,
    to = s.length;
  while (left && from < to && has(s[from])) from++;
  while (right && to > from && has(s[to - 1])) to--;
  return s.slice(from, to);
}

/**
 * str.replace.
 * @param {string} s
 * @param {string} from
 * @param {string} to
 * @param {number} count -1: all
 */
function replace(s, from, to, count) {
  const parts = s.split(from === '' ? /(?:)/u : from);
  if (from === '') {
    parts.unshift('');
    parts.push('');
  }
  const times = Math.min(count < 0 ? Infinity : count, parts.length - 1);
  checkLength(s.length + times * Math.max(0, to.length - from.length), 'The result of replace');
  return (
    parts.slice(0, times + 1).join(to) +
    parts
      .slice(times + 1)
      .map((part) => from + part)
      .join('')
  );
}

/**
 * str.split and str.rsplit.
 * @param {string} s
 * @param {string | null} sep
 * @param {number} most -1: no limit
 * @param {boolean} [fromRight]
 */
function split(s, sep, most, fromRight = false) {
  if (sep === '') throw new TemplateFault('empty separator');
  const limit = most < 0 ? Infinity : most;
  if (sep !== null) {
    const parts = s.split(sep);
    if (parts.length - 1 <= limit) return parts;
    const kept = fromRight ? parts.length - limit - 1 : limit;
    return fromRight
      ? [parts.slice(0, kept + 1).join(sep), ...parts.slice(kept + 1)]
      : [...parts.slice(0, kept), parts.slice(kept).join(sep)];
  }
  const words = [...s.matchAll(new RegExp(SPACE.replace('[', '[^') + '+', 'g'))];
  if (words.length <= limit) return words.map(([word]) => word);
  if (!fromRight) return [...words.slice(0, limit).map(([word]) => word), s.slice(words[limit].index)];
  const last = words[words.length - limit - 1];
  return [s.slice(0, last.index + last[0].length), ...words.slice(words.length - limit).map(([word]) => word)];
}

/**
 * str.title.
 * @param {string} s
 */
export const title = (s) => s.toLowerCase().replace(/\p{L}+/gu, (word) => word[0].toUpperCase() + word.slice(1));
/**
 * str.capitalize.
 * @param {string} s
 */
export const capitalize = (s) => s.slice(0, 1).toUpperCase() + s.slice(1).toLowerCase();

/**
 * Arguments of a method as JavaScript's values: strings, numbers, booleans, null.
 * @typedef {any[]} Plain any: Python checks no types either
 * @typedef {Record<string, any>} Named any: the same
 */

/**
 * Methods of strings, by name.
 * @type {Map<string, (s: string, args: Plain, named: Named) => string | number | boolean | string[]>}
 */
export const STRING_METHODS = new Map(
  Object.entries({
    strip: (/** @type {string} */ s, /** @type {Plain} */ [chars = null]) => strip(s, chars, true, true),
    lstrip: (/** @type {string} */ s, /** @type {Plain} */ [chars = null]) => strip(s, chars, true, false),
    rstrip: (/** @type {string} */ s, /** @type {Plain} */ [chars = null]) => strip(s, chars, false, true),
    upper: (/** @type {string} */ s) => s.toUpperCase(),
    lower: (/** @type {string} */ s) => s.toLowerCase(),
    title,
    capitalize,
    startswith: (/** @type {string} */ s, /** @type {Plain} */ [what]) => [what].flat().some((w) => s.startsWith(w)),
    endswith: (/** @type {string} */ s, /** @type {Plain} */ [what]) => [what].flat().some((w) => s.endsWith(w)),
    split: (/** @type {string} */ s, /** @type {Plain} */ [sep, most], /** @type {Named} */ named) =>
      split(s, sep ?? named.sep ?? null, most ?? named.maxsplit ?? -1),
    rsplit: (/** @type {string} */ s, /** @type {Plain} */ [sep, most], /** @type {Named} */ named) =>
      split(s, sep ?? named.sep ?? null, most ?? named.maxsplit ?? -1, true),
    splitlines: (/** @type {string} */ s) =>
      s === ''
        ? []
        : s
            .replace(/(\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])$/, '')
            .split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/),
    replace: (/** @type {string} */ s, /** @type {Plain} */ [from, to, count], /** @type {Named} */ named) =>
      replace(s, from, to, count ?? named.count ?? -1),
    find: (/** @type {string} */ s, /** @type {Plain} */ [what]) => s.indexOf(what),
    rfind: (/** @type {string} */ s, /** @type {Plain} */ [what]) => s.lastIndexOf(what),
    count: (/** @type {string} */ s, /** @type {Plain} */ [what]) => s.split(what).length - 1,
    removeprefix: (/** @type {string} */ s, /** @type {Plain} */ [what]) =>
      s.startsWith(what) ? s.slice(what.length) : s,
    removesuffix: (/** @type {string} */ s, /** @type {Plain} */ [what]) =>
      what && s.endsWith(what) ? s.slice(0, -what.length) : s,
    join: (/** @type {string} */ s, /** @type {Plain} */ [list]) => {
      checkLength(s.length * list.length, 'The result of join');
      return list.join(s);
    },
    isdigit: (/** @type {string} */ s) => /^\p{Nd}+$/u.test(s),
    isspace: (/** @type {string} */ s) => s !== '' && strip(s, null, true, false) === '',
    isalpha: (/** @type {string} */ s) => /^\p{L}+$/u.test(s),
    isupper: (/** @type {string} */ s) => s === s.toUpperCase() && s !== s.toLowerCase(),
    islower: (/** @type {string} */ s) => s === s.toLowerCase() && s !== s.toUpperCase(),
  }),
);
