// Names that only some of these programs see: packages that are installed for benchmarks alone, and what tests add to a
// page's window.

/** any: parsed JSON, whose shape the code that reads it knows. */
type Json = any;
/**
 * any: what a test or a benchmark looks at past its type: a part that types hide, a value that they forbid, a library
 * without types.
 */
type Untyped = any;

declare module '@huggingface/transformers';
declare module '@huggingface/tokenizers';
declare module 'onnxruntime-web';
declare module '/node_modules/*';

interface Window {
  /** Broken policies (tests/browser/helpers/browser.js). */
  violations: string[];
  /** tests/browser/helpers/tasks.js: the most nodes that were added at a time. */
  nodes: number;
  /** tests/browser/demo.test.js: texts of the progress, ids that had the focus, what the library reports. */
  seen: [string, string][];
  focused: string[];
  stats: import('wasmformers').PreTrainedModel['stats'];
  /** tests/browser/pages/library.js: runs a case in the page or in a worker. */
  run(where: string, name: string, argument: object): Promise<unknown>;
  /** tests/bench: what a page measured; ms of processor time that the page's processes took so far. */
  result: object;
  processorTime(): Promise<number>;
  measure(wish: import('./bench/large/measure.js').Wish): Promise<object>;
  lm: ReturnType<typeof import('./bench/lm/host.js').host>;
}
