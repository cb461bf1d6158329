// The search page with the real model in Chromium, by real clicks and keys: loading, reading, searching, cancelling,
// failures, and its looks (screenshots in tests/browser/shots/).
import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { ensureModel } from '../../models/fetch.js';
import { serve } from '../../tools/serve.js';
import { faults } from './helpers/accessibility.js';
import {
  MINILM,
  PHONE,
  ROOT,
  kept,
  launch,
  open,
  openProfile,
  profileFolder,
  shoot,
  text,
  violations,
  wide,
} from './helpers/browser.js';
import { recorder } from './helpers/tasks.js';

const HUB = 'https://huggingface.co/**';
/** @type {import('playwright-core').Browser} */ let browser;
/** @type {Awaited<ReturnType<typeof serve>>} */ let server;
/** @type {string} */ let model;
before(async () => {
  model = await ensureModel(MINILM);
  server = await serve({});
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/**
 * Waits until the model is loaded. An error on the page fails at once.
 * @param {import('playwright-core').Page} page
 */
async function loaded(page) {
  await page.locator('#facts li, #load-error:not([hidden])').first().waitFor();
  if (await page.locator('#load-error').isVisible()) assert.fail(`the page says: ${await text(page, '#load-error')}`);
}
const isRead = (/** @type {import('playwright-core').Page} */ page) =>
  page.waitForFunction(() => !(/** @type {HTMLInputElement} */ (document.querySelector('#query')).disabled));
/** Until no colour is on its way to another one: half of a change has no contrast that means anything. */
const still = (/** @type {import('playwright-core').Page} */ page) =>
  page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== 'running'));
const first = (/** @type {import('playwright-core').Page} */ page) => page.locator('#results li').first().innerText();

/**
 * @param {import('playwright-core').Page} page
 * @param {string} query
 */
async function search(page, query) {
  await page.fill('#query', '');
  await page.waitForFunction(() => !document.querySelector('#results li'));
  await page.fill('#query', query);
  await page.waitForFunction(() => document.querySelectorAll('#results li').length > 0);
}

