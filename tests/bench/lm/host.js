// Runs one subject on demand, in a Node process or in a page: loads once, then generates in turn with the other
// processes and pages, so that the same conditions hold for all.
import { readLoop } from './read-loop.js';
import { subjects } from './subjects.js';

/**
 * Counts the bytes of all Wasm memories that are made from now on. A memory never shrinks, so its size is its peak.
 * @returns {() => number} bytes
 */
export function watchMemory() {
  /** @type {Set<WebAssembly.Memory>} */
  const seen = new Set();
  const keep = (/** @type {Untyped} */ exports) => {
    for (const value of Object.values(exports ?? {})) if (value instanceof WebAssembly.Memory) seen.add(value);
  };
  const { Memory, instantiate, instantiateStreaming, Instance } = WebAssembly;
  WebAssembly.Memory = new Proxy(Memory, {
    construct: (Target, args) => {
      const made = new Target(args[0]);
      seen.add(made);
      return made;
    },
  });
  WebAssembly.Instance = new Proxy(Instance, {
    construct: (Target, args) => {
      const made = new Target(args[0], args[1]);
      keep(made.exports);
      return made;
    },
  });
  for (const [name, original] of /** @type {[string, Untyped][]} */ (
    Object.entries({ instantiate, instantiateStreaming })
  )) {
    /** @type {Untyped} */ (WebAssembly)[name] = async (/** @type {Untyped[]} */ ...args) => {
      const made = await original.apply(WebAssembly, args);
      keep((made.instance ?? made).exports);
      return made;
    };
  }
  return () => [...seen].reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
}

/**
 * @param {() => number} memory
 * @param {Record<string, Json>} modules how the libraries are imported here
 * @param {() => number | Promise<number>} cpu ms of processor time so far
 */
export function host(memory, modules, cpu) {
  /** @type {import('./subjects.js').Subject | undefined} */
  let subject;
  return {
    /**
     * @param {string} who
     * @param {Untyped} place
     * @returns {Promise<number>} ms
     */
    async load(who, place) {
      const since = performance.now();
      subject = await subjects[who]({ ...place, modules });
      return performance.now() - since;
    },
    /**
     * Generates after a prompt: ms to the first token and from there to the last, of wall time and of processor time.
     * On a shared machine wall time includes what other programs take.
     * @param {import('./prompt.js').Prompt} prompt
     * @param {number} count
     */
    async run(prompt, count) {
      const used = [cpu()],
        at = [performance.now()];
      await subject?.generate(prompt, count, () => {
        at.push(performance.now());
        if (at.length === 2 || at.length === count + 1) used.push(cpu());
      });
      if (at.length !== count + 1) throw new Error(`${at.length - 1} tokens came instead of ${count}`);
      const [begun, first, last = first] = await Promise.all(used);
      return { first: at[1] - at[0], rest: at[count] - at[1], cpu: { first: first - begun, rest: last - first } };
    },
    /**
     * Logits of the prompt's last token.
     * @param {import('./prompt.js').Prompt} prompt
     * @returns {Promise<Untyped>}
     */
    async logits(prompt) {
      return subject?.top ? { top: await subject.top(prompt) } : { all: await subject?.logits?.(prompt) };
    },
    state: () => ({ memory: memory(), stats: subject?.stats() }),
    /**
     * GB/s of the plain read loop.
     * @param {number} ms
     */
    bandwidth: (ms) => readLoop(ms),
  };
}
