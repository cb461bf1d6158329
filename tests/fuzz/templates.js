// Random chat templates, and the values to render them with. They are generated from a grammar, or are templates of
// tests/fuzz/templates and tests/fixtures/chat with changed parts. The same seed gives the same templates on every
// machine.
import { readFileSync, readdirSync } from 'node:fs';
import { random } from '../tokenizers/generate.js';

const DANGEROUS = [
  '__proto__',
  'constructor',
  'prototype',
  '__class__',
  '__globals__',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__init__',
  'mro',
  'value',
  'type',
  'builtins',
];
const VARIABLES = ['x', 's', 'f', 't', 'none_', 'list_', 'empty', 'd', 'messages', 'm', 'i', 'nothing', 'loop'];
const STRINGS = [
  "'a'",
  '"b c"',
  "''",
  "' a b '",
  "'text'",
  "'é中👍'",
  "'\\n'",
  "'\\\\d\\x41'",
  "'{{'",
  "'%}'",
  "'role'",
  "'1,2'",
  '"it\'s"',
  "'<b>&'",
];
const NUMBERS = ['0', '1', '2', '3', '7', '-1', '1.5', '1e2', '10', '0x1f', '1_0'];
const FILTERS = [
  'upper',
  'lower',
  'title',
  'capitalize',
  'trim',
  'length',
  'count',
  'first',
  'last',
  'list',
  'string',
  'tojson',
  'join',
  'reverse',
  'sort',
  'unique',
  'int',
  'float',
  'abs',
  'safe',
  'items',
  'dictsort',
  'sum',
  'min',
  'max',
  'round',
  'escape',
  'e',
];
const WITH_ARGUMENTS = [
  "join(', ')",
  "default('z')",
  "default('z', true)",
  "replace('a', 'bb')",
  "replace('', '-')",
  'indent(2)',
  'indent(2, true)',
  "map('upper')",
  "map(attribute='role')",
  "map(attribute='role', default='?')",
  "selectattr('role')",
  "selectattr('role', 'eq', 'user')",
  "rejectattr('role', 'in', ['user'])",
  "select('odd')",
  "reject('none')",
  "select('divisibleby', 2)",
  'tojson(indent=2)',
  'tojson(sort_keys=true)',
  "tojson(separators=(',', ':'))",
  "trim('a ')",
  'round(1)',
  'sum(start=3)',
  'sort(reverse=true)',
  "sort(attribute='role')",
  "dictsort(by='value')",
  "attr('role')",
  "join(attribute='role')",
  'batch(2)',
  'int(5)',
];
const METHODS = [
  'upper()',
  'lower()',
  'strip()',
  "strip('a')",
  'lstrip()',
  'rstrip()',
  'title()',
  'capitalize()',
  'split()',
  "split(' ')",
  "split(' ', 1)",
  "rsplit(' ', 1)",
  'splitlines()',
  "startswith('a')",
  "endswith(('a', 't'))",
  "replace('t', 'T', 1)",
  "find('e')",
  "rfind('t')",
  "count('t')",
  "removeprefix('te')",
  "removesuffix('xt')",
  "join(['a', 'b'])",
  'isdigit()',
  'isspace()',
  'isalpha()',
  'isupper()',
  'islower()',
  "get('a')",
  "get('z', 1)",
  'items()',
  'keys()',
  'values()',
  'items',
  'role',
  'a',
  'content',
  'calls',
  'first',
  'last',
  'index',
  'index0',
];
const TESTS = [
  'defined',
  'undefined',
  'none',
  'string',
  'number',
  'integer',
  'float',
  'boolean',
  'mapping',
  'iterable',
  'sequence',
  'true',
  'false',
  'odd',
  'even',
  'lower',
  'upper',
  'callable',
];
const TESTS_WITH = ['divisibleby', 'in', 'eq', 'ne', 'gt', 'ge', 'lt', 'le', 'sameas', 'equalto'];
const OPERATORS = [
  '+',
  '-',
  '*',
  '/',
  '//',
  '%',
  '**',
  '~',
  '==',
  '!=',
  '<',
  '>',
  '<=',
  '>=',
  'in',
  'not in',
  'and',
  'or',
];
const TEXTS = ['a', ' ', '\n', '  \n  ', 'text', '\n\n', '<|im_start|>', '}', '{', '%', '\t', '中', 'x\n', '#'];
/** changed() inserts these, or replaces parts by them. */
const PARTS = [
  '{%',
  '%}',
  '{{',
  '}}',
  '-%}',
  '{%-',
  '{#',
  '#}',
  ' not ',
  ' is ',
  ' in ',
  '|',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '.',
  ',',
  ':',
  '~',
  '*',
  '**',
  '-',
  '+',
  '=',
  '"',
  "'",
  '\\',
  '%',
  'for',
  'endfor',
  'if',
  'else',
  'loop',
  'messages',
  '0',
  '-1',
  '1e9',
  '99999',
  'none',
  'namespace()',
  'range(9)',
  'macro',
  'endmacro',
  'call',
  'generation',
  'endgeneration',
  'raw',
  'endraw',
  'caller()',
  'kwargs',
  'tojson',
  'map',
  'set',
  '\u2028',
  '\ud800',
  '\0',
  ' ',
  '\n',
  ...DANGEROUS,
];

