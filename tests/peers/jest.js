// describe, it and their hooks as jest has them (https://jestjs.io/docs/api), as far as the peer's tests use them:
// files register their tests, then `run` runs them in order and tells how each ended.
import { fileURLToPath } from 'node:url';

/** @typedef {() => unknown} Body */
/** @typedef {{ kind: 'test', name: string, body: Body, timeout: number, skip: boolean, file: string }} Test */
/** @typedef {{ body: Body, timeout: number }} Hook */
/** @typedef {'beforeAll' | 'afterAll' | 'beforeEach' | 'afterEach'} HookName */
/** @typedef {{ kind: 'suite', name: string, skip: boolean, entries: (Suite | Test)[], hooks: Record<HookName, Hook[]>
 *   }} Suite */
/** @typedef {{ file: string, path: string[], error?: unknown, skipped?: boolean }} Ended */

const TIMEOUT = 32_000; // ms, as in the peer's jest.config.mjs

/** @param {string} name @returns {Suite} */
const suite = (name, skip = false) => ({
  kind: 'suite',
  name,
  skip,
  entries: [],
  hooks: { beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] },
});

export const root = suite('');
let current = root;

/** The file that registers a test: the first of the call's stack that lies in a folder of tests. */
function caller() {
  const found = /(file:\/\/\S+\/tests\/[^\s:]+\.js)/.exec(
    (new Error().stack ?? '')
      .split('\n')
      .filter((line) => !line.includes('/tests/peers/'))
      .join('\n'),
  );
  return found ? fileURLToPath(found[1]).replace(/^.*\/tests\//, '') : '';
}

/** @param {string} name @param {Body} body @param {boolean} [skip] */
function addSuite(name, body, skip = false) {
  const outer = current;
  current = suite(String(name), skip || outer.skip);
  outer.entries.push(current);
  try {
    body();
  } catch (error) {
    const { entries, name: title } = current;
    const fail = () => {
      throw error;
    };
    entries.push({
      kind: 'test',
      name: `${title} (describe)`,
      body: fail,
      timeout: TIMEOUT,
      skip: false,
      file: caller(),
    });
  } finally {
    current = outer;
  }
}

/** @param {string} name @param {Body} body @param {number} [timeout] ms @param {boolean} [skip] */
function addTest(name, body, timeout = TIMEOUT, skip = false) {
  current.entries.push({ kind: 'test', name: String(name), body, timeout, skip: skip || current.skip, file: caller() });
}

/** @param {HookName} name */
const hook =
  (name) =>
  (/** @type {Body} */ body, /** @type {number} */ timeout = TIMEOUT) => {
    current.hooks[name].push({ body, timeout });
  };

export const describe = Object.assign((/** @type {string} */ name, /** @type {Body} */ body) => addSuite(name, body), {
  skip: (/** @type {string} */ name, /** @type {Body} */ body) => addSuite(name, body, true),
});
export const it = Object.assign(
  (/** @type {string} */ name, /** @type {Body} */ body, /** @type {number=} */ timeout) =>
    addTest(name, body, timeout),
  { skip: (/** @type {string} */ name, /** @type {Body} */ body) => addTest(name, body, TIMEOUT, true) },
);
export const beforeAll = hook('beforeAll'),
  afterAll = hook('afterAll'),
  beforeEach = hook('beforeEach'),
  afterEach = hook('afterEach');

/** @typedef {(...args: unknown[]) => unknown} Callable */

/** Functions that count their calls: what one test file needs of jest's mocks. */
export const jest = {
  /** @param {Callable} [body] */
  fn(body) {
    const mock = { calls: /** @type {unknown[][]} */ ([]) };
    let run = body;
    const mocked = Object.assign(
      /** @type {Callable} */ (
        (...args) => {
          mock.calls.push(args);
          return run?.(...args);
        }
      ),
      {
        mock,
        /** @param {Callable} next */
        mockImplementation(next) {
          run = next;
          return mocked;
        },
        mockReset() {
          mock.calls.length = 0;
          run = undefined;
        },
        mockRestore() {},
      },
    );
    return mocked;
  },
  /** @param {Record<string, Callable>} object @param {string} name */
  spyOn(object, name) {
    const original = object[name],
      spy = jest.fn((...args) => original.apply(object, args));
    object[name] = spy;
    spy.mockRestore = () => {
      object[name] = original;
    };
    return spy;
  },
  /** Modules of the peer's inside are not here to be replaced. */
  unstable_mockModule() {},
};

/** @param {Hook} step */
async function perform({ body, timeout }) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing after ${timeout} ms`)), timeout);
  });
  try {
    await Promise.race([body(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Whether a test of a suite runs.
 * @param {Suite} at
 * @returns {boolean}
 */
const runs = (at) => !at.skip && at.entries.some((entry) => (entry.kind === 'test' ? !entry.skip : runs(entry)));

/**
 * Runs a suite. A hook that fails fails all tests below it, as in jest.
 * @param {Suite} at
 * @param {(ended: Ended) => void} report
 * @param {{ begin(level: number): void }} watch told when a level of suites, or a test in it, begins
 * @param {string[]} [path]
 * @param {Suite[]} [outer] the suites around it
 * @param {{ error?: unknown }} [failed] what failed in a suite around it
 */
export async function run(at, report, watch, path = [], outer = [], failed = {}) {
  const around = [...outer, at];
  watch.begin(outer.length);
  let broken = failed;
  if (!('error' in broken) && runs(at)) {
    for (const step of at.hooks.beforeAll) await perform(step).catch((error) => (broken = { error }));
  }
  for (const entry of at.entries) {
    const name = [...path, entry.name];
    if (entry.kind === 'suite') await run(entry, report, watch, name, around, broken);
    else if (entry.skip) report({ file: entry.file, path: name, skipped: true });
    else if ('error' in broken) report({ file: entry.file, path: name, error: broken.error });
    else {
      watch.begin(outer.length + 1);
      const steps = [...around.flatMap((s) => s.hooks.beforeEach), entry, ...around.flatMap((s) => s.hooks.afterEach)];
      try {
        for (const step of steps) await perform(step);
        report({ file: entry.file, path: name });
      } catch (error) {
        report({ file: entry.file, path: name, error: error ?? new Error('nothing thrown') });
      }
    }
  }
  for (const step of at.hooks.afterAll) await perform(step).catch(() => {});
}
