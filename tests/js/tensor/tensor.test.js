// Tensors and their functions, against results by hand or by plain loops.
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  Tensor,
  cat,
  cos_sim,
  dot,
  full,
  full_like,
  layer_norm,
  log_softmax,
  matmul,
  mean,
  mean_pooling,
  ones,
  ones_like,
  permute,
  quantize_embeddings,
  softmax,
  stack,
  std_mean,
  zeros,
  zeros_like,
} from 'wasmformers';

const range = (/** @type {number[]} */ ...dims) =>
  new Tensor(
    'float32',
    Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => i),
    dims,
  );
const input = (/** @type {string} */ code) => ({ name: 'InputError', code });
/**
 * @param {Untyped} got
 * @param {Untyped} want
 */
const near = (got, want) =>
  [got].flat(9).forEach((v, i) => assert.ok(Math.abs(v - [want].flat(9)[i]) < 1e-6, `${got} is not ${want}`));

test('making and reading', () => {
  const x = range(2, 3);
  assert.deepEqual([x.type, x.dims, x.size, x.location], ['float32', [2, 3], 6, 'cpu']);
  assert.deepEqual(x.tolist(), [
    [0, 1, 2],
    [3, 4, 5],
  ]);
  assert.deepEqual(new Tensor('int64', [1, 2n], [2]).tolist(), [1n, 2n]);
  assert.deepEqual(new Tensor('bool', [true, false], [2]).tolist(), [1, 0]);
  assert.deepEqual(new Tensor('string', ['a', 'b'], [2]).tolist(), ['a', 'b']);
  assert.equal(new Tensor('float32', [7], []).item(), 7);
  assert.throws(() => x.item(), input('not_scalar'));
  assert.throws(() => new Tensor('float32', [1, 2], [3]), input('shape_mismatch'));
  assert.throws(() => new Tensor(/** @type {Untyped} */ ('float8'), [1], [1]), input('unknown_type'));
  const copy = x.clone();
  copy.data[0] = 9;
  assert.equal(x.data[0], 0);
  assert.deepEqual(x.to('int64').to('int32').tolist(), x.tolist());
  assert.deepEqual(new Tensor('float32', [1.9, -1.9], [2]).to('int64').tolist(), [1n, -1n]);
});

test('indices and iteration', () => {
  const x = range(2, 3);
  assert.deepEqual(x[1].tolist(), [3, 4, 5]);
  assert.equal(x[1][2].item(), 5);
  assert.equal(x[2], undefined);
  assert.equal(/** @type {Untyped} */ (x).then, undefined, 'a tensor is no promise');
  assert.ok('dims' in x && !('2' in x));
  assert.deepEqual(
    [...x].map((row) => row.tolist()),
    [
      [0, 1, 2],
      [3, 4, 5],
    ],
  );
  assert.deepEqual([...x[0]], [0, 1, 2]);
});

test('shapes', () => {
  const x = range(2, 3, 4);
  assert.deepEqual(x.view(4, -1).dims, [4, 6]);
  assert.throws(() => x.view(5, -1), input('shape_mismatch'));
  assert.deepEqual(x.flatten().dims, [24]);
  assert.deepEqual(x.flatten(1).dims, [2, 12]);
  assert.deepEqual(x.unsqueeze(-1).dims, [2, 3, 4, 1]);
  assert.deepEqual(x.unsqueeze(0).squeeze().dims, [2, 3, 4]);
  assert.deepEqual(ones([1, 2, 1]).squeeze(0).dims, [2, 1]);
  assert.throws(() => x.unsqueeze(9), input('bad_dimension'));
  const turned = x.permute(2, 0, 1);
  for (let i = 0; i < 2; i++)
    for (let j = 0; j < 3; j++) for (let k = 0; k < 4; k++) assert.equal(turned[k][i][j].item(), x[i][j][k].item());
  assert.deepEqual(permute(x, [2, 0, 1]).data, turned.data);
  assert.deepEqual(range(2, 3).transpose(1, 0).tolist(), [
    [0, 3],
    [1, 4],
    [2, 5],
  ]);
  assert.deepEqual(range(2).repeat(2, 2).tolist(), [
    [0, 1, 0, 1],
    [0, 1, 0, 1],
  ]);
  assert.deepEqual(range(2, 1).tile(2).tolist(), [
    [0, 0],
    [1, 1],
  ]);
  assert.deepEqual(x.stride(), [12, 4, 1]);
});

