// The same in Chromium, each tokenizer in a page of its own.
//   node tests/bench/tokenizers/browser.js NAME… [--seconds=8]        prints one JSON line
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { serve } from '../../../tools/serve.js';
import { ensureChromium } from '../../../tools/toolchain.js';
import { FLAGS } from '../../browser/helpers/flags.js';
import { textLines, tokenizerConfig, tokenizerJson } from '../../tokenizers/files.js';

const names = process.argv.slice(2).filter((a) => !a.startsWith('--'));
const seconds = process.argv.find((a) => a.startsWith('--seconds='))?.slice(10) ?? '8';
const here = (/** @type {string} */ p) => fileURLToPath(new URL(p, import.meta.url));
/**
 * What a page asks for under /data.
 * @param {string} what
 */
function data(what) {
  if (what === 'prose.txt') return textLines('prose').join('\n');
  const [name, file] = what.split('/');
  if (!names.includes(name)) return null;
  if (file === 'tokenizer_config.json') return JSON.stringify(tokenizerConfig(name));
  const bytes = tokenizerJson(name);
  if (file === 'as-is.json') return bytes;
  return bytes && JSON.stringify({ ...JSON.parse(bytes.toString()), truncation: null, padding: null });
}
const server = await serve({
  mounts: { '': here('../pages'), js: here('../../../js'), bench: here('.'), node_modules: here('../node_modules') },
  headers: {
    'Content-Security-Policy': "default-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' data: blob:",
  },
  handle(request, response) {
    const url = request.url ?? '';
    if (!url.startsWith('/data/')) return false;
    const body = data(url.slice(6));
    response.writeHead(body ? 200 : 404, { 'Content-Type': 'text/plain; charset=utf-8' }).end(body ?? '');
    return true;
  },
});
const profile = await mkdtemp(path.join(os.tmpdir(), 'bench-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: await ensureChromium(),
  args: FLAGS,
});
/** @type {Untyped[]} */
const rows = [];
try {
  for (const name of names) {
    const tab = await context.newPage();
    await tab.goto(`${server.url}/tokenizers.html?name=${name}&seconds=${seconds}`);
    await tab.waitForFunction("document.title === 'DONE'", null, { timeout: 240_000 });
    const result = /** @type {Untyped} */ (await tab.evaluate('window.result'));
    rows.push({ ...result, name });
    await tab.close();
  }
} finally {
  console.log(JSON.stringify({ browser: context.browser()?.version(), rows }));
  await context.close();
  await server.close();
  await rm(profile, { recursive: true, force: true });
}
