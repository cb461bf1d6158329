// The tokenizer playground in Chromium: the shipped tokenizers, a dropped file, the Hub, coloured spans, chats,
// keyboard, a phone, and its looks (screenshots in tests/browser/shots/).
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { ensureModel } from '../../models/fetch.js';
import { serve } from '../../tools/serve.js';
import { faults } from './helpers/accessibility.js';
import { MINILM, PHONE, ROOT, launch, open, shoot, text, violations, wide } from './helpers/browser.js';
import { HUB } from './helpers/chat.js';
import { recorder } from './helpers/tasks.js';

/** @type {import('playwright-core').Browser} */ let browser;
/** @type {Awaited<ReturnType<typeof serve>>} */ let server;
before(async () => {
  await ensureModel(MINILM);
  server = await serve({});
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** @typedef {import('playwright-core').Page} Page */
const count = async (/** @type {Page} */ page) =>
  Number((await text(page, '#counts li:first-child b')).replaceAll(',', ''));
/**
 * The texts of the spans, without the signs for line breaks.
 * @param {Page} page
 */
const spans = (page) =>
  page
    .locator('#tokens .t:not(.special)')
    .evaluateAll((all) =>
      all.map((span) => [...span.childNodes].map((n) => (n.nodeType === Node.TEXT_NODE ? n.textContent : '')).join('')),
    );

/** @param {Page} page */
async function ready(page) {
  await page.locator('#facts li, #load-error:not([hidden])').first().waitFor();
  if (await page.locator('#load-error').isVisible()) assert.fail(`the page says: ${await text(page, '#load-error')}`);
  await page.locator('#tokens .t').first().waitFor();
}
/**
 * Types a text and waits until its tokens are there.
 * @param {Page} page
 * @param {string} value
 */
async function type(page, value) {
  await page.fill('#text', value);
  await page.waitForFunction((wanted) => {
    const area = /** @type {Element} */ (document.querySelector('#tokens')?.cloneNode(true));
    for (const sign of area.querySelectorAll('.special, .break')) sign.remove();
    return area.textContent === wanted;
  }, value);
}

test('the shipped tokenizers cut the text, span by span', async (t) => {
  const { page, context, complaints } = await open(browser, { reducedMotion: 'reduce' });
  t.after(() => context.close());
  await page.goto(`${server.url}/tokenizer.html`);
  await ready(page);
  assert.match(await text(page, '#status'), /bytelevel is ready/);
  assert.match(
    (await page.locator('#facts li').allInnerTexts()).join(' | '),
    /loaded in [\d.]+\sm?s \| 6,000 tokens \| 3 special/,
  );
  // The spans together are the text, and neighbours have different colours.
  const sample = await page.inputValue('#text');
  assert.equal((await spans(page)).join(''), sample);
  const hues = await page
    .locator('#tokens .t[data-hue]')
    .evaluateAll((all) => all.map((span) => getComputedStyle(span).backgroundColor));
  assert.ok(hues.length > 40 && hues.every((hue, i) => i === 0 || hue !== hues[i - 1]));
  assert.deepEqual(await faults(page), []);
  await shoot(page, 'tokenizer-desktop-light', true);

  // Byte-level: an emoji is several tokens over the same two UTF-16 units.
  await type(page, 'hi 👍');
  const many = page.locator('#tokens .t[data-many]');
  assert.ok(Number(await many.last().getAttribute('data-many')) >= 2);
  const tokens = await count(page);
  assert.equal(
    tokens,
    (
      await page
        .locator('#tokens .t')
        .evaluateAll((all) => all.map((span) => Number(/** @type {HTMLElement} */ (span).dataset.many ?? 1)))
    ).reduce((a, b) => a + b),
  );

  // The cost.
  await page.fill('#price', '2');
  const cost = () => text(page, '#counts li:nth-child(5) b');
  assert.match(await cost(), /^\$[\d.]+$/);
  assert.equal(Number((await cost()).slice(1)), Number(((tokens / 1000) * 2).toPrecision(3)));
  await page.selectOption('#currency', 'EUR');
  assert.match(await cost(), /^€[\d.]+$/);

  // WordPiece with special tokens and without them.
  await page.selectOption('#choice', 'small:wordpiece');
  await page.waitForFunction(
    () =>
      document.querySelector('#status')?.textContent?.includes('wordpiece is ready') &&
      document.querySelector('#tokens .special'),
  );
  assert.deepEqual(await page.locator('#tokens .special').allInnerTexts(), ['[CLS]', '[SEP]']);
  await type(page, 'Héllo,  wörld');
  assert.match(await text(page, '#counts'), /2\s*special/);
  await page.uncheck('#special');
  await page.waitForFunction(() => !document.querySelector('#tokens .special'));
  await page.check('#special');

  // Unigram, and a table of all tokens.
  await page.selectOption('#choice', 'small:unigram');
  await page.waitForFunction(() => document.querySelector('#status')?.textContent?.includes('unigram is ready'));
  await type(page, 'All the morning');
  await page.click('#list-step summary');
  await page.locator('#list tr').first().waitFor();
  assert.equal(await page.locator('#list tr').count(), await count(page));
  assert.match(await text(page, '#list tr:last-child'), /<\/s>\s+1\s+special/);
  assert.deepEqual(await faults(page), []);

  // The dark theme.
  await page.click('#theme');
  await shoot(page, 'tokenizer-desktop-dark', true);
  assert.deepEqual(await faults(page), []);
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(complaints, []);
});

test('a chat template is rendered and cut', async (t) => {
  const { page, context, complaints } = await open(browser);
  t.after(() => context.close());
  await page.goto(`${server.url}/tokenizer.html`);
  await ready(page);
  await page.fill('#text', 'Where is the Mole?');
  await page.waitForFunction(() => document.querySelector('#rendered')?.textContent?.includes('Mole?'));
  assert.equal(
    await page.locator('#rendered').textContent(),
    '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' +
      '<|im_start|>user\nWhere is the Mole?<|im_end|>\n<|im_start|>assistant\n',
  );
  await page.fill('#system', '');
  await page.uncheck('#prompt');
  await page.waitForFunction(
    () => document.querySelector('#rendered')?.textContent === '<|im_start|>user\nWhere is the Mole?<|im_end|>\n',
  );
  await page.check('#through-chat');
  await page.waitForFunction(() => document.querySelector('#tokens')?.textContent?.startsWith('<|im_start|>'));
  assert.equal((await spans(page)).join(''), '<|im_start|>user\nWhere is the Mole?<|im_end|>\n');
  assert.deepEqual(await faults(page), []);
  await shoot(page, 'tokenizer-chat', true);
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(complaints, []);
});

test('a dropped file, an opened file, a wrong file, and one from the Hub', async (t) => {
  const { page, context, complaints } = await open(browser);
  t.after(() => context.close());
  await page.goto(`${server.url}/tokenizer.html`);
  await ready(page);
  const file = path.join(ROOT, 'tests/fixtures/tokenizers/wordlevel-digits.tokenizer.json');
  await page.setInputFiles('#file', file);
  await page.waitForFunction(
    () => document.querySelector('#status')?.textContent === 'wordlevel-digits.tokenizer.json is ready.',
  );
  assert.match(await text(page, '#facts'), /WordLevel/);

  const json = await fs.readFile(path.join(ROOT, 'tests/fixtures/tokenizers/unigram-metaspace.tokenizer.json'), 'utf8');
  await page.evaluate((content) => {
    const data = new DataTransfer();
    data.items.add(new File([content], 'mine.json', { type: 'application/json' }));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));
  }, json);
  await page.waitForFunction(() => document.querySelector('#status')?.textContent === 'mine.json is ready.');

  // A file that is no tokenizer is an error, and the loaded tokenizer still works.
  await page.setInputFiles('#file', {
    name: 'package.json',
    mimeType: 'application/json',
    buffer: Buffer.from('{"model": {"type": "Nonsense"}}'),
  });
  await page.locator('#load-error:not([hidden])').waitFor();
  assert.match(await text(page, '#load-error'), /TokenizerError · /);
  assert.deepEqual(await faults(page), []);

  // MiniLM by its id, from this server; then a wrong id.
  await page.selectOption('#choice', `hub:${MINILM}`);
  await page.waitForFunction((id) => document.querySelector('#status')?.textContent === `${id} is ready.`, MINILM);
  assert.equal(await page.locator('#load-error').isVisible(), false);
  await type(page, 'unaffable');
  assert.deepEqual(await page.locator('#tokens .t').allInnerTexts(), ['[CLS]', 'una', 'ffa', 'ble', '[SEP]']);
  await page.selectOption('#choice', 'other');
  await page.fill('#other', 'not an id');
  await page.click('#load');
  await page.locator('#load-error:not([hidden])').waitFor();
  assert.match(await text(page, '#load-error'), /organisation\/name/);
  assert.match(await text(page, '#status'), /all-MiniLM-L6-v2 is still in use/);
  assert.deepEqual(complaints, []);
});