test('slices are those of nested arrays', () => {
  const x = range(3, 4, 5),
    list = x.tolist();
  assert.deepEqual(x.slice(1).tolist(), list[1]);
  assert.deepEqual(
    x.slice(-1, null, 2).tolist(),
    list[2].map((/** @type {number[]} */ r) => r[2]),
  );
  assert.deepEqual(
    x.slice([1, 3], [0, -1], [2, null]).tolist(),
    list.slice(1, 3).map((/** @type {number[][]} */ m) => m.slice(0, -1).map((r) => r.slice(2))),
  );
  assert.deepEqual(
    x.slice(null, [1, 2]).tolist(),
    list.map((/** @type {number[][]} */ m) => m.slice(1, 2)),
  );
  assert.deepEqual(x.slice([2, 1]).dims, [0, 4, 5]);
  assert.deepEqual(x.slice([0, 99]).dims, [3, 4, 5]);
  assert.throws(() => x.slice(3), input('out_of_range'));
  const part = x.slice([0, 1]);
  part.data[0] = 99;
  assert.equal(x.data[0], 0, 'a slice is a copy');
  const rows = new Tensor('float32', [1, 2, 3, 4], [2, 2]);
  rows[1].data[0] = 9;
  for (const row of rows) row.data[1] = 0;
  assert.deepEqual([...rows.data], [1, 0, 9, 0], 'a row is not');
});

test('arithmetic broadcasts; a name that ends in _ changes the tensor', () => {
  const x = range(2, 3);
  assert.deepEqual(x.add(1).tolist(), [
    [1, 2, 3],
    [4, 5, 6],
  ]);
  assert.deepEqual(x.mul(new Tensor('float32', [1, 2, 3], [3])).tolist(), [
    [0, 2, 6],
    [3, 8, 15],
  ]);
  assert.deepEqual(x.sub(new Tensor('float32', [1, 2], [2, 1])).tolist(), [
    [-1, 0, 1],
    [1, 2, 3],
  ]);
  assert.deepEqual(new Tensor('float32', [1, 2], [2, 1]).add(new Tensor('float32', [10, 20, 30], [3])).tolist(), [
    [11, 21, 31],
    [12, 22, 32],
  ]);
  assert.throws(() => x.add(range(2)), input('shape_mismatch'));
  assert.deepEqual(ones([2]).add(2n).tolist(), [3n, 3n]);
  assert.equal(x.mul_(2).add_(1), x);
  assert.deepEqual(x.tolist(), [
    [1, 3, 5],
    [7, 9, 11],
  ]);
  assert.deepEqual(x.flatten_().unsqueeze_(0).dims, [1, 6]);
  assert.deepEqual(x.gt(5).tolist(), [[0, 0, 0, 1, 1, 1]]);
  assert.deepEqual(x.clamp(4, 8).tolist(), [[4, 4, 5, 7, 8, 8]]);
  assert.deepEqual(range(4).neg().remainder(3).tolist(), [0, 2, 1, 0]);
});

test('folds', () => {
  const x = new Tensor('float32', [3, -1, 2, 0, 5, 4], [2, 3]);
  assert.deepEqual([x.sum().item(), x.sum(0).tolist(), x.sum(1, true).tolist()], [13, [3, 4, 6], [[4], [9]]]);
  assert.deepEqual([x.max().item(), x.max(1).tolist(), x.min(0).tolist()], [5, [3, 5], [0, -1, 2]]);
  assert.deepEqual([x.argmax(1).tolist(), x.argmin(-1).tolist(), x.argmax().item()], [[0n, 1n], [1n, 0n], 4n]);
  near(x.mean(1).tolist(), [4 / 3, 3]);
  near(mean(x, 1, true).tolist(), [[4 / 3], [3]]);
  near(x.norm(2, 1).tolist(), [Math.sqrt(14), Math.sqrt(41)]);
  near(x.normalize().norm(2, 1).tolist(), [1, 1]);
  assert.deepEqual(zeros([1, 2]).to('float32').normalize().tolist(), [[0, 0]], 'nothing has no direction');
  const [std, average] = std_mean(x, 1);
  near(std.tolist(), [
    Math.sqrt(((3 - 4 / 3) ** 2 + (-1 - 4 / 3) ** 2 + (2 - 4 / 3) ** 2) / 2),
    Math.sqrt((9 + 4 + 1) / 2),
  ]);
  near(average.tolist(), [4 / 3, 3]);
});

test('softmax, of tensors and lists, even of large numbers', () => {
  const e = Math.E,
    want = [1 / (1 + e), e / (1 + e)];
  near([...softmax([0, 1])], want);
  near([...softmax([1000, 1001])], want);
  near([...log_softmax([1000, 1001])], want.map(Math.log));
  assert.deepEqual(log_softmax([0, 1000]), [-1000, 0]);
  assert.deepEqual(log_softmax([1000, 1]), [0, -999]);
  const x = new Tensor('float32', [0, 1, 1000, 1001], [2, 2]);
  near(x.softmax(-1).tolist(), [want, want]);
  near(x.log_softmax(-1).tolist(), [want.map(Math.log), want.map(Math.log)]);
  near(x.sigmoid().tolist(), [
    [0.5, e / (1 + e)],
    [1, 1],
  ]);
  assert.equal(dot([1, 2], [3, 4]), 11);
  near(cos_sim([1, 0], [1, 1]), Math.SQRT1_2);
  assert.equal(cos_sim([0, 0], [1, 1]), 0);
  near(cos_sim([1e100, 0], [1e100, 0]), 1);
  for (const f of [dot, cos_sim]) {
    assert.throws(() => f([1, 2], [1, 2, 3]), input('shape_mismatch'));
    assert.throws(() => f([1, 2, 3], [1, 2]), input('shape_mismatch'));
  }
});

