// A Node process that does what its parent tells it (host.js): messages { id, call, args } come, { id, value |
// error } go.
import { readFileSync } from 'node:fs';
import { host, watchMemory } from './host.js';

const memory = watchMemory();
const peer = new URL('../node_modules/@huggingface/transformers/', import.meta.url);
const calls = /** @type {Record<string, (...args: Untyped[]) => Untyped>} */ (
  host(
    memory,
    {
      ours: () => import('../../../js/index.js'),
      async transformers() {
        // In Node, Transformers.js takes native ONNX Runtime unless another one lies under this symbol: here the Wasm
        // one that it has in browsers.
        const ort = await import(String(new URL('node_modules/onnxruntime-web/dist/ort.node.min.mjs', peer)));
        /** @type {Untyped} */ (globalThis)[Symbol.for('onnxruntime')] = ort;
        return import('@huggingface/transformers');
      },
    },
    () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
  )
);
/** The most that the process ever had in memory; the kernel counts it on Linux, Node elsewhere. */
calls.peak = () => {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
};
calls.version = () => process.version;
process.on('message', async (/** @type {Untyped} */ { id, call, args }) => {
  try {
    process.send?.({ id, value: await calls[call](...args) });
  } catch (error) {
    process.send?.({ id, error: String(/** @type {Untyped} */ (error)?.stack ?? error) });
  }
});
