// The chat under unexpected use: wrong and gated ids, a network that fails, two tabs, going back, pasted books,
// nonsense in the settings, markup in messages. A local server plays the Hub and redirects, as the real one does to its
// storage.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { serve } from '../../tools/serve.js';
import { writerFolder } from '../js/helpers/writer.js';
import { faults } from './helpers/accessibility.js';
import { kept, launch, open, shoot, text, violations } from './helpers/browser.js';
import { HUB, choose, idle, load, most, says, turns } from './helpers/chat.js';

/** @typedef {import('playwright-core').Page} Page */
const ID = 'test/chat';
const ALTERNATING =
  "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}" +
  "{{ raise_exception('roles must alternate') }}{% endif %}[{{ m.role }}] {{ m.content }}\n{% endfor %}" +
  '{% if add_generation_prompt %}[assistant]{% endif %}';
/** @type {import('playwright-core').Browser} */ let browser;
/** @type {Awaited<ReturnType<typeof serve>>} */ let server;
/**
 * Folders by id.
 * @type {Record<string, string>}
 */
const repositories = {};
/** @type {(file: string, range: string | undefined) => { status?: number, cut?: number } | undefined} */
let fault = () => undefined;
/** @type {(() => void)[]} */ const endings = [];
before(async () => {
  const t = /** @type {Untyped} */ ({ after: (/** @type {() => void} */ f) => endings.push(f) });
  const generation = { eos_token_id: [], bos_token_id: 1, pad_token_id: 0 };
  repositories[ID] = writerFolder(t, { generation, context: 100_000 });
  repositories['test/small'] = writerFolder(t, { generation, context: 60, template: ALTERNATING });
  repositories['test/no-weights'] = writerFolder(t);
  fs.rmSync(path.join(repositories['test/no-weights'], 'model.safetensors'));
  // A configuration of 70 B parameters; there are no weights.
  repositories['test/large'] = writerFolder(t);
  const config = path.join(repositories['test/large'], 'config.json');
  fs.writeFileSync(
    config,
    JSON.stringify({
      ...JSON.parse(fs.readFileSync(config, 'utf8')),
      hidden_size: 8192,
      intermediate_size: 28672,
      num_hidden_layers: 80,
      num_attention_heads: 64,
      num_key_value_heads: 8,
      head_dim: 128,
      vocab_size: 32000,
    }),
  );
  server = await serve({
    headers: { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': '*' },
    handle: hub,
  });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
  for (const end of endings) end();
});

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
function hub(request, response) {
  const [, id, file] = /^\/hub\/(test\/[\w-]+)\/resolve\/main\/([\w.]+)$/.exec(request.url ?? '') ?? [];
  if (!id) return false;
  const cross = {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Expose-Headers': '*',
    'Access-Control-Allow-Headers': '*',
  };
  const full = repositories[id] && path.join(repositories[id], file),
    failing = request.method === 'HEAD' ? undefined : fault(file, request.headers.range);
  if (!repositories[id] || failing?.status) response.writeHead(failing?.status ?? 401, cross).end('no');
  else if (request.method === 'OPTIONS') response.writeHead(204, cross).end();
  else if (!fs.existsSync(full)) response.writeHead(404, cross).end('Entry not found');
  else {
    const bytes = fs.readFileSync(full),
      from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0),
      part = bytes.subarray(from);
    response.writeHead(from ? 206 : 200, {
      ...cross,
      'Content-Length': part.length,
      ETag: '"1"',
      ...(from ? { 'Content-Range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    if (request.method === 'HEAD') response.end();
    else if (failing?.cut === undefined) response.end(part);
    else response.write(part.subarray(0, failing.cut), () => setTimeout(() => response.destroy(), 500));
  }
  return true;
}

/**
 * @param {import('node:test').TestContext} t
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
async function visit(t, options = {}) {
  const opened = await open(browser, { reducedMotion: 'reduce', ...options });
  fault = () => undefined;
  t.after(() => opened.context.close());
  await opened.context.route(HUB, (route) =>
    route.fulfill({
      status: 302,
      headers: {
        'access-control-allow-origin': '*',
        location: `${server.url}/hub${new URL(route.request().url()).pathname}`,
      },
    }),
  );
  await opened.page.goto(`${server.url}/chat.html`);
  return opened;
}
/**
 * @param {Page} page
 * @param {string} words
 */
async function ask(page, words) {
  await page.fill('#message', words);
  await page.press('#message', 'Enter');
}

test('ids that lead nowhere', async (t) => {
  const { page } = await visit(t);
  for (const [id, wanted] of /** @type {[string, RegExp][]} */ ([
    ['test/gated', /HubError · unauthorized/],
    ['test/no-weights', /HubError · not_found/],
    ['<img src=x onerror=alert(1)>', /ConfigError · bad_id/],
    ['a b/c', /ConfigError · bad_id/],
  ])) {
    await choose(page, id);
    await says(page, '#load-error', wanted);
    assert.equal(await page.locator('#load-error img').count(), 0);
    await page.click('#load');
    await page.waitForFunction(() => /** @type {HTMLElement} */ (document.querySelector('#cancel-load')).hidden);
    await says(page, '#load-error', wanted);
  }
  assert.deepEqual(await faults(page), []);
  await choose(page, 'test/large');
  await says(page, '#plan', /Memory: about \d\d\.\d+ GB .* more than a page can use/);
  await page.click('#load');
  await says(page, '#load-error', /MemoryError · too_large/);
  await shoot(page, 'chat-faults-large', true);
  // The address of the model's page on the Hub.
  await choose(page, `https://huggingface.co/${ID}/tree/main?library=x`);
  await page.click('#load');
  await says(page, '#status', /test\/chat is ready/);
  assert.deepEqual(await violations(page), []);
});

test('a network that fails in the middle, then altogether; the second visit without one', async (t) => {
  const { page, context } = await visit(t);
  const weights = fs.statSync(path.join(repositories[ID], 'model.safetensors')).size;
  /** @type {(string | undefined)[]} */
  const ranges = [];
  // A download that is cut twice is resumed.
  fault = (file, range) => {
    if (file !== 'model.safetensors') return undefined;
    ranges.push(range);
    return ranges.length <= 2 ? { cut: 20_000 } : undefined;
  };
  await load(page, ID);
  assert.ok(
    ranges.length === 3 && /^bytes=\d+-$/.test(ranges[1] ?? '') && /^bytes=[1-9]\d+-$/.test(ranges[2] ?? ''),
    ranges.join(),
  );
  await most(page, 8);
  await ask(page, 'hello');
  await idle(page);
  assert.equal((await turns(page)).length, 2);

  // The network fails for good: the page says so, keeps the conversation, and Try again resumes.
  let down = true;
  fault = (file, range) =>
    file === 'model.safetensors' && down ? (range ? { status: 404 } : { cut: Math.floor(weights / 2) }) : undefined;
  await page.evaluate(() => caches.keys().then((keys) => Promise.all(keys.map((key) => caches.delete(key)))));
  await page.locator('#model-step summary').click();
  await page.selectOption('#dtype', 'q4');
  await page.click('#load');
  await says(page, '#load-error', /HubError · cut_download/);
  assert.equal((await turns(page)).length, 2);
  assert.ok(await page.locator('#message').isDisabled());
  down = false;
  await page.getByRole('button', { name: 'Try again' }).click();
  await says(page, '#facts', /q4/);
  assert.equal((await turns(page)).length, 2, 'the other precision continues the conversation');
  await page.getByRole('button', { name: 'Retry' }).click();
  await idle(page);
  assert.equal((await turns(page)).length, 2);

  await kept(page, [`https://huggingface.co/${ID}/resolve/main/model.safetensors`]);
  await context.unroute(HUB);
  await context.route(HUB, (route) => route.abort('internetdisconnected'));
  await page.reload();
  await choose(page, ID);
  await says(page, '#plan', /^Already downloaded/);
  await page.click('#load');
  await says(page, '#status', /test\/chat is ready/);
});

test('two tabs at once; reloading in the middle of an answer; back and forward', async (t) => {
  const { page, context, complaints } = await visit(t);
  const other = await context.newPage();
  await other.goto(`${server.url}/chat.html`);
  await Promise.all([load(page, ID), load(other, ID)]);
  for (const tab of [page, other]) await most(tab, 90_000);
  await Promise.all([ask(page, 'one'), ask(other, 'two')]);
  for (const tab of [page, other])
    await tab.waitForFunction(() => (document.querySelector('.turn.writing .words')?.textContent?.length ?? 0) > 50);
  await page.reload();
  await says(page, '#plan', /Download|Already downloaded/);
  assert.equal(await page.inputValue('#other'), ID, 'the form is as its model says');
  assert.ok(await page.locator('#other').isVisible());
  await load(page, ID);
  await most(page, 8);
  await ask(page, 'again');
  await idle(page);
  await page.locator('#settings-step summary').click();
  await page.uncheck('#sample');
  await page.locator('a[href="index.html"]').click();
  await page.locator('#search').waitFor();
  await page.goBack();
  await page.locator('#talk-form').waitFor();
  assert.equal(
    await page.isChecked('#sample'),
    await page.evaluate(() => !(/** @type {HTMLElement} */ (document.querySelector('#sampling')).hidden)),
  );
  await other.click('#stop');
  await idle(other);
  assert.match(await other.locator('.about').last().innerText(), /stopped$/);
  assert.deepEqual(complaints, []);
});

test('input that is no message, and settings that a model refuses', async (t) => {
  const { page, complaints } = await visit(t);
  await load(page, ID);
  await most(page, 10);
  for (const nothing of ['', '  \n ']) {
    await ask(page, nothing);
    assert.ok(await page.locator('#send').isDisabled());
  }
  assert.deepEqual(await turns(page), []);

  // Markup is shown as text.
  const markup = '<img src=x onerror="document.title=1"><script>document.title=1</script> & {{ 7 * 7 }} {% for %} </s>';
  await ask(page, markup);
  await idle(page);
  assert.equal((await turns(page))[0], markup);
  assert.equal(await page.locator('.log img, .log script').count(), 0);
  assert.match(await page.title(), /^Chat/);

  // During a composition, Enter accepts the word and sends nothing.
  await page.focus('#message');
  const session = await page.context().newCDPSession(page);
  await session.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 });
  await session.send('Input.dispatchKeyEvent', {
    type: 'rawKeyDown',
    key: 'Process',
    code: 'Enter',
    windowsVirtualKeyCode: 229,
  });
  await session.send('Input.insertText', { text: '日本' });
  // In Safari the composition has ended before the key event.
  await page.evaluate(() =>
    document
      .querySelector('#message')
      ?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true })),
  );
  assert.equal((await turns(page)).length, 2);
  assert.equal(await page.inputValue('#message'), '日本');
  await page.keyboard.press('Enter');
  await idle(page);
  assert.equal((await turns(page))[2], '日本');

  // A megabyte is refused; a long message is accepted, and the page shows its beginning.
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const paste = async (/** @type {number} */ length) => {
    await page.evaluate((n) => navigator.clipboard.writeText('a word '.repeat(n / 7)), length);
    await page.focus('#message');
    await page.keyboard.press('Control+v');
  };
  await paste(1_050_000);
  await says(page, '#talk-error', /1,050,000 characters; the limit is 200,000/);
  assert.equal(await page.inputValue('#message'), '');
  await paste(28_000);
  // Stopped before its first word: the message has no answer, and Answer asks for one.
  await page.evaluate(() => {
    for (const id of ['send', 'stop']) document.getElementById(id)?.click();
  });
  await says(page, '#talk-status', /^Stopped/);
  assert.equal((await turns(page)).length, 5);
  await says(page, '.turn:last-child .about', /all 27,999 characters; only the first 20,000 are shown/);
  await page.getByRole('button', { name: 'Answer this' }).click();
  await idle(page);
  assert.equal((await turns(page)).length, 6);
  assert.ok(await page.locator('#talk-error').isHidden());
  assert.equal((await turns(page))[4].length, 20_000);
  // Many characters in one line, without a space.
  await ask(page, 'x'.repeat(4000));
  await idle(page);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.ok(await page.locator('#log').evaluate((log) => log.scrollWidth <= log.clientWidth));
  assert.deepEqual(await faults(page), []);

  // A wrong setting is named, the settings open, and the next call works.
  await page.click('#clear');
  await ask(page, 'hello');
  await idle(page);
  assert.equal(await page.locator('#temperature').isVisible(), false);
  for (const [field, value] of [
    ['temperature', '-1'],
    ['temperature', '0'],
    ['top_p', '7'],
    ['top_k', '1.5'],
    ['seed', '-3'],
    ['repetition_penalty', '0'],
    ['max_new_tokens', '0'],
    ['max_new_tokens', '2.5'],
    ['top_k', '1e400'],
  ]) {
    const before = await page.inputValue(`#${field}`);
    await page.evaluate(() => {
      /** @type {HTMLDetailsElement} */ (document.querySelector('#settings-step')).open = false;
    });
    await page.evaluate(
      ([id, to]) => {
        const input = /** @type {HTMLInputElement} */ (document.querySelector(`#${id}`));
        input.value = '';
        if (to === '1e400') {
          // typed, since fill() refuses it
          /** @type {HTMLDetailsElement} */ (document.querySelector('#settings-step')).open = true;
          input.focus();
          document.execCommand('insertText', false, to);
        } else input.value = to;
      },
      [field, value],
    );
    await page.getByRole('button', { name: /^(Retry|Answer this)/ }).click();
    await says(page, '#talk-error', /InputError/).catch((error) => assert.fail(`${field} = ${value}: ${error}`));
    assert.match(await text(page, '#talk-error'), new RegExp(`${field}|is not a number`), `${field} = ${value}`);
    assert.ok(await page.locator(`#${field}`).isVisible());
    await page.fill(`#${field}`, before);
  }
  await page.getByRole('button', { name: 'Try again' }).click();
  await idle(page);
  assert.equal((await turns(page)).length, 2);
  assert.ok(await page.locator('#talk-error').isHidden());
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(complaints, []);
});