test('load, read the sample, search by meaning', async (t) => {
  // The weights come in twenty pieces with pauses, so that a fast machine shows progress, too.
  const weights = path.join(model, 'model.safetensors'),
    { size } = await fs.stat(weights),
    piece = Math.ceil(size / 20);
  const paced = await serve({
    handle: (request, response) => {
      if (request.method !== 'GET' || request.headers.range || !request.url?.endsWith('model.safetensors'))
        return false;
      response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': size });
      const stream = createReadStream(weights, { highWaterMark: piece });
      stream
        .on('data', (bytes) => {
          stream.pause();
          response.write(bytes, () => setTimeout(() => stream.resume(), 100));
        })
        .on('end', () => response.end());
      return true;
    },
  });
  t.after(paced.close);
  // Without motion: colours of marks out of sight would stop in the middle of their transition.
  const { page, context, complaints } = await open(browser, { reducedMotion: 'reduce' });
  t.after(() => context.close());
  // Records each change of the progress, and what the library reports.
  await page.addInitScript(() => {
    window.seen = [];
    window.Worker = class extends Worker {
      /**
       * @param {URL | string} url
       * @param {WorkerOptions} [options]
       */
      constructor(url, options) {
        super(url, options);
        this.addEventListener('message', ({ data }) => {
          if (data.type === 'loaded') window.stats = data.stats;
        });
      }
    };
    addEventListener('DOMContentLoaded', () =>
      new MutationObserver(() => {
        const shown = (/** @type {string} */ selector) => document.querySelector(selector)?.textContent ?? '';
        window.seen.push([shown('#progress-text'), shown('#files')]);
      }).observe(/** @type {Node} */ (document.querySelector('#progress-box')), {
        subtree: true,
        childList: true,
        characterData: true,
      }),
    );
  });
  await page.goto(paced.url);
  assert.ok(await page.locator('#query').isDisabled());
  assert.deepEqual(await faults(page), []);
  await shoot(page, 'desktop-light-start', true);
  await page.click('#load');
  await loaded(page);

  const seen = await page.evaluate(() => window.seen);
  const totals = seen.map(([line]) => line).filter((line) => /^[\d.]+ [kM]B of [\d.]+ MB$/.test(line));
  assert.ok(new Set(totals).size > 5, `progress in few steps: ${JSON.stringify(totals)}`);
  assert.match(totals.at(-1) ?? '', /of 91 MB$/);
  for (const file of ['config.json', 'tokenizer.json', 'model.safetensors'])
    assert.ok(seen.at(-1)?.[1].includes(file), seen.at(-1)?.[1]);
  const facts = (await page.locator('#facts li').allInnerTexts()).join(' | ');
  // The facts are what the library reports.
  const { variant, int8Dot } = await page.evaluate(() => window.stats);
  const simd = { simd: 'plain', relaxed: 'relaxed' }[variant];
  const dot = int8Dot === 'dot16' ? '16-bit' : '8-bit';
  assert.match(
    facts,
    new RegExp(`^loaded in [\\d.]+\\sm?s \\| ${simd} SIMD \\| q8, ${dot} dot product \\| \\d+ MB of memory$`),
  );
  assert.match(await text(page, '#status'), /all-MiniLM-L6-v2 is ready/);

  await page.click('#sample');
  await isRead(page);
  assert.match(await text(page, '#index-status'), /^\d+ passages read in [\d.]+\sm?s\.$/);
  await search(page, 'how insects find their way');
  assert.match(await first(page), /^0\.\d\d\s+Bees find their way home by the sun/);
  assert.match(await text(page, '#search-status'), /Query read in [\d.]+\sms · \d+ passages compared in [\d.]+\sms/);
  await page.locator('.passage.marked .best').waitFor();
  assert.match(await text(page, '.passage.marked .best'), /^Bees find their way home by the sun/);
  const marks = await page.evaluate(() =>
    [...document.querySelectorAll('.passage')].map((span) => getComputedStyle(span).backgroundColor),
  );
  const strong = await page
    .locator('.passage.marked')
    .first()
    .evaluate((span) => getComputedStyle(span).backgroundColor);
  assert.ok(
    marks.filter((colour) => colour === 'rgba(0, 0, 0, 0)').length > marks.length / 2,
    'most passages are unmarked',
  );
  assert.notEqual(strong, 'rgba(0, 0, 0, 0)');
  // The marked passage is visible.
  assert.ok(
    await page
      .locator('.passage.marked')
      .first()
      .evaluate((span) => {
        const { top, bottom } = span.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      }),
  );
  await shoot(page, 'desktop-light-found');

  // Queries with words that the text does not contain.
  for (const [query, expected] of [
    ['tenant law', /landlord|tenants/],
    ['lung infection', /pneumonia|fever/],
    ['corrosion', /Rust|zinc/],
    ['cyber security', /password|manager/],
    ['ocean mammals making music', /Whales/],
  ]) {
    await page.fill('#query', /** @type {string} */ (query));
    await page
      .waitForFunction(
        (pattern) => new RegExp(pattern).test(document.querySelector('#results li')?.textContent ?? ''),
        /** @type {RegExp} */ (expected).source,
      )
      .catch(async () => assert.fail(`${query}: ${await first(page)}`));
    assert.doesNotMatch(await text(page, '#search-status'), /Nothing/, String(query));
  }
  assert.deepEqual(await faults(page), []);

  // Where nothing comes close, the page says so and marks nothing.
  await search(page, 'quantum chromodynamics');
  assert.match(
    await text(page, '#search-status'),
    /^Nothing in this text comes close; the nearest passages are shown\./,
  );
  assert.equal(await page.locator('.passage.marked').count(), 0);
  assert.deepEqual(await faults(page), []);
  await shoot(page, 'desktop-light-nothing');
  await search(page, 'how insects find their way');
  await page.locator('.passage.marked .best').waitFor();

  // A result leads to its passage; without a query nothing is marked.
  await page.locator('#results button').nth(1).click();
  assert.equal(await page.evaluate(() => document.activeElement?.className.includes('passage')), true);
  await page.fill('#query', '');
  await page.waitForFunction(() => !document.querySelector('.passage.marked, #results li'));

  // The button changes the theme, and the next visit remembers it.
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.click('#theme');
  assert.notEqual(await ground(), light);
  assert.equal(await page.getAttribute('#theme', 'aria-pressed'), 'true');
  await search(page, 'how insects find their way');
  await shoot(page, 'desktop-dark-found');
  assert.deepEqual(await faults(page), []);
  await page.reload();
  assert.notEqual(await ground(), light);

  assert.deepEqual(await violations(page), []);
  assert.deepEqual(complaints, []);
});

