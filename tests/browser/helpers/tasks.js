// How long the tasks of a page's main thread are, in the time that the thread itself had the processor (a trace's
// tdur): what other programs of the machine take from it makes a task longer by the clock, and not by this. The
// trace's format: "Trace Event Format", complete events, by Chromium's tracing; the events of a task are those of
// DevTools' performance panel.
import assert from 'node:assert/strict';

/**
 * @typedef {{ ms: number, at: number, by: string }} Task ms: the thread's time; at: since the record began; by:
 *   what took longest in it
 */

const CATEGORIES = ['-*', 'devtools.timeline', 'disabled-by-default-devtools.timeline', 'blink.user_timing'];
/** Longer than this, and a person may notice (the Long Tasks API's own bound). */
export const LONG = 50;

/**
 * Records until the answer is called; it gives the tasks, the longest first.
 * @param {import('playwright-core').Page} page
 * @returns {Promise<() => Promise<Task[]>>}
 */
export async function record(page) {
  const browser = /** @type {import('playwright-core').Browser} */ (page.context().browser());
  await browser.startTracing(page, { categories: CATEGORIES });
  await page.evaluate(() => {
    performance.mark('record begins');
  });
  return async () => {
    await page.evaluate(() => {
      performance.mark('record ends');
    });
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
    return tasksOf(traceEvents);
  };
}

/**
 * @param {any[]} events
 * @returns {Task[]}
 */
function tasksOf(events) {
  const mark = (/** @type {string} */ name) =>
    events.find((event) => event.name === name && event.cat === 'blink.user_timing');
  const begin = mark('record begins'),
    end = mark('record ends');
  assert.ok(begin && end, 'the trace is not whole: its buffer was too small');
  // The process of the page, and its main thread; navigations within the server stay in it.
  assert.deepEqual([begin.pid, begin.tid], [end.pid, end.tid]);
  const own = events.filter((event) => event.ph === 'X' && event.pid === begin.pid && event.tid === begin.tid);
  const tasks = own.filter((event) => event.name === 'RunTask');
  assert.ok(
    tasks.length && tasks.filter(({ tdur }) => tdur >= 0).length > 0.9 * tasks.length,
    'no time of the thread in the trace',
  );
  // Where a task lacks it, the clock's time, which is never less.
  for (const task of tasks) task.tdur ??= task.dur;
  return tasks
    .sort((a, b) => b.tdur - a.tdur)
    .map(({ ts, dur, tdur }, rank) => {
      // Only of the longest it is looked up what they did.
      const parts =
        rank < 10
          ? own.filter((event) => event.name !== 'RunTask' && event.ts >= ts && event.ts + event.dur <= ts + dur)
          : [];
      const by = parts
        .filter((part) => part.tdur > 0)
        .sort((a, b) => b.tdur - a.tdur)
        .slice(0, 3)
        .map((part) => `${part.name} ${(part.tdur / 1e3).toFixed(1)}`)
        .join(', ');
      return { ms: tdur / 1e3, at: (ts - begin.ts) / 1e3, by };
    });
}

/**
 * @param {Task[]} tasks
 * @param {number} [count]
 */
export const longest = (tasks, count = 3) =>
  `${tasks.length} tasks; the longest: ${tasks
    .slice(0, count)
    .map(({ ms, by }) => `${ms.toFixed(1)} ms (${by})`)
    .join('; ')}`;
