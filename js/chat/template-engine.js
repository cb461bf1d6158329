// Renders Jinja templates from untrusted repositories. A template sees plain data in Maps: it reaches no prototype, and
// no function but the ones below.

import { InputError, MemoryError, TokenizerError } from '../errors.js';

/** @typedef {import('./template-values.js').Value} Value */

const MAX_SOURCE = 1 << 20;
/** As in Jinja's sandbox. */
const MAX_RANGE = 1e5;
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** Carries the message of raise_exception. */
class Raised extends Error {}

/** @typedef {any} Engine what makeEngine() gives. any: the library's classes have no types */

/** @type {Engine} */
let engine;
/** @param {Engine} made before the first template is rendered */
export const setEngine = (made) => {
  engine = made;
};

/**
 * Python's strftime for the current time, in English.
 * @param {string} format
 */
function strftime(format) {
  const now = new Date(),
    two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  /** @type {Record<string, () => string | number>} */
  const parts = {
    Y: () => now.getFullYear(),
    y: () => two(now.getFullYear() % 100),
    m: () => two(now.getMonth() + 1),
    d: () => two(now.getDate()),
    B: () => MONTHS[now.getMonth()],
    b: () => MONTHS[now.getMonth()].slice(0, 3),
    A: () => DAYS[now.getDay()],
    a: () => DAYS[now.getDay()].slice(0, 3),
    H: () => two(now.getHours()),
    I: () => two(now.getHours() % 12 || 12),
    M: () => two(now.getMinutes()),
    S: () => two(now.getSeconds()),
    p: () => (now.getHours() < 12 ? 'AM' : 'PM'),
    '%': () => '%',
  };
  return format.replace(/%(-?)([YymdBbAaHIMSp%])/g, (_, bare, letter) => {
    const part = String(parts[letter]());
    return bare ? part.replace(/^0(?=.)/, '') : part;
  });
}

/**
 * Compiled templates, the latest last.
 * @type {Map<string, ReturnType<Engine['read']>>}
 */
const compiled = new Map();

/**
 * @param {string} source
 * @param {string} file that has it, for errors
 */
function compile(source, file) {
  let program = compiled.get(source);
  if (program) return program;
  if (source.length > MAX_SOURCE)
    throw new TokenizerError('The chat template is too long.', {
      code: 'template_limit',
      file,
      field: 'chat_template',
    });
  try {
    program = engine.read(source);
  } catch (cause) {
    // The parser reads beyond the last token.
    const what = cause instanceof TypeError ? 'it ends in the middle of a block' : /** @type {Error} */ (cause).message;
    throw new TokenizerError(`The chat template cannot be read: ${what}.`, {
      code: 'invalid_template',
      file,
      field: 'chat_template',
      cause,
    });
  }
  if (compiled.size >= 16) compiled.delete(/** @type {string} */ (compiled.keys().next().value));
  compiled.set(source, program);
  return program;
}

/**
 * Renders a template.
 * @param {string} source
 * @param {Record<string, unknown>} variables plain data
 * @param {{ file: string, marks?: [string, string] | null }} options marks: put around the text inside {% generation %}
 * @returns {string}
 */
export function renderTemplate(source, variables, { file, marks = null }) {
  const program = compile(source, file),
    { Environment, Bounded, FunctionValue, ObjectValue, LimitFault, text, wrap } = engine;
  const globals = new Environment(),
    env = new Environment(globals);
  const constants = { true: true, True: true, false: false, False: false, none: null, None: null };
  for (const [name, value] of Object.entries(constants)) globals.set(name, value);
  const functions = {
    raise_exception: (/** @type {Value[]} */ [message]) => {
      throw new Raised(message ? text(message) : '');
    },
    strftime_now: (/** @type {Value[]} */ [format]) => wrap(strftime(text(format))),
    range: (/** @type {Value[]} */ args) => {
      const [from, to, step] =
        args.length === 1 ? [0, args[0].value, 1] : [args[0].value, args[1].value, args[2]?.value ?? 1];
      const count = Math.max(0, Math.ceil((to - from) / step));
      if (!(count <= MAX_RANGE)) throw new LimitFault(`range has more than ${MAX_RANGE} numbers.`);
      return wrap(Array.from({ length: count }, (_, i) => from + i * step));
    },
    dict: (/** @type {Value[]} */ args) =>
      new ObjectValue(new Map(args.flatMap((x) => (x.value instanceof Map ? Array.from(x.value) : [])))),
    generation_: (/** @type {Value[]} */ _, /** @type {import('./template-values.js').Scope} */ scope) => {
      const inner = scope.lookupVariable('caller').value([], scope).value;
      return wrap(marks ? marks[0] + inner + marks[1] : inner);
    },
  };
  for (const [name, f] of Object.entries(functions)) globals.setVariable(name, new FunctionValue(f));
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined) env.set(name, value);
  }
  try {
    return new Bounded(env).run(program).value;
  } catch (cause) {
    const { message } = /** @type {Error} */ (cause);
    if (cause instanceof Raised)
      throw new InputError(`The chat template says: ${message}`, {
        code: 'template_exception',
        field: 'conversation',
        cause,
      });
    if (cause instanceof LimitFault)
      throw new TokenizerError(`The chat template was stopped. ${message}`, {
        code: 'template_limit',
        file,
        field: 'chat_template',
        cause,
      });
    if (cause instanceof RangeError) {
      // the stack, or a text longer than JavaScript allows
      const kind = /stack|recursion/i.test(message) ? TokenizerError : MemoryError;
      throw new kind(`The chat template was stopped: ${message}.`, {
        code: 'template_limit',
        file,
        field: 'chat_template',
        cause,
      });
    }
    throw new TokenizerError(`The chat template failed: ${message}`, {
      code: 'template_failed',
      file,
      field: 'chat_template',
      cause,
    });
  }
}
