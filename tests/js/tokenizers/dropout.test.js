// BPE's dropout from JavaScript; its random choices are tested in tests/native/tokenizer/dropout_test.cpp.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { Tokenizer } from 'wasmformers/tokenizers';

test('dropout is by chance, and repeatable by a seed', async () => {
  const json = JSON.parse(
    fs.readFileSync(
      new URL('../../fixtures/tokenizers/bpe-bytefallback-llamalike.tokenizer.json', import.meta.url),
      'utf8',
    ),
  );
  json.model.dropout = 0.5;
  const tokenizer = await Tokenizer.fromJSON(json);
  const text = 'Once upon a time there was a king';
  const some = (/** @type {number} */ seed) => {
    tokenizer.seed(seed);
    return Array.from({ length: 10 }, () => [...tokenizer.encode(text).ids]);
  };
  assert.deepEqual(some(1), some(1));
  assert.notDeepEqual(some(1), some(2));
  assert.ok(new Set(some(3).map(String)).size > 1);
  for (const ids of some(4)) assert.equal(tokenizer.decode(ids, { skip_special_tokens: true }), text);
  const again = await Tokenizer.fromBinary(tokenizer.toBinary());
  tokenizer.seed(5);
  again.seed(5);
  assert.deepEqual([...again.encode(text).ids], [...tokenizer.encode(text).ids]);
  tokenizer.dispose();
  again.dispose();
});
