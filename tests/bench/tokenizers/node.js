// One tokenizer in Node: ours, @huggingface/tokenizers (JS) and Rust's `tokenizers` (npm's official binding, one
// thread) in turn in one process.
//   node tests/bench/tokenizers/node.js NAME [seconds]        prints one JSON line
import { createRequire } from 'node:module';
import { Tokenizer } from '../../../js/tokenizers/index.js';
import { textLines, tokenizerConfig, tokenizerJson } from '../../tokenizers/files.js';
import { differing, inTurn, javascript, ours } from './measure.js';

const [name, seconds = '12'] = process.argv.slice(2);
process.env.TOKENIZERS_PARALLELISM = 'false';
process.env.RAYON_NUM_THREADS = '1';
const bytes = tokenizerJson(name);
if (!bytes) throw new Error(`${name} is not on this machine`);
const file = JSON.parse(bytes.toString());
file.truncation = file.padding = null;
const json = JSON.stringify(file),
  jsonBytes = Buffer.from(json),
  config = tokenizerConfig(name);
const lines = textLines('prose');

/** @type {Untyped} */
const peer = await import('@huggingface/tokenizers');
const { Tokenizer: Rust } = createRequire(import.meta.url)('tokenizers');
/**
 * @param {Untyped} tokenizer
 * @returns {Promise<import('./measure.js').Work>}
 */
async function rust(tokenizer) {
  const lists = (await tokenizer.encodeBatch(lines)).map((/** @type {Untyped} */ e) => e.getIds());
  return {
    ids: async () => {
      for (const e of await tokenizer.encodeBatch(lines)) e.getIds();
    },
    'nothing read': async () => {
      for (const e of await tokenizer.encodeBatch(lines)) e.getLength();
    },
    offsets: async () => {
      for (const e of await tokenizer.encodeBatch(lines)) {
        e.getIds();
        e.getOffsets();
      }
    },
    decode: () => tokenizer.decodeBatch(lists, false),
  };
}

/** @type {Record<string, Json>} */
const made = {},
  refused = /** @type {Record<string, string>} */ ({});
// Loading comes first, while the process has loaded nothing. The input is the file's bytes, as they are fetched:
// JavaScript decodes and parses them, as Transformers.js does; Rust's binding gets a string.
const asIs = new Uint8Array(bytes),
  text = bytes.toString();
/** @type {Uint8Array | undefined} */
let form;
const load = await inTurn(
  {
    ours: {
      load: async () => {
        try {
          const tokenizer = await Tokenizer.fromJSON(asIs);
          form ??= tokenizer.toBinary();
          tokenizer.dispose();
        } catch (error) {
          refused.ours = String(error);
        }
      },
      binary: async () => {
        if (form) (await Tokenizer.fromBinary(form)).dispose();
      },
    },
    js: { load: () => new peer.Tokenizer(JSON.parse(new TextDecoder().decode(asIs)), config) },
    rust: { load: () => Rust.fromString(text) },
  },
  3,
);

/** @type {Record<string, import('./measure.js').Work>} */
const subjects = {};
if (!refused.ours) {
  made.ours = await Tokenizer.fromJSON(jsonBytes);
  subjects.ours = ours(made.ours, lines);
}
made.rust = Rust.fromString(json);
subjects.rust = await rust(made.rust);
const rustIds = (await made.rust.encodeBatch(lines)).map((/** @type {Untyped} */ e) => e.getIds());
try {
  made.js = new peer.Tokenizer(JSON.parse(json), config);
  const since = performance.now();
  for (const line of lines.slice(0, 100)) made.js.encode(line);
  // A peer that needs minutes for the whole text gets only its beginning.
  const few = performance.now() - since > 2000 ? lines.slice(0, 200) : lines;
  subjects.js = javascript(made.js, few);
  if (few !== lines) subjects.js.share = undefined;
  made.jsShare = few.join('\n').length / lines.join('\n').length;
} catch (error) {
  refused.js = String(error);
}
const times = await inTurn(subjects, Number(seconds));
const byLine = new Map(lines.map((line, i) => [line, rustIds[i]]));
const differ = {
  ours:
    made.ours &&
    differing(
      lines,
      (line) => made.ours.encodeIds([line], { padding: false, truncation: false }).ids,
      (line) => byLine.get(line),
    ),
  js:
    subjects.js &&
    differing(
      lines.slice(0, 500),
      (line) => made.js.encode(line).ids,
      (line) => byLine.get(line),
    ),
};
console.log(
  JSON.stringify({
    name,
    node: process.version,
    lines: lines.length,
    bytes: lines.reduce((n, l) => n + Buffer.byteLength(l), 0),
    jsShare: made.jsShare,
    fileBytes: asIs.length,
    formBytes: form?.length,
    load,
    times,
    differ,
    refused,
  }),
);