test('an address of the Hub is an id; a switch that fails restores the tokenizer from before', async (t) => {
  const { page, context, complaints } = await open(browser);
  t.after(() => context.close());
  await context.route(HUB, (route) =>
    route.fulfill({ status: 404, body: 'Not here', headers: { 'access-control-allow-origin': '*' } }),
  );
  await page.goto(`${server.url}/tokenizer.html`);
  await ready(page);
  await page.selectOption('#choice', 'small:wordpiece');
  await page.waitForFunction(() => document.querySelector('#status')?.textContent === 'wordpiece is ready.');
  const facts = await text(page, '#facts');
  await page.selectOption('#choice', 'hub:openai-community/gpt2');
  await page.locator('#load-error:not([hidden])').waitFor();
  assert.equal(await text(page, '#status'), 'wordpiece is still in use.');
  assert.equal(await page.inputValue('#choice'), 'small:wordpiece');
  assert.equal(await text(page, '#facts'), facts);
  await type(page, 'still here');
  assert.deepEqual(await page.locator('#tokens .special').allInnerTexts(), ['[CLS]', '[SEP]']);
  assert.deepEqual(await faults(page), []);
  await shoot(page, 'tokenizer-restored');

  await page.selectOption('#choice', 'other');
  await page.fill('#other', `https://huggingface.co/${MINILM}/blob/main/tokenizer.json`);
  await page.click('#load');
  await page.waitForFunction((id) => document.querySelector('#status')?.textContent === `${id} is ready.`, MINILM);
  assert.equal(await page.locator('#load-error').isVisible(), false);
  assert.deepEqual(complaints, []);
});