export const VALUES = {
  x: 6,
  s: 'some Text a',
  f: 2.5,
  t: true,
  none_: null,
  list_: [3, 1, 2],
  empty: [],
  d: { a: 1, b: [1, 2], role: 'r' },
  bos_token: '<s>',
  messages: [
    { role: 'system', content: ' Be brief. ' },
    { role: 'user', content: 'Hi <b>' },
    { role: 'assistant', content: 'Yes\nNo', calls: [{ name: 'f', arguments: { p: [1, null, 'ü"'] } }] },
  ],
};

/** Whole templates, which changed() begins with. */
export function seeds() {
  return ['templates/', '../fixtures/chat/templates/'].flatMap((folder) => {
    const at = new URL(folder, import.meta.url);
    return readdirSync(at)
      .filter((f) => f.endsWith('.jinja'))
      .sort()
      .map((f) => readFileSync(new URL(f, at), 'utf8'));
  });
}

export class TemplateGenerator {
  #r;
  #seeds;
  /** @param {number} seed */
  constructor(seed) {
    this.#r = random(seed);
    this.#seeds = seeds();
  }
  /**
   * @template T
   * @param {T[]} list
   * @returns {T}
   */
  #of(list) {
    return list[this.#r(list.length)];
  }

  /**
   * @param {number} depth
   * @returns {string}
   */
  #expression(depth) {
    const r = this.#r(depth > 0 ? 22 : 6),
      e = () => this.#expression(depth - 1);
    switch (r) {
      case 0:
        return this.#of(NUMBERS);
      case 1:
        return this.#of(STRINGS);
      case 2:
      case 3:
      case 4:
        return this.#of(VARIABLES);
      case 5:
        return this.#of([
          'true',
          'false',
          'none',
          'True',
          'None',
          '[]',
          '{}',
          '()',
          'range(3)',
          'messages[0]',
          'messages[-1].content',
        ]);
      case 6:
      case 7:
        return `${this.#operand(depth)} ${this.#of(OPERATORS)} ${this.#operand(depth)}`;
      case 8:
      case 9:
        return `${this.#operand(depth)} | ${this.#of(FILTERS)}`;
      case 10:
        return `${this.#operand(depth)} | ${this.#of(WITH_ARGUMENTS)}`;
      case 11:
      case 12:
        return `${this.#operand(depth)}.${this.#r(12) ? this.#of(METHODS) : this.#of(DANGEROUS)}`;
      case 13:
        return `${this.#operand(depth)}[${this.#r(12) ? e() : `'${this.#of(DANGEROUS)}'`}]`;
      case 14:
        return `${this.#operand(depth)}[${this.#of(['1:', ':1', '::-1', '-2:', ':-1', '1:2', '::2', ':'])}]`;
      case 15:
        return `${this.#operand(depth)} is ${this.#of(['', 'not '])}${this.#of(TESTS)}`;
      case 16:
        return (
          `${this.#operand(depth)} is ${this.#of(['', 'not '])}${this.#of(TESTS_WITH)} ` +
          (this.#r(2) ? this.#of([...NUMBERS.slice(0, 5), ...STRINGS, ...VARIABLES]) : `(${e()})`)
        );
      case 17:
        return `${e()} if ${e()} else ${e()}`;
      case 18:
        return this.#of([`[${e()}, ${e()}]`, `(${e()},)`, `(${e()}, ${e()})`, `[${e()},]`]);
      case 19:
        return `{${this.#of(["'k'", "'a'", '1', 'none', 'true', 'x'])}: ${e()}, 'l': ${e()}}`;
      case 20:
        return `${this.#of(['not ', '-', ''])}${this.#operand(depth)}`;
      default:
        return this.#of([
          `range(${e()})`,
          `dict(a=${e()})`,
          `namespace(a=${e()}).a`,
          `mac(${e()})`,
          `mac(${e()}, b=${e()})`,
          `range(1, ${this.#r(9)}, 2) | list`,
          `${e()}`,
        ]);
    }
  }
  /** @param {number} depth */
  #operand(depth) {
    const inner = this.#expression(depth - 1);
    return /^[\w.'"]+$/.test(inner) && !/^-/.test(inner) ? inner : `(${inner})`;
  }

  /** @param {string} inside */
  #tag(inside) {
    const sign = () => (this.#r(4) ? '' : this.#of(['-', '-', '+']));
    return `{%${sign()} ${inside} ${sign()}%}`;
  }

  /**
   * @param {number} depth
   * @param {boolean} [loops]
   * @returns {string}
   */
  #statements(depth, loops = false) {
    let text = '';
    for (let n = 1 + this.#r(3); n > 0; n--) text += this.#statement(depth, loops);
    return text;
  }
  /**
   * @param {number} depth
   * @param {boolean} loops
   * @returns {string}
   */
  #statement(depth, loops) {
    const e = () => this.#expression(2),
      body = (inLoop = loops) => this.#statements(depth - 1, inLoop);
    switch (this.#r(depth > 0 ? 18 : 8)) {
      case 0:
      case 1:
      case 2:
        return this.#of(TEXTS);
      case 3:
      case 4:
      case 5:
      case 6:
        return this.#r(6) ? `{{ ${e()} }}` : `{{- ${e()} -}}`;
      case 7:
        return this.#of([
          '{# note #}',
          '{#- note -#}\n',
          `{% raw %}${this.#of(['{{ x }}', ' {% if %} ', '\n'])}{% endraw %}`,
          '{%- raw -%} a {%- endraw -%}\n',
        ]);
      case 8:
      case 9:
        return (
          `${this.#tag(`if ${e()}`)}${body()}` +
          (this.#r(2) ? `${this.#tag(`elif ${e()}`)}${body()}` : '') +
          (this.#r(2) ? `${this.#tag('else')}${body()}` : '') +
          this.#tag('endif')
        );
      case 10:
      case 11:
      case 12: {
        const head = this.#of([
          `for m in messages`,
          `for i in ${this.#of(['list_', 'range(4)', 's', 'd', this.#operand(2)])}`,
          `for m in messages if ${e()}`,
          'for k, v in d.items()',
          `for i in ${this.#operand(2)} if ${e()}`,
        ]);
        return (
          `${this.#tag(head)}${body(true)}` + (this.#r(4) ? '' : `${this.#tag('else')}${body()}`) + this.#tag('endfor')
        );
      }
      case 13:
        return `${this.#tag(`set ${this.#of(['x', 's', 'y', 'list_', 'i'])} = ${e()}`)}`;
      case 14:
        return `${this.#tag('set y')}${body()}${this.#tag('endset')}{{ y }}`;
      case 15:
        return (
          `${this.#tag('set ns = namespace(n=0)')}${this.#tag(`for i in ${this.#operand(2)}`)}` +
          `${this.#tag('set ns.n = ns.n + 1')}${body(true)}${this.#tag('endfor')}{{ ns.n }}`
        );
      case 16:
        return loops
          ? this.#tag(this.#of(['break', 'continue', `if ${e()}`])).replace(
              /(\{%[-+]? if .*%\})/s,
              `$1${this.#tag('break')}{% endif %}`,
            )
          : `${this.#tag('filter upper')}${body()}${this.#tag('endfilter')}`;
      default:
        return `{% macro mac(a, b=1) %}${this.#statements(0)}{{ a }}{{ b }}{% endmacro %}{{ mac(${e()}) }}`;
    }
  }

  /**
   * A template from the grammar.
   * @returns {string}
   */
  made() {
    return this.#statements(3);
  }

  /**
   * A seed or a template of the grammar, with parts changed.
   * @returns {string}
   */
  changed() {
    let source = this.#r(3) ? this.#of(this.#seeds) : this.made();
    for (let n = 1 + this.#r(3) * this.#r(2); n > 0; n--) {
      const at = this.#r(source.length),
        piece = this.#of(PARTS),
        kind = this.#r(5);
      if (kind === 0) source = source.slice(0, at) + piece + source.slice(at);
      else if (kind === 1) source = source.slice(0, at) + source.slice(at + 1 + this.#r(20));
      else if (kind === 2) source = source.slice(0, at) + piece + source.slice(at + piece.length);
      else if (kind === 3) source = source.slice(0, at) + source.slice(this.#r(source.length));
      else source = source.slice(0, at) + this.#expression(1) + source.slice(at);
    }
    return source;
  }
}
