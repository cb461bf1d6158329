// What a page downloads: the Wasm, its glue and all modules of one variant, as Brotli sends them, within 350 kB.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';

const JS = fileURLToPath(new URL('../../js/', import.meta.url));
const LIMIT = 350_000;

/** @param {string[]} files */
async function brotli(files) {
  let sum = 0;
  for (const file of files) {
    const bytes = await fs.readFile(path.join(JS, file));
    sum += zlib.brotliCompressSync(bytes, {
      params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 11, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }).length;
  }
  return sum;
}

/** js/index.js and all that it imports; what is imported when it is needed (old formats, chat templates) is not loaded with it. @returns {Promise<string[]>} */
async function loaded() {
  const files = ['index.js'];
  for (const file of files) {
    const source = await fs.readFile(path.join(JS, file), 'utf8');
    for (const [, one, other] of source.matchAll(/^(?:import|export)\b[^;]*?\sfrom '(\.[^']+)';|^import '(\.[^']+)';/gm)) {
      const found = path.posix.join(path.posix.dirname(file), one ?? other);
      if (!files.includes(found)) files.push(found);
    }
  }
  return files;
}
const modules = await loaded();

test('what a page loads is known', () => {
  for (const file of ['models/index.js', 'pipelines/index.js', 'hub/index.js', 'tokenizers/core.js', 'runtime/instantiate.js']) assert.ok(modules.includes(file), file);
  assert.ok(!modules.includes('tokenizers/template-interpreter.js'));
});

// In one file, as pages without a bundler load it: less than the modules, which bring their comments along.
test('the library in one file, Brotli', async (t) => {
  const bytes = await brotli(['dist/wasmformers.js']);
  t.diagnostic(`js/dist/wasmformers.js ${(bytes / 1000).toFixed(1)} kB`);
  assert.ok(bytes < 40_000, `${bytes} bytes`);
});

test('wasmformers/tokenizers alone, Brotli', async (t) => {
  const bytes = await brotli(['wasm/tokenizers.wasm', 'wasm/tokenizers.js', 'dist/tokenizers.js']);
  t.diagnostic(`wasmformers/tokenizers ${(bytes / 1000).toFixed(1)} kB of 150`);
  assert.ok(bytes <= 150_000, `${bytes} bytes`);
});

for (const variant of ['simd', 'relaxed']) {
  test(`Wasm and JS, ${variant}, Brotli`, async (t) => {
    const parts = {
      engine: await brotli([`wasm/engine-${variant}.wasm`]),
      tokenizers: await brotli(['wasm/tokenizers.wasm']),
      glue: await brotli([`wasm/engine-${variant}.js`, 'wasm/tokenizers.js']),
      modules: await brotli(modules),
    };
    const sum = Object.values(parts).reduce((a, b) => a + b);
    const text = Object.entries(parts).map(([name, bytes]) => `${name} ${(bytes / 1000).toFixed(1)}`).join(' + ');
    t.diagnostic(`${text} = ${(sum / 1000).toFixed(1)} kB of ${LIMIT / 1000}`);
    assert.ok(sum <= LIMIT, `${sum} bytes are more than ${LIMIT}`);
  });
}
