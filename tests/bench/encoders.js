// MiniLM forward passes, ours and ONNX Runtime Web's in turn in one process, one thread each: minima in ms.
//   node tests/bench/encoders.js ONNX_FOLDER [seconds per figure]        prints one JSON line
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-web';
import { AutoModel } from '../../js/index.js';

const [folder, seconds = '4'] = process.argv.slice(2);
const MODEL = 'sentence-transformers/all-MiniLM-L6-v2';
const SHAPES = [
  [1, 16],
  [1, 128],
  [8, 128],
];
ort.env.wasm.numThreads = 1;

const idsOf = (/** @type {number} */ n) => Int32Array.from({ length: n }, (_, i) => 1000 + ((i * 7919) % 20000));
/**
 * @param {number} b
 * @param {number} t
 */
function ortInputs(b, t) {
  const big = (/** @type {(i: number) => number} */ f) =>
    new ort.Tensor(
      'int64',
      BigInt64Array.from({ length: b * t }, (_, i) => BigInt(f(i))),
      [b, t],
    );
  const ids = idsOf(b * t);
  return { input_ids: big((i) => ids[i]), attention_mask: big(() => 1), token_type_ids: big(() => 0) };
}

const rows = [];
let variant = '',
  int8Dot = '';
for (const [dtype, file] of /** @type {const} */ ([
  ['q8', 'model_quantized.onnx'],
  ['fp32', 'model.onnx'],
])) {
  const ours = await AutoModel.from_pretrained(MODEL, { dtype });
  const theirs = await ort.InferenceSession.create(readFileSync(join(folder, file)), { executionProviders: ['wasm'] });
  ({ variant, int8Dot } = ours.stats);
  for (const [b, t] of SHAPES) {
    const mine = { input_ids: { data: idsOf(b * t), dims: [b, t] } },
      their = ortInputs(b, t);
    const a = await ours(mine),
      z = await theirs.run(their);
    // Both must give the outputs of this model before their speeds are compared.
    const dot = (/** @type {Untyped} */ x, /** @type {Untyped} */ y) =>
      x.reduce((/** @type {number} */ s, /** @type {number} */ v, /** @type {number} */ i) => s + v * y[i], 0);
    const x = a.last_hidden_state.data,
      y = /** @type {Untyped} */ (Object.values(z)[0]).data;
    const cosine = dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
    if (!(cosine > 0.97)) throw new Error(`${dtype} ${b}×${t}: outputs differ, cosine ${cosine}`);
    let best = Infinity,
      peer = Infinity;
    for (const end = performance.now() + Number(seconds) * 1000; performance.now() < end; ) {
      let since = performance.now();
      await ours(mine);
      best = Math.min(best, performance.now() - since);
      since = performance.now();
      await theirs.run(their);
      peer = Math.min(peer, performance.now() - since);
    }
    rows.push({ dtype, shape: `${b}×${t}`, ours: best, peer, ratio: peer / best, cosine });
  }
  ours.dispose();
  await theirs.release();
}
console.log(JSON.stringify({ node: process.version, variant, int8Dot, rows }));
