// The real all-MiniLM-L6-v2 against PyTorch (tests/fixtures/make-minilm.py), in both dtypes, and what it costs in
// memory.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { cos_sim, pipeline } from 'wasmformers';
import { cacheFolder } from '../../../js/hub/cache.js';
import { fixtureJson, wrong } from '../helpers/fixtures.js';
import { rejection } from '../helpers/server.js';
import { cpuClock } from '../helpers/time.js';

const ID = 'sentence-transformers/all-MiniLM-L6-v2';
const folder = path.join(await cacheFolder(), 'models', ID);
const skip = existsSync(path.join(folder, 'model.safetensors'))
  ? false
  : `${ID} is not in ${folder}; npm test fetches it`;
/** @type {{ text: string, tokens: number, vector: number[] }[]} */
const wanted = fixtureJson('minilm-embeddings.json');
const TEXTS = wanted.map(({ text }) => text);
const POOL = /** @type {const} */ ({ pooling: 'mean', normalize: true });

for (const [dtype, least] of /** @type {const} */ ([
  ['fp32', 0.999999],
  ['q8', 0.99],
])) {
  test(`${dtype}: PyTorch's vectors`, { skip }, async () => {
    const pipe = await pipeline('feature-extraction', ID, { dtype, local_files_only: true });
    for (const { text, tokens } of wanted)
      assert.equal(pipe.tokenizer(text, { truncation: true }).input_ids.dims[1], tokens);
    const alone = await pipe(TEXTS[0], POOL),
      all = await pipe(TEXTS, POOL);
    assert.deepEqual(all.dims, [TEXTS.length, 384]);
    wanted.forEach(({ text, vector }, i) => {
      const cosine = cos_sim(all[i].data, vector);
      assert.ok(cosine > least, `"${text.slice(0, 40)}": ${cosine}`);
    });
    assert.ok(cos_sim(alone.data, all[0].data) > 0.99999, 'alone or among others');
    await pipe.dispose();
  });
}

test('memory: at most 1.25 × the packed weights, the largest tensor and 16 MB', { skip }, async () => {
  const pipe = await pipeline('feature-extraction', ID, { dtype: 'q8' });
  const parameters = (await stat(path.join(folder, 'model.safetensors'))).size / 4,
    largest = 30522 * 384 * 4;
  assert.ok(
    pipe.model.stats.memoryBytes < 1.25 * 1.02 * parameters + largest + 16e6,
    `${pipe.model.stats.memoryBytes} bytes`,
  );
  await pipe.dispose();
});

test('an abort in the middle of a pass is heard, and the next pass is right', { skip }, async () => {
  const pipe = await pipeline('feature-extraction', ID),
    long = 'word '.repeat(500),
    want = await pipe(TEXTS[0], POOL);
  const controller = new AbortController(),
    reason = new Error('enough'),
    untilHeard = cpuClock();
  setTimeout(() => controller.abort(reason), 20);
  const error = await rejection(pipe(Array(8).fill(long), { ...POOL, signal: controller.signal })),
    heard = untilHeard();
  assert.equal(error, reason);
  const untilDone = cpuClock();
  await pipe(Array(8).fill(long), POOL);
  const whole = untilDone();
  assert.ok(heard < whole, `after ${heard} ms of ${whole}`);
  assert.deepEqual((await pipe(TEXTS[0], POOL)).data, want.data);
  await pipe.dispose();
});

test('calls at once, some of which fail', { skip }, async () => {
  const pipe = await pipeline('feature-extraction', ID),
    want = await pipe(TEXTS, POOL);
  const results = await Promise.allSettled([
    ...TEXTS.map((text) => pipe(text, POOL)),
    pipe(wrong(7), POOL),
    pipe(TEXTS, { ...POOL, signal: AbortSignal.abort() }),
  ]);
  assert.deepEqual(
    results.map((r) => r.status),
    [...TEXTS.map(() => 'fulfilled'), 'rejected', 'rejected'],
  );
  results.slice(0, TEXTS.length).forEach((result, i) => {
    assert.ok(result.status === 'fulfilled' && cos_sim(result.value.data, want[i].data) > 0.99999);
  });
  const last = results.at(-1);
  assert.ok(last?.status === 'rejected' && last.reason.name === 'AbortError');
  await pipe.dispose();
});
