// What makes the chat's page pleasant, in Chromium: an address of the Hub as the model's id, Escape, a reload, and the
// composer in view on a laptop and on a phone that lies.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writerFolder } from '../js/helpers/writer.js';
import { faults } from './helpers/accessibility.js';
import { shoot, text, wide } from './helpers/browser.js';
import { ENDLESS, chatSite } from './helpers/chat-site.js';
import { idle, load, most, says, turns } from './helpers/chat.js';

/** @typedef {import('playwright-core').Page} Page */
const { visit } = chatSite((t) => ({ 'test/chat': writerFolder(t, { generation: ENDLESS, context: 100_000 }) }));

/**
 * The part of an element that is in view, in pixels from above and below.
 * @param {Page} page
 * @param {string} selector
 */
const inView = (page, selector) =>
  page.locator(selector).evaluate((found) => {
    const { top, bottom, height } = found.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight && height > 0;
  });

test('an address of the Hub is an id, Escape stops the answer, and a reload keeps the conversation', async (t) => {
  const { page, complaints } = await visit(t);
  await page.selectOption('#choice', '');
  await page.fill('#other', ' https://huggingface.co/test/chat/tree/main?library=transformers ');
  await page.locator('#other').blur();
  await says(page, '#plan', /^Download/);
  await page.click('#load');
  await says(page, '#status', /test\/chat is ready/);

  await most(page, 90_000);
  await page.fill('#message', 'tell me everything');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => (document.querySelector('.turn.assistant .words')?.textContent ?? '').length > 20);
  await page.keyboard.press('Escape');
  await idle(page);
  assert.equal(await text(page, '#talk-status'), 'Stopped.');
  await says(page, '.turn.assistant .about', /stopped$/);
  const said = await turns(page);
  await page.fill('#message', 'a draft');

  await page.reload();
  assert.deepEqual(await turns(page), said);
  assert.equal(await page.inputValue('#message'), 'a draft');
  assert.equal(await page.inputValue('#other'), 'test/chat');
  await says(page, '#talk-status', /Load the model to go on/);
  assert.deepEqual(await faults(page), []);
  await page.click('#load');
  await says(page, '#status', /test\/chat is ready/);
  assert.deepEqual(await turns(page), said, 'loading the model leaves it alone');

  // It goes on, and an answer that is being written is kept as far as it is.
  await page.locator('#message').press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('.turn.assistant').length === 2);
  await page.waitForFunction(
    () => (document.querySelectorAll('.turn.assistant .words')[1]?.textContent ?? '').length > 20,
  );
  await page.reload();
  const after = await turns(page);
  assert.deepEqual(after.slice(0, 3), [...said, 'a draft']);
  assert.ok(after[3].length > 20);

  await page.click('#clear');
  await page.reload();
  assert.deepEqual(await turns(page), []);
  assert.deepEqual(complaints, []);
});

for (const [name, viewport] of /** @type {const} */ ([
  ['laptop', { width: 1280, height: 800 }],
  ['phone-lying', { width: 740, height: 360 }],
  ['large-phone-lying', { width: 932, height: 430 }],
])) {
  test(`the composer is in view: ${name}`, async (t) => {
    const { page } = await visit(t, { viewport, ...(name === 'laptop' ? {} : { hasTouch: true, isMobile: true }) });
    if (name === 'laptop') assert.ok(await inView(page, '#message'), 'before a model is loaded');
    await load(page, 'test/chat');
    assert.ok(await inView(page, '#message'), 'once a model is loaded');
    await most(page, 90_000);
    await page.fill('#message', 'hello there');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => (document.querySelector('.turn.assistant .words')?.textContent ?? '').length > 20);
    assert.ok((await inView(page, '#stop')) && (await inView(page, '#message')), 'while it writes');
    await page.click('#stop');
    await idle(page);
    assert.ok((await inView(page, '#send')) && (await inView(page, '#message')), 'when it has written');
    const room = await page.locator('#log').evaluate((log) => log.clientHeight);
    assert.ok(room > viewport.height / 4, `${room} pixels are left for the conversation`);
    assert.ok((await wide(page)) <= 0);
    assert.deepEqual(await faults(page), []);
    await shoot(page, `chat-${name}`);
  });
}