// As numpy.full and torch.full infer the dtype.
test('full: numbers, bigints and truth values', () => {
  assert.deepEqual([full([2], 1.5).type, full([2], 1n).type, full([2], true).type], ['float32', 'int64', 'bool']);
  assert.deepEqual(full([2, 1], true).tolist(), [[1], [1]]);
  const like = full_like(range(2), false);
  assert.deepEqual([like.type, like.tolist()], ['bool', [0, 0]]);
  for (const bad of ['1', null, undefined, {}])
    assert.throws(() => full([1], /** @type {Untyped} */ (bad)), input('bad_value'));
});

test('softmax and log_softmax give the kind of array that they get', () => {
  for (const f of [softmax, log_softmax]) {
    const plain = f([1, 2]);
    assert.ok(Array.isArray(plain) && plain.map((p, i) => [p, i])[1][1] === 1);
    assert.ok(f(Float32Array.of(1, 2)) instanceof Float32Array);
    assert.ok(f(Float64Array.of(1, 2)) instanceof Float64Array);
    near([...f(Int32Array.of(1, 2))], plain); // rounded to whole numbers they would say nothing
    assert.deepEqual(f([]), []);
  }
});

test('joining and making', () => {
  assert.deepEqual(cat([range(1, 2), range(2, 2)]).tolist(), [
    [0, 1],
    [0, 1],
    [2, 3],
  ]);
  assert.deepEqual(cat([range(2, 1), range(2, 2)], -1).tolist(), [
    [0, 0, 1],
    [1, 2, 3],
  ]);
  assert.throws(() => cat([range(1, 2), range(1, 3)]), input('shape_mismatch'));
  assert.throws(() => cat([]), input('no_tensors'));
  assert.throws(() => stack([]), input('no_tensors'));
  for (const order of [[0, 0], [0], [1, 0, 0], [0, 2]])
    assert.throws(() => range(2, 3).permute(...order), input('bad_dimension'), String(order));
  assert.throws(() => permute(range(2, 3), [-1, 1]), input('bad_dimension'));
  assert.deepEqual(permute(range(2, 3), [-1, 0]).dims, [3, 2]);
  assert.deepEqual(stack([range(2), range(2)], 1).tolist(), [
    [0, 0],
    [1, 1],
  ]);
  assert.deepEqual(
    [
      full([2], 0.5).tolist(),
      full_like(range(1), 3).tolist(),
      ones_like(range(2)).tolist(),
      zeros_like(range(1)).tolist(),
    ],
    [[0.5, 0.5], [3], [1n, 1n], [0n]],
  );
  assert.deepEqual(matmul(range(2, 3), range(3, 2)).tolist(), [
    [10, 13],
    [28, 40],
  ]);
  assert.throws(() => matmul(range(2, 3), range(2, 3)), input('shape_mismatch'));
});

test('pooling, layer norm, bits', () => {
  const hidden = range(2, 3, 2),
    mask = new Tensor('int64', [1, 1, 0, 1, 0, 0], [2, 3]);
  assert.deepEqual(mean_pooling(hidden, mask).tolist(), [
    [1, 2],
    [6, 7],
  ]);
  assert.deepEqual(mean_pooling(hidden, zeros([2, 3])).tolist(), [
    [0, 0],
    [0, 0],
  ]);
  near(layer_norm(new Tensor('float32', [1, 3, 0, 0], [2, 2]), [2], { eps: 0.0 }).tolist()[0], [-1, 1]);
  assert.throws(() => layer_norm(range(2, 3), [2]), input('shape_mismatch'));
  const x = new Tensor('float32', [1, -1, 1, -1, 0, 0, 0, 2], [1, 8]);
  assert.deepEqual(quantize_embeddings(x, 'ubinary').tolist(), [[0b10100001]]);
  assert.deepEqual(quantize_embeddings(x, 'binary').tolist(), [[0b10100001 - 128]]);
  assert.throws(() => quantize_embeddings(range(1, 7), 'binary'), input('shape_mismatch'));
  assert.throws(() => quantize_embeddings(x, /** @type {Untyped} */ ('int4')), input('unknown_precision'));
});
