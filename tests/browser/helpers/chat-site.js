// The chat's page in a browser, with models of a few kilobytes in place of the Hub's: for the tests of one file.
import fs from 'node:fs';
import path from 'node:path';
import { after, before } from 'node:test';
import { serve } from '../../../tools/serve.js';
import { launch, open } from './browser.js';
import { HUB } from './chat.js';

/**
 * @typedef {import('node:http').IncomingMessage} Request
 * @typedef {import('node:http').ServerResponse} Response
 */

/** No answer ends before the context is full, so that there is always something to stop. */
export const ENDLESS = { eos_token_id: [], bos_token_id: 1, pad_token_id: 0, do_sample: true };

/**
 * Opens the site before the file's tests and closes it after them.
 * @param {(t: import('node:test').TestContext) => Record<string, string>} models their folders by id; what t.after()
 *   hears is done at the end
 * @param {object} [more]
 * @param {(request: Request, response: Response) => boolean} [more.handle] other files; true: answered
 * @param {(response: Response, bytes: Buffer, id: string, file: string) => void} [more.send] a model's file
 */
export function chatSite(models, { handle = () => false, send = (response, bytes) => void response.end(bytes) } = {}) {
  /** @type {import('playwright-core').Browser} */ let browser;
  /** @type {Awaited<ReturnType<typeof serve>>} */ let server;
  /** @type {(() => void)[]} */ const endings = [];
  before(async () => {
    const shelf = models(/** @type {Untyped} */ ({ after: (/** @type {() => void} */ f) => endings.push(f) }));
    server = await serve({
      handle: (request, response) => {
        if (handle(request, response)) return true;
        const [, id, file] = /^\/models\/(test\/\w+)\/([\w.]+)$/.exec(request.url ?? '') ?? [];
        const full = shelf[id] && path.join(shelf[id], file);
        if (!full || !fs.existsSync(full)) return false;
        const bytes = fs.readFileSync(full);
        response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': bytes.length });
        if (request.method === 'HEAD') response.end();
        else send(response, bytes, id, file);
        return true;
      },
    });
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
    for (const end of endings) end();
  });
  return {
    /**
     * A chat page without the Hub.
     * @param {import('node:test').TestContext} t
     * @param {import('playwright-core').BrowserContextOptions} [options]
     * @param {(page: import('playwright-core').Page) => Promise<void>} [ready] before the page is loaded
     */
    async visit(t, options = {}, ready = async () => {}) {
      const opened = await open(browser, { reducedMotion: 'reduce', ...options });
      t.after(() => opened.context.close());
      await opened.context.route(HUB, (route) => route.abort());
      await ready(opened.page);
      await opened.page.goto(`${server.url}/chat.html`);
      return opened;
    },
  };
}
