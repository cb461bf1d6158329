// The chat in Chromium, by real clicks and keys: what a model needs, loading, streaming, stop, edit, retry, a story,
// failures, how much work its main thread gets, and its looks (screenshots in tests/browser/shots/). The models are
// nonsense of a few kilobytes, so that they are fast; the one that comes with the page writes once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markdown, writerFolder } from '../js/helpers/writer.js';
import { faults } from './helpers/accessibility.js';
import { PHONE, shoot, text, violations, wide } from './helpers/browser.js';
import { ENDLESS, chatSite } from './helpers/chat-site.js';
import { choose, idle, load, most, says, turns } from './helpers/chat.js';
import { recorder } from './helpers/tasks.js';

/** @typedef {import('playwright-core').Page} Page */
const generation = { ...ENDLESS, temperature: 0.8 };
/** Too much work, in each of the ways that are counted. */
const BUSY = `
export function loop() { let sum = 0; for (let i = 0; i < 1e5; i++) { sum += i; } return sum; }
export function draw() { for (let i = 0; i < 5e3; i++) document.body.append(document.createElement('hr')); }
`;
const site = chatSite(
  (t) => ({
    'test/chat': writerFolder(t, { generation, context: 100_000 }),
    'test/story': writerFolder(t, { generation, context: 48, template: null }),
    'test/marks': writerFolder(t, { generation, context: 100_000, tokenizer: markdown() }),
  }),
  {
    handle: (request, response) => {
      if (request.url !== '/busy.js') return false;
      response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(BUSY);
      return true;
    },
    send: (response, bytes, id, file) => {
      if (id === 'test/marks' && file.endsWith('.safetensors')) pace(response, bytes);
      else response.end(bytes);
    },
  },
);

/**
 * Sends thirty pieces with pauses, so that there is progress to see.
 * @param {import('node:http').ServerResponse} response
 * @param {Buffer} bytes
 */
function pace(response, bytes) {
  const piece = Math.ceil(bytes.length / 30);
  let at = 0;
  const next = () => {
    if (at >= bytes.length) return void response.end();
    response.write(bytes.subarray(at, (at += piece)), () => setTimeout(next, 45));
  };
  next();
}

/**
 * A chat page without the Hub, and what keeps its main thread busy.
 * @param {import('node:test').TestContext} t
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
async function visit(t, options = {}) {
  /** @type {Awaited<ReturnType<typeof recorder>> | undefined} */
  let record;
  const opened = await site.visit(t, options, async (page) => {
    record = await recorder(page);
  });
  return { ...opened, record: /** @type {NonNullable<typeof record>} */ (record) };
}

test('size first, then load, talk, stop, edit, retry, start over', async (t) => {
  const { page, complaints } = await visit(t);
  assert.ok(await page.locator('#message').isDisabled());
  assert.deepEqual(await faults(page), []);
  await choose(page, 'test/chat');
  await says(page, '#plan', /^Download: \d+ kB\. Memory: about .* \(weights .*, 2,048 tokens of conversation .*\)\.$/);
  await shoot(page, 'chat-desktop-light-start', true);
  await page.click('#load');
  await says(page, '#status', /test\/chat is ready/);
  assert.match(
    (await page.locator('#facts li').allInnerTexts()).join(' | '),
    /loaded in .* \| (relaxed|plain) SIMD \| q8 \| .* of memory \| reads up to 100,000 tokens \| made for chat/,
  );
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'message', 'one can write at once');
  assert.equal(await page.inputValue('#temperature'), '0.8', "the model's own wish");

  await most(page, 30);
  await page.keyboard.type('hello there');
  await page.keyboard.press('Enter');
  await idle(page);
  const [mine, answer] = await turns(page);
  assert.equal(mine, 'hello there');
  assert.ok(answer.length > 10);
  await says(
    page,
    '.turn.assistant .about',
    /^30 tokens · [\d.]+ tokens\/s · first token after .*s · stopped at the limit of new tokens$/,
  );
  assert.deepEqual(await faults(page), []);
  await shoot(page, 'chat-desktop-light-answered');

  // A second message; Shift+Enter makes a new line.
  await page.focus('#message');
  await page.keyboard.type('and');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('then?');
  await page.click('#send');
  await idle(page);
  assert.deepEqual((await turns(page)).slice(0, 3), [mine, answer, 'and\nthen?']);

  // A stopped answer keeps what was written.
  await most(page, 90_000);
  await page.fill('#message', 'go on for ever');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => (document.querySelector('.turn.writing .words')?.textContent?.length ?? 0) > 20);
  assert.match(await text(page, '.turn.writing .about'), /tokens\/s/);
  assert.equal(await text(page, '#talk-status'), 'The model is writing…', 'said once');
  await page.click('#stop');
  await idle(page);
  const stopped = await turns(page);
  assert.equal(stopped.length, 6);
  assert.ok(stopped[5].length > 20);
  assert.match(await page.locator('.turn .about').last().innerText(), /· stopped$/);
  assert.equal(await text(page, '#talk-status'), 'Stopped.');

  // Retry writes the last answer again: the same text with the same seed and settings.
  await most(page, 12);
  await page.locator('#settings-step summary').click();
  await page.fill('#seed', '5');
  await page.getByRole('button', { name: 'Retry' }).click();
  await idle(page);
  const once = await turns(page);
  assert.equal(once.length, 6);
  assert.notEqual(once[5], stopped[5]);
  await page.getByRole('button', { name: 'Retry' }).click();
  await idle(page);
  assert.deepEqual(await turns(page), once);
  await page.uncheck('#sample');
  assert.equal(await page.locator('#temperature').isVisible(), false);
  await shoot(page, 'chat-desktop-light-settings');

  // Editing an earlier message removes what followed it.
  await page.getByRole('button', { name: 'Edit: hello there' }).click();
  await page.keyboard.press('Escape');
  assert.deepEqual(await turns(page), once, 'Escape leaves it');
  await page.getByRole('button', { name: 'Edit: hello there' }).click();
  await page.locator('.turn textarea').fill('hello again');
  assert.deepEqual(await faults(page), []);
  await page.getByRole('button', { name: 'Send again' }).click();
  await idle(page);
  assert.deepEqual([(await turns(page)).length, (await turns(page))[0]], [2, 'hello again']);

  await page.click('#clear');
  assert.deepEqual(await turns(page), []);
  await page.locator('#ideas button').first().click();
  await idle(page);
  assert.equal((await turns(page)).length, 2);
  await page.click('#theme');
  await shoot(page, 'chat-desktop-dark');
  assert.deepEqual(await faults(page), []);
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(complaints, []);
});

