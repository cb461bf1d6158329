// js/vendor without node_modules, as in a fresh clone: what the chat page needs is fetched, or the reason is told.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { cachePath } from '../../../tools/cache.js';
import { copyVendored, unpackPackage } from '../../../tools/vendor.js';
import { emptyFolder } from '../helpers/server.js';

const JINJA = fileURLToPath(new URL('../../../node_modules/@huggingface/jinja/', import.meta.url));

/**
 * A cache folder of its own.
 * @param {import('node:test').TestContext} t
 */
function useCache(t) {
  const { WASMFORMERS_CACHE: before } = process.env;
  process.env.WASMFORMERS_CACHE = emptyFolder(t);
  t.after(() => {
    if (before === undefined) delete process.env.WASMFORMERS_CACHE;
    else process.env.WASMFORMERS_CACHE = before;
  });
}

test('without node_modules the package comes from the cache, with its licence', async (t) => {
  useCache(t);
  const lock = JSON.parse(fs.readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8')),
    { version } = lock.packages['node_modules/@huggingface/jinja'],
    folder = emptyFolder(t);
  fs.cpSync(JINJA, cachePath(`npm/@huggingface+jinja-${version}`), { recursive: true });
  assert.equal(await copyVendored({ modules: emptyFolder(t), folder }), true);
  assert.deepEqual(fs.readdirSync(folder).sort(), ['jinja.LICENSE', 'jinja.js']);
  const { Template } = await import(path.join(folder, 'jinja.js'));
  assert.equal(new Template('{{ 1 + 1 }}').render({}), '2');
});

test('where it cannot be had, that is told, and is an error where it is required', async (t) => {
  useCache(t);
  const log = t.mock.method(console, 'log', () => {}),
    before = process.env.PATH,
    options = { modules: emptyFolder(t), folder: path.join(emptyFolder(t), 'vendor') };
  process.env.PATH = emptyFolder(t); // no npm
  t.after(() => {
    process.env.PATH = before;
  });
  assert.equal(await copyVendored(options), false);
  assert.match(String(log.mock.calls.at(-1)?.arguments[0]), /jinja could not be fetched .*until npm ci/);
  await assert.rejects(copyVendored({ ...options, required: true }), /run npm ci first/);
});

test('an archive with another hash is refused', async (t) => {
  const folder = emptyFolder(t),
    archive = path.join(folder, 'a.tgz'),
    out = path.join(folder, 'out');
  execFileSync('tar', ['-czf', archive, '-C', path.dirname(JINJA), path.basename(JINJA)]);
  fs.mkdirSync(out);
  await assert.rejects(unpackPackage(archive, 'sha512-x', out), /is not what package-lock\.json pins/);
  assert.deepEqual(fs.readdirSync(out), []);
  const integrity = createHash('sha512').update(fs.readFileSync(archive)).digest('base64');
  await unpackPackage(archive, `sha512-${integrity}`, out);
  assert.ok(fs.existsSync(path.join(out, 'dist/index.js')));
});
