// The header of GGUF files: values of every type, in chunks of every size, and headers that lie.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as errors from '../../../js/errors.js';
import { readConfigs } from '../../../js/gguf/config.js';
import { openGguf } from '../../../js/gguf/index.js';
import { readHeader } from '../../../js/gguf/read-header.js';
import { fixture } from '../helpers/fixtures.js';
import { GgufWriter, ggufFile } from '../helpers/gguf.js';
import { rejection } from '../helpers/server.js';

/**
 * @param {Uint8Array} bytes
 * @param {number} [size]
 */
async function* chunksOf(bytes, size = bytes.byteLength || 1) {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}
/**
 * @param {Uint8Array} bytes
 * @param {number} [size]
 */
const read = (bytes, size) => readHeader(chunksOf(bytes, size), 'm.gguf', errors, /^rope_freqs/);

/** @param {Uint8Array} bytes */
async function codeOf(bytes) {
  const error = await rejection(read(bytes, 50));
  assert.equal(error.name, 'WeightsError');
  assert.equal(error.file, 'm.gguf');
  assert.match(error.message, /^m\.gguf /);
  return error.code;
}

/** @type {Record<string, import('../helpers/gguf.js').Entry>} */
const EVERY = {
  u8: ['u8', 200],
  i8: ['i8', -100],
  u16: ['u16', 60000],
  i16: ['i16', -30000],
  u32: ['u32', 4e9],
  i32: ['i32', -2e9],
  f32: ['f32', 0.5],
  yes: ['bool', true],
  no: ['bool', false],
  str: ['str', 'a text, größer'],
  u64: ['u64', 2 ** 40],
  i64: ['i64', -(2 ** 40)],
  f64: ['f64', Math.PI],
  texts: ['arr', ['a', '', 'bc'], 'str'],
  numbers: ['arr', [1, 2, 3], 'i32'],
  none: ['arr', [], 'f32'],
};
const FILE = ggufFile(EVERY, [
  { name: 'rope_freqs.weight', shape: [2], data: new Uint8Array(new Float32Array([1, 8]).buffer) },
  { name: 'matrix', shape: [2, 3] },
]);

test('values of every type, however the file is cut', async () => {
  const want = Object.fromEntries(Object.entries(EVERY).map(([key, [, value]]) => [key, value]));
  for (const size of [1, 2, 3, 7, 64, 1000, FILE.byteLength]) {
    const { metadata, tensors, small, taken } = await read(FILE, size);
    assert.deepEqual(Object.fromEntries(metadata), want);
    assert.deepEqual([...tensors.keys()], ['rope_freqs.weight', 'matrix']);
    const { shape, begin, end } = /** @type {Json} */ (tensors.get('matrix'));
    assert.deepEqual([shape, end - begin, begin % 32], [[2, 3], 24, 0]);
    assert.deepEqual(small.get('rope_freqs.weight'), [1, 8]);
    const bytes = Buffer.concat(taken);
    assert.ok(FILE.subarray(0, bytes.byteLength).equals(bytes), 'what was taken is the beginning of the file');
  }
});

test('a file that ends early is truncated, at every byte', async () => {
  const { metadata } = await read(FILE);
  assert.ok(metadata.size);
  for (let n = 0; n < FILE.byteLength - 64; n++) {
    const error = await read(FILE.subarray(0, n), 100).then(
      () => null,
      (e) => e,
    );
    assert.equal(error?.code, 'truncated', `${n} bytes`);
  }
});

test('no more of the file is read than its header', async () => {
  let chunks = 0;
  async function* endless() {
    yield* chunksOf(FILE, 512);
    for (;;) {
      chunks++;
      assert.ok(chunks < 100);
      yield new Uint8Array(512);
    }
  }
  await readHeader(endless(), 'm.gguf', errors);
});

