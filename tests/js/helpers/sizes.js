// What a page downloads, in bytes with Brotli: for the budgets of size.test.js and the table of tests/bench.
import fs from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';

const JS = fileURLToPath(new URL('../../../js/', import.meta.url));

/** @param {string[]} files in js/ */
export async function brotli(files) {
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

const generating = await loaded(
  'index.js',
  'pipelines/text-generation-work.js',
  'engines/wasm/decoder.js',
  'generation/config.js',
);

/** Pages by what they do. A page that generates loads another program, and a few more modules. */
export const PAGES = {
  embeds: { program: 'encoder', files: await loaded('index.js'), limit: 362_000 },
  generates: { program: 'decoder', files: generating, limit: 450_000 },
  'generates by a quantized checkpoint': { program: 'quantized', files: generating, limit: 466_000 },
};

/**
 * The bytes of a page by part, the program's first.
 * @param {keyof typeof PAGES} kind
 * @param {string} variant
 * @returns {Promise<Record<string, number>>}
 */
export async function pageParts(kind, variant) {
  const { program, files } = PAGES[kind];
  return {
    [program]: await brotli([`wasm/${program}-${variant}.wasm`]),
    tokenizers: await brotli(['wasm/tokenizers.wasm']),
    glue: await brotli([`wasm/${program}-${variant}.js`, 'wasm/tokenizers.js']),
    modules: await brotli(files),
  };
}