test('on a phone, dark, nothing is wider than the screen', async (t) => {
  const { page, context, complaints } = await open(browser, PHONE);
  t.after(() => context.close());
  await page.goto(server.url);
  assert.ok((await wide(page)) <= 0);
  await shoot(page, 'phone-dark-start', true);
  await page.tap('#sample'); // before a model is loaded
  await page.waitForFunction(() =>
    document.querySelector('#index-status')?.textContent?.includes('once a model is loaded'),
  );
  await page.tap('#load');
  await page.waitForFunction(() => /MB of/.test(document.querySelector('#progress-text')?.textContent ?? ''));
  assert.ok((await wide(page)) <= 0);
  await loaded(page);
  await isRead(page);
  await page.tap('#ideas button:nth-child(2)');
  await page.locator('#results li').first().waitFor();
  assert.match(await first(page), /landlord|tenants/);
  assert.ok((await wide(page)) <= 0);
  await still(page);
  await shoot(page, 'phone-dark-found');
  await page.locator('#results button').first().tap();
  await page
    .waitForFunction(() => {
      const { top, bottom } = /** @type {Element} */ (
        document.querySelector('.passage.marked')
      ).getBoundingClientRect();
      return bottom > 0 && top < innerHeight;
    })
    .catch((error) => assert.fail(`a tapped result leads to its passage: ${error}`));
  await still(page);
  await shoot(page, 'phone-dark-passage');
  assert.deepEqual(await faults(page), []);
  await page.emulateMedia({ colorScheme: 'light' });
  await still(page);
  await shoot(page, 'phone-light-passage');
  assert.deepEqual(await faults(page), []);
  await page.setViewportSize({ width: 320, height: 640 });
  assert.ok((await wide(page)) <= 0);
  assert.deepEqual(complaints, []);
});

test('an address of the Hub is an id', async (t) => {
  const { page, context } = await open(browser);
  t.after(() => context.close());
  await page.goto(server.url);
  await page.selectOption('#choice', '');
  await page.fill('#other', `https://hf.co/${MINILM}#usage`);
  await page.click('#load');
  await loaded(page);
  assert.match(await text(page, '#status'), /^sentence-transformers\/all-MiniLM-L6-v2 is ready/);
});

test('by keyboard alone', async (t) => {
  const { page, context, complaints } = await open(browser, { reducedMotion: 'reduce' });
  t.after(() => context.close());
  await page.goto(server.url);
  const at = () => page.evaluate(() => document.activeElement?.id ?? '');
  for (let i = 0; i < 12 && (await at()) !== 'load'; i++) await page.keyboard.press('Tab');
  assert.equal(await at(), 'load');
  assert.notEqual(
    await page.evaluate(() => getComputedStyle(/** @type {Element} */ (document.activeElement)).outlineStyle),
    'none',
    'the focus is seen',
  );
  // Records the focus: it leaves the cancel button once the model is loaded.
  await page.evaluate(() => {
    window.focused = [];
    document.addEventListener('focusin', (event) => window.focused.push(/** @type {Element} */ (event.target).id));
  });
  await page.keyboard.press('Enter');
  await loaded(page);
  assert.equal((await page.evaluate(() => window.focused))[0], 'cancel-load');
  await page.waitForFunction(() => document.activeElement?.id === 'sample');
  await page.keyboard.press('Space');
  await isRead(page);
  await page.waitForFunction(() => document.activeElement?.id === 'query');
  await page.keyboard.type('old age savings', { delay: 30 });
  await page.waitForFunction(() =>
    /twenty-five|old age/.test(document.querySelector('#results li')?.textContent ?? ''),
  );
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.evaluate(() => document.activeElement?.closest('ol')?.id), 'results');
  await page.keyboard.press('Enter');
  assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ''), /old age|twenty-five/);
  await page.keyboard.press('Escape');
  assert.equal(await at(), 'query');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter'); // opens the second step again
  assert.ok(await page.locator('#text').isVisible());
  assert.deepEqual(complaints, []);
});