test('the page never stutters: its main thread gets little work at a time', async (t) => {
  const { page, complaints, record } = await visit(t);
  // What is asserted below would see too much work.
  let stop = await record();
  await page.evaluate(async (path) => {
    const { loop, draw } = await import(path);
    loop();
    draw();
    await new Promise((resolve) => {
      requestAnimationFrame(() => setTimeout(resolve));
    });
  }, '/busy.js');
  const busy = await stop();
  assert.ok(busy.steps > 1e5 && busy.nodes >= 5e3 && busy.objects > 5e3, busy.told);

  await page.reload();
  stop = await record();
  await page.reload();
  await choose(page, 'test/marks');
  await says(page, '#plan', /^Download/);
  await page.click('#load');
  await says(page, '#progress-text', /kB of/);
  await says(page, '#status', /test\/marks is ready/);
  little(t, 'loading', await stop(), 60);

  // A long answer; then one that is stopped, one again, and one after an edit.
  stop = await record();
  await most(page, 2500);
  await page.fill('#message', 'Write a long text with headings, lists and code.');
  await page.keyboard.press('Enter');
  await idle(page);
  await says(page, '.turn.assistant .about', /^2500 tokens/);
  assert.match((await turns(page))[1], /\n/);
  await most(page, 90_000);
  await page.fill('#message', 'more');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => (document.querySelector('.turn.writing .words')?.textContent?.length ?? 0) > 2000);
  await page.click('#stop');
  await idle(page);
  await most(page, 600);
  await page.getByRole('button', { name: 'Retry' }).click();
  await idle(page);
  await page.getByRole('button', { name: 'Edit: more' }).click();
  await page.locator('.turn textarea').fill('even more');
  await page.getByRole('button', { name: 'Send again' }).click();
  await idle(page);
  assert.equal((await turns(page)).length, 4);
  little(t, 'writing', await stop(), 25);

  // Settings, another model, and back.
  stop = await record();
  await page.locator('#settings-step summary').click();
  await page.uncheck('#sample');
  await page.locator('#settings-step summary').click();
  for (const id of ['test/story', 'test/marks']) {
    await page.locator('#model-step summary').click();
    await page.selectOption('#dtype', 'q4');
    await load(page, id);
    await page.fill('#message', 'hello');
    await page.keyboard.press('Enter');
    await idle(page);
  }
  await page.click('#theme');
  await page.click('#clear');
  little(t, 'switching', await stop(), 60);
  assert.deepEqual(complaints, []);
});

/**
 * @param {import('node:test').TestContext} t
 * @param {string} phase
 * @param {import('./helpers/tasks.js').Work} work
 * @param {number} each steps of the page's scripts for a message of its worker; a slow machine's worker sends more
 */
function little(t, phase, { steps, nodes, objects, calls, told }, each) {
  t.diagnostic(`${phase}: ${told}`);
  assert.ok(steps <= 2000 + each * calls('worker.onmessage'), told);
  assert.ok(nodes <= 400 && objects <= 500, told);
}

