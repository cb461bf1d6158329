// The library as one file for pages without a bundler: js/dist/wasmformers.js, and js/dist/tokenizers.js for tokenizers
// alone. One request instead of forty. What chat templates and some patterns need is in files of its own, loaded on
// demand. The Wasm and its glue stay in js/wasm, fetched for the variant that is used; so do the files in js/vendor.
// For require() in Node, both again as CommonJS (.cjs) with their types (.d.cts); what they load on demand is the same.
//   node tools/bundle.js
import fs from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, command, step } from './run.js';

/** @type {Record<string, string>} */
export const BUNDLES = {
  wasmformers: 'js/index.js',
  tokenizers: 'js/tokenizers/index.js',
  'template-interpreter': 'js/chat/template-interpreter.js',
  regex: 'js/engines/wasm/regex.js',
  operations: 'js/tensor/operations.js',
  'registry-work': 'js/pipelines/registry-work.js',
  repair: 'js/hub/repair.js',
  listing: 'js/hub/listing.js',
  disk: 'js/hub/disk.js',
  'from-pieces': 'js/tokenizers/legacy/from-pieces.js',
  gguf: 'js/hub/gguf.js',
};

/** What require() gives, and the declarations that its types are copied from. */
export const COMMON_JS = { wasmformers: 'js/types.d.ts', tokenizers: 'js/tokenizers/types.d.ts' };

/** Imports that stay as they are: of Node's modules, and of bundles that are loaded on demand. */
const BESIDE_EACH_OTHER = new RegExp(
  `^node:|^\\./(${Object.keys(BUNDLES)
    .filter((name) => !(name in COMMON_JS))
    .join('|')})\\.js$`,
);

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
    b.onResolve({ filter: BESIDE_EACH_OTHER }, ({ path: name }) => ({ path: name, external: true }));
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

/** Copies the declarations under names that TypeScript takes for CommonJS. */
const commonTypes = () =>
  Promise.all(
    Object.entries(COMMON_JS).map(async ([name, from]) => {
      const types = await fs.readFile(path.join(ROOT, from), 'utf8');
      const text = types.replace(/(?<= from ')[^']*types\.js/g, (address) => {
        const file = path.join(path.dirname(from), address).replaceAll('\\', '/').replace(/\.js$/, '.d.ts');
        return `./${Object.entries(COMMON_JS).find(([, types]) => types === file)?.[0]}.cjs`;
      });
      await fs.writeFile(path.join(DIST, `${name}.d.cts`), text);
    }),
  );

/** Needs the npm packages of this repository. */
export async function bundle() {
  const { build } = await import('esbuild');
  /** @type {import('esbuild').BuildOptions} */
  const options = {
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
  };
  await step('js/dist', async () => {
    await build(options);
    await build({
      ...options,
      entryPoints: Object.fromEntries(Object.keys(COMMON_JS).map((name) => [name, BUNDLES[name]])),
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      outExtension: { '.js': '.cjs' },
      // Addresses beside the bundle are made from import.meta.url, which CommonJS lacks.
      define: { 'import.meta.url': 'moduleUrl' },
      banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
    });
    await commonTypes();
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await command(bundle);