test('beyond the context', async (t) => {
  const { page } = await visit(t);
  await load(page, 'test/small');
  await most(page, 50);
  await ask(page, 'hi');
  await idle(page);
  assert.match(await page.locator('.about').last().innerText(), /the model’s context is full$/);
  await ask(page, 'one more');
  await says(page, '#talk-error', /InputError · prompt_too_long/);
  assert.match(await text(page, '#talk-error'), /Start over, or edit an earlier message/);
  assert.equal((await turns(page)).length, 3);
  // A shorter first message: what followed it is removed, and so is the error.
  await page.getByRole('button', { name: 'Edit: hi' }).click();
  await page.locator('.turn textarea').fill('a');
  await most(page, 3);
  await page.getByRole('button', { name: 'Send again' }).click();
  await idle(page);
  assert.equal((await turns(page)).length, 2);
  assert.ok(await page.locator('#talk-error').isHidden());
});

test('the log follows what is written, unless one scrolls up', async (t) => {
  const { page } = await visit(t, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await load(page, ID);
  await most(page, 90_000);
  await ask(page, 'go on for ever');
  const log = page.locator('#log'),
    end = () => log.evaluate((area) => area.scrollHeight - area.clientHeight - area.scrollTop);
  await page.waitForFunction(() => {
    const area = /** @type {HTMLElement} */ (document.querySelector('#log'));
    return area.scrollHeight > 3 * area.clientHeight;
  });
  assert.ok((await end()) < 200, `${await end()} px from the end`);
  // The end of the answer and the Stop button are visible together.
  await shoot(page, 'chat-phone-writing');
  assert.ok(
    await page
      .locator('#stop')
      .evaluate(
        (button) => button.getBoundingClientRect().bottom <= innerHeight && button.getBoundingClientRect().top >= 0,
      ),
  );
  await log.evaluate((area) => {
    area.scrollTop = 30;
  });
  const length = (await turns(page))[1].length;
  await page.waitForFunction(
    (n) => (document.querySelector('.turn.writing .words')?.textContent?.length ?? 0) > n + 3000,
    length,
  );
  assert.equal(await log.evaluate((area) => area.scrollTop), 30);
  await log.evaluate((area) => {
    area.scrollTop = area.scrollHeight;
  });
  const then = (await turns(page))[1].length;
  await page.waitForFunction(
    (n) => (document.querySelector('.turn.writing .words')?.textContent?.length ?? 0) > n + 3000,
    then,
  );
  assert.ok((await end()) < 200, `${await end()} px from the end`);
  await page.locator('#stop').tap();
  await idle(page);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
});
