// Random numbers against Python's, transforms and ranges against numpy's, other sizes against ONNX Runtime's Resize.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Tensor, interpolate, interpolate_4d, rand, randn, random, rfft, slice, topk } from 'wasmformers';

const range = (/** @type {number[]} */ ...dims) =>
  new Tensor(
    'float32',
    Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => i),
    dims,
  );
/**
 * @param {Tensor} tensor
 * @param {number[]} want
 * @param {number} [error]
 */
const near = (tensor, want, error = 1e-5) => {
  assert.equal(tensor.size, want.length);
  want.forEach((v, i) => assert.ok(Math.abs(Number(tensor.data[i]) - v) < error, `${tensor.data} is not ${want}`));
};
const input = (/** @type {string} */ code) => ({ name: 'InputError', code });

// random.seed(s); [random.random() for _ in range(4)], and one after 700 more.
const PYTHON = /** @type {[number, number[]][]} */ ([
  [42, [0.6394267984578837, 0.025010755222666936, 0.27502931836911926, 0.22321073814882275, 0.16592278922072468]],
  [0, [0.8444218515250481, 0.7579544029403025, 0.420571580830845, 0.25891675029296335, 0.7049237107399368]],
  [
    2 ** 40 + 17,
    [0.6614192930187859, 0.24151842637090726, 0.6909905728254405, 0.11131596896699081, 0.6040776002250806],
  ],
  [-5, [0.6229016948897019, 0.7417869892607294, 0.7951935655656966, 0.9424502837770503, 0.7386131629775095]],
]);
test("random: Python's numbers for the same seed", () => {
  for (const [seed, want] of PYTHON) {
    random.seed(seed);
    const first = Array.from({ length: 4 }, () => random.random());
    for (let i = 0; i < 700; i++) random.random();
    assert.deepEqual([...first, random.random()], want, String(seed));
  }
  random.seed(99);
  assert.deepEqual(
    Array.from({ length: 5 }, () => random.gauss(5, 2)),
    [3.8995546045187948, 5.758236653956967, 5.653854573190089, 6.362796994590186, 5.0943415236981435],
  );
  random.seed(7);
  const list = Array.from({ length: 12 }, (_, i) => i);
  random.shuffle(list);
  assert.deepEqual(list, [7, 11, 3, 10, 8, 4, 9, 1, 0, 6, 2, 5]);
  random.seed(3);
  const picked = Array.from({ length: 12 }, () => random.choices('abcd', [0.1, 0.2, 0.3, 0.25]));
  assert.equal(picked.join(''), 'bccccaadbbdc');
});

test('random: others beside the shared one; none is alike without a seed', () => {
  random.seed(42);
  const own = new random.Random(7);
  own.random();
  assert.equal(random.random(), PYTHON[0][1][0]);
  assert.notEqual(new random.Random().random(), new random.Random().random());
  random.seed(42);
  assert.deepEqual(Array.from(rand([2, 1]).data), PYTHON[0][1].slice(0, 2).map(Math.fround));
  const normal = randn([2000]);
  assert.deepEqual([normal.type, normal.dims], ['float32', [2000]]);
  assert.ok(
    Math.abs(Number(normal.mean().item())) < 0.1 && Math.abs(Number(normal.norm().item()) ** 2 / 2000 - 1) < 0.1,
  );
});

test('topk, of tensors as in PyTorch, and of arrays', async () => {
  const [values, places] = await topk(new Tensor('float32', [1, 3, 2, 9, 9, 8], [2, 3]), 2);
  assert.deepEqual(
    [values.type, values.tolist()],
    [
      'float32',
      [
        [3, 2],
        [9, 9],
      ],
    ],
  );
  assert.deepEqual(
    [places.type, places.tolist()],
    [
      'int64',
      [
        [1n, 2n],
        [0n, 1n],
      ],
    ],
  );
  assert.deepEqual((await topk(new Tensor('int64', [1n, 5n, 3n], [3])))[0].tolist(), [5n, 3n, 1n]);
  assert.deepEqual((await topk(range(2, 3), 9))[0].dims, [2, 3]);
  assert.deepEqual((await topk(new Tensor('float32', [1, NaN, 2], [3]), 1))[1].tolist(), [1n]);
  assert.deepEqual((await topk(range(1, 2), 0))[0].dims, [1, 0]);
  assert.deepEqual(await topk([0.1, 0.7, 0.2], 2), [
    [0.7, 0.2],
    [1, 2],
  ]);
  const [typed, at] = await topk(Float32Array.of(1, 2), 1);
  assert.ok(typed instanceof Float32Array && at instanceof Int32Array && typed[0] === 2 && at[0] === 1);
  for (const k of [-1, 1.5, NaN]) await assert.rejects(topk(range(3), k), input('bad_option'));
});