test('the page does not stutter while a long text is read, and reading can be cancelled', async (t) => {
  const { page, context, complaints } = await open(browser);
  t.after(() => context.close());
  const record = await recorder(page);
  let stop = await record();
  await page.goto(server.url);
  await page.click('#load');
  await loaded(page);
  const loading = await stop();
  t.diagnostic(loading.told);
  // A slow machine's worker sends more messages of progress.
  assert.ok(loading.steps <= 1000 + 80 * loading.calls('worker.onmessage'), loading.told);
  assert.ok(loading.nodes <= 400 && loading.objects <= 500, loading.told);
  const sample = await fs.readFile(path.join(ROOT, 'demo/search/sample.txt'), 'utf8');
  await page.fill('#text', Array.from({ length: 6 }, (_, i) => `Part ${i + 1}.\n\n${sample}`).join('\n\n'));
  stop = await record();
  await page.click('#index');
  await isRead(page);
  await page.fill('#query', '');
  await page.locator('#query').pressSequentially('how insects find their way', { delay: 20 });
  await page.locator('#results li').first().waitFor();
  await page.locator('.passage.marked .best').first().waitFor();
  const reading = await stop();
  t.diagnostic(reading.told);
  assert.ok(reading.steps <= 2000 + 20 * reading.calls('worker.onmessage'), reading.told);
  assert.ok(reading.nodes > 400 && reading.nodes <= 1000, reading.told); // the text comes in three portions
  await page.click('#text-step summary');
  await page.fill('#text', Array(40).fill(sample).join('\n\n'));
  await page.click('#index');
  await page.waitForFunction(
    () => /** @type {HTMLProgressElement} */ (document.querySelector('#index-progress')).value > 0,
  );
  await page.click('#cancel-index');
  await page.waitForFunction(() => document.querySelector('#index-status')?.textContent === 'Cancelled.');
  assert.ok(await page.locator('#query').isDisabled());
  await page.fill('#text', 'Cats sleep.\n\nThe parliament voted.');
  await page.click('#index');
  await isRead(page);
  await search(page, 'politics');
  assert.match(await first(page), /parliament/);
  assert.deepEqual(complaints, []);
});

test('one press: model, sample, ready to search', async (t) => {
  const { page, context, complaints } = await open(browser);
  t.after(() => context.close());
  await page.goto(server.url);
  await page.click('#quick');
  await isRead(page);
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'query');
  // The first step again, with 32-bit weights: the text is read and the query answered again.
  await search(page, 'tenant law');
  await page.click('#model-step summary');
  await page.check('input[value=fp32]');
  await page.click('#load');
  await page.waitForFunction(() => /fp32/.test(document.querySelector('#facts')?.textContent ?? ''));
  await page.locator('#results li').first().waitFor();
  assert.match(await first(page), /landlord|tenants/);
  assert.deepEqual(complaints, []);
});

test('files by the button and by dropping; wrong ones are refused in words', async (t) => {
  const { page, context } = await open(browser);
  t.after(() => context.close());
  await page.goto(server.url);
  await page.setInputFiles('#file', {
    name: 'notes.md',
    mimeType: 'text/markdown',
    buffer: Buffer.from('# Notes\n\nBread and butter.'),
  });
  await page.waitForFunction(() =>
    /** @type {HTMLTextAreaElement} */ (document.querySelector('#text')).value.startsWith('# Notes'),
  );
  const drop = (/** @type {string} */ name, /** @type {string} */ content) =>
    page.evaluate(
      ([fileName, fileContent]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([fileContent], fileName));
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
      },
      [name, content],
    );
  await drop('dropped.txt', 'A dropped text.');
  await page.waitForFunction(
    () => /** @type {HTMLTextAreaElement} */ (document.querySelector('#text')).value === 'A dropped text.',
  );
  await drop('picture.png', '\u0089PNG\0\0');
  await page.locator('#text-error').waitFor();
  assert.match(await text(page, '#text-error'), /picture\.png is not plain text/);
  assert.equal(await page.inputValue('#text'), 'A dropped text.');
  await drop('huge.txt', 'x'.repeat(4_100_000));
  await page.waitForFunction(() => /huge\.txt has/.test(document.querySelector('#text-error')?.textContent ?? ''));
});

