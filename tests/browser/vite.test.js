// A page that imports the package, bundled by Vite, works in Chromium under the demo's strict policy: the bundler finds
// the Wasm by its new URL(…). A worker of the page generates text, both built and on the development server (which
// sends its start page for missing files), with the settings of the README.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { build, createServer } from 'vite';
import { ensureModel } from '../../models/fetch.js';
import { cachePath } from '../../tools/cache.js';
import { serve } from '../../tools/serve.js';
import { PROGRAM_FILES } from '../js/helpers/programs.js';
import { ROOT, launch, open, violations } from './helpers/browser.js';

const exec = promisify(execFile);
const MODEL = 'sentence-transformers/all-MiniLM-L6-v2';

test('a page bundled by Vite embeds text and writes in Chromium', async (t) => {
  await ensureModel(MODEL);
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'wasmformers-vite-'));
  t.after(() => fs.rm(folder, { recursive: true }));
  // The package as it is published, installed as users do. --ignore-scripts: prepack would build again what is tested.
  const packed = await exec('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT });
  const [{ filename, size, unpackedSize, entryCount }] = JSON.parse(packed.stdout);
  t.diagnostic(
    `${filename}: ${(size / 1e3).toFixed(0)} kB packed, ${(unpackedSize / 1e3).toFixed(0)} kB in ${entryCount} files`,
  );
  await fs.writeFile(path.join(folder, 'package.json'), '{ "name": "page", "private": true, "type": "module" }');
  await exec('npm', ['install', '--offline', '--no-audit', '--no-fund', path.join(folder, filename)], { cwd: folder });
  await fs.writeFile(
    path.join(folder, 'index.html'),
    '<!doctype html><title>t</title><script type="module" src="/main.js"></script>',
  );
  await fs.writeFile(
    path.join(folder, 'main.js'),
    `
    import { pipeline, env } from 'wasmformers';
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }) => { document.body.dataset.story = data; };
    worker.onerror = (event) => { document.body.dataset.story = 'worker: ' + event.message; };
    env.allowLocalModels = true;
    env.allowRemoteModels = false;
    env.localModelPath = '/models/';
    try {
      const extractor = await pipeline('feature-extraction', '${MODEL}', { dtype: 'q8' });
      const texts = ['a small cat', 'a little kitten', 'stock prices'];
      const output = await extractor(texts, { pooling: 'mean', normalize: true });
      const [a, b, c] = output.tolist();
      const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
      document.body.dataset.result = JSON.stringify({ near: dot(a, b), far: dot(a, c) });
    } catch (error) {
      document.body.dataset.result = JSON.stringify({ error: String(error?.stack ?? error) });
    }
  `,
  );
  await fs.writeFile(
    path.join(folder, 'worker.js'),
    `
    import { pipeline } from 'wasmformers';
    async function tell() {
      const write = await pipeline('text-generation', '/tiny', { dtype: 'q8' });
      let story = '';
      const options = { max_new_tokens: 8, do_sample: false };
      for await (const piece of write.stream('Once upon a time', options)) story += piece;
      return story;
    }
    tell().catch((error) => String(error?.stack ?? error)).then((told) => self.postMessage(told));
  `,
  );
  await fs.cp(path.join(ROOT, 'models/tiny'), path.join(folder, 'public/tiny'), { recursive: true });
  /** @type {import('vite').InlineConfig} */
  const settings = {
    root: folder,
    configFile: false,
    logLevel: 'error',
    optimizeDeps: { exclude: ['wasmformers'] },
    worker: { format: 'es' },
  };
  await build({ ...settings, build: { outDir: 'dist', target: 'es2022' } });
  const built = await fs.readdir(path.join(folder, 'dist/assets'));
  for (const name of Object.values(PROGRAM_FILES).flat()) {
    if (!name.endsWith('.wasm')) continue;
    assert.ok(
      built.some((file) => file.startsWith(path.parse(name).name) && file.endsWith('.wasm')),
      `${name} is not in ${built}`,
    );
  }

  const server = await serve({ mounts: { '': path.join(folder, 'dist'), models: cachePath('models') } });
  t.after(server.close);
  const browser = await launch(t);
  const { page, complaints } = await open(browser);
  await page.goto(server.url);
  // Not waitForFunction: it needs eval in the page, which the policy forbids.
  const body = page.locator('body[data-result]');
  await body.waitFor({ state: 'attached' }).catch((error) => assert.fail(`${error}\n${complaints.join('\n')}`));
  const result = JSON.parse((await body.getAttribute('data-result')) ?? '');
  assert.equal(result.error, undefined);
  assert.ok(result.near > 0.6 && result.far < 0.3, JSON.stringify(result));
  const story = async (/** @type {import('playwright-core').Page} */ at) => {
    const told = at.locator('body[data-story]');
    await told.waitFor({ state: 'attached' });
    return told.getAttribute('data-story');
  };
  assert.equal(await story(page), ' there was a great many years old,');
  const develop = await createServer({ ...settings, server: { port: 0, host: '127.0.0.1' } });
  t.after(() => develop.close());
  await develop.listen();
  const second = await page.context().newPage();
  await second.goto(/** @type {string} */ (develop.resolvedUrls?.local[0]));
  assert.equal(await story(second), await story(page));
  assert.deepEqual(complaints, []);
  assert.deepEqual(await violations(page), []);
});
