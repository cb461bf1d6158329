// The browser's own cache: filled while a model loads, whole files only, and enough for a visit without a network.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { serve } from '../../tools/serve.js';
import { ROOT, launch } from './helpers/browser.js';

const MODEL = path.join(ROOT, 'tests/fixtures/pipelines/text-classification');
const FILES = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];

test('a second visit needs no network; a cut file is not kept', async (t) => {
  const server = await serve({
    mounts: { '': path.join(ROOT, 'tests/browser/pages'), js: path.join(ROOT, 'js') },
    handle: (request, response) => {
      const [, owner, name] = /^\/(\w+)\/name\/resolve\/main\/(.*)$/.exec(request.url ?? '') ?? [];
      if (!owner) return false;
      fs.readFile(path.join(MODEL, name)).then(
        (bytes) => {
          response.writeHead(200, { 'Content-Length': bytes.length });
          if (owner === 'cut' && name === 'model.safetensors')
            response.write(bytes.subarray(0, 20000), () => setTimeout(() => response.destroy(), 500));
          else response.end(bytes);
        },
        () => response.writeHead(404).end(),
      );
      return true;
    },
  });
  t.after(() => server.close());
  const browser = await launch();
  t.after(() => browser.close());
  const context = await browser.newContext();
  /**
   * @param {string} id
   * @param {string[]} wanted files to wait for in the cache
   */
  const visit = async (id, wanted) => {
    const page = await context.newPage();
    await page.goto(`${server.url}/library.html`);
    const answer = await page.evaluate(
      async ({ model, wanted }) => {
        const { env, pipeline } = await import('/js/index.js');
        env.remoteHost = location.origin;
        /** @type {Untyped} */
        let told;
        try {
          const pipe = await pipeline('text-classification', model);
          told = await pipe('a good dog');
          await pipe.dispose();
        } catch (error) {
          told = `${/** @type {Untyped} */ (error).name} ${/** @type {Untyped} */ (error).code}`;
        }
        const store = await caches.open(env.cacheKey);
        // Files are written in the background: loading must not wait for the disk.
        const keys = async () =>
          (await store.keys())
            .map((r) => new URL(r.url).pathname)
            .filter((p) => p.includes(model))
            .sort();
        let found = await keys();
        for (let i = 0; i < 100 && !wanted.every((end) => found.some((key) => key.endsWith(end))); i++) {
          await new Promise((resolve) => setTimeout(resolve, 200));
          found = await keys();
        }
        return { told, keys: found };
      },
      { model: id, wanted },
    );
    await page.close();
    return answer;
  };
  const first = await visit('org/name', FILES);
  assert.equal(typeof first.told[0].label, 'string');
  const kept = (/** @type {string} */ file) => first.keys.includes(`/org/name/resolve/main/${file}`);
  assert.deepEqual(
    FILES.filter((file) => !kept(file)),
    [],
  );

  const cut = await visit(
    'cut/name',
    FILES.filter((file) => file !== 'model.safetensors'),
  );
  assert.equal(cut.told, 'HubError cut_download');
  assert.ok(!cut.keys.includes('/cut/name/resolve/main/model.safetensors'), cut.keys.join());

  await context.route(/\/resolve\//, (route) => route.abort());
  assert.deepEqual((await visit('org/name', FILES)).told, first.told);
});

test('a file that does not fit into the quota is not written at all', async (t) => {
  const server = await serve({
    mounts: {
      '': path.join(ROOT, 'tests/browser/pages'),
      js: path.join(ROOT, 'js'),
      repositories: path.dirname(MODEL),
    },
  });
  t.after(() => server.close());
  const browser = await launch(t),
    page = await (await browser.newContext()).newPage();
  await page.goto(`${server.url}/library.html`);
  const { size } = await fs.stat(path.join(MODEL, 'model.safetensors'));
  const answer = (/** @type {number} */ quota) =>
    page.evaluate(
      async ({ model, quota }) => {
        navigator.storage.estimate = async () => ({ quota, usage: 1000 });
        /** @type {string[]} */
        const begun = [],
          { put } = Cache.prototype;
        Cache.prototype.put = function (/** @type {RequestInfo} */ key, /** @type {Response} */ response) {
          begun.push(String(key).split('/').at(-1) ?? '');
          return put.call(this, key, response);
        };
        const { AutoModel, env } = await import('/js/index.js');
        Object.assign(env, { remoteHost: location.origin, remotePathTemplate: 'repositories/{model}/' });
        (await AutoModel.from_pretrained(model)).dispose();
        Cache.prototype.put = put;
        return begun;
      },
      { model: path.basename(MODEL), quota },
    );
  assert.ok(!(await answer(size + 999)).includes('model.safetensors'));
  assert.ok((await answer(size + 1000)).includes('model.safetensors'));
});
