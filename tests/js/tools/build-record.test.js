// What was built from what: tools/build-record.js.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { BuildRecord } from '../../../tools/build-record.js';

/** @param {import('node:test').TestContext} t */
async function tree(t) {
  const root = await fs.mkdtemp(path.join(os.tmpdir(), 'build-record-'));
  t.after(() => fs.rm(root, { recursive: true }));
  const write = async (/** @type {string} */ file, /** @type {string} */ text) => {
    await fs.mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await fs.writeFile(path.join(root, file), text);
  };
  await write('src/a.cpp', 'int a;');
  await write('src/deep/b.h', 'int b;');
  await write('out/a-simd.wasm', 'wasm');
  await write('out/a-relaxed.wasm', 'wasm');
  return { root, write, open: () => BuildRecord.open(path.join(root, 'build'), root) };
}

test('a target is built again only where the content of its inputs, a fact or an output changed', async (t) => {
  const { root, write, open } = await tree(t);
  const key = async (/** @type {string[]} */ ...facts) => (await open()).key(['src'], facts);
  const first = await key('clang 19');
  const record = await open();
  await record.resetUnless('clang 19');
  assert.equal(await record.isBuilt('simd', first), false);
  await record.built('simd', first, ['out', /-simd\./]);
  assert.equal(await (await open()).isBuilt('simd', first), true);

  await fs.utimes(path.join(root, 'src/a.cpp'), 1, 1);
  assert.equal(await key('clang 19'), first, 'times do not count');
  assert.notEqual(await key('clang 20'), first);
  await write('src/deep/b.h', 'int c;');
  assert.notEqual(await key('clang 19'), first);
  await write('src/deep/b.h', 'int b;');
  assert.equal(await key('clang 19'), first);
  await fs.rename(path.join(root, 'src/a.cpp'), path.join(root, 'src/c.cpp'));
  assert.notEqual(await key('clang 19'), first, 'names count');

  await write('out/a-relaxed.wasm', 'another');
  assert.equal(await (await open()).isBuilt('simd', first), true, 'not its output');
  await write('out/a-simd.wasm', 'another');
  assert.equal(await (await open()).isBuilt('simd', first), false);
  await fs.rm(path.join(root, 'out/a-simd.wasm'));
  assert.equal(await (await open()).isBuilt('simd', first), false);
});

test('a copied tree is as built as the one that it was copied from', async (t) => {
  const { root, open } = await tree(t);
  const record = await open();
  const key = await record.key(['src'], []);
  await record.resetUnless('here');
  await record.built('simd', key, ['out', /-simd\./]);
  const copy = await fs.mkdtemp(path.join(os.tmpdir(), 'build-record-copy-'));
  t.after(() => fs.rm(copy, { recursive: true }));
  await fs.cp(root, copy, { recursive: true });
  const copied = await BuildRecord.open(path.join(copy, 'build'), copy);
  assert.equal(await copied.isBuilt('simd', await copied.key(['src'], [])), true);
});

test('a folder that another compiler made starts anew', async (t) => {
  const { root, open } = await tree(t);
  const record = await open();
  await record.resetUnless('clang 19');
  await record.built('simd', 'key', ['out', /-simd\./]);
  await record.resetUnless('clang 19');
  assert.equal(await record.isBuilt('simd', 'key'), true);
  await record.resetUnless('clang 20');
  assert.equal(await record.isBuilt('simd', 'key'), false);
  assert.deepEqual(await fs.readdir(path.join(root, 'build')), ['made-with']);
});
