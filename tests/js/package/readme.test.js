// The README lists every task, and its code runs: every block marked "js run", with the name of the package and the
// models put in place.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TASKS } from '../../../js/pipelines/index.js';
import { cachePath } from '../../../tools/cache.js';
import { fixturePath } from '../helpers/fixtures.js';
import { writerFolder } from '../helpers/writer.js';

const MODEL = 'sentence-transformers/all-MiniLM-L6-v2',
  WRITER = fileURLToPath(new URL('../../../models/tiny', import.meta.url));
const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/```js run\n(.*?)```/gs)].map((m) => m[1]);

test('the README lists every task, with its other names', () => {
  const rows = [...readme.matchAll(/^\| `([\w-]+)`(?: \(`([\w-]+)`\))? \|/gm)].map(([, task, alias]) => [
    task,
    alias ? [alias] : [],
  ]);
  assert.deepEqual(
    Object.fromEntries(rows),
    Object.fromEntries(Object.entries(TASKS).map(([task, { aliases }]) => [task, aliases])),
  );
});

test('the README has code to run', () => assert.ok(blocks.length >= 3));

const absent =
  !existsSync(cachePath('models', MODEL, 'model.safetensors')) &&
  `${MODEL} is not in the cache (npm start puts it there)`;
blocks.forEach((code, i) =>
  test(`block ${i + 1} prints what it says`, { skip: code.includes('MODEL') && absent }, async (t) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'wasmformers-readme-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = path.join(folder, 'block.mjs');
    await writeFile(
      file,
      code
        .replaceAll("'wasmformers'", JSON.stringify(new URL('../../../js/index.js', import.meta.url).href))
        .replaceAll('MODEL', JSON.stringify(MODEL))
        .replaceAll(/\bGGUF\b/g, JSON.stringify(fixturePath('gguf/llama-q4_0/model.gguf')))
        .replaceAll('WRITER', JSON.stringify(WRITER))
        .replaceAll('CHAT', JSON.stringify(writerFolder(t))),
    );
    const { stdout } = await promisify(execFile)(process.execPath, [file]);
    // console.log(…); // what it prints
    const said = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((m) => m[1]);
    const printed = stdout.trim().split('\n');
    assert.equal(printed.length, said.length, stdout);
    said.forEach((text, j) => {
      const choices = / or /.test(text) ? text.split(/'/).filter((_, k) => k % 2) : null; // "… 'simd' or 'relaxed'"
      if (!choices) assert.equal(printed[j], text);
      else
        assert.ok(
          choices.some((c) => printed[j] === text.replace(/'.*'/, c).trim() || printed[j].endsWith(c)),
          printed[j],
        );
    });
  }),
);
