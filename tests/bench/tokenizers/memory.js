// Memory that one loaded tokenizer keeps, in a process of its own: the JS heap with array buffers and Wasm memory after
// a collection, and the growth of the process.
//   node --expose-gc tests/bench/tokenizers/memory.js ours|js|rust NAME        prints one JSON line
import { createRequire } from 'node:module';
import { tokenizerConfig, tokenizerJson } from '../../tokenizers/files.js';

const [who, name] = process.argv.slice(2);
const { Tokenizer } = await import('../../../js/tokenizers/index.js');
/** @type {Untyped} */
const peer = await import('@huggingface/tokenizers');
const { Tokenizer: Rust } = createRequire(import.meta.url)('tokenizers');
const bytes = () => {
  const found = tokenizerJson(name);
  if (!found) throw new Error(`${name} is not on this machine`);
  return found;
};
const collect = async () => {
  for (let i = 0; i < 6; i++) {
    /** @type {Untyped} */ (globalThis).gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage();
};
// A small tokenizer first, so that code and the Wasm instance are not counted for the measured one.
const tiny = tokenizerJson('wordlevel-digits')?.toString() ?? '';
if (who === 'ours') (await Tokenizer.fromJSON(tiny)).dispose();
else if (who === 'js') new peer.Tokenizer(JSON.parse(tiny), {});
else Rust.fromString(tiny);

const before = await collect();
const made =
  who === 'ours'
    ? await Tokenizer.fromJSON(bytes())
    : who === 'js'
      ? new peer.Tokenizer(JSON.parse(bytes().toString()), tokenizerConfig(name))
      : Rust.fromString(bytes().toString());
const after = await collect();
const kept = after.heapUsed + after.external - before.heapUsed - before.external;
console.log(JSON.stringify({ who, name, kept, rss: after.rss - before.rss, alive: typeof made }));
