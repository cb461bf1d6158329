// What a load costs: Wasm memory never shrinks, so its size after loading is its peak. And what forgetting costs:
// nothing.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cachePath } from '../../../tools/cache.js';
import { AutoModel } from 'wasmformers';

const MODEL = 'sentence-transformers/all-MiniLM-L6-v2';
const LARGEST = 30522 * 384 * 4; // the word embeddings, in f32
const MB = 1e6;
const absent =
  !existsSync(cachePath('models', MODEL, 'model.safetensors')) &&
  `${MODEL} is not in the cache (npm start puts it there)`;

for (const dtype of /** @type {const} */ (['q8', 'fp32'])) {
  test(`loading MiniLM in ${dtype} peaks below 1.25 × packed weights + largest tensor + 16 MB`, {
    skip: absent,
  }, async (t) => {
    const model = await AutoModel.from_pretrained(MODEL, { dtype });
    const needed = model.stats.bytesNeeded,
      bound = 1.25 * needed + LARGEST + 16 * MB;
    const figures = Object.entries({ packed: needed, peak: model.stats.memoryBytes, bound });
    t.diagnostic(`${dtype}: ${figures.map(([name, bytes]) => `${name} ${(bytes / MB).toFixed(1)} MB`).join(', ')}`);
    assert.ok(model.stats.memoryBytes <= bound);
    assert.ok(needed > (dtype === 'q8' ? 22 : 88) * MB);
    // The staging area is used again: passes of a usual size need no more memory.
    await model({ input_ids: Array.from({ length: 8 }, () => Array(128).fill(2000)) });
    assert.ok(model.stats.memoryBytes <= bound);
    model.dispose();
  });
}

test('models that are disposed of, or forgotten, give their memory back', async () => {
  const folder = fileURLToPath(new URL('../../fixtures/models/bert-model', import.meta.url));
  // Each takes 4 MB of Wasm memory at least: 600 of them kept would be 2.4 GB.
  for (let i = 0; i < 300; i++) (await AutoModel.from_pretrained(folder)).dispose();
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 300; i++) (await AutoModel.from_pretrained(folder)).dispose();
  assert.ok(
    process.memoryUsage().rss - before < 600 * MB,
    `${((process.memoryUsage().rss - before) / MB).toFixed(0)} MB more`,
  );
});
