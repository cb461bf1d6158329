// Bytes that a page downloads, with Brotli: the Wasm, its glue and the modules of one variant. A page that embeds text
// takes at most 350 kB. One that generates loads another program, and a few more modules.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';

const JS = fileURLToPath(new URL('../../../js/', import.meta.url));

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

/**
 * Modules and all that they import; what is imported when it is needed (old formats, chat templates, generation) is
 * not loaded with it.
 * @param {string[]} entries
 * @returns {Promise<string[]>}
 */
async function loaded(...entries) {
  const files = [...entries];
  for (const file of files) {
    const source = await fs.readFile(path.join(JS, file), 'utf8');
    for (const [, one, other] of source.matchAll(
      /^(?:import|export)\b[^;]*?\sfrom '(\.[^']+)';|^import '(\.[^']+)';/gm,
    )) {
      const found = path.posix.join(path.posix.dirname(file), one ?? other);
      if (!files.includes(found)) files.push(found);
    }
  }
  return files;
}
const modules = await loaded('index.js'),
  generating = await loaded(
    'index.js',
    'pipelines/text-generation-work.js',
    'engines/wasm/decoder.js',
    'generation/config.js',
  );
const PAGES = {
  embeds: { program: 'encoder', files: modules, limit: 350_000 },
  generates: { program: 'decoder', files: generating, limit: 430_000 },
};

test('what a page loads is known', () => {
  for (const file of [
    'models/index.js',
    'pipelines/index.js',
    'hub/index.js',
    'tokenizers/pre-trained-tokenizer.js',
    'engines/wasm/instantiate.js',
  ])
    assert.ok(modules.includes(file), file);
  for (const file of [
    'chat/template-interpreter.js',
    'engines/wasm/decoder.js',
    'generation/generate.js',
    'generation/text-stream.js',
    'pipelines/text-generation-work.js',
    'engines/wasm/estimate.js',
  ])
    assert.ok(existsSync(path.join(JS, file)) && !modules.includes(file), file);
  assert.ok(generating.includes('generation/generate.js'));
});

// One file with everything, for pages without a bundler. It is smaller than the modules, which have comments.
test('the library in one file, Brotli', async (t) => {
  const bytes = await brotli(['dist/wasmformers.js']);
  t.diagnostic(`js/dist/wasmformers.js ${(bytes / 1000).toFixed(1)} kB`);
  assert.ok(bytes < 50_000, `${bytes} bytes`);
});

test('wasmformers/tokenizers alone, Brotli', async (t) => {
  const bytes = await brotli(['wasm/tokenizers.wasm', 'wasm/tokenizers.js', 'dist/tokenizers.js']);
  t.diagnostic(`wasmformers/tokenizers ${(bytes / 1000).toFixed(1)} kB of 150`);
  assert.ok(bytes <= 150_000, `${bytes} bytes`);
});

for (const [kind, { program, files, limit }] of Object.entries(PAGES)) {
  for (const variant of ['simd', 'relaxed']) {
    test(`a page that ${kind}, ${variant}, Brotli`, async (t) => {
      const parts = {
        [program]: await brotli([`wasm/${program}-${variant}.wasm`]),
        tokenizers: await brotli(['wasm/tokenizers.wasm']),
        glue: await brotli([`wasm/${program}-${variant}.js`, 'wasm/tokenizers.js']),
        modules: await brotli(files),
      };
      const sum = Object.values(parts).reduce((a, b) => a + b);
      const text = Object.entries(parts)
        .map(([name, bytes]) => `${name} ${(bytes / 1000).toFixed(1)}`)
        .join(' + ');
      t.diagnostic(`${text} = ${(sum / 1000).toFixed(1)} kB of ${limit / 1000}`);
      assert.ok(sum <= limit, `${sum} bytes are more than ${limit}`);
    });
  }
}
