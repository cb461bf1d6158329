// Random and mutated chat templates give a text or a named error. tests/fuzz/jinja.js does the same for longer, and
// compares with Python's jinja2. Templates that once broke something are in tests/fuzz/templates.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadTemplateEngine } from '../../../js/chat/chat-template.js';
import { check, checkNext } from '../../fuzz/properties.js';
import { TemplateGenerator, seeds } from '../../fuzz/templates.js';

const seed = process.env.WASMFORMERS_TEST_VARIANT === 'relaxed' ? 24 : 20;

test('seeds', async () => {
  await loadTemplateEngine();
  assert.ok(seeds().length >= 8);
  for (const source of seeds()) {
    check(source);
    checkNext();
  }
});

for (const [kind, rounds] of /** @type {const} */ ([
  ['made', 1500],
  ['changed', 1500],
])) {
  test(`templates ${kind} by chance`, async () => {
    await loadTemplateEngine();
    const generator = new TemplateGenerator(seed),
      outcomes = { text: 0, error: 0 };
    for (let i = 0; i < rounds; i++) {
      const source = generator[kind]();
      try {
        outcomes['text' in check(source) ? 'text' : 'error']++;
      } catch (error) {
        throw new Error(`template ${i} of seed ${seed}: ${JSON.stringify(source)}`, { cause: error });
      }
      if (i % 50 === 0) checkNext();
    }
    checkNext();
    assert.ok(outcomes.text > rounds / 20 && outcomes.error > rounds / 20, JSON.stringify(outcomes));
  });
}