test('a model without a chat template continues a story', async (t) => {
  const { page, complaints } = await visit(t);
  await load(page, 'test/story');
  assert.equal(await text(page, '#talk-title'), 'Story');
  assert.equal(await page.locator('#system').isVisible(), false);
  await most(page, 15);
  await page.fill('#message', 'once there was');
  await page.click('#send');
  await idle(page);
  const [begin, more] = await turns(page);
  assert.equal(begin, 'once there was');
  await page.getByRole('button', { name: 'Continue' }).click();
  await idle(page);
  const all = await turns(page);
  assert.deepEqual([all.length, all[0], all[1]], [3, begin, more]);
  // The story grows beyond the model's context.
  for (let length = 4; length <= 7; length++) {
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForFunction((n) => document.querySelectorAll('.turn').length === n, length);
    await idle(page);
    assert.equal(await page.locator('#talk-error').isVisible(), false);
  }
  assert.deepEqual(await faults(page), []);
  await shoot(page, 'chat-story');
  // Another model without a chat template continues the story; one with a template starts a conversation.
  await page.locator('#model-step summary').click();
  await load(page, 'test/chat');
  assert.equal(await text(page, '#talk-title'), 'Conversation');
  assert.deepEqual(await turns(page), []);
  assert.deepEqual(complaints, []);
});

test('errors are explained, with a way to continue', async (t) => {
  const { page } = await visit(t);
  await choose(page, 'not an id');
  await page.locator('#load-error:not([hidden])').waitFor();
  assert.match(await text(page, '#load-error'), /organisation\/name/);
  await choose(page, 'test/none');
  await says(page, '#load-error', /Could not reach|was not found/);
  await page.click('#load');
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  assert.deepEqual(await faults(page), []);
  await load(page, 'test/chat');
  assert.equal(await page.locator('#load-error').isVisible(), false);
  // After a wrong setting the model still works.
  await most(page, 12);
  await page.evaluate(() => {
    /** @type {HTMLInputElement} */ (document.querySelector('#top_p')).value = '7';
  });
  await page.fill('#message', 'hello');
  await page.click('#send');
  await page.locator('#talk-error:not([hidden])').waitFor();
  assert.match(await text(page, '#talk-error'), /top_p/);
  await page.evaluate(() => {
    /** @type {HTMLInputElement} */ (document.querySelector('#top_p')).value = '0.9';
  });
  await page.getByRole('button', { name: 'Try again' }).click();
  await idle(page);
  assert.equal((await turns(page)).length, 2);
});

test('on a phone, dark; linked with the other pages', async (t) => {
  const { page, complaints } = await visit(t, PHONE);
  assert.ok((await wide(page)) <= 0);
  await load(page, 'test/chat');
  await most(page, 40);
  await page.fill('#message', 'hello there');
  await page.locator('#send').tap();
  await idle(page);
  assert.ok((await wide(page)) <= 0);
  assert.deepEqual(await faults(page), []);
  await shoot(page, 'chat-phone-dark', true);
  await page.setViewportSize({ width: 320, height: 640 });
  assert.ok((await wide(page)) <= 0);
  await page.emulateMedia({ colorScheme: 'light' });
  assert.deepEqual(await faults(page), []);
  await page.locator('a[href="index.html"]').tap();
  await page.locator('#search').waitFor();
  await page.locator('a[href="chat.html"]').tap();
  await page.locator('#talk-form').waitFor();
  await page.locator('a[href="tokenizer.html"]').tap();
  await page.locator('#tokens-card').waitFor();
  await page.locator('a[href="chat.html"]').tap();
  await page.locator('#talk-form').waitFor();
  assert.deepEqual(complaints, []);
});

test('one press: the model that comes with the page tells a fairy tale', async (t) => {
  const { page, complaints } = await visit(t);
  await says(page, '#plan', /^Download: [\d.]+ MB\. Memory: about /);
  await most(page, 60);
  await page.click('#quick');
  await says(page, '#status', /Fairy tales is ready/);
  await page.locator('.turn.assistant').waitFor();
  await idle(page);
  const [begin, more] = await turns(page);
  assert.match(begin, /^Once upon a time/);
  const words = more.match(/[A-Za-z’']+/g) ?? [];
  t.diagnostic(`${begin}${more}`);
  // The seed differs each time, so only what holds for any tale is checked: 40 tokens, words, no broken characters.
  assert.ok(words.length > 12 && /\b(the|and|a|he|she|of|to|in)\b/i.test(more), more);
  assert.ok(!/[\uFFFD<>]/.test(more), more);
  await shoot(page, 'chat-fairy-tale');
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(complaints, []);
});
