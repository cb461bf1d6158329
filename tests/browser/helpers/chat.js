// What a person does on the chat page and waits for.
import assert from 'node:assert/strict';
import { text } from './browser.js';

/** @typedef {import('playwright-core').Page} Page */

export const HUB = 'https://huggingface.co/**';

/**
 * Waits until an element's text matches.
 * @param {Page} page
 * @param {string} selector
 * @param {RegExp} pattern
 */
export const says = (page, selector, pattern) =>
  page
    .waitForFunction(
      ([s, p]) => new RegExp(p).test(document.querySelector(s)?.textContent ?? ''),
      [selector, pattern.source],
    )
    .catch(async (error) =>
      assert.fail(
        `${selector} says "${await page.locator(selector).textContent()}", not ${pattern}; ` +
          `${await text(page, '#model-card')} ${error}`,
      ),
    );
/**
 * Waits until no answer is being written.
 * @param {Page} page
 */
export const idle = (page) =>
  page.waitForFunction(
    () =>
      !document.querySelector('.turn.writing') && /** @type {HTMLElement} */ (document.querySelector('#stop')).hidden,
  );
/** @param {Page} page */
export const turns = (page) => page.locator('.turn .words').allInnerTexts();
/**
 * @param {Page} page
 * @param {string} id
 */
export async function choose(page, id) {
  await page.selectOption('#choice', '');
  await page.fill('#other', id);
  await page.locator('#other').blur();
}
/**
 * @param {Page} page
 * @param {string} id
 */
export async function load(page, id) {
  await choose(page, id);
  await page.click('#load');
  await says(page, '#status', new RegExp(`${id} is ready`));
}
/**
 * @param {Page} page
 * @param {number} tokens
 */
export const most = (page, tokens) =>
  page.evaluate((n) => {
    /** @type {HTMLInputElement} */ (document.querySelector('#max_new_tokens')).value = String(n);
  }, tokens);
