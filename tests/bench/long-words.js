// A megabyte without a space must take time in proportion to its length, not to the square of it: encodes a text of
// 1 MB and a quarter of it, for each kind of model, in Wasm. A ratio of 4 is proportional.
//   node tests/bench/long-words.js [--bytes=1000000] [--rounds=3]
import { Tokenizer } from '../../js/tokenizers/index.js';
import { random } from '../tokenizers/generate.js';
import { KINDS, textLines, tokenizerJson } from '../tokenizers/files.js';

const option = (/** @type {string} */ name, /** @type {number} */ fallback) =>
  Number(process.argv.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback);
const bytes = option('bytes', 1_000_000),
  rounds = option('rounds', 3),
  r = random(7);
const letters = textLines('prose')
    .join('')
    .replaceAll(/[^a-zäöüß]/gi, ''),
  han =
    textLines('scripts')
      .join('')
      .replaceAll(/[^\p{Script=Han}]/gu, '') || '中文字';
const fill = (/** @type {string} */ unit, /** @type {number} */ size) =>
  unit
    .repeat(Math.ceil(size / Buffer.byteLength(unit)))
    .slice(0, Math.ceil(size / (Buffer.byteLength(unit) / unit.length)));
/** @type {Record<string, (size: number) => string>} */
const WORDS = {
  'one letter': (size) => 'a'.repeat(size),
  'letters of prose': (size) => fill(letters, size),
  'random letters': (size) => Array.from({ length: size }, () => String.fromCharCode(97 + r(26))).join(''),
  Han: (size) => fill(han, size),
  emoji: (size) => '👍🏽'.repeat(size / 8),
  signs: (size) => '=-'.repeat(size / 2),
  spaces: (size) => ' '.repeat(size),
};

console.log(`| tokenizer | ${Object.keys(WORDS).join(' | ')} |\n|---|${'--:|'.repeat(Object.keys(WORDS).length)}`);
for (const name of [
  ...KINDS.WordPiece.slice(0, 1),
  'gpt2',
  'llama3',
  'qwen3',
  'gpt4o',
  'clip',
  'llama2',
  'bpe-metaspace-never',
  ...KINDS.Unigram,
  ...KINDS.WordLevel,
]) {
  const json = tokenizerJson(name);
  if (!json) continue;
  const tokenizer = await Tokenizer.fromJSON(json),
    cells = [];
  const options = { truncation: false, padding: false };
  for (const make of Object.values(WORDS)) {
    const texts = [make(bytes / 4), make(bytes)].map((text) => [text]);
    const best = texts.map((text) =>
      Math.min(
        ...Array.from({ length: rounds }, () => {
          const began = performance.now();
          tokenizer.encodeIds(text, options);
          return performance.now() - began;
        }),
      ),
    );
    cells.push(`${best[1].toFixed(0)} (${(best[1] / best[0]).toFixed(1)} ×)`);
  }
  console.log(`| ${name} | ${cells.join(' | ')} |`);
  tokenizer.dispose();
}
console.log(
  `\nms for ${bytes} bytes, the least of ${rounds} runs; in brackets, against a quarter of the bytes. ` +
    `Node ${process.versions.node}`,
);