test('headers that lie are named', async () => {
  const w = (/** @type {Parameters<GgufWriter['begin']>[0]} */ counts) => new GgufWriter().begin(counts);
  const HUGE = 2n ** 62n;
  assert.equal(await codeOf(Buffer.from('PK\x03\x04 and more')), 'not_gguf');
  assert.equal(await codeOf(w({ version: 1 }).bytes()), 'unsupported_gguf');
  assert.equal(await codeOf(w({ version: 0x03000000 }).bytes()), 'unsupported_gguf');
  assert.equal(await codeOf(w({ tensors: HUGE }).bytes()), 'header_too_large');
  assert.equal(await codeOf(w({ entries: HUGE }).bytes()), 'header_too_large');
  assert.equal(await codeOf(w({ entries: 7_000_000, tensors: 100_000 }).bytes()), 'truncated');
  const one = () => w({ entries: 1 });
  assert.equal(await codeOf(one().put('u64', HUGE).bytes()), 'bad_metadata', "a key's length");
  assert.equal(await codeOf(one().put('str', 'k').put('u32', 13).bytes()), 'bad_metadata');
  assert.equal(await codeOf(one().put('str', 'k').put('u32', 8).put('u64', HUGE).bytes()), 'header_too_large');
  const list = (/** @type {number} */ each, /** @type {number | bigint} */ count) =>
    one().put('str', 'k').put('u32', 9).put('u32', each).put('u64', count);
  assert.equal(await codeOf(list(9, 1).bytes()), 'bad_metadata', 'nested');
  assert.equal(await codeOf(list(99, 1).bytes()), 'bad_metadata');
  assert.equal(await codeOf(list(10, HUGE).bytes()), 'header_too_large');
  assert.equal(await codeOf(list(8, HUGE).bytes()), 'header_too_large');
  assert.equal(await codeOf(list(8, 10_000_000).bytes()), 'truncated', 'nothing is made of a count');
  assert.equal(await codeOf(list(8, 2).put('u64', HUGE).put('u64', 0).bytes()), 'header_too_large');
  const twice = w({ entries: 2 }).entry('k', ['u8', 1]).entry('k', ['u8', 1]);
  assert.equal(await codeOf(twice.bytes()), 'bad_metadata');
  for (const n of [0, 3, 2 ** 30])
    assert.equal(await codeOf(one().entry('general.alignment', ['u32', n]).bytes()), 'bad_alignment');
  const tensor = (/** @type {Partial<import('../helpers/gguf.js').Tensor>} */ t) =>
    codeOf(
      w({ tensors: 1 })
        .tensor({ name: 't', shape: [16], ...t })
        .bytes(),
    );
  assert.equal(await codeOf(w({ tensors: 1 }).put('u64', HUGE).bytes()), 'bad_tensor_name');
  assert.equal(await tensor({ shape: [] }), 'bad_shape');
  assert.equal(await tensor({ shape: [1, 1, 1, 1, 1] }), 'bad_shape');
  assert.equal(await tensor({ shape: [0] }), 'bad_shape');
  assert.equal(await tensor({ shape: [2 ** 32, 2 ** 32] }), 'bad_shape', '2^64 values wrap to 0');
  assert.equal(await tensor({ type: 4 }), 'unsupported_dtype', 'Q4_2, which was taken out');
  assert.equal(await tensor({ type: 1e6 }), 'unsupported_dtype');
  assert.equal(await tensor({ shape: [33], type: 2 }), 'size_mismatch', 'no whole blocks');
  assert.equal(await tensor({ offset: 8 }), 'bad_offsets');
  assert.equal(await tensor({ offset: 2 ** 63 }), 'bad_offsets');
  assert.equal(await tensor({ offset: 32 }), 'hole');
  const two = (/** @type {number} */ first, /** @type {number} */ second, name = 'u') =>
    w({ tensors: 2 })
      .tensor({ name: 't', shape: [16], offset: first })
      .tensor({ name, shape: [16], offset: second })
      .bytes();
  assert.deepEqual([...(await read(two(64, 0))).tensors.keys()], ['u', 't'], 'any order');
  assert.equal(await codeOf(two(0, 0)), 'overlap');
  assert.equal(await codeOf(two(0, 32)), 'overlap');
  assert.equal(await codeOf(two(0, 96)), 'hole');
  assert.equal(await codeOf(two(0, 64, 't')), 'duplicate_tensor');
  const rope = { name: 'rope_freqs.weight' };
  assert.equal(await tensor({ ...rope, shape: [2 ** 20] }), 'unsupported_gguf');
  assert.equal(await tensor({ ...rope, type: 1 }), 'unsupported_gguf');
  const far = w({ tensors: 2 })
    .tensor({ name: 't', shape: [2 ** 20] })
    .tensor({ ...rope, shape: [2], offset: 2 ** 22 });
  assert.equal(await codeOf(far.bytes()), 'unsupported_gguf');
});

