// @huggingface/jinja's interpreter with the results of Python's jinja2 in Transformers' sandbox, and with bounds:
// steps, lengths of texts, weights of lists. It overrides methods of version 0.5.

import { makeFilters } from './template-filters.js';
import { lex, withoutNothing } from './template-lexer.js';
import {
  LimitFault,
  MAX_TEXT,
  STRING_METHODS,
  TemplateFault,
  checkLength,
  contains,
  equal,
  keyIn,
  keyOf,
  text,
} from './template-values.js';

/**
 * @typedef {import('./template-values.js').Value} Value
 * @typedef {import('./template-values.js').Node} Node
 * @typedef {import('./template-values.js').Scope} Scope
 */

/**
 * Most steps of one rendering. A node of the template is a step, and so are 256 characters of a text, or an entry of a
 * list that is iterated over.
 */
const MAX_STEPS = 5e6;
const MAX_DEPTH = 200;
/** Filters that compare each entry with their arguments. */
const COMPARING = new Set([' is', 'select', 'reject', 'selectattr', 'rejectattr']);

/** Carries a break or continue to its loop, with the text of the iteration so far. */
class Control extends Error {
  /** @param {boolean} ends */
  constructor(ends) {
    super();
    this.ends = ends;
    this.text = '';
  }
}

/** @type {WeakMap<object, number>} */
const sizes = new WeakMap();
/**
 * Number of nodes in a part of a template.
 * @param {Node} node
 * @returns {number}
 */
function sizeOf(node) {
  if (node === null || typeof node !== 'object') return 0;
  let size = sizes.get(node);
  if (size === undefined) {
    size = 1;
    for (const child of node instanceof Map ? [...node].flat() : Object.values(node)) size += sizeOf(child);
    sizes.set(node, size);
  }
  return size;
}

