// What is measured of one model, the same way in a Node process and in a page: what estimate() says beforehand,
// loading, generating, and how long the thread was blocked meanwhile.
import { watchMemory } from '../lm/host.js';

const memory = watchMemory(); // before the library makes one

/**
 * The longest time that the event loop was blocked since the last call. In pages the browser reports tasks of 50 ms
 * and more (a timer would also wait for messages). Elsewhere a timer measures it, by processor time where that is less
 * than wall time (other programs had the processor).
 * @param {() => number | Promise<number>} cpu
 */
function watchLoop(cpu) {
  let longest = 0,
    last = performance.now(),
    used = cpu();
  if (globalThis.PerformanceObserver?.supportedEntryTypes.includes('longtask')) {
    const see = (/** @type {PerformanceEntryList} */ list) => {
      for (const { duration } of list) longest = Math.max(longest, duration);
    };
    const observer = new PerformanceObserver((list) => see(list.getEntries()));
    observer.observe({ type: 'longtask' });
    return {
      take: () => {
        see(observer.takeRecords());
        const most = longest;
        longest = 0;
        return most;
      },
      stop: () => observer.disconnect(),
    };
  }
  const tick = () => {
    const now = performance.now(),
      by = cpu();
    longest = Math.max(
      longest,
      Math.min(now - last, typeof by === 'number' && typeof used === 'number' ? by - used : Infinity),
    );
    last = now;
    used = by;
  };
  const timer = setInterval(tick, 2);
  return {
    take: () => {
      tick();
      const most = longest;
      longest = 0;
      return most;
    },
    stop: () => clearInterval(timer),
  };
}

/**
 * @typedef {{ id: string, dtype: string, env: Record<string, Json>, cacheDtype?: string, prompt: number, tokens:
 *   number, limit: number, pipeline?: boolean }} Wish limit: ids are below
 * @param {Untyped} lib
 * @param {Wish} wish
 * @param {() => number | Promise<number>} cpu ms of processor time so far
 * @param {() => number | Promise<number>} [syncCpu] the same, if asking takes no time
 */
export async function measure(
  lib,
  { id, dtype, env, cacheDtype, prompt, tokens, limit },
  cpu,
  syncCpu = () => Promise.resolve(0),
) {
  Object.assign(lib.env, env);
  const loop = watchLoop(syncCpu),
    { AutoModelForCausalLM, Tensor } = lib,
    round = (/** @type {number} */ ms) => Math.round(ms * 10) / 10;
  /** @type {Record<string, Json>} */
  const out = {};
  try {
    let since = performance.now(),
      used = await cpu();
    const asked = { dtype, max_length: prompt + tokens, ...(cacheDtype && { cache_dtype: cacheDtype }) };
    out.estimate = await AutoModelForCausalLM.estimate(id, asked);
    out.estimateMs = round(performance.now() - since);
    const before = memory();
    loop.take();
    since = performance.now();
    used = await cpu();
    const model = await AutoModelForCausalLM.from_pretrained(id, { dtype });
    out.loadMs = round(performance.now() - since);
    out.loadCpuMs = round((await cpu()) - used);
    out.loadBlockMs = round(loop.take());
    out.loadedBytes = memory() - before;
    const ids = (/** @type {number} */ n, /** @type {number} */ seed) =>
      new Tensor(
        'int64',
        BigInt64Array.from({ length: n }, (_, i) => BigInt(((i + 1) * 7919 * seed) % limit)),
        [1, n],
      );
    const run = async (/** @type {Untyped} */ input_ids, /** @type {number} */ count, more = {}) => {
      const used = [cpu()],
        at = [performance.now()];
      let first = true; // the first call brings the prompt
      const put = () => {
        if (first) return void (first = false);
        at.push(performance.now());
        if (at.length === 2 || at.length === count + 1) used.push(cpu());
      };
      const streamer = { put, end() {} };
      await model.generate(
        { input_ids },
        {
          max_new_tokens: count,
          min_new_tokens: count,
          do_sample: false,
          streamer,
          ...(cacheDtype && { cache_dtype: cacheDtype }),
          ...more,
        },
      );
      const [begun, then, last] = await Promise.all(used);
      return { first: at[1] - at[0], rest: at[count] - at[1], cpu: { first: then - begun, rest: last - then } };
    };
    await run(ids(8, 3), 4);
    loop.take();
    const one = await run(ids(prompt, 1), tokens);
    out.blockMs = round(loop.take());
    const again = await run(ids(prompt, 2), tokens);
    const best = (/** @type {(run: typeof one) => number} */ time, /** @type {number} */ count) =>
      Math.max(...[one, again].map((run) => (count / time(run)) * 1e3));
    out.prefill = { clock: best((run) => run.first, prompt), cpu: best((run) => run.cpu.first, prompt) };
    out.decode = { clock: best((run) => run.rest, tokens - 1), cpu: best((run) => run.cpu.rest, tokens - 1) };
    out.wasmBytes = memory() - before;
    out.stats = model.stats;
    const controller = new AbortController();
    since = performance.now();
    const long = run(ids(prompt, 5), 100000 > out.estimate.context ? 1000 : 4000, { signal: controller.signal }).catch(
      (error) => error,
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    since = performance.now();
    controller.abort();
    out.abortedWith = String(/** @type {Untyped} */ (await long)?.name);
    out.abortMs = round(performance.now() - since);
    await model.dispose();
  } finally {
    loop.stop();
  }
  return out;
}
