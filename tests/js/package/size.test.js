// Bytes that a page downloads, with Brotli: the Wasm, its glue and the modules of one variant. A page that embeds text
// takes at most 362 kB. One that generates loads another program, and a few more modules. Every program has a budget.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { PROGRAM_FILES } from '../helpers/programs.js';
import { PAGES, brotli, pageParts } from '../helpers/sizes.js';

const JS = fileURLToPath(new URL('../../../js/', import.meta.url));
const { files: modules } = PAGES.embeds,
  { files: generating } = PAGES.generates;

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
    'hub/gguf.js',
  ])
    assert.ok(existsSync(path.join(JS, file)) && !modules.includes(file), file);
  assert.ok(generating.includes('generation/generate.js'));
});

// One file with everything, for pages without a bundler. It is smaller than the modules, which have comments.
test('the library in one file, Brotli', async (t) => {
  const bytes = await brotli(['dist/wasmformers.js']);
  t.diagnostic(`js/dist/wasmformers.js ${(bytes / 1000).toFixed(1)} kB`);
  assert.ok(bytes < 57_000, `${bytes} bytes`);
});

const wasm = (/** @type {string} */ program) => PROGRAM_FILES[program].map((name) => `wasm/${name}`);
/**
 * Programs that have one variant, or are loaded only where they are needed.
 * @type {Record<string, { files: string[], limit: number }>}
 */
const ALONE = {
  tokenizers: { files: [...wasm('tokenizers'), 'dist/tokenizers.js'], limit: 153_000 },
  regex: { files: wasm('regex'), limit: 77_000 },
  search: { files: wasm('search'), limit: 82_000 },
};
for (const [program, { files, limit }] of Object.entries(ALONE)) {
  test(`${program} alone, Brotli`, async (t) => {
    const bytes = await brotli(files);
    t.diagnostic(`${files.join(' + ')} ${(bytes / 1000).toFixed(1)} kB of ${limit / 1000}`);
    assert.ok(bytes <= limit, `${bytes} bytes are more than ${limit}`);
  });
}

test('every program has a budget', () => {
  const known = [...Object.values(PAGES).map(({ program }) => program), ...Object.keys(ALONE)];
  assert.deepEqual(known.sort(), Object.keys(PROGRAM_FILES).sort());
});

for (const [kind, { limit }] of Object.entries(PAGES)) {
  for (const variant of ['simd', 'relaxed']) {
    test(`a page that ${kind}, ${variant}, Brotli`, async (t) => {
      const parts = await pageParts(/** @type {keyof typeof PAGES} */ (kind), variant);
      const sum = Object.values(parts).reduce((a, b) => a + b);
      const text = Object.entries(parts)
        .map(([name, bytes]) => `${name} ${(bytes / 1000).toFixed(1)}`)
        .join(' + ');
      t.diagnostic(`${text} = ${(sum / 1000).toFixed(1)} kB of ${limit / 1000}`);
      assert.ok(sum <= limit, `${sum} bytes are more than ${limit}`);
    });
  }
}
