// Chromium with an empty profile, and pages that record complaints: errors on the console, exceptions, broken policies.
import fs from 'node:fs/promises';
import path from 'node:path';
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

/** @param {import('node:test').SuiteContext | import('node:test').TestContext} [t] closes it in the end */
export async function launch(t) {
  const args = JS_FLAGS ? [...FLAGS, `--js-flags=${JS_FLAGS}`] : FLAGS;
  const browser = await chromium.launch({ executablePath: await ensureChromium(), args });
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
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
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
 * Takes a screenshot for people to look at.
 * @param {import('playwright-core').Page} page
 * @param {string} name
 * @param {boolean} [fullPage]
 */
export async function shoot(page, name, fullPage = false) {
  await fs.mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage });
}
