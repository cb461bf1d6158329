// Ours and Transformers.js in Chromium, files from localhost, an empty profile for every visit, in turn: minima of
// page opened → first embedding (performance.now() counts from the navigation), and steady state in the page.
//   node tests/bench/cold-start.js ONNX_ROOT [visits]        prints one JSON line
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { cachePath } from '../../tools/cache.js';
import { serve } from '../../tools/serve.js';
import { FLAGS } from '../browser/helpers/flags.js';

const [onnxRoot, visits = '8'] = process.argv.slice(2);
const here = (/** @type {string} */ p) => fileURLToPath(new URL(p, import.meta.url));
const server = await serve({
  mounts: {
    '': here('pages'),
    js: here('../../js'),
    models: cachePath('models'),
    onnx: onnxRoot,
    node_modules: here('node_modules'),
  },
  headers: {
    'Content-Security-Policy': "default-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' data: blob:",
  },
});
/** @param {string} page */
async function visit(page) {
  const profile = await mkdtemp(path.join(os.tmpdir(), 'bench-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: FLAGS,
  });
  try {
    const tab = await context.newPage();
    // A browser that starts takes a core for a second; people open a page in a browser that runs already.
    await new Promise((resolve) => {
      setTimeout(resolve, 1500);
    });
    await tab.goto(`${server.url}/${page}`);
    await tab.waitForFunction("document.title === 'DONE'", null, { timeout: 120_000 });
    const result = /** @type {Untyped} */ (await tab.evaluate('window.result'));
    if (result.error) throw new Error(`${page}: ${result.error}`);
    return { ...result, browser: context.browser()?.version() };
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}

const pages = {
  'ours q8': 'ours.html?dtype=q8',
  'peer q8': 'peer.html?dtype=q8',
  'peer fp32': 'peer.html?dtype=fp32',
  'ours fp32': 'ours.html?dtype=fp32',
};
/** @type {Record<string, Json>} */
const best = {};
for (let i = 0; i < Number(visits); i++) {
  for (const [name, page] of Object.entries(pages)) {
    const r = await visit(page),
      known = best[name] ?? r;
    best[name] = {
      ...r,
      ...Object.fromEntries(
        ['imported', 'loaded', 'embedded', 'one', 'eight'].map((k) => [k, Math.min(r[k], known[k])]),
      ),
    };
  }
}
await server.close();
console.log(JSON.stringify(best));