test('every flipped byte is an error with a name, or a header', async () => {
  for (let i = 0; i < FILE.byteLength; i++) {
    for (const flip of [1, 0x20, 0x80, 0xff]) {
      const bytes = Buffer.from(FILE);
      bytes[i] ^= flip;
      const error = await read(bytes).then(
        () => null,
        (e) => e,
      );
      if (error) assert.equal(error.name, 'WeightsError', `byte ${i}: ${error.stack}`);
    }
  }
});

test('every flipped byte of a model gives a named error, or files and a plan', async () => {
  const whole = fixture('gguf/llama-q4_0/model.gguf');
  for (let i = 0; i < 5568; i += 5) {
    const bytes = Buffer.from(whole);
    bytes[i] ^= [1, 0x20, 0x80, 0xff][i % 4];
    try {
      const { read: fileOf, plan } = await openGguf(chunksOf(bytes, 4096), 'm.gguf', errors);
      for (const name of ['config.json', 'generation_config.json', 'tokenizer_config.json', 'tokenizer.model'])
        fileOf(name);
      JSON.parse(plan());
    } catch (/** @type {any} any: of our classes */ error) {
      assert.match(error.name, /^(Weights|Config|Tokenizer)Error$/, `byte ${i}: ${error.stack}`);
      assert.equal(error.file, 'm.gguf');
    }
  }
});

test('models that are not known here, or not whole, are named', async () => {
  /** @type {Record<string, import('../helpers/gguf.js').Entry>} */
  const good = {
    'general.architecture': ['str', 'llama'],
    'llama.block_count': ['u32', 1],
    'llama.context_length': ['u32', 8],
    'llama.feed_forward_length': ['u32', 8],
    'llama.attention.head_count': ['u32', 1],
    'llama.attention.layer_norm_rms_epsilon': ['f32', 1e-5],
  };
  const codeOfModel = async (/** @type {object} */ other, tensors = [{ name: 'token_embd.weight', shape: [4, 2] }]) => {
    const metadata = Object.fromEntries(Object.entries({ ...good, ...other }).filter(([, value]) => value));
    const header = await read(ggufFile(metadata, tensors));
    try {
      readConfigs(header, 'm.gguf', errors);
      return 'ok';
    } catch (/** @type {any} any: of our classes */ error) {
      assert.equal(error.name, 'ConfigError');
      assert.equal(error.file, 'm.gguf');
      return `${error.code} ${error.field}`;
    }
  };
  assert.equal(await codeOfModel({}), 'ok');
  assert.equal(
    await codeOfModel({ 'general.architecture': ['str', 'mamba'] }),
    'unsupported_gguf general.architecture',
  );
  assert.equal(await codeOfModel({ 'general.architecture': null }), 'unsupported_gguf general.architecture');
  assert.equal(await codeOfModel({ 'split.count': ['u16', 3] }), 'unsupported_gguf split.count');
  assert.equal(await codeOfModel({ 'llama.expert_count': ['u32', 8] }), 'unsupported_gguf llama.expert_count');
  assert.equal(await codeOfModel({ 'llama.block_count': null }), 'bad_metadata llama.block_count');
  assert.equal(await codeOfModel({ 'llama.block_count': ['str', 'x'] }), 'bad_metadata llama.block_count');
  assert.equal(
    await codeOfModel({ 'llama.attention.head_count': ['arr', [1, 2], 'u32'] }),
    'bad_metadata llama.attention.head_count',
  );
  assert.equal(await codeOfModel({ 'llama.context_length': null }), 'bad_metadata llama.context_length');
  assert.equal(await codeOfModel({}, []), 'missing_tensors token_embd.weight');
});
