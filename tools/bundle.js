// The library as one file for pages without a bundler: js/dist/wasmformers.js, and js/dist/tokenizers.js for the
// small door; what runs chat templates comes with the first template. One request instead of forty. The files lie
// as deep as the modules that name ../wasm/…, so these addresses hold as they are written; the Wasm and its glue
// stay beside them, fetched for the variant that is used.
//   node tools/bundle.js
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, command, step } from './run.js';

export const BUNDLES = {
  wasmformers: 'js/index.js',
  tokenizers: 'js/tokenizers/index.js',
  'template-interpreter': 'js/tokenizers/template-interpreter.js',
};

/** Needs the npm packages of this repository. */
export async function bundle() {
  const { build } = await import('esbuild');
  await step('js/dist', () =>
    build({
      absWorkingDir: ROOT,
      entryPoints: BUNDLES,
      outdir: path.join(ROOT, 'js/dist'),
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
      legalComments: 'none',
      logLevel: 'error',
      // Node's own modules, asked for in Node only, and what is loaded when it is needed.
      plugins: [
        {
          name: 'beside',
          setup: (b) => {
            b.onResolve(
              { filter: /^(node:|\.\.\/(wasm|vendor)\/|\.\/template-interpreter\.js$)/ },
              ({ path: name }) => ({ path: name, external: true }),
            );
          },
        },
      ],
    }),
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await command(bundle);
