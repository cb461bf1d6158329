// The library as one file for pages without a bundler: js/dist/wasmformers.js, and js/dist/tokenizers.js for tokenizers
// alone. One request instead of forty. What chat templates and some patterns need is in files of its own, loaded on
// demand. The Wasm and its glue stay in js/wasm, fetched for the variant that is used; so do the files in js/vendor.
//   node tools/bundle.js
import fs from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, command, step } from './run.js';

export const BUNDLES = {
  wasmformers: 'js/index.js',
  tokenizers: 'js/tokenizers/index.js',
  'template-interpreter': 'js/chat/template-interpreter.js',
  regex: 'js/engines/wasm/regex.js',
  repair: 'js/hub/repair.js',
};

const DIST = path.join(ROOT, 'js/dist');
/** Folders of js/ whose files are loaded when they are needed: never part of a bundle. */
const BESIDE = ['wasm', 'vendor'].map((folder) => path.join(ROOT, 'js', folder) + path.sep);

/**
 * A relative address as the bundle must write it, or null where the file belongs into the bundle.
 * @param {string} address
 * @param {string} folder of the module that names it
 */
function fromDist(address, folder) {
  const file = path.resolve(folder, address);
  return BESIDE.some((beside) => file.startsWith(beside)) ? path.relative(DIST, file).replaceAll('\\', '/') : null;
}

/** Node's own modules, and what lies beside the bundle, stay outside; addresses are rewritten for js/dist. */
const besidePlugin = {
  name: 'beside',
  setup(/** @type {import('esbuild').PluginBuild} */ b) {
    b.onResolve({ filter: /^node:|^\.\/(template-interpreter|regex|repair)\.js$/ }, ({ path: name }) => ({
      path: name,
      external: true,
    }));
    b.onResolve({ filter: /^\.\.?\// }, ({ path: name, resolveDir }) => {
      const address = fromDist(name, resolveDir);
      return address === null ? null : { path: address, external: true };
    });
    // esbuild leaves new URL('…', import.meta.url) as it is written.
    b.onLoad({ filter: /\.js$/ }, async ({ path: file }) => {
      const source = await fs.readFile(file, 'utf8');
      const contents = source.replaceAll(/new URL\('([^']+)', import\.meta\.url\)/g, (expression, address) =>
        expression.replace(address, fromDist(address, path.dirname(file)) ?? address),
      );
      return { contents, loader: 'js' };
    });
  },
};

/** Needs the npm packages of this repository. */
export async function bundle() {
  const { build } = await import('esbuild');
  await step('js/dist', () =>
    build({
      absWorkingDir: ROOT,
      entryPoints: BUNDLES,
      outdir: DIST,
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
      legalComments: 'none',
      logLevel: 'error',
      plugins: [besidePlugin],
    }),
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await command(bundle);
