// How fast encoding is, roughly: MiniLM's tokenizer over prose, line by line in one batch. Strings in, typed arrays
// out; the best of several runs.
//   node tests/bench/tokenizers-quick.mjs [file.txt]
import { readFileSync } from 'node:fs';
import { Tokenizer } from '../../js/tokenizers/index.js';
import { cachePath } from '../../tools/cache.js';

const file = process.env.TEST_TOKENIZER ?? cachePath('models', 'sentence-transformers', 'all-MiniLM-L6-v2') + '/tokenizer.json';
const json = readFileSync(file);
let start = performance.now();
const tokenizer = await Tokenizer.fromJSON(json);
console.log(`load             ${(performance.now() - start).toFixed(1)} ms`);
const text = process.argv[2] ? readFileSync(process.argv[2], 'utf8') : 'It was a bright cold day in April, and the clocks were striking thirteen; nobody was embarrassed.\n'.repeat(6000);
const lines = text.split('\n'), bytes = Buffer.byteLength(text);
const plain = { padding: false, truncation: false };

function best(name, f) {
  let ms = Infinity;
  for (let i = 0; i < 9; i++) {
    start = performance.now();
    f();
    ms = Math.min(ms, performance.now() - start);
  }
  console.log(`${name.padEnd(16)} ${(bytes / 1e3 / ms).toFixed(1)} MB/s`);
}
best('ids', () => tokenizer.encodeIds(lines, plain));
best('ids, one by one', () => { for (const line of lines) tokenizer.encodeIds([line], plain); });
best('with offsets', () => tokenizer.encodeBatch(lines, plain));
const { ids, starts } = tokenizer.encodeIds(lines, plain);
const lists = lines.map((_, i) => ids.subarray(starts[i], starts[i + 1]));
best('decode', () => tokenizer.decodeBatch(lists));
