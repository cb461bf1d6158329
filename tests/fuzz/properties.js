// Properties of every chat template, even a hostile one: it gives a text or a named error, within limits; it neither
// reads nor changes anything of JavaScript; and the next rendering works. Used by
// tests/js/chat/template-fuzz.test.js and tests/fuzz/jinja.js.
import { renderTemplate } from '../../js/chat/template-engine.js';
import { VALUES } from './templates.js';

const CONTROL = '{% for m in messages %}{{ m.role }}{% endfor %}{{ d | tojson }}',
  EXPECTED = 'systemuserassistant{"a": 1, "b": [1, 2], "role": "r"}';
const before = JSON.stringify(VALUES);
const prototypes = [Object, Array, Map, String, Function, Number].map(({ prototype }) => ({
  prototype,
  keys: Reflect.ownKeys(prototype).length,
}));

/**
 * @param {string} template
 * @returns {{ text: string } | { error: string, message: string }}
 * @throws {Error} if a property does not hold
 */
export function check(template) {
  /** @type {ReturnType<typeof check>} */
  let result;
  try {
    result = { text: renderTemplate(template, VALUES, { file: '' }) };
  } catch (error) {
    const { name, code, message } = /** @type {Untyped} */ (error);
    if (!/^(TokenizerError|InputError|MemoryError)$/.test(name) || !code || !message)
      throw new Error(`no named error: ${/** @type {Error} */ (error).stack}`);
    result = { error: code, message };
  }
  if ('text' in result) {
    if (typeof result.text !== 'string' || result.text.length > 1 << 24) throw new Error('no text within bounds');
    if (/\[native code\]|=> \{|function \w*\(/.test(result.text))
      throw new Error('the text shows a function of JavaScript');
  }
  for (const { prototype, keys } of prototypes)
    if (Reflect.ownKeys(prototype).length !== keys)
      throw new Error(`${prototype.constructor.name}.prototype was changed`);
  if (JSON.stringify(VALUES) !== before) throw new Error('the values were changed');
  return result;
}

/** The next rendering works. */
export function checkNext() {
  const text = renderTemplate(CONTROL, VALUES, { file: '' });
  if (text !== EXPECTED) throw new Error(`the next rendering gave ${text}`);
}
