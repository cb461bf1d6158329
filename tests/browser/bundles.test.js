// Bundles of tools that do not move the Wasm files: esbuild's IIFE, which has no import.meta, and plain Rollup. Their
// pages name the folder by env.wasmPaths; without it the error says so.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { serve } from '../../tools/serve.js';
import { ROOT, launch, open } from './helpers/browser.js';

const FIXTURE = path.join(ROOT, 'tests/fixtures/pipelines/text-classification');

test('bundles that do not move the Wasm find it by env.wasmPaths', async (t) => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'wasmformers-bundles-'));
  t.after(() => fs.rm(folder, { recursive: true }));
  const file = (/** @type {string} */ name) => path.join(folder, name);
  await fs.writeFile(
    file('entry.js'),
    `
    import { env, pipeline } from ${JSON.stringify(path.join(ROOT, 'js/index.js'))};
    async function tell() {
      env.wasmPaths = new URLSearchParams(location.search).get('wasm');
      const classify = await pipeline('text-classification', location.origin + '/model');
      return (await classify('a good dog'))[0].label;
    }
    tell().catch((error) => error.message).then((told) => { document.body.dataset.told = told; });
  `,
  );
  await build({
    entryPoints: [file('entry.js')],
    outfile: file('iife.js'),
    bundle: true,
    format: 'iife',
    logLevel: 'error',
  });
  const made = await rollup({ input: file('entry.js'), onLog() {} });
  await made.write({ dir: folder, format: 'es', entryFileNames: 'rollup.js' });
  await made.close();
  const page = (/** @type {string} */ script) => `<!doctype html><title>t</title><body>${script}`;
  await fs.writeFile(file('iife.html'), page('<script src="iife.js"></script>'));
  await fs.writeFile(file('rollup.html'), page('<script type="module" src="rollup.js"></script>'));
  const server = await serve({ mounts: { '': folder, model: FIXTURE, programs: path.join(ROOT, 'js/wasm') } });
  t.after(server.close);
  const tab = (await open(await launch(t))).page;
  const told = async (/** @type {string} */ name, wasm = '') => {
    await tab.goto(`${server.url}/${name}.html${wasm && `?wasm=${wasm}`}`);
    return tab.locator('body[data-told]').getAttribute('data-told');
  };
  const labels = Object.values(JSON.parse(await fs.readFile(path.join(FIXTURE, 'config.json'), 'utf8')).id2label);
  for (const name of ['iife', 'rollup']) {
    assert.ok(labels.includes(await told(name, '/programs')), name);
    assert.match(String(await told(name)), /env\.wasmPaths/);
  }
});
