// Cuts templates into tokens as Python's jinja2 does (lexer.py of 3.1, with trim_blocks and lstrip_blocks), for the
// parser of @huggingface/jinja. Syntax that the parser lacks is rewritten in syntax that it knows: {% generation %},
// tests with arguments, commas at the end of a tuple. Takes linear time.

import { SPACE, TemplateFault, strip } from './template-values.js';

/** @typedef {{ type: string, value: string }} Token */

const OPEN = /\{([%#{])([-+]?)/g;
const RAW = new RegExp(`\\{%[-+]?${SPACE}*raw${SPACE}*(?:-%\\}${SPACE}*|%\\})`, 'y');
const END_RAW = new RegExp(`\\{%([-+]?)${SPACE}*endraw${SPACE}*(?:\\+%\\}|-%\\}${SPACE}*|%\\}\\n?)`, 'g');
const END_COMMENT = new RegExp(`\\+#\\}|-#\\}${SPACE}*|#\\}\\n?`, 'g');
const END_BLOCK = new RegExp(`\\+%\\}|-%\\}${SPACE}*|%\\}\\n?`, 'y');
const END_EXPRESSION = new RegExp(`-\\}\\}${SPACE}*|\\}\\}`, 'y');
const SPACES = new RegExp(`${SPACE}+`, 'y');
const NUMBER = /(?<!\.)(\d[\d_]*)((?:\.\d[\d_]*)?e[-+]?\d[\d_]*|\.\d[\d_]*)|0[xob][\da-f_]+|\d[\d_]*/iy;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const STRING = /'[^'\\]*(?:\\[^][^'\\]*)*'|"[^"\\]*(?:\\[^][^"\\]*)*"/y;
const OPERATOR = /\/\/|\*\*|[=!<>]=|[-+*/%~[\](){}<>=.:|,]/y;
const TYPES = new Map(
  Object.entries({
    '(': 'OpenParen',
    ')': 'CloseParen',
    '[': 'OpenSquareBracket',
    ']': 'CloseSquareBracket',
    '{': 'OpenCurlyBracket',
    '}': 'CloseCurlyBracket',
    ',': 'Comma',
    '.': 'Dot',
    ':': 'Colon',
    '|': 'Pipe',
    '=': 'Equals',
    '**': 'ExponentiationBinaryOperator',
  }),
);
for (const o of ['+', '-', '~']) TYPES.set(o, 'AdditiveBinaryOperator');
for (const o of ['*', '/', '//', '%']) TYPES.set(o, 'MultiplicativeBinaryOperator');
for (const o of ['==', '!=', '<', '>', '<=', '>=']) TYPES.set(o, 'ComparisonBinaryOperator');
const CLOSES = /** @type {Record<string, string>} */ ({ '(': ')', '[': ']', '{': '}' });

const ESCAPES = /** @type {Record<string, string>} */ ({
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
});
/**
 * The value of a quoted string. Python leaves an unknown escape as it is.
 * @param {string} s without the quotes
 */
function unescaped(s) {
  return s.includes('\\')
    ? s.replace(
        /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U(00[\da-fA-F]{6})|([0-7]{1,3})|([^]))/g,
        (all, x, u, long, octal, one) => {
          const code = octal ? parseInt(octal, 8) : parseInt(x ?? u ?? long, 16);
          if (code <= 0x10ffff) return String.fromCodePoint(code);
          if (one === undefined || 'xuUN'.includes(one))
            throw new TemplateFault(`the escape ${all} of a text is not known`);
          return ESCAPES[one] ?? all;
        },
      )
    : s;
}

/**
 * @param {string} text
 * @returns {Token}
 */
function number(text) {
  const digits = text.replaceAll('_', '').toLowerCase(),
    float = /^\d+(\.|e)/.test(digits);
  return {
    type: 'NumericLiteral',
    value: float ? (digits.includes('.') ? digits : digits.replace('e', '.0e')) : String(Number(digits)),
  };
}

/**
 * Data before a tag, without the white space that the tag's sign or lstrip_blocks removes.
 * @param {string} data
 * @param {string} sign
 * @param {boolean} block
 * @param {boolean} lineStarts
 */
function before(data, sign, block, lineStarts) {
  if (sign === '-') return strip(data, null, false, true);
  const line = data.lastIndexOf('\n') + 1;
  return sign !== '+' && block && (line > 0 || lineStarts) && strip(data.slice(line), null, true, false) === ''
    ? data.slice(0, line)
    : data;
}

/**
 * @param {string} template
 * @returns {Token[]}
 */
export function lex(template) {
  const src = template.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  /** @type {Token[]} */
  const tokens = [];
  let at = 0,
    lineStarts = true;
  const push = (/** @type {string} */ type, /** @type {string} */ value) => {
    tokens.push({ type, value });
  };
  const data = (/** @type {string} */ value) => {
    if (value) push('Text', value);
  };
  /**
   * Finds the end of what was opened, and continues from there.
   * @param {RegExp} end
   * @param {string} what
   */
  const skipTo = (end, what) => {
    end.lastIndex = at;
    const found = end.exec(src);
    if (!found) throw new TemplateFault(`${what} is not closed`);
    at = end.lastIndex;
    lineStarts = src[at - 1] === '\n';
    return found;
  };
  /**
   * The match at the current position, or null.
   * @param {RegExp} sticky
   */
  const take = (sticky) => {
    sticky.lastIndex = at;
    const found = sticky.exec(src);
    if (found) at = sticky.lastIndex;
    return found && found[0];
  };
  while (at < src.length) {
    OPEN.lastIndex = at;
    const open = OPEN.exec(src);
    if (!open) {
      data(src.slice(at));
      break;
    }
    const [, kind, sign] = open;
    data(before(src.slice(at, open.index), sign, kind !== '{', lineStarts));
    at = open.index;
    if (kind === '%' && take(RAW)) {
      lineStarts = src[at - 1] === '\n';
      const from = at,
        starts = lineStarts,
        end = skipTo(END_RAW, 'raw');
      data(before(src.slice(from, end.index), end[1], true, starts));
      continue;
    }
    at = OPEN.lastIndex;
    if (kind === '#') {
      skipTo(END_COMMENT, 'A comment');
      continue;
    }
    /** @type {Token[]} */
    const tag = [];
    const [type, close, end] = kind === '%' ? ['Statement', '%}', END_BLOCK] : ['Expression', '}}', END_EXPRESSION];
    /** @type {string[]} */
    const opened = [];
    for (let ended = null; !(ended = opened.length ? null : take(end)); ) {
      take(SPACES);
      if (!opened.length && (ended = take(end))) break;
      let part;
      if ((part = take(NUMBER)) !== null) tag.push(number(part));
      else if ((part = take(NAME)) !== null) tag.push({ type: 'Identifier', value: part });
      else if ((part = take(STRING)) !== null) tag.push({ type: 'StringLiteral', value: unescaped(part.slice(1, -1)) });
      else if ((part = take(OPERATOR)) !== null) {
        if (CLOSES[part]) opened.push(CLOSES[part]);
        else if (')]}'.includes(part) && opened.pop() !== part) throw new TemplateFault(`'${part}' closes nothing`);
        tag.push({ type: /** @type {string} */ (TYPES.get(part)), value: part });
      } else
        throw new TemplateFault(
          at < src.length
            ? `unexpected '${String.fromCodePoint(/** @type {number} */ (src.codePointAt(at)))}'`
            : `'${open[0]}' is not closed`,
        );
    }
    lineStarts = src[at - 1] === '\n';
    push(`Open${type}`, open[0].slice(0, 2));
    for (const token of rewritten(tag)) tokens.push(token);
    push(`Close${type}`, close);
  }
  return tokens;
}

// --- what the parser lacks ------------------------------------------------------------------------------------------

/**
 * A name that no template can write. It stands for the filter that a test with arguments becomes, and for entries of
 * tuples that are removed again.
 */
const NOTHING = '',
  TEST = ' is';
const KEYWORDS = new Set(['and', 'or', 'not', 'in', 'is', 'if', 'else', 'elif', 'set', 'for', 'filter']);
/**
 * @param {string} value
 * @returns {Token}
 */
const name = (value) => ({ type: 'Identifier', value });
/**
 * @param {string} value
 * @returns {Token}
 */
const operator = (value) => ({ type: /** @type {string} */ (TYPES.get(value)), value });

/**
 * Index after the bracket that closes the one at i.
 * @param {Token[]} tag
 * @param {number} i
 */
function behind(tag, i) {
  for (let depth = 0; i < tag.length; i++) {
    if (/^Open/.test(tag[i].type)) depth++;
    else if (/^Close/.test(tag[i].type) && --depth === 0) return i + 1;
  }
  return i;
}

/**
 * @param {Token[]} tag tokens between {% and %} or {{ and }}
 * @returns {Token[]}
 */
function rewritten(tag) {
  if (tag.length === 1 && tag[0].value === 'generation')
    return [name('call'), name('generation_'), operator('('), operator(')')]; // a call block, as in Transformers
  if (tag.length === 1 && tag[0].value === 'endgeneration') return [name('endcall')];
  const tested = tag.some((_, i) => isTest(tag, i)) ? withTests(tag) : tag;
  return tested.some(({ type }, i) => (type === 'Comma' || type === 'OpenParen') && endsTuple(tested, i + 1))
    ? withTuples(tested)
    : tested;
}

/**
 * @param {Token[]} tag
 * @param {number} i
 */
const isTest = (tag, i) => tag[i].type === 'Identifier' && tag[i].value === 'is' && i > 0 && tag[i - 1].type !== 'Dot';

/**
 * x is [not] test argument → x| is("test", "not", argument).
 * @param {Token[]} tag
 * @param {number} [depth]
 * @returns {Token[]}
 */
function withTests(tag, depth = 0) {
  if (depth > 50) throw new TemplateFault('tests are nested more than 50 deep');
  /** @type {Token[]} */
  const out = [];
  for (let i = 0; i < tag.length; i++) {
    const not = tag[i + 1]?.type === 'Identifier' && tag[i + 1].value === 'not',
      at = i + (not ? 2 : 1),
      first = tag[at + 1];
    const bare =
      first &&
      (['StringLiteral', 'NumericLiteral', 'OpenSquareBracket', 'OpenCurlyBracket'].includes(first.type) ||
        (first.type === 'Identifier' && !KEYWORDS.has(first.value)));
    if (!isTest(tag, i) || tag[at]?.type !== 'Identifier' || !(bare || first?.type === 'OpenParen')) {
      out.push(tag[i]);
      continue;
    }
    let end = at + 1;
    if (!bare) end = behind(tag, end);
    else {
      if (first.type === 'StringLiteral') while (tag[end + 1]?.type === 'StringLiteral') end++;
      end = /^Open/.test(first.type) ? behind(tag, end) : end + 1;
      for (; end < tag.length; end = tag[end].type === 'Dot' ? end + 2 : behind(tag, end)) {
        // .name, […], (…) may follow
        if (!['Dot', 'OpenSquareBracket', 'OpenParen'].includes(tag[end].type)) break;
      }
    }
    const args = withTests(bare ? tag.slice(at + 1, end) : tag.slice(at + 2, end - 1), depth + 1);
    out.push(operator('|'), name(TEST), operator('('), { type: 'StringLiteral', value: tag[at].value }, operator(','), {
      type: 'StringLiteral',
      value: not ? 'not' : '',
    });
    if (args.length) out.push(operator(','), ...args);
    out.push(operator(')'));
    i = end - 1;
  }
  return out;
}

/**
 * Whether a tuple could end before token i.
 * @param {Token[]} tag
 * @param {number} i
 */
const endsTuple = (tag, i) => !tag[i] || tag[i].type === 'CloseParen';

/**
 * (x,) → (x, nothing), (x, y,) → (x, y), () → (nothing, nothing).
 * @param {Token[]} tag
 * @returns {Token[]}
 */
function withTuples(tag) {
  /** @type {Token[]} */
  const out = [];
  // For every open bracket: the number of commas, or -1 where commas make no tuple.
  const commas = [tag[0].value === 'set' ? 0 : -1];
  for (let i = 0; i < tag.length; i++) {
    const token = tag[i],
      top = commas.length - 1;
    if (/^Open/.test(token.type)) {
      const left = tag[i - 1],
        calls =
          left &&
          (/^Close|Literal$/.test(left.type) ||
            (left.type === 'Identifier' && !KEYWORDS.has(left.value)) ||
            left.value === 'call');
      commas.push(token.type === 'OpenParen' && !calls ? 0 : -1);
      out.push(token);
      if (token.type === 'OpenParen' && !calls && tag[i + 1]?.type === 'CloseParen')
        out.push(name(NOTHING), operator(','), name(NOTHING));
      continue;
    }
    if (/^Close/.test(token.type) && top > 0) commas.pop();
    if (top === 0 && commas[0] > 0 && token.type === 'Equals') commas[0] = 0;
    if (token.type === 'Comma' && commas[top] >= 0) {
      if (!endsTuple(tag, i + 1)) commas[top]++;
      else if (commas[top] > 0) continue;
      else {
        out.push(token, name(NOTHING));
        continue;
      }
    }
    out.push(token);
  }
  return out;
}

/**
 * Removes the placeholders from a program's tuples.
 * @param {import('./template-values.js').Node} node
 * @returns {import('./template-values.js').Node} the same
 */
export function withoutNothing(node) {
  if (node === null || typeof node !== 'object') return node;
  if (node.type === 'TupleLiteral')
    node.value = node.value.filter((/** @type {Token} */ one) => one.type !== 'Identifier' || one.value !== NOTHING);
  for (const child of node instanceof Map ? [...node].flat() : Object.values(node)) withoutNothing(child);
  return node;
}
