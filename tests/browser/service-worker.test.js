// A service worker may not import() anything: one that holds the library in a single file, as the README says,
// classifies and writes in Chromium.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { build } from 'esbuild';
import { serve } from '../../tools/serve.js';
import { ROOT, launch, open } from './helpers/browser.js';

const FIXTURE = path.join(ROOT, 'tests/fixtures/pipelines/text-classification');

test('a service worker of a single file', async (t) => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'wasmformers-service-worker-'));
  t.after(() => fs.rm(folder, { recursive: true }));
  const file = (/** @type {string} */ name) => path.join(folder, name);
  await fs.writeFile(
    file('source.js'),
    `
    import { env, pipeline } from ${JSON.stringify(path.join(ROOT, 'js/index.js'))};
    self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
    async function tell(task) {
      env.wasmPaths = '/programs/';
      if (task === 'classify') {
        const classify = await pipeline('text-classification', self.location.origin + '/model');
        return (await classify('a good dog'))[0].label;
      }
      const write = await pipeline('text-generation', self.location.origin + '/tiny', { dtype: 'q8' });
      return (await write('Once upon a time', { max_new_tokens: 8, do_sample: false }))[0].generated_text;
    }
    self.addEventListener('message', ({ data, ports: [port] }) => {
      tell(data).catch((error) => String(error?.stack ?? error)).then((told) => port.postMessage(told));
    });
  `,
  );
  await build({
    entryPoints: [file('source.js')],
    outfile: file('service-worker.js'),
    bundle: true,
    format: 'esm',
    logLevel: 'error',
  });
  await fs.writeFile(
    file('index.html'),
    '<!doctype html><title>t</title><body><script type="module" src="/page.js"></script>',
  );
  await fs.writeFile(
    file('page.js'),
    `
    await navigator.serviceWorker.register('/service-worker.js', { type: 'module' });
    const { active } = await navigator.serviceWorker.ready;
    const ask = (task) => new Promise((told) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => told(data);
      active.postMessage(task, [port2]);
    });
    document.body.dataset.told = JSON.stringify([await ask('classify'), await ask('write')]);
  `,
  );
  const server = await serve({
    mounts: {
      '': folder,
      model: FIXTURE,
      tiny: path.join(ROOT, 'models/tiny'),
      programs: path.join(ROOT, 'js/wasm'),
    },
  });
  t.after(server.close);
  const { page, complaints } = await open(await launch(t));
  await page.goto(server.url);
  const body = page.locator('body[data-told]');
  await body
    .waitFor({ state: 'attached', timeout: 60_000 })
    .catch((error) => assert.fail(`${error}\n${complaints.join('\n')}`));
  const [label, text] = JSON.parse(String(await body.getAttribute('data-told')));
  const { id2label } = JSON.parse(await fs.readFile(path.join(FIXTURE, 'config.json'), 'utf8'));
  assert.ok(Object.values(id2label).includes(label), label);
  assert.equal(text, 'Once upon a time there was a great many years old,');
});
