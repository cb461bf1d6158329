// The cache of tools/: filled once even when many ask, never half full, and not blocked by a process that died.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { cachePath, cached, exists } from '../../../tools/cache.js';
import { treeHash } from '../../../tools/sources.js';

test('the cache folder', async (t) => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'wasmformers-cache-'));
  const { WASMFORMERS_CACHE: before } = process.env;
  process.env.WASMFORMERS_CACHE = folder;
  t.after(async () => {
    if (before === undefined) delete process.env.WASMFORMERS_CACHE;
    else process.env.WASMFORMERS_CACHE = before;
    await fs.rm(folder, { recursive: true });
  });

  await t.test('is filled once, however many ask at once', async () => {
    let fills = 0;
    const ask = () =>
      cached('a/b-1', async (work) => {
        fills++;
        await fs.writeFile(path.join(work, 'file'), 'x');
        assert.equal(await exists(cachePath('a/b-1')), false, 'it can be seen before it is whole');
        await new Promise((resolve) => setTimeout(resolve, 50));
      });
    assert.deepEqual(await Promise.all([ask(), ask(), ask()]), Array(3).fill(cachePath('a/b-1')));
    assert.equal(fills, 1);
    assert.deepEqual(await fs.readdir(cachePath('locks')), []);
  });

  await t.test('a failure leaves nothing behind and the next one tries again', async () => {
    for (const inPlace of [false, true]) {
      const key = `broken-${inPlace}`;
      const fail = () =>
        cached(
          key,
          async (work) => {
            await fs.writeFile(path.join(work, 'half'), '');
            throw new Error('no');
          },
          { inPlace },
        );
      await assert.rejects(fail, /no/);
      assert.deepEqual(
        (await fs.readdir(folder)).filter((name) => name.startsWith(key)),
        [],
      );
      await cached(key, (work) => fs.writeFile(path.join(work, 'whole'), ''), { inPlace });
      assert.ok(await exists(cachePath(key, 'whole')));
      await cached(key, () => Promise.reject(new Error('again')), { inPlace }); // it is there: not filled again
    }
  });

  await t.test('the lock of a process that died is taken over', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await fs.writeFile(cachePath('locks', 'c+d'), String(pid));
    await fs.mkdir(cachePath('c/d.part'), { recursive: true });
    await fs.writeFile(cachePath('c/d.part/rest'), '');
    await cached('c/d', (work) => fs.writeFile(path.join(work, 'file'), ''));
    assert.deepEqual(await fs.readdir(cachePath('c/d')), ['file']);
  });

  await t.test('the hash of a folder sees names and contents, not the order of making', async () => {
    for (const [name, order] of /** @type {[string, string[]][]} */ ([
      ['x', ['p', 'q/r']],
      ['y', ['q/r', 'p']],
    ])) {
      for (const file of order) {
        await fs.mkdir(path.dirname(path.join(folder, name, file)), { recursive: true });
        await fs.writeFile(path.join(folder, name, file), file);
      }
    }
    const hash = await treeHash(path.join(folder, 'x'));
    assert.equal(await treeHash(path.join(folder, 'y')), hash);
    await fs.writeFile(path.join(folder, 'y/p'), 'P');
    assert.notEqual(await treeHash(path.join(folder, 'y')), hash);
  });
});
