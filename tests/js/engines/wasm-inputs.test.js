// What the Wasm engine does with inputs of every declared kind, on a stand-in for the program: values arrive in the
// declared dtype, of any rank, and what does not fit is named.
import assert from 'node:assert/strict';
import test from 'node:test';
import { WasmModel } from '../../../js/engines/wasm/model.js';
import { fromArrays } from '../../../js/models/inputs.js';
import { rejection } from '../helpers/server.js';

/** @type {import('../../../js/engines/engine.js').Declared[]} */
const DECLARED = [
  { name: 'input_ids', dtype: 'int32', dims: ['batch', 'length'] },
  { name: 'pixel_values', dtype: 'float32', dims: ['batch', 3, 'height', 'width'], optional: true },
];

/** A model over a program that keeps its inputs and gives the floats back. */
function model() {
  const HEAPU8 = new Uint8Array(1 << 12);
  /** @type {Record<string, { at: number, dtype: string, dims: number[] }>} */
  let given = {};
  const handle = {
    ok: () => true,
    inputs: () => DECLARED,
    setInput(/** @type {string} */ name, /** @type {string} */ dtype, /** @type {number[]} */ dims) {
      const at = 64 * (1 + Object.keys(given).length);
      given[name] = { at, dtype, dims };
      return at;
    },
    begin: () => true,
    steps: () => 0,
    outputCount: () => 1,
    outputName: () => 'out',
    outputDims: () => [2],
    outputPtr: () => given[Object.keys(given)[0]].at,
    release() {},
    delete() {},
  };
  const made = new WasmModel({ HEAPU8 }, handle, 'here', 'fp32');
  return {
    run: (/** @type {Record<string, Json>} */ inputs) => made.run(fromArrays(inputs, DECLARED)),
    given: () => given,
    clear: () => {
      given = {};
    },
    ints: (/** @type {number} */ at, /** @type {number} */ n) => Array.from(new Int32Array(HEAPU8.buffer, at, n)),
    floats: (/** @type {number} */ at, /** @type {number} */ n) => Array.from(new Float32Array(HEAPU8.buffer, at, n)),
  };
}

test('floats and whole numbers, of any rank, as they are declared', async () => {
  const { run, given, ints, floats } = model();
  const pixels = Array.from({ length: 12 }, (_, i) => i / 2 - 1),
    image = [0, 4, 8].map((c) => [pixels.slice(c, c + 2), pixels.slice(c + 2, c + 4)]);
  await run({ input_ids: [5n, 6n], pixel_values: image, position_ids: [[1]] });
  assert.deepEqual(
    Object.entries(given()).map(([name, { dtype, dims }]) => [name, dtype, dims]),
    [
      ['input_ids', 'int32', [1, 2]],
      ['pixel_values', 'float32', [1, 3, 2, 2]],
    ],
    'a batch of one; what is not declared stays out',
  );
  assert.deepEqual(ints(given().input_ids.at, 2), [5, 6]);
  assert.deepEqual(floats(given().pixel_values.at, 12), pixels);
});

test('values that do not fit are named', async () => {
  const { run, clear } = model();
  /** @type {[Record<string, Json>, string, string][]} */
  const cases = [
    [{ input_ids: [[1.5]] }, 'not_an_integer', 'input_ids'],
    [{ input_ids: [[2 ** 31]] }, 'not_an_integer', 'input_ids'],
    [{ pixel_values: { data: ['a'], dims: [1, 1, 1, 1] } }, 'not_a_number', 'pixel_values'],
    [{ pixel_values: { data: [1, 2], dims: [1, 3, 1, 1] } }, 'shape_mismatch', 'pixel_values'],
    [{ pixel_values: 'a' }, 'bad_input', 'pixel_values'],
  ];
  for (const [inputs, code, field] of cases) {
    clear();
    const error = await rejection((async () => run(inputs))());
    assert.deepEqual([error.name, error.code, error.field], ['InputError', code, field], error.stack);
  }
});
