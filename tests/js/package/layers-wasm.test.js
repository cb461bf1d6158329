// The folders of wasm/ have one order: a file includes only files of its own folder and of those above it. Only
// binding/ knows Emscripten.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const ORDER = [
  'base',
  'json',
  'text',
  'regex',
  'tokenizer',
  'tensor',
  'kernels',
  'weights',
  'nn',
  'arch',
  'generate',
  'binding',
];
const WASM = fileURLToPath(new URL('../../../wasm/', import.meta.url));

/**
 * Library headers that only one folder may know.
 * @type {[RegExp, string][]}
 */
const OWNED = [
  [/^emscripten/, 'binding'],
  [/^(xnnpack|pthreadpool)\b/, 'kernels'],
  [/^wasm_simd128\.h$/, 'kernels'],
  [/^yyjson\.h$/, 'json'],
  [/^pcre2\.h$/, 'regex'],
];

/**
 * @param {string} file relative to wasm/
 * @param {string} source
 */
function wrongIncludes(file, source) {
  const folder = file.split('/')[0];
  const wrong = [];
  for (const [, quoted, angled] of source.matchAll(/^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)/gm)) {
    const name = quoted ?? angled;
    const owner = OWNED.find(([pattern]) => pattern.test(name))?.[1];
    if (owner) {
      if (owner !== folder) wrong.push(`${file} includes ${name}, which only ${owner}/ may`);
    } else if (quoted) {
      const rank = ORDER.indexOf(name.split('/')[0]);
      if (rank < 0 || !name.includes('/')) wrong.push(`${file} includes "${name}", which is no path from wasm/`);
      else if (rank > ORDER.indexOf(folder)) wrong.push(`${file} includes "${name}", which stands below it`);
    }
  }
  return wrong;
}

test('every folder of wasm/ has its place in the order', async () => {
  const folders = (await fs.readdir(WASM, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  assert.deepEqual(
    folders.map((entry) => entry.name).filter((name) => !ORDER.includes(name)),
    [],
  );
});

test('a file includes only its own folder and those above', async () => {
  const files = (await fs.readdir(WASM, { recursive: true })).filter((file) => /\.(h|cpp)$/.test(file));
  assert.ok(files.length > 50, `only ${files.length} files were found`);
  const wrong = [];
  for (const file of files) {
    wrong.push(...wrongIncludes(file.split(path.sep).join('/'), await fs.readFile(path.join(WASM, file), 'utf8')));
  }
  assert.deepEqual(wrong, []);
});

test('the rule itself sees what is wrong', () => {
  assert.equal(
    wrongIncludes('nn/linear.cpp', '#include "kernels/kernels.h"\n#include <vector>\n#include "nn/linear.h"').length,
    0,
  );
  assert.equal(wrongIncludes('kernels/q8.cpp', '#include "nn/linear.h"').length, 1);
  assert.equal(wrongIncludes('kernels/q8.cpp', '#include "q8.h"').length, 1);
  assert.equal(wrongIncludes('arch/bert.cpp', '  # include <emscripten/val.h>').length, 1);
  assert.equal(wrongIncludes('arch/bert.cpp', '#include <xnnpack.h>').length, 1);
});
