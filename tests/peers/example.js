// A process that runs one example: `node example.js <file> <how> <weights> <messages>`, started by examples.js in the
// example's folder. Sends { outcome, why } when it is done, or fails.
import Module, { register } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as ours from '../../js/index.js';
import { Hub, STAND_INS } from './hub.js';
import { MissingExport, missing } from './missing.js';

const [file, how, weights, given] = process.argv.slice(2);
const NAME = '@huggingface/transformers';
const standIn = STAND_INS[weights];
// Every model of the Hub is the stand-in.
const hub = new Hub(undefined, new Proxy({}, { get: () => standIn }));
globalThis.fetch = hub.fetch;

/** @param {unknown} error */
function end(error) {
  const { code, message } = /** @type {{ code?: string, message?: string }} */ (error ?? {});
  const lacks = error instanceof MissingExport || code === 'unknown_task';
  const outcome = !error ? 'passed' : lacks ? 'missing-export' : 'failed';
  process.send?.({ outcome, why: error ? String(message ?? error) : '' }, () => process.exit());
}
process.on('unhandledRejection', end);
process.on('uncaughtException', end);

register('./hooks.js', import.meta.url, { data: { peer: pathToFileURL(path.join(process.cwd(), '/')).href } });
// require('@huggingface/transformers') of CommonJS code.
const loader = /** @type {{ _load(request: string, ...rest: unknown[]): unknown }} */ (/** @type {unknown} */ (Module));
const load = loader._load;
const names = new Proxy(ours, { get: (all, name) => Reflect.get(all, name) ?? missing(String(name)) });
/** @type {typeof loader._load} */
loader._load = (request, ...rest) => (request === NAME ? names : load.call(Module, request, ...rest));

/** @typedef {{ data: Record<string, unknown> }} Message */
/** @typedef {(event: Message) => void} Listener */

/** The globals of a worker: what it posts is heard here. */
class Scope {
  /** @type {Listener[]} */
  listeners = [];
  /** @type {Listener | null} */
  onmessage = null;
  /** @type {(data: Record<string, unknown>) => void} */
  heard = () => {};

  addEventListener(/** @type {string} */ type, /** @type {Listener} */ listener) {
    if (type === 'message') this.listeners.push(listener);
  }
  postMessage(/** @type {Record<string, unknown>} */ data) {
    this.heard(structuredClone(data));
  }
  /**
   * Sends a message and waits for the answer with that status, or that member.
   * @param {Record<string, unknown>} message
   */
  async send({ awaits, ...data }) {
    /** @type {Promise<void>} */
    const answered = new Promise((resolve, reject) => {
      this.heard = (answer) => {
        // 'check' finds no WebGPU here: examples say so and go on.
        if (answer.status === 'error' && awaits) reject(new Error(String(answer.data ?? answer.error)));
        if (answer.status === awaits || String(awaits) in answer) resolve();
      };
      if (!awaits) resolve();
    });
    for (const listener of [...this.listeners, ...(this.onmessage ? [this.onmessage] : [])]) listener({ data });
    await answered;
  }
}

const scope = new Scope();
const address = pathToFileURL(path.resolve(file)).href;

/** @typedef {Record<string, (...args: unknown[]) => Promise<unknown>>} Functions */

/** @type {Record<string, () => Promise<unknown>>} */
const WAYS = {
  script: () => import(address),
  async handler() {
    const module = /** @type {Functions} */ (await import(address));
    return module.classify(null, 'I love it');
  },
  async route() {
    const module = /** @type {Functions} */ (await import(address));
    const url = new URL('http://localhost/?text=good');
    const answer = /** @type {Response} */ (await module.GET({ url, nextUrl: url }));
    if (typeof (await answer.json()).label !== 'string') throw new Error('no label');
  },
  async worker() {
    Object.assign(globalThis, { self: scope, navigator: {} });
    await import(address);
    for (const message of JSON.parse(given)) await scope.send(message);
  },
  async extension() {
    /** @type {(message: unknown, sender: unknown, answer: (result: unknown) => void) => void} */
    let listener = () => {};
    const event = { addListener() {} };
    const onMessage = { addListener: (/** @type {typeof listener} */ added) => (listener = added) };
    const chrome = { runtime: { onInstalled: event, onMessage }, contextMenus: { onClicked: event, create() {} } };
    Object.assign(globalThis, { chrome });
    await import(address);
    await new Promise((resolve) => listener({ action: 'classify', text: 'good' }, {}, resolve));
  },
};

// CommonJS code has no promise of its own to wait for: what it leaves running ends, or fails, before this does.
process.on('beforeExit', () => end(null));
try {
  await WAYS[how]();
  if (how !== 'script') end(null);
} catch (error) {
  end(error);
}