test('an unknown model is an error in words with a retry, and the next model loads', async (t) => {
  const { page, context } = await open(browser);
  t.after(() => context.close());
  let asked = 0;
  await page.route(HUB, (route) => {
    asked++;
    return route.fulfill({
      status: 401,
      body: 'Repository not found',
      headers: { 'access-control-allow-origin': '*' },
    });
  });
  await page.goto(server.url);
  await page.selectOption('#choice', '');
  await page.fill('#other', 'nobody/no-such-model');
  await page.click('#load');
  await page.locator('#load-error').waitFor();
  const shown = await text(page, '#load-error');
  assert.match(shown, /HubError · unauthorized/);
  assert.match(shown, /config\.json|nobody\/no-such-model/);
  await shoot(page, 'desktop-light-error', true);
  assert.deepEqual(await faults(page), []);
  const before = asked;
  await page.click('#load-error button');
  await page.waitForFunction(() => /** @type {HTMLElement} */ (document.querySelector('#load-error')).hidden === false);
  assert.ok(asked > before, 'the retry asks again');
  await page.fill('#other', 'not an id');
  await page.click('#load');
  await page.waitForFunction(() =>
    /ConfigError · bad_id/.test(document.querySelector('#load-error')?.textContent ?? ''),
  );
  await page.selectOption('#choice', MINILM);
  await page.click('#load');
  await loaded(page);
  assert.ok(await page.locator('#load-error').isHidden());
});

test('loading can be cancelled and begun again', async (t) => {
  const { size } = await fs.stat(path.join(model, 'model.safetensors'));
  // The server stops in the middle, so that there is time to cancel.
  let hold = true;
  const slow = await serve({
    handle: (request, response) => {
      if (!hold || request.method !== 'GET' || !request.url?.endsWith('model.safetensors')) return false;
      response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': size });
      const file = createReadStream(path.join(model, 'model.safetensors'), { end: 10_000_000 });
      file.pipe(response, { end: false });
      return true;
    },
  });
  t.after(slow.close);
  const { page, context, complaints } = await open(browser);
  t.after(() => context.close());
  await page.goto(slow.url);
  await page.click('#load');
  await page.waitForFunction(() => /of 91 MB/.test(document.querySelector('#progress-text')?.textContent ?? ''));
  await page.click('#cancel-load');
  await page.waitForFunction(() => /^Cancelled/.test(document.querySelector('#status')?.textContent ?? ''));
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'load');
  hold = false;
  await page.click('#load');
  await loaded(page);
  assert.deepEqual(complaints, []);
});

test('from the Hub the first time, without a network after the browser was closed', async (t) => {
  // A static host with the page and the library, without models. A redirect to the cache's files plays the Hub, which
  // redirects to its storage.
  const host = await serve({
    mounts: { '': path.join(ROOT, 'demo'), demo: path.join(ROOT, 'demo'), js: path.join(ROOT, 'js'), storage: model },
    headers: { 'Access-Control-Allow-Origin': '*' },
  });
  t.after(host.close);
  const profile = await profileFolder(t);
  let { page, context, complaints } = await openProfile(profile);
  t.after(() => context.close());
  /** @type {string[]} */
  const asked = [];
  await context.route(HUB, async (route) => {
    const { pathname } = new URL(route.request().url());
    asked.push(pathname);
    const file = path.basename(pathname);
    const found =
      pathname === `/${MINILM}/resolve/main/${file}` && (await fs.stat(path.join(model, file)).catch(() => null));
    const headers = {
      'access-control-allow-origin': '*',
      ...(found ? { location: `${host.url}/storage/${file}` } : {}),
    };
    return route.fulfill({ status: found ? 302 : 404, headers });
  });
  await page.goto(host.url);
  await page.click('#load');
  await loaded(page);
  assert.ok(asked.includes(`/${MINILM}/resolve/main/model.safetensors`), asked.join());
  await kept(
    page,
    asked.filter((file) => file.includes('/resolve/')).map((file) => `https://huggingface.co${file}`),
  );

  assert.deepEqual(complaints, []);
  await context.close();
  ({ page, context, complaints } = await openProfile(profile));
  asked.length = 0;
  await context.route(HUB, (route) => {
    asked.push(new URL(route.request().url()).pathname);
    return route.abort('internetdisconnected');
  });
  await page.goto(host.url);
  await page.click('#load');
  await loaded(page);
  assert.ok(!asked.some((name) => name.endsWith('model.safetensors') || name.endsWith('/config.json')), asked.join());
  await page.fill('#text', 'Cats sleep.\n\nThe parliament voted.');
  await page.click('#index');
  await isRead(page);
  await search(page, 'politics');
  assert.match(await first(page), /parliament/);
  assert.deepEqual(
    complaints.filter((line) => !/ERR_INTERNET_DISCONNECTED/.test(line)),
    [],
  );
});
