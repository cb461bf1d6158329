// Chromium with an empty profile, and pages that record complaints: errors on the console, exceptions, broken policies.
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { ensureChromium } from '../../../tools/toolchain.js';
import { FLAGS } from './flags.js';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export const SHOTS = path.join(ROOT, 'tests/browser/shots');
export const MINILM = 'sentence-transformers/all-MiniLM-L6-v2';

/** How long a test waits for what must come, in ms: so long that no machine is too slow. */
const PATIENCE = 240_000;

/**
 * Flags for V8, to test another processor: with --no-enable-avx-vnni, one without 8-bit dot products.
 */
const JS_FLAGS = process.env.WASMFORMERS_TEST_JS_FLAGS ?? '';

/** Options of open(): a dark phone. */
export const PHONE = /** @type {const} */ ({
  viewport: { width: 360, height: 780 },
  colorScheme: 'dark',
  hasTouch: true,
  isMobile: true,
  deviceScaleFactor: 2,
});

/** Chromium and its flags, for every way to start it. */
const started = async () => ({
  executablePath: await ensureChromium(),
  args: JS_FLAGS ? [...FLAGS, `--js-flags=${JS_FLAGS}`] : FLAGS,
});

/** @param {import('node:test').SuiteContext | import('node:test').TestContext} [t] closes it in the end */
export async function launch(t) {
  const browser = await chromium.launch(await started());
  /** @type {Untyped} */ (t)?.after(() => browser.close());
  return browser;
}

/**
 * A page in a context of its own.
 * @param {import('playwright-core').Browser} browser
 * @param {import('playwright-core').BrowserContextOptions} [options]
 * @returns {Promise<{ page: import('playwright-core').Page, context: import('playwright-core').BrowserContext,
 *   complaints: string[] }>}
 *   complaints: errors and warnings on the console. Those of a missing file (404) are left out: the browser logs them
 *   even where the page handles them.
 */
export async function open(browser, options = {}) {
  return watched(await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options }));
}

/**
 * A page of a browser whose profile lies in a folder: what pages store outlives it. Contexts of open() keep it in
 * memory, where the browser may drop it when memory is short.
 * @param {string} folder
 */
export async function openProfile(folder) {
  return watched(await chromium.launchPersistentContext(folder, await started()));
}

/**
 * A folder for a profile, removed after the test.
 * @param {import('node:test').TestContext} t
 */
export async function profileFolder(t) {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'wasmformers-profile-'));
  t.after(() => fs.rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** @param {import('playwright-core').BrowserContext} context */
async function watched(context) {
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on('console', (message) => {
    const text = message.text();
    if (['error', 'warning'].includes(message.type()) && !/^Failed to load resource.*404/.test(text))
      complaints.push(text);
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) =>
      window.violations.push(`${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  return { page, context, complaints };
}

/** @typedef {import('playwright-core').Page} Page */
/** Broken policies so far. */
export const violations = (/** @type {Page} */ page) => page.evaluate(() => window.violations);
/** By how much the page is wider than the screen. */
export const wide = (/** @type {Page} */ page) =>
  page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
export const text = (/** @type {Page} */ page, /** @type {string} */ selector) => page.locator(selector).innerText();

/**
 * Waits until the browser's cache has all of these addresses: files are written in the background. (waitForFunction()
 * would take the promise of an answer for true.)
 * @param {import('playwright-core').Page} page
 * @param {string[]} urls a file that is known to be missing counts, too
 */
export async function kept(page, urls) {
  const missing = (/** @type {string[]} */ all) =>
    Promise.all(
      all.map(async (url) => (((await caches.match(url)) ?? (await caches.match(`${url}.missing`))) ? [] : [url])),
    ).then((found) => found.flat());
  for (const end = Date.now() + PATIENCE; ; await sleep(100)) {
    const left = await page.evaluate(missing, urls);
    if (!left.length) return;
    if (Date.now() > end) throw new Error(`not in the cache: ${left.join(', ')}`);
  }
}

/**
 * Takes a screenshot for people to look at.
 * @param {import('playwright-core').Page} page
 * @param {string} name
 * @param {boolean} [fullPage]
 */
export async function shoot(page, name, fullPage = false) {
  await fs.mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage });
}