test("slice: numpy's ranges with steps", async () => {
  const x = range(2, 3, 4);
  // x[:, ::-1, -1:0:-2]
  const back = await slice(x, [2, -1], [-9, 0], [1, 2], [-1, -2]);
  assert.deepEqual(back.tolist(), [
    [
      [11, 9],
      [7, 5],
      [3, 1],
    ],
    [
      [23, 21],
      [19, 17],
      [15, 13],
    ],
  ]);
  assert.deepEqual((await slice(x, [0, -2, 1], [100, 9, 4])).dims, [2, 2, 3]);
  assert.deepEqual((await slice(range(3, 3), [0, 0], [2, 2], [0, 1], [1, 1])).tolist(), [
    [0, 1],
    [3, 4],
  ]);
  assert.deepEqual((await slice(x, [2], [1], [-1])).dims, [2, 3, 0]);
  await assert.rejects(slice(x, [0], [1], [3]), input('bad_dimension'));
  await assert.rejects(slice(x, [0], [1], [0], [0]), input('bad_option'));
  await assert.rejects(slice(x, [0], [1, 2]), input('bad_option'));
});

test('rfft: numpy.fft.rfft, of any length and dimension', async () => {
  const twelve = new Tensor(
    'float32',
    Array.from({ length: 12 }, (_, i) => i % 5),
    [12],
  );
  const want = [
    21, 0, -3.5, -0.5980762113533165, -8.5, -2.598076211353316, 4, 1, 1.5, -0.8660254037844386, -3.5, 4.598076211353316,
    -1, 0,
  ];
  near(await rfft(twelve), want);
  const seven = range(2, 7).map((v) => v * v),
    rows = [
      [
        91, 0, -5.908206113520457, 50.874774216022246, -18.774126679085448, 19.538098027618894, -20.817667207394095,
        5.591965122558673,
      ],
      [
        728, 0, -54.908206113520464, 152.62432264806674, -67.77412667908544, 58.6142940828567, -69.81766720739407,
        16.775895367676018,
      ],
    ];
  const out = await rfft(seven, new Tensor('int64', [-1n], []));
  assert.deepEqual(out.dims, [2, 4, 2]);
  near(out, rows.flat(), 1e-3);
  const down = await rfft(seven.transpose(1, 0), 0);
  assert.deepEqual(down.dims, [4, 2, 2]);
  near(down.permute(1, 0, 2), rows.flat(), 1e-3);
});

test('interpolate: the size of planes', async () => {
  const x = range(2, 3, 3, 2);
  near((await interpolate_4d(x, { size: [4, 5] })).slice(0, 0, 0), [0, 0.1, 0.5, 0.9, 1]);
  const cubic = await interpolate_4d(x, { size: [2, 3, 4, 5], mode: 'bicubic' });
  assert.deepEqual(cubic.dims, [2, 3, 4, 5]);
  near(cubic.slice(0, 0, 0), [-0.253804475, -0.06155451, 0.356445312, 0.774445534, 0.966694593]);
  near(cubic.slice(1, 2, 3), [34.0333099, 34.2255669, 34.6435547, 35.0615501, 35.253788], 1e-4);
  const small = await interpolate_4d(range(2, 3, 4, 5), { size: [3, 2], mode: 'bicubic' });
  near(small.slice(0, 0), [1.2987545, 3.9628172, 8.167969, 10.832031, 15.037184, 17.701244]);
  const flat = interpolate(range(1, 2, 2), [2, 3]);
  assert.deepEqual(flat.dims, [1, 2, 3]);
  near(flat, [0, 0.5, 1, 2, 2.5, 3]);
  // PyTorch's align_corners=True and its nearest.
  near(interpolate(range(1, 1, 3), [1, 5], 'bilinear', true), [0, 0.5, 1, 1.5, 2]);
  near(interpolate(range(1, 1, 3), [1, 5], 'nearest'), [0, 0, 1, 1, 2]);
  const bytes = interpolate(new Tensor('uint8', [0, 255, 255], [1, 1, 3]), [1, 6], 'bicubic');
  assert.ok(
    Array.from(bytes.data).every((v, i, all) => i === 0 || v >= all[i - 1]),
    `${bytes.data} was not clamped`,
  );
  const bad = /** @type {Untyped} */ ('cubic');
  assert.throws(() => interpolate(range(1, 2, 2), [2, 3], bad), input('bad_option'));
  await assert.rejects(interpolate_4d(range(2, 2), { size: [1, 1] }), input('shape_mismatch'));
  await assert.rejects(interpolate_4d(x, { size: [9, 9, 4, 5] }), input('bad_option'));
});