/** @param {any} jinja the library. any: it has no types for these parts */
export function makeEngine({ Environment, Interpreter, parse, tokenize }) {
  const {
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
  } = makeFilters({ Environment, Interpreter, parse, tokenize });

  /**
   * Methods of mappings.
   * @param {any} object any: an ObjectValue of the library's
   * @param {unknown} name
   */
  const methodOf = (object, name) => {
    switch (name) {
      case 'get':
        return new FunctionValue(
          (/** @type {Value[]} */ [key, other]) =>
            object.value.get(keyIn(object.value, keyOf(key))) ??
            (other?.type === 'KeywordArgumentsValue' ? undefined : other) ??
            wrap(null),
        );
      case 'items':
        return new FunctionValue(() => pairs(object)); // even where the mapping has a key "items"
      case 'keys':
        return new FunctionValue(() => wrap([...object.value.keys()]));
      case 'values':
        return object.builtins.get(name);
      default:
        return null;
    }
  };

  class Bounded extends Interpreter {
    steps = 0;
    depth = 0;
    /** @type {WeakMap<object, number>} */
    weights = new WeakMap();
    open = false;

    // --- bounds -------------------------------------------------------------------------------------------------

    /** @param {number} n */
    charge(n) {
      this.steps += n;
      if (this.steps > MAX_STEPS) throw new LimitFault('The template takes too many steps.');
    }

    /**
     * Characters and entries in a value, each as often as it would be printed. Only namespaces are mutable, so the
     * weights of other values are kept.
     * @param {Value} v
     * @returns {number}
     */
    weight(v) {
      const { value } = v;
      if (typeof value === 'string') return value.length + 8;
      if (value === null || typeof value !== 'object') return 8;
      const known = this.weights.get(v);
      if (known !== undefined) return known;
      const before = this.open;
      this.open = v.type === 'NamespaceValue';
      let sum = 8;
      for (const child of value.values()) {
        sum += this.weight(child);
        if (sum > MAX_TEXT) throw new LimitFault('A list or mapping of the template grows too large.');
      }
      if (this.open) this.charge(sum >> 8);
      else this.weights.set(v, sum);
      this.open ||= before;
      return sum;
    }

    /**
     * Charges for work that visits all of a value.
     * @param {Value} v
     */
    chargeFor(v) {
      this.charge(this.weight(v) >> (typeof v.value === 'string' ? 6 : 3));
    }

    /**
     * @param {Node} node
     * @param {Scope} env
     * @returns {any} any: a value of the library's
     */
    evaluate(node, env) {
      if (node?.ready) return node.ready; // an operand that was evaluated before
      this.charge(1);
      // The library searches the whole macro on every call.
      if (node?.type === 'Macro' || node?.type === 'CallStatement') this.charge(sizeOf(node));
      if (node?.type === 'Break' || node?.type === 'Continue') throw new Control(node.type === 'Break');
      const v =
        (node?.type === 'ObjectLiteral' ? this.evaluateMapping(node, env) : super.evaluate(node, env)) ??
        new UndefinedValue();
      const { value } = v;
      if (typeof value === 'string') {
        checkLength(value.length, 'A text of the template');
        this.charge(value.length >> 8);
      } else if (value !== null && typeof value === 'object') {
        this.weight(v);
        this.charge((value.length ?? value.size) >> 8);
      }
      return v;
    }

    // --- where Python differs -----------------------------------------------------------------------------------

    /**
     * @param {Node[]} statements
     * @param {Scope} env
     */
    evaluateBlock(statements, env) {
      if (++this.depth > MAX_DEPTH) throw new LimitFault(`Blocks and macros are nested more than ${MAX_DEPTH} deep.`);
      let result = '';
      for (const statement of statements) {
        try {
          const v = this.evaluate(statement, env);
          if (statement.type === 'Set' || statement.type === 'Macro' || statement.type === 'Comment') continue;
          result += text(v);
        } catch (error) {
          if (error instanceof Control) {
            error.text = result + error.text;
            this.depth--;
          }
          throw error;
        }
        checkLength(result.length, 'The text');
      }
      this.depth--;
      return new StringValue(result);
    }

    /**
     * @param {Node} node
     * @param {Scope} env
     */
    evaluateFor(node, env) {
      const select = node.iterable.type === 'SelectExpression';
      const source = this.evaluate(select ? node.iterable.lhs : node.iterable, env);
      const bind = (/** @type {Node} */ target, /** @type {Value} */ value, /** @type {Scope} */ scope) => {
        if (target.type === 'Identifier') return void scope.setVariable(target.value, value);
        const parts = items(value);
        if (parts.length !== target.value.length)
          throw new TemplateFault(`${parts.length} values for ${target.value.length} loop variables.`);
        target.value.forEach((/** @type {Node} */ one, /** @type {number} */ i) => bind(one, parts[i], scope));
      };
      let list = items(source);
      if (select) {
        list = list.filter((value) => {
          const scope = new Environment(env);
          bind(node.loopvar, value, scope);
          return truth(this.evaluate(node.iterable.test, scope));
        });
      }
      // As in jinja2, `else` is rendered where no iteration came to its end.
      let result = '',
        ended = false;
      for (let i = 0; i < list.length; i++) {
        this.charge(10);
        const scope = new Environment(env),
          left = list.length - i;
        bind(node.loopvar, list[i], scope);
        scope.setVariable(
          'loop',
          new ObjectValue(
            new Map(
              Object.entries({
                index: wrap(i + 1),
                index0: wrap(i),
                revindex: wrap(left),
                revindex0: wrap(left - 1),
                first: wrap(i === 0),
                last: wrap(left === 1),
                length: wrap(list.length),
                previtem: list[i - 1] ?? new UndefinedValue(),
                nextitem: list[i + 1] ?? new UndefinedValue(),
                cycle: new FunctionValue((/** @type {Value[]} */ args) => args[i % args.length]),
              }),
            ),
          ),
        );
        try {
          result += this.evaluateBlock(node.body, scope).value;
          ended = true;
        } catch (error) {
          if (!(error instanceof Control)) throw error;
          result += error.text;
          if (error.ends) break;
        }
        checkLength(result.length, 'The text');
      }
      if (!ended && node.defaultBlock.length) result += this.evaluateBlock(node.defaultBlock, env).value;
      return new StringValue(result);
    }

    /**
     * Variables that are set inside {% set x %} … {% endset %} are local to it.
     * @param {Node} node
     * @param {Scope} env
     */
    evaluateSet(node, env) {
      if (node.value) return super.evaluateSet(node, env);
      return super.evaluateSet({ ...node, value: { ready: this.evaluateBlock(node.body, new Environment(env)) } }, env);
    }

    /**
     * Keys may be numbers, booleans and None too.
     * @param {Node} node
     * @param {Scope} env
     */
    evaluateMapping(node, env) {
      const mapping = new Map();
      for (const [key, value] of node.value) {
        const k = keyOf(this.evaluate(key, env));
        mapping.set(keyIn(mapping, k), this.evaluate(value, env));
      }
      return new ObjectValue(mapping);
    }

    /**
     * @param {Node} node
     * @param {Scope} env
     */
    evaluateTestExpression(node, env) {
      const v = this.evaluate(node.operand, env);
      return new BooleanValue(tested(v, node.test.value) !== node.negate);
    }

    /**
     * @param {Node} node
     * @param {Scope} env
     * @returns {any} any: a value of the library's
     */
    evaluateBinaryExpression(node, env) {
      const operator = node.operator.value;
      if (operator === 'and' || operator === 'or') return super.evaluateBinaryExpression(node, env);
      let a = this.evaluate(node.left, env),
        b = this.evaluate(node.right, env);
      if (operator === '==' || operator === '!=' || operator === 'in' || operator === 'not in') {
        this.chargeFor(a);
        this.chargeFor(b);
        if (operator === '==') return wrap(equal(a, b));
        if (operator === '!=') return wrap(!equal(a, b));
        const found = contains(a, b);
        if (found === undefined)
          throw new TemplateFault(`A value of the kind ${b.type} cannot hold one of the kind ${a.type}.`);
        return wrap(found === (operator === 'in'));
      }
      if (operator === '~') return wrap(text(a) + text(b));
      if (operator === '+' && a instanceof TupleValue && b instanceof TupleValue)
        return new TupleValue([...a.value, ...b.value]);
      if (a.type === 'BooleanValue') a = wrap(Number(a.value));
      if (b.type === 'BooleanValue') b = wrap(Number(b.value));
      const [s, n] = a.type === 'StringValue' ? [a, b] : [b, a];
      if (operator === '*' && s.type === 'StringValue' && n.type === 'IntegerValue') {
        checkLength(s.value.length * Math.max(0, n.value), 'A text of the template');
        return wrap(s.value.repeat(Math.max(0, n.value)));
      }
      if (a.type === 'StringValue' && b.type === 'StringValue' && operator.length <= 2 && '<=>='.includes(operator)) {
        return wrap(
          operator === '<'
            ? a.value < b.value
            : operator === '>'
              ? a.value > b.value
              : operator === '<='
                ? a.value <= b.value
                : a.value >= b.value,
        );
      }
      if (operator === '%' && a.type === 'IntegerValue' && b.type === 'IntegerValue' && b.value)
        return wrap(((a.value % b.value) + b.value) % b.value);
      if ((operator === '%' || operator === '//' || operator === '/') && b.value === 0)
        throw new TemplateFault('division by zero');
      if (operator === '+' && (a.type === 'StringValue') !== (b.type === 'StringValue'))
        throw new TemplateFault(
          `A text cannot be added to a value of the kind ${a.type === 'StringValue' ? b.type : a.type}.`,
        );
      return super.evaluateBinaryExpression({ operator: node.operator, left: { ready: a }, right: { ready: b } }, env);
    }

    /**
     * @param {Node} node
     * @param {Scope} env
     */
    evaluateMemberExpression(node, env) {
      const object = this.evaluate(node.object, env);
      if (!node.computed && object instanceof ObjectValue) {
        // x.items is the method, even where x has a key "items".
        const name = node.property.value,
          method = methodOf(object, name);
        if (method) return method;
      }
      if (object.type === 'StringValue' && node.property.type === 'Identifier' && !node.computed) {
        const method = STRING_METHODS.get(node.property.value);
        if (!method) return new UndefinedValue();
        return new FunctionValue((/** @type {Value[]} */ args) => {
          const [positional, rest] = named(args);
          return wrap(
            method(
              object.value,
              positional.map(plain),
              Object.fromEntries(Array.from(rest, ([key, x]) => [key, plain(x)])),
            ),
          );
        });
      }
      if (node.computed && object.value instanceof Map && node.property.type !== 'SliceExpression') {
        const key = this.evaluate(node.property, env);
        return (
          object.value.get(keyIn(object.value, key.type === 'NullValue' ? null : key.value)) ??
          methodOf(object, key.value) ??
          new UndefinedValue()
        );
      }
      const found = super.evaluateMemberExpression({ ...node, object: { ready: object } }, env);
      return object instanceof TupleValue && node.property.type === 'SliceExpression'
        ? new TupleValue(found.value)
        : found;
    }

    /**
     * @param {Value} operand
     * @param {Node} node
     * @param {Scope} env
     * @returns {any} any: a value of the library's
     */
    applyFilter(operand, node, env) {
      const call = node.type === 'CallExpression',
        name = call ? node.callee.value : node.value;
      this.chargeFor(operand);
      const own = FILTERS.get(name);
      if (!own) return super.applyFilter(operand, node, env);
      const [args, kwargs] = call ? this.evaluateArguments(node.args, env) : [[], new Map()];
      if (COMPARING.has(name)) {
        // each entry is compared with the argument
        const times = /select|reject/.test(name) && operand.value?.length > 1 ? operand.value.length : 1;
        for (const arg of args) this.charge(times * (this.weight(arg) >> 3));
      }
      return own(operand, args, kwargs, (/** @type {Value} */ v, /** @type {string} */ name) =>
        this.applyFilter(v, { type: 'Identifier', value: name }, env),
      );
    }
  }

  /** @param {string} source */
  const read = (source) => {
    const tokens = lex(source),
      program = parse(tokens);
    return tokens.some(({ type, value }) => type === 'Identifier' && value === '') ? withoutNothing(program) : program;
  };
  return { Environment, Bounded, FunctionValue, LimitFault, ObjectValue, read, text, wrap };
}