test('by keyboard; a long text', async (t) => {
  const { page, context, complaints } = await open(browser);
  t.after(() => context.close());
  const record = await recorder(page);
  await page.goto(`${server.url}/tokenizer.html`);
  await ready(page);
  await type(page, 'The Mole had been');
  await page.focus('#tokens');
  for (let i = 0; i < 2; i++) await page.keyboard.press('ArrowRight');
  assert.match(await text(page, '#current'), /^Token 2: ĠMole · id \d+ · characters 3 to 8 · ␣Mole$/);
  await page.keyboard.press('End');
  assert.match(await text(page, '#current'), /^Token \d+: .* to 17 · /);
  await page.keyboard.press('Home');
  assert.match(await text(page, '#current'), /^Token 1: The /);
  await page.locator('#tokens .t').nth(2).hover();
  assert.match(await text(page, '#current'), /^Token 3: /);

  // 30,000 characters: all tokens are counted, but the page draws only the first thousand, and the table in portions,
  // so that no task of its thread grows with the text.
  const stop = await record();
  await page.evaluate(() => {
    const area = /** @type {HTMLTextAreaElement} */ (document.querySelector('#text'));
    area.value = 'The Mole had been working very hard all the morning. '.repeat(600);
    area.dispatchEvent(new Event('input'));
  });
  await page.locator('#cut:not([hidden])').waitFor();
  assert.match(await text(page, '#cut'), /The first 1,000 tokens are shown; all are counted/);
  assert.ok((await count(page)) > 6000);
  await page.click('#list-step summary');
  await page.locator('#list tr').nth(199).waitFor();
  await page.locator('.table').evaluate((frame) => {
    frame.scrollTop = frame.scrollHeight;
  });
  await page.locator('#list tr').nth(399).waitFor();
  const { nodes, objects, steps, calls, told } = await stop();
  t.diagnostic(told);
  assert.equal(calls('show'), 1, told);
  assert.ok(steps > 1000 && steps <= 12_000, told); // 10 a token that is shown
  assert.ok(nodes > 1000 && nodes <= 3000, told);
  assert.ok(objects > 1000 && objects <= 4000, told);
  assert.deepEqual(complaints, []);
});

test('on a phone, dark; linked with the other page', async (t) => {
  const { page, context, complaints } = await open(browser, PHONE);
  t.after(() => context.close());
  await page.goto(server.url);
  await page.locator('a[href="tokenizer.html"]').tap();
  await ready(page);
  assert.ok((await wide(page)) <= 0);
  await shoot(page, 'tokenizer-phone-dark', true);
  await page.locator('#tokens .t').nth(3).tap();
  assert.match(await text(page, '#current'), /^Token 4: /);
  assert.deepEqual(await faults(page), []);
  await page.setViewportSize({ width: 320, height: 640 });
  assert.ok((await wide(page)) <= 0);
  await page.emulateMedia({ colorScheme: 'light' });
  assert.deepEqual(await faults(page), []);
  await page.locator('a[href="index.html"]').tap();
  await page.locator('#search').waitFor();
  assert.deepEqual(complaints, []);
});
