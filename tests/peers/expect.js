// The part of jest's `expect` that the peer's tests use (https://jestjs.io/docs/expect). Written for these tests only:
// messages are short, and matchers that no test uses are not here.
import { isDeepStrictEqual } from 'node:util';
import { MissingExport, missingName } from './missing.js';

/** Thrown where a value is not what a test expects; other errors are the library's own. */
export class ExpectError extends Error {
  name = 'ExpectError';
}

/** @typedef {{ pass: boolean, message: () => string }} Verdict */
/** @typedef {(received: unknown, ...expected: never[]) => Verdict} Matcher */

const show = (/** @type {unknown} */ value) => {
  /** @param {string} _ @param {unknown} v */
  const plain = (_, v) =>
    typeof v === 'bigint' ? `${v}n` : ArrayBuffer.isView(v) ? Array.from(/** @type {any} any: any view */ (v)) : v;
  let text;
  try {
    text = typeof value === 'function' ? value.name : (JSON.stringify(value, plain) ?? String(value));
  } catch {
    text = String(value);
  }
  return text.length > 300 ? text.slice(0, 300) + '…' : text;
};

/** @typedef {Record<string, unknown>} Fields */
const isObject = (/** @type {unknown} */ value) => typeof value === 'object' && value !== null;
const tag = (/** @type {unknown} */ value) => Object.prototype.toString.call(value);

/** What expect.any(Class) gives. */
class AnyOf {
  /** @param {Function} type */
  constructor(type) {
    this.type = type;
  }
  /** @param {unknown} value */
  matches(value) {
    return value instanceof this.type || typeof value === this.type.name.toLowerCase();
  }
}

/**
 * Equal as toEqual has it: undefined members and classes do not count. With `part`, more members are no difference.
 * @param {unknown} a received
 * @param {unknown} b expected
 * @param {boolean} [part]
 * @returns {boolean}
 */
function equal(a, b, part = false) {
  if (b instanceof AnyOf) return b.matches(a);
  if (Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b) || tag(a) !== tag(b)) return false;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && b.every((value, i) => equal(a[i], value, part));
  if (ArrayBuffer.isView(a) || a instanceof Map || a instanceof Set || a instanceof Date)
    return isDeepStrictEqual(a, b);
  if (a instanceof Error && b instanceof Error) return a.message === b.message;
  const [x, y] = [/** @type {Fields} */ (a), /** @type {Fields} */ (b)];
  const keys = part ? Object.keys(y) : [...new Set([...Object.keys(x), ...Object.keys(y)])];
  return keys.every((key) => equal(x[key], y[key], part));
}

/** @param {unknown} received @param {unknown} item */
function contains(received, item) {
  if (typeof received === 'string') return received.includes(String(item));
  return [.../** @type {Iterable<unknown>} */ (received)].some((value) => Object.is(value, item));
}

/**
 * The error that a call threw, or a promise was rejected with, against what toThrow was given.
 * @param {unknown} error
 * @param {unknown} expected text, pattern, class or nothing
 */
function isError(error, expected) {
  const message = isObject(error) ? String(/** @type {Fields} */ (error).message) : String(error);
  if (expected === undefined) return true;
  if (typeof expected === 'string') return message.includes(expected);
  if (expected instanceof RegExp) return expected.test(message);
  return error instanceof /** @type {Function} */ (expected);
}

/** @param {unknown} object @param {string | string[]} path */
function property(object, path) {
  const keys = Array.isArray(path) ? path : path.split('.');
  /** @type {unknown} */
  let at = object;
  for (const key of keys) {
    if (at == null || !(key in Object(at))) return { has: false, value: undefined };
    at = /** @type {Fields} */ (at)[key];
  }
  return { has: true, value: at };
}

const number = (/** @type {unknown} */ value) => /** @type {number} */ (value);
const lengthOf = (/** @type {unknown} */ value) => /** @type {{ length: number }} */ (value).length;

/** @type {Record<string, (received: unknown, expected?: unknown, more?: unknown) => boolean>} */
const MATCHERS = {
  toBe: Object.is,
  toEqual: (a, b) => equal(a, b),
  toMatchObject: (a, b) => equal(a, b, true),
  toBeCloseTo: (a, b, digits = 2) =>
    number(a) === number(b) || Math.abs(number(a) - number(b)) < 10 ** -number(digits) / 2,
  toBeDefined: (a) => a !== undefined,
  toBeUndefined: (a) => a === undefined,
  toBeGreaterThan: (a, b) => number(a) > number(b),
  toBeGreaterThanOrEqual: (a, b) => number(a) >= number(b),
  toBeLessThan: (a, b) => number(a) < number(b),
  toBeLessThanOrEqual: (a, b) => number(a) <= number(b),
  toBeInstanceOf: (a, b) => a instanceof /** @type {Function} */ (b),
  toContain: contains,
  toHaveLength: (a, b) => lengthOf(a) === b,
  toHaveProperty: (a, path, ...value) => {
    const found = property(a, /** @type {string} */ (path));
    return found.has && (value.length === 0 || equal(found.value, value[0]));
  },
  toThrow: (a, expected) => {
    try {
      /** @type {() => unknown} */ (a)();
    } catch (error) {
      if (error instanceof MissingExport) throw error;
      return isError(error, expected);
    }
    return false;
  },
};

/** @type {Record<string, Matcher>} */
const extended = {};

/**
 * @param {string} name
 * @param {boolean} not
 * @param {unknown} received
 * @param {unknown[]} expected
 */
function check(name, not, received, expected) {
  for (const value of expected) {
    const missing = missingName(value);
    if (missing) throw new MissingExport(missing);
  }
  const verdict = extended[name]?.(received, .../** @type {never[]} */ (expected));
  const pass = verdict ? verdict.pass : MATCHERS[name](received, .../** @type {[unknown]} */ (expected));
  if (pass !== not) return;
  const why = verdict ? verdict.message() : `${show(received)}, expected ${expected.map(show).join(', ')}`;
  throw new ExpectError(`${not ? 'not.' : ''}${name}: ${why}`);
}

/** @param {unknown} received @param {boolean} [not] @param {(value: unknown) => Promise<unknown>} [settle] */
function matchers(received, not = false, settle) {
  /** @type {Record<string, (...expected: unknown[]) => unknown>} */
  const all = {};
  for (const name of [...Object.keys(MATCHERS), ...Object.keys(extended)]) {
    all[name] = (...expected) =>
      settle
        ? settle(received).then((value) => check(name, not, value, expected))
        : check(name, not, received, expected);
  }
  return all;
}

/** @param {unknown} promise */
const rejection = (promise) =>
  Promise.resolve(promise).then(
    (value) => {
      throw new ExpectError(`a rejection was expected, not ${show(value)}`);
    },
    (error) => error,
  );

/** @param {unknown} received */
export function expect(received) {
  const rejects = matchers(received, false, rejection);
  rejects.toThrow = (expected) =>
    rejection(received).then((error) => {
      if (error instanceof MissingExport) throw error;
      if (!isError(error, expected)) throw new ExpectError(`rejects.toThrow: ${error}, expected ${show(expected)}`);
    });
  return {
    ...matchers(received),
    not: matchers(received, true),
    resolves: matchers(received, false, async (promise) => promise),
    rejects,
  };
}
expect.extend = (/** @type {Record<string, Matcher>} */ added) => Object.assign(extended, added);
expect.any = (/** @type {Function} */ type) => new AnyOf(type);
