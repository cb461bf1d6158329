// Pages with fewer rights: a Content-Security-Policy without wasm-unsafe-eval, and a sandboxed iframe, in which even
// `typeof caches` throws.
import assert from 'node:assert/strict';
import test from 'node:test';
import { serve } from '../../tools/serve.js';
import { launch, open } from './helpers/browser.js';

const FOLDER = '/fixtures/pipelines/text-classification';
/** @type {Record<string, [type: string, body: string]>} */
const FILES = {
  '/page.html': ['text/html', '<!doctype html><title>t</title><script type="module" src="/page.js"></script>'],
  '/frame.html': ['text/html', '<!doctype html><iframe sandbox="allow-scripts" src="/page.html"></iframe>'],
  '/page.js': [
    'text/javascript',
    `
    let told;
    try {
      const { env, pipeline } = await import('/js/index.js');
      const classify = await pipeline('text-classification', '${FOLDER}');
      told = { caches: env.useBrowserCache, label: (await classify('a good dog'))[0].label };
    } catch (error) {
      told = { name: error.name, code: error.code, field: error.field, message: error.message };
    }
    document.body.dataset.told = JSON.stringify(told);
  `,
  ],
};

/** @param {Record<string, string>} headers */
const start = (headers) =>
  serve({
    headers,
    handle({ url = '' }, response) {
      const [type, body] = FILES[url] ?? [];
      if (!type) return false;
      response.writeHead(200, { 'content-type': type, ...headers }).end(body);
      return true;
    },
  });

test('without wasm-unsafe-eval the error names the directive', async (t) => {
  const server = await start({ 'Content-Security-Policy': "default-src 'self'; script-src 'self'" });
  t.after(server.close);
  const { page } = await open(await launch(t));
  await page.goto(`${server.url}/page.html`);
  const told = JSON.parse(String(await page.locator('body[data-told]').getAttribute('data-told')));
  assert.deepEqual([told.name, told.code, told.field], ['ConfigError', 'wasm_forbidden', 'script-src'], told.message);
});

test('a sandboxed iframe without storage runs a model', async (t) => {
  const server = await start({ 'Content-Security-Policy': '', 'Access-Control-Allow-Origin': '*' });
  t.after(server.close);
  const { page } = await open(await launch(t));
  await page.goto(`${server.url}/frame.html`);
  const told = await page.frameLocator('iframe').locator('body[data-told]').getAttribute('data-told');
  const { caches, label, message } = JSON.parse(String(told));
  assert.equal(message, undefined);
  assert.equal(caches, false);
  assert.ok(label);
});
