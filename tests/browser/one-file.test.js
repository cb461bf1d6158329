// The library as one file in a page without a bundler, under the demo's strict policy: a handful of requests.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { ensureModel } from '../../models/fetch.js';
import { cachePath } from '../../tools/cache.js';
import { serve } from '../../tools/serve.js';
import { MINILM, ROOT, launch, open } from './helpers/browser.js';

test('js/dist/wasmformers.js embeds text in a page that bundles nothing', async (t) => {
  await ensureModel(MINILM);
  const server = await serve({
    mounts: { '': path.join(ROOT, 'tests/browser/pages'), js: path.join(ROOT, 'js'), models: cachePath('models') },
  });
  t.after(() => server.close());
  const browser = await launch();
  t.after(() => browser.close());
  const { page, context, complaints } = await open(browser);
  t.after(() => context.close());
  await page.goto(`${server.url}/one-file.html?model=${MINILM}`);
  await page.waitForFunction(() => document.body.dataset.result);
  const result = JSON.parse(await page.evaluate(() => document.body.dataset.result ?? ''));
  assert.ok(result.near > 0.6 && result.far < 0.3, JSON.stringify(result));
  const scripts = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map((e) => new URL(e.name).pathname)
      .filter((p) => p.startsWith('/js/')),
  );
  const variant = await page.evaluate(() => document.body.dataset.variant);
  assert.deepEqual(scripts.sort(), [
    '/js/dist/wasmformers.js',
    `/js/wasm/encoder-${variant}.js`,
    `/js/wasm/encoder-${variant}.wasm`,
    '/js/wasm/tokenizers.js',
    '/js/wasm/tokenizers.wasm',
  ]);
  assert.deepEqual(complaints, []);
});
