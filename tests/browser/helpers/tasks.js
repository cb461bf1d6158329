// How much work a page gives its main thread, counted, so that the result is the same on every machine: the nodes that
// scripts add at a time, the objects that a task restyles and lays out (by Chromium's trace), and the steps of the
// page's own scripts (by V8's block coverage). The time of the longest task is reported, but no test depends on it.
// Not seen: the length of one call into the browser, such as a JSON.parse of megabytes.
// The trace's format: "Trace Event Format", complete events; the events are those of DevTools' performance panel.
import assert from 'node:assert/strict';

/**
 * @typedef {object} Task
 * @property {number} objects elements whose style was computed, and objects laid out
 * @property {number} ms the time that the thread itself spent on it
 * @property {string} by what took longest in it
 *
 * @typedef {object} Work
 * @property {number} nodes that scripts added to the page before they let it do something else, at most
 * @property {number} objects styled and laid out by one task, at most; how much is drawn at once depends on the speed
 *   of the machine, unless a test waits in between
 * @property {number} steps executions of blocks of the page's scripts (a function, a branch, a loop's body), in all
 * @property {(name: string) => number} calls how often functions of this name were called
 * @property {string} told all of this in words, for diagnostics and failures
 *
 * @typedef {{ name: string, cat: string, ph: string, pid: number, tid: number, ts: number, dur: number, tdur?: number,
 *   args: { elementCount?: number, beginData?: { dirtyObjects?: number } } }} TraceEvent
 * @typedef {{ functionName: string, ranges: { count: number }[] }} FunctionCoverage
 */

const CATEGORIES = ['-*', 'devtools.timeline', 'disabled-by-default-devtools.timeline', 'blink.user_timing'];
const BEGIN = 'record begins',
  END = 'record ends';

/**
 * Call it before the page is opened: V8 counts only in scripts that are compiled later.
 * @param {import('playwright-core').Page} page
 * @returns {Promise<() => Promise<() => Promise<Work>>>} begins to record; the function that this gives ends it
 */
export async function recorder(page) {
  const browser = /** @type {import('playwright-core').Browser} */ (page.context().browser());
  const session = await page.context().newCDPSession(page);
  await session.send('Profiler.enable');
  await session.send('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  await page.addInitScript(() => {
    window.nodes = 0;
    // Told at the end of each script's turn, before the page does anything else.
    new MutationObserver((records) => {
      const added = new Set();
      const add = (/** @type {Node} */ node) => {
        added.add(node);
        node.childNodes.forEach(add);
      };
      for (const { addedNodes } of records) addedNodes.forEach(add);
      window.nodes = Math.max(window.nodes, added.size);
    }).observe(document, { childList: true, subtree: true });
  });
  const counts = async () => (await session.send('Profiler.takePreciseCoverage')).result; // since it was last asked
  return async () => {
    await counts();
    await browser.startTracing(page, { categories: CATEGORIES });
    await page.evaluate((name) => {
      window.nodes = 0;
      performance.mark(name);
    }, BEGIN);
    return async () => {
      const nodes = await page.evaluate((name) => {
        performance.mark(name);
        return window.nodes;
      }, END);
      const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
      const { origin } = new URL(page.url());
      const own = (await counts()).filter(({ url }) => url.startsWith(origin));
      return workOf(
        tasksOf(traceEvents),
        nodes,
        own.flatMap(({ functions }) => functions),
      );
    };
  };
}

/**
 * @param {Task[]} tasks most objects first
 * @param {number} nodes
 * @param {FunctionCoverage[]} functions
 * @returns {Work}
 */
function workOf(tasks, nodes, functions) {
  const steps = functions.flatMap(({ ranges }) => ranges).reduce((sum, { count }) => sum + count, 0);
  const calls = (/** @type {string} */ name) =>
    functions.filter((one) => one.functionName === name).reduce((sum, { ranges }) => sum + ranges[0].count, 0);
  const slowest = [...tasks].sort((a, b) => b.ms - a.ms)[0];
  const told =
    `${steps} steps of scripts, ${calls('worker.onmessage')} messages; at most ${nodes} nodes added at a time, ` +
    `${tasks[0].objects} objects drawn (${tasks[0].by}); the slowest of ${tasks.length} tasks: ` +
    `${slowest.ms.toFixed(1)} ms (${slowest.by})`;
  return { objects: tasks[0].objects, steps, nodes, calls, told };
}

/**
 * @param {TraceEvent[]} events
 * @returns {Task[]}
 */
function tasksOf(events) {
  const mark = (/** @type {string} */ name) =>
    events.find((event) => event.name === name && event.cat === 'blink.user_timing');
  const begin = mark(BEGIN),
    end = mark(END);
  assert.ok(begin && end, 'the trace is not whole: its buffer was too small');
  // The process of the page, and its main thread; navigations within the server stay in it.
  assert.deepEqual([begin.pid, begin.tid], [end.pid, end.tid]);
  const own = events.filter(({ ph, pid, tid }) => ph === 'X' && pid === begin.pid && tid === begin.tid);
  const tasks = own.filter(({ name }) => name === 'RunTask').sort((a, b) => a.ts - b.ts);
  assert.ok(tasks.length > 0, 'no tasks in the trace');
  const parts = own.filter(({ name }) => name !== 'RunTask').sort((a, b) => a.ts - b.ts);
  let at = 0;
  return tasks
    .map((task) => {
      const inside = [];
      for (; at < parts.length && parts[at].ts <= task.ts + task.dur; at++)
        if (parts[at].ts >= task.ts) inside.push(parts[at]);
      const objects = inside.reduce(
        (sum, { args }) => sum + (args.elementCount ?? 0) + (args.beginData?.dirtyObjects ?? 0),
        0,
      );
      const by = inside
        .sort((a, b) => time(b) - time(a))
        .slice(0, 3)
        .map((part) => `${part.name} ${time(part).toFixed(1)}`)
        .join(', ');
      return { objects, ms: time(task), by };
    })
    .sort((a, b) => b.objects - a.objects);
}

/** @param {TraceEvent} event in ms; the clock's time where the trace lacks the thread's own, which is never more */
const time = ({ tdur, dur }) => (tdur ?? dur) / 1e3;
