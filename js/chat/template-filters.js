// Filters and tests of Jinja that @huggingface/jinja lacks, or has with other results, and the conversion of plain data
// to the library's values and back. After the lists in Jinja's template designer documentation.

import {
  SPACE,
  STRING_METHODS,
  TemplateFault,
  capitalize,
  checkEntries,
  checkLength,
  contains,
  equal,
  json,
  strip,
  text,
} from './template-values.js';

/** @typedef {import('./template-values.js').Value} Value */
/**
 * Runs a filter by its name.
 * @typedef {(v: Value, name: string) => Value} RunFilter
 * @typedef {(v: Value, args: Value[], kwargs: Map<string, Value>, run: RunFilter) => Value} Filter
 * @typedef {(v: Value, other: Value) => boolean} Test
 */

/** Characters after which the filter `title` begins a word. */
const WORDS = new RegExp(`(${SPACE.replace('[', '[-({\\[<')}+)`);

/** @param {any} library @huggingface/jinja. any: it has no types for these parts */
export function makeFilters({ Environment, Interpreter, parse, tokenize }) {
  // The library does not export the classes of its values, so they are read from samples.
  const sample = new Environment();
  const classOf = (/** @type {unknown} */ x) => sample.set(`x${Math.random()}`, x).constructor;
  const [
    StringValue,
    IntegerValue,
    FloatValue,
    BooleanValue,
    ArrayValue,
    ObjectValue,
    NullValue,
    UndefinedValue,
    FunctionValue,
  ] = ['', 0, 0.5, true, [], {}, null, undefined, () => 0].map(classOf);
  new Interpreter(sample).run(parse(tokenize('{% set tuple = (1, 2) %}')));
  const TupleValue = sample.lookupVariable('tuple').constructor;

  /**
   * @param {unknown} x plain data
   * @returns {Value}
   */
  const wrap = (x) => {
    if (typeof x === 'string') return new StringValue(x);
    if (typeof x === 'number') return new (Number.isInteger(x) ? IntegerValue : FloatValue)(x);
    if (typeof x === 'boolean') return new BooleanValue(x);
    if (Array.isArray(x)) {
      checkEntries(x.length);
      return new ArrayValue(x.map(wrap));
    }
    return x === null ? new NullValue() : new UndefinedValue();
  };
  /**
   * Keys and values of a mapping, or of a list of pairs.
   * @param {Value} v
   * @returns {Value}
   */
  const pairs = (v) =>
    new ArrayValue(
      Array.from(v.value, (one) => new TupleValue(Array.isArray(one) ? [wrap(one[0]), one[1]] : one.value)),
    );
  /**
   * @param {Value} v
   * @returns {any} any: depends on the value
   */
  const plain = (v) => (v.type === 'ArrayValue' || v.type === 'TupleValue' ? v.value.map(plain) : v.value);
  /**
   * Positional and named arguments of a call.
   * @param {Value[]} args
   * @returns {[Value[], Map<string, Value>]}
   */
  const named = (args) =>
    args.at(-1)?.type === 'KeywordArgumentsValue'
      ? [args.slice(0, -1), /** @type {Value} */ (args.at(-1)).value]
      : [args, new Map()];
  const isList = (/** @type {Value} */ v) => v instanceof ArrayValue;
  const truth = (/** @type {Value} */ v) => /** @type {any} any: a method of the library's */ (v).__bool__().value;
  /**
   * The entries that a for loop or a filter iterates over.
   * @param {Value} v
   * @returns {Value[]}
   */
  const items = (v) => {
    if (isList(v)) return v.value;
    if (v.type === 'StringValue') {
      checkEntries(v.value.length);
      return Array.from(v.value, wrap);
    }
    if (v instanceof ObjectValue) return Array.from(v.value.keys(), wrap);
    if (v.type === 'UndefinedValue') return [];
    throw new TemplateFault(`A value of the kind ${v.type} cannot be gone over.`);
  };
  /**
   * @param {Value} v
   * @param {string} path
   */
  const attribute = (v, path) =>
    path.split('.').reduce((at, part) => {
      if (isList(at)) return at.value[Number(part)] ?? new UndefinedValue();
      return (at.value instanceof Map ? at.value.get(part) : undefined) ?? new UndefinedValue();
    }, v);
  const number = (/** @type {Value} */ v) => {
    if (typeof v.value !== 'number' && typeof v.value !== 'boolean') throw new TemplateFault(`${v.type} is no number.`);
    return Number(v.value);
  };

  /**
   * @param {Value} v
   * @param {Value | undefined} exact case counts
   * @param {Map<string, Value>} kwargs
   * @param {(a: any, b: any) => boolean} better any: compares as JavaScript does
   */
  const extreme = (v, exact, kwargs, better) => {
    const fold = !(exact ?? kwargs.get('case_sensitive'))?.value,
      by = kwargs.get('attribute');
    const key = (/** @type {Value} */ x) =>
      ((k) => (fold && typeof k === 'string' ? k.toLowerCase() : k))((by ? attribute(x, String(by.value)) : x).value);
    const list = items(v);
    return list.length ? list.reduce((a, b) => (better(key(a), key(b)) ? b : a)) : new UndefinedValue();
  };

  /**
   * By name.
   * @type {Map<string, Filter>}
   */
  const FILTERS = new Map(
    Object.entries({
      tojson: (/** @type {Value} */ v, /** @type {Value[]} */ [], /** @type {Map<string, Value>} */ kwargs) => {
        const indent = kwargs.get('indent')?.value ?? null;
        if (indent !== null && !(Number.isInteger(indent) && indent <= 100))
          throw new TemplateFault('indent must be a whole number up to 100.');
        const separators = kwargs.get('separators');
        return wrap(
          json(v, {
            indent: indent === null ? null : Math.max(0, indent),
            separators: separators && separators.value ? plain(separators) : null,
            ensureAscii: truth(kwargs.get('ensure_ascii') ?? new BooleanValue(false)),
            sortKeys: truth(kwargs.get('sort_keys') ?? new BooleanValue(false)),
          }),
        );
      },
      string: (/** @type {Value} */ v) => wrap(text(v)),
      list: (/** @type {Value} */ v) => new ArrayValue(items(v)),
      first: (/** @type {Value} */ v) =>
        (v.type === 'StringValue' ? items(wrap(v.value.slice(0, 2))) : items(v))[0] ?? new UndefinedValue(),
      last: (/** @type {Value} */ v) =>
        (v.type === 'StringValue' ? items(wrap(v.value.slice(-2))) : items(v)).at(-1) ?? new UndefinedValue(),
      length: (/** @type {Value} */ v) =>
        wrap(
          v.type === 'StringValue'
            ? v.value.length - (v.value.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0)
            : items(v).length,
        ),
      trim: (/** @type {Value} */ v, /** @type {Value[]} */ [chars]) =>
        wrap(strip(text(v), chars?.value ?? null, true, true)),
      upper: (/** @type {Value} */ v) => wrap(text(v).toUpperCase()),
      lower: (/** @type {Value} */ v) => wrap(text(v).toLowerCase()),
      title: (/** @type {Value} */ v) =>
        wrap(
          text(v)
            .split(WORDS)
            .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase())
            .join(''),
        ), // unlike the method
      capitalize: (/** @type {Value} */ v) => wrap(capitalize(text(v))),
      replace: (
        /** @type {Value} */ v,
        /** @type {Value[]} */ [from, to, count],
        /** @type {Map<string, Value>} */ kwargs,
      ) =>
        wrap(
          /** @type {NonNullable<ReturnType<typeof STRING_METHODS.get>>} */ (STRING_METHODS.get('replace'))(
            text(v),
            [text(from), text(to), (count ?? kwargs.get('count'))?.value ?? -1],
            {},
          ),
        ),
      join: (
        /** @type {Value} */ v,
        /** @type {Value[]} */ [separator, path],
        /** @type {Map<string, Value>} */ kwargs,
      ) => {
        const by = path ?? kwargs.get('attribute'),
          parts = items(v).map((x) => text(by ? attribute(x, String(by.value)) : x));
        const between = text(separator ?? kwargs.get('d') ?? wrap(''));
        checkLength(
          parts.reduce((n, part) => n + part.length + between.length, 0),
          'The result of join',
        );
        return wrap(parts.join(between));
      },
      indent: (/** @type {Value} */ v, /** @type {Value[]} */ args, /** @type {Map<string, Value>} */ kwargs) => {
        const width = args[0] ?? kwargs.get('width') ?? wrap(4),
          lines = text(v).split('\n');
        const size = width.type === 'StringValue' ? width.value.length : number(width);
        checkLength(text(v).length + lines.length * size, 'The result of indent');
        const margin = width.type === 'StringValue' ? width.value : ' '.repeat(Math.max(0, size));
        const [first, blank] = [args[1] ?? kwargs.get('first'), args[2] ?? kwargs.get('blank')].map(
          (x) => x !== undefined && truth(x),
        );
        return wrap(
          lines
            .map((line, i) => ((i === 0 && !first) || (line === '' && i > 0 && !blank) ? line : margin + line))
            .join('\n'),
        );
      },
      sum: (/** @type {Value} */ v, /** @type {Value[]} */ [], /** @type {Map<string, Value>} */ kwargs) => {
        const by = kwargs.get('attribute');
        return wrap(
          items(v).reduce(
            (n, x) => n + number(by ? attribute(x, String(by.value)) : x),
            kwargs.get('start')?.value ?? 0,
          ),
        );
      },
      min: (/** @type {Value} */ v, /** @type {Value[]} */ [exact], /** @type {Map<string, Value>} */ kwargs) =>
        extreme(v, exact, kwargs, (a, b) => b < a),
      max: (/** @type {Value} */ v, /** @type {Value[]} */ [exact], /** @type {Map<string, Value>} */ kwargs) =>
        extreme(v, exact, kwargs, (a, b) => b > a),
      round: (/** @type {Value} */ v, /** @type {Value[]} */ [places]) =>
        v.type === 'IntegerValue' || v.type === 'BooleanValue'
          ? wrap(number(v))
          : new FloatValue(Number(number(v).toFixed(places?.value ?? 0))),
      unique: (/** @type {Value} */ v, /** @type {Value[]} */ [exact], /** @type {Map<string, Value>} */ kwargs) => {
        const fold = !(exact ?? kwargs.get('case_sensitive'))?.value,
          seen = new Map();
        for (const x of items(v)) {
          const key =
            x.type === 'StringValue'
              ? 's' + (fold ? x.value.toLowerCase() : x.value)
              : typeof x.value === 'number' || typeof x.value === 'boolean'
                ? Number(x.value)
                : text(x);
          if (!seen.has(key)) seen.set(key, x);
        }
        return new ArrayValue([...seen.values()]);
      },
      reverse: (/** @type {Value} */ v) =>
        v.type === 'StringValue'
          ? wrap(Array.from(v.value).reverse().join(''))
          : new ArrayValue([...items(v)].reverse()),
      escape: (/** @type {Value} */ v) =>
        wrap(
          text(v).replace(/[&<>"']/g, (c) =>
            `&#${c.charCodeAt(0)};`.replace('&#38;', '&amp;').replace('&#60;', '&lt;').replace('&#62;', '&gt;'),
          ),
        ),
      map: (
        /** @type {Value} */ v,
        /** @type {Value[]} */ [name],
        /** @type {Map<string, Value>} */ kwargs,
        /** @type {RunFilter} */ run,
      ) => {
        const by = kwargs.get('attribute'),
          fallback = kwargs.get('default');
        if (!by) return new ArrayValue(items(v).map((x) => run(x, String(name?.value))));
        return new ArrayValue(
          items(v).map((x) => {
            const found = attribute(x, String(by.value));
            return found.type === 'UndefinedValue' && fallback ? fallback : found;
          }),
        );
      },
      select: (/** @type {Value} */ v, /** @type {Value[]} */ args) =>
        new ArrayValue(items(v).filter((x) => passes(x, args))),
      reject: (/** @type {Value} */ v, /** @type {Value[]} */ args) =>
        new ArrayValue(items(v).filter((x) => !passes(x, args))),
      selectattr: (/** @type {Value} */ v, /** @type {Value[]} */ [path, ...args]) =>
        new ArrayValue(items(v).filter((x) => passes(attribute(x, String(path.value)), args))),
      rejectattr: (/** @type {Value} */ v, /** @type {Value[]} */ [path, ...args]) =>
        new ArrayValue(items(v).filter((x) => !passes(attribute(x, String(path.value)), args))),
      dictsort: (
        /** @type {Value} */ v,
        /** @type {Value[]} */ [exact, by, reverse],
        /** @type {Map<string, Value>} */ kwargs,
      ) => {
        const at = (by ?? kwargs.get('by'))?.value === 'value' ? 1 : 0,
          fold = !(exact ?? kwargs.get('case_sensitive'))?.value;
        const key = (/** @type {Value} */ pair) =>
          ((x) => (fold && typeof x === 'string' ? x.toLowerCase() : x))(pair.value[at].value);
        const list = pairs(v).value.sort((/** @type {Value} */ a, /** @type {Value} */ b) =>
          key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0,
        );
        return new ArrayValue((reverse ?? kwargs.get('reverse'))?.value ? list.reverse() : list);
      },
      items: (/** @type {Value} */ v) => (v.type === 'UndefinedValue' ? new ArrayValue([]) : pairs(v)),
    }),
  );
  FILTERS.set(
    ' is',
    (v, [name, not, ...args]) => new BooleanValue(tested(v, text(name), ...args) !== (text(not) !== '')),
  );
  for (const [alias, name] of [
    ['count', 'length'],
    ['e', 'escape'],
  ])
    FILTERS.set(alias, /** @type {Filter} */ (FILTERS.get(name)));

  /** @type {Map<string, Test>} */
  const TESTS = new Map(
    Object.entries({
      defined: (/** @type {Value} */ v) => v.type !== 'UndefinedValue',
      undefined: (/** @type {Value} */ v) => v.type === 'UndefinedValue',
      none: (/** @type {Value} */ v) => v.type === 'NullValue',
      boolean: (/** @type {Value} */ v) => v.type === 'BooleanValue',
      true: (/** @type {Value} */ v) => v.value === true,
      false: (/** @type {Value} */ v) => v.value === false,
      string: (/** @type {Value} */ v) => v.type === 'StringValue',
      number: (/** @type {Value} */ v) => ['IntegerValue', 'FloatValue', 'BooleanValue'].includes(v.type),
      integer: (/** @type {Value} */ v) => v.type === 'IntegerValue',
      float: (/** @type {Value} */ v) => v.type === 'FloatValue',
      mapping: (/** @type {Value} */ v) => v.type === 'ObjectValue',
      iterable: (/** @type {Value} */ v) =>
        isList(v) || ['StringValue', 'ObjectValue', 'UndefinedValue'].includes(v.type),
      sequence: (/** @type {Value} */ v) =>
        isList(v) || ['StringValue', 'ObjectValue', 'UndefinedValue'].includes(v.type),
      callable: (/** @type {Value} */ v) => v.type === 'FunctionValue',
      odd: (/** @type {Value} */ v) => Math.abs(number(v)) % 2 === 1,
      even: (/** @type {Value} */ v) => number(v) % 2 === 0,
      lower: (/** @type {Value} */ v) => text(v) === text(v).toLowerCase() && text(v) !== text(v).toUpperCase(),
      upper: (/** @type {Value} */ v) => text(v) === text(v).toUpperCase() && text(v) !== text(v).toLowerCase(),
      divisibleby: (/** @type {Value} */ v, /** @type {Value} */ by) => {
        if (number(by) === 0) throw new TemplateFault('division by zero');
        return number(v) % number(by) === 0;
      },
      sameas: (/** @type {Value} */ a, /** @type {Value} */ b) =>
        a === b || (a.type === b.type && a.type !== 'FloatValue' && a.value === b.value),
      eq: equal,
      ne: (/** @type {Value} */ a, /** @type {Value} */ b) => !equal(a, b),
      in: (/** @type {Value} */ a, /** @type {Value} */ b) => contains(a, b) ?? false,
      gt: (/** @type {Value} */ a, /** @type {Value} */ b) => a.value > b.value,
      ge: (/** @type {Value} */ a, /** @type {Value} */ b) => a.value >= b.value,
      lt: (/** @type {Value} */ a, /** @type {Value} */ b) => a.value < b.value,
      le: (/** @type {Value} */ a, /** @type {Value} */ b) => a.value <= b.value,
    }),
  );
  for (const [alias, name] of [
    ['equalto', 'eq'],
    ['==', 'eq'],
    ['!=', 'ne'],
    ['greaterthan', 'gt'],
    ['>', 'gt'],
    ['lessthan', 'lt'],
    ['<', 'lt'],
    ['>=', 'ge'],
    ['<=', 'le'],
  ]) {
    TESTS.set(alias, /** @type {Test} */ (TESTS.get(name)));
  }
  /**
   * @param {Value} v
   * @param {string} name
   * @param {Value[]} args
   */
  const tested = (v, name, ...args) => {
    const test = TESTS.get(name);
    if (!test) throw new TemplateFault(`No test named '${name}'.`);
    if (args.length !== test.length - 1)
      throw new TemplateFault(`The test '${name}' takes ${test.length - 1} arguments, not ${args.length}.`);
    return test(v, args[0]);
  };
  /**
   * The test that select and reject are given as arguments.
   * @param {Value} v
   * @param {Value[]} args
   */
  const passes = (v, [name, ...args]) => (name ? tested(v, text(name), ...args) : truth(v));

  return {
    BooleanValue,
    FunctionValue,
    ObjectValue,
    StringValue,
    TupleValue,
    UndefinedValue,
    FILTERS,
    tested,
    items,
    named,
    pairs,
    plain,
    truth,
    wrap,
  };
}
