// Where subjects run: a Node process or a browser with one page for each, all with the same calls (host.js).
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { serve } from '../../../tools/serve.js';
import { ensureChromium } from '../../../tools/toolchain.js';
import { FLAGS } from '../../browser/helpers/flags.js';

const here = (/** @type {string} */ p) => fileURLToPath(new URL(p, import.meta.url));
const ORT = 'node_modules/@huggingface/transformers/node_modules/onnxruntime-web/dist/';

/**
 * @typedef {{ name: string, call: (what: string, ...args: Untyped[]) => Promise<Untyped>, peak: () => Promise<number>,
 *   close: () => Promise<void>, place: Record<string, Json>, folders: Record<string, string> }} Place
 */

/**
 * A Node process.
 * @param {string} node
 * @param {Record<string, string>} folders of models, by subject
 * @returns {Promise<Place>}
 */
export async function nodePlace(node, folders) {
  const child = fork(here('child.js'), { execPath: node, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  /** @type {Map<number, { resolve: (value: Untyped) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  let next = 0;
  child.on('message', (/** @type {Untyped} */ { id, value, error }) => {
    const { resolve, reject } = /** @type {Untyped} */ (waiting.get(id));
    waiting.delete(id);
    if (error) reject(new Error(error));
    else resolve(value);
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`the process ended with ${code}`));
  });
  const call = (/** @type {string} */ what, /** @type {Untyped[]} */ ...args) =>
    new Promise((resolve, reject) => {
      waiting.set(++next, { resolve, reject });
      child.send({ id: next, call: what, args });
    });
  return {
    name: `Node ${(await call('version')).slice(1)}`,
    call,
    peak: () => call('peak'),
    close: async () => {
      child.kill();
    },
    folders,
    place: {
      device: 'auto',
      sessionOptions: { executionProviders: ['wasm'] },
      ortWasm: new URL(`../${ORT}`, import.meta.url).href,
    },
  };
}

/**
 * The server of the pages' files.
 * @param {Record<string, string>} mounts
 */
export const pageServer = (mounts) =>
  serve({
    mounts: {
      '': here('../pages'),
      js: here('../../../js'),
      bench: here('.'),
      node_modules: here('../node_modules'),
      ...mounts,
    },
    headers: {
      'Content-Security-Policy': "default-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' data: blob:",
    },
  });

/**
 * What the kernel reports of the processes that show pages; nothing on other systems than Linux.
 * @param {import('playwright-core').Browser} browser
 */
export async function renderers(browser) {
  const session = await browser.newBrowserCDPSession();
  const read = (/** @type {number} */ pid, /** @type {string} */ file) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8');
    } catch {
      return '';
    }
  };
  const { processInfo } = /** @type {Untyped} */ (
    await session.send(/** @type {Untyped} */ ('SystemInfo.getProcessInfo'))
  );
  /** @type {number[]} the page's, and one or two idle ones */
  const pids = processInfo
    .filter((/** @type {Untyped} */ p) => p.type === 'renderer')
    .map((/** @type {Untyped} */ p) => p.id);
  return {
    peak: () => Math.max(...pids.map((pid) => Number(/VmHWM:\s+(\d+)/.exec(read(pid, 'status'))?.[1]) * 1024)),
    /** ms of processor time, all threads: clock ticks of 10 ms. */
    time: () =>
      pids.reduce((sum, pid) => {
        const fields = read(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
        return sum + (Number(fields[11]) + Number(fields[12])) * 10;
      }, 0),
  };
}

/**
 * A browser with one page.
 * @param {string} url the server's
 * @returns {Promise<Place>}
 */
export async function pagePlace(url) {
  const browser = await chromium.launch({ executablePath: await ensureChromium(), args: FLAGS });
  const tab = await browser.newPage();
  await tab.goto(`${url}/lm.html`);
  await tab.waitForFunction("document.title === 'READY'");
  const shown = await renderers(browser);
  await tab.exposeFunction('processorTime', () => shown.time());
  return {
    name: `Chromium ${browser.version()}`,
    call: (what, ...args) =>
      tab.evaluate(
        ([name, list]) => /** @type {Record<string, Function>} */ (window.lm)[name](...list),
        /** @type {[string, Untyped[]]} */ ([what, args]),
      ),
    peak: async () => shown.peak(),
    close: () => browser.close(),
    place: {
      device: 'wasm',
      ortWasm: `/${ORT}`,
      ggufUrl: '/gguf/',
      wllamaWasm: '/node_modules/@wllama/wllama/esm/wasm/wllama.wasm',
    },
    folders: { ours: '/models/', transformers: '/hub/' },
  };
}
