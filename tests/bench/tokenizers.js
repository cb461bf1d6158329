// npm run bench:tokenizers: ours, @huggingface/tokenizers (JS) and Rust's `tokenizers` (npm's binding, one thread)
// on the same text in one run; prints the tables and, if nothing was left out, writes them to
// RESULTS-tokenizers.md.
//   npm run bench:tokenizers [-- --only=node,chromium,memory,size] [--names=minilm,gpt2] [--seconds=15]
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompressSync } from 'node:zlib';
import { ensureModel } from '../../models/fetch.js';
import { buildWasm } from '../../tools/build.js';
import { bundle } from '../../tools/bundle.js';
import { NODE } from '../../tools/run.js';
import { machine, save, say, table } from './report.js';
import { ELSEWHERE_HINT, tokenizerJson } from '../tokenizers/files.js';

const run = promisify(execFile);
const here = (/** @type {string} */ p) => fileURLToPath(new URL(p, import.meta.url));
const option = (/** @type {string} */ name) =>
  process.argv.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3);
const only = option('only')?.split(','),
  seconds = option('seconds') ?? '15';
const wanted = (/** @type {string} */ part) => !only || only.includes(part);
const OPTIONS = { maxBuffer: 1 << 24, cwd: here('../..') };
const json = async (/** @type {string[]} */ args) =>
  JSON.parse((await run(NODE, args, OPTIONS)).stdout.trim().split('\n').at(-1) ?? '');

/**
 * @type {[name: string, kind: string, title: string, ids: number, idsOver: 'both' | 'rust'][]} the goal for ids,
 *   and over whom
 */
const KINDS = [
  ['minilm', 'WordPiece', 'BERT (all-MiniLM-L6-v2)', 8, 'both'],
  ['gpt2', 'byte-level BPE', 'GPT-2', 8, 'both'],
  ['llama3', 'byte-level BPE', 'Llama-3', 8, 'both'],
  ['qwen3', 'byte-level BPE', 'Qwen3', 8, 'both'],
  ['gpt4o', 'byte-level BPE', 'GPT-4o', 8, 'both'],
  ['deepseek_v3', 'byte-level BPE', 'DeepSeek-V3', 8, 'both'],
  ['llama2', 'SentencePiece BPE', 'Llama-2', 8, 'both'],
  ['t5-small', 'Unigram', 'T5', 5, 'rust'],
];
const times = (/** @type {number} */ ratio) => (Number.isFinite(ratio) ? `${ratio.toFixed(1)}×` : '–');
const verdict = (/** @type {number} */ ratio, /** @type {number} */ goal) =>
  Number.isFinite(ratio) ? `≥ ${goal}× ${ratio >= goal ? 'met' : 'not met'}` : '';
const ms = (/** @type {number | undefined} */ t) => (t === undefined ? '–' : t.toFixed(t < 10 ? 1 : 0));

await buildWasm();
await bundle();
await ensureModel('sentence-transformers/all-MiniLM-L6-v2');
if (!existsSync(here('node_modules/tokenizers')))
  await run('npm', ['install', '--ignore-scripts'], { ...OPTIONS, cwd: here('.') });
const asked = option('names')?.split(',');
const names = KINDS.filter(([name]) => !asked || asked.includes(name));
const missing = names.filter(([name]) => !tokenizerJson(name)).map(([name]) => name);
const chosen = names.filter(([name]) => !missing.includes(name));

say('# Results of `npm run bench:tokenizers`\n');
say(`${machine()}. Text: tests/fixtures/text/prose.txt.gz, 3348 lines, 0.54 MB, in ten languages.`);
say(
  "Ours, @huggingface/tokenizers 0.2.0 (JS) and npm's `tokenizers` 0.23.2 (Rust, one thread) take turns in one " +
    'process; minima. MB/s of UTF-8.',
);
if (missing.length) say(`\nLeft out: ${missing.join(', ')} (${ELSEWHERE_HINT}).`);
say('');

async function node() {
  const encode = [],
    decode = [],
    load = [],
    first = [],
    broken = [];
  for (const [name, kind, title, goal, over] of chosen) {
    const r = await json([here('tokenizers/node.js'), name, seconds]).catch((error) => ({
      refused: {
        all: String(error.stderr ?? error)
          .trim()
          .split('\n')
          .find((l) => /Error/.test(l)),
      },
      times: {},
      load: {},
    }));
    for (const [who, why] of Object.entries(r.refused)) broken.push(`${title}, ${who}: ${why}`);
    if (!r.times.rust) continue;
    if (r.refused.ours) delete r.load.ours;
    const t = (/** @type {string} */ who, /** @type {string} */ what, way = 'best') =>
      r.times[who]?.[what] ? r.times[who][what][way] / (who === 'js' ? r.jsShare : 1) : NaN;
    const speed = (/** @type {number} */ time) => (Number.isFinite(time) ? (r.bytes / 1e3 / time).toFixed(1) : '–');
    const fastest = (/** @type {number[]} */ ...all) => Math.min(...all.filter(Number.isFinite));
    const rust = fastest(t('rust', 'ids'), t('rust', 'nothing read'));
    const base = over === 'rust' ? rust : fastest(t('js', 'ids'), rust);
    const ids = base / t('ours', 'ids'),
      offsets = fastest(t('rust', 'offsets')) / t('ours', 'offsets');
    encode.push([
      title,
      kind,
      speed(t('ours', 'ids')),
      speed(t('ours', 'ids, a call for each line')),
      speed(t('js', 'ids')),
      speed(t('rust', 'ids')),
      speed(t('rust', 'nothing read')),
      times(ids),
      verdict(ids, goal),
      speed(t('ours', 'offsets')),
      speed(t('rust', 'offsets')),
      times(offsets),
      verdict(offsets, 5),
      `${r.differ.ours ?? '–'} / ${r.differ.js ?? '–'}`,
    ]);
    const d = fastest(t('js', 'decode'), t('rust', 'decode')) / t('ours', 'decode');
    decode.push([
      title,
      speed(t('ours', 'decode')),
      speed(t('js', 'decode')),
      speed(t('rust', 'decode')),
      times(d),
      verdict(d, 5),
    ]);
    first.push([
      title,
      speed(t('ours', 'ids', 'first')),
      speed(t('js', 'ids', 'first')),
      speed(t('rust', 'ids', 'first')),
    ]);
    const l = (/** @type {string} */ who, /** @type {string} */ what, way = 'best') => r.load[who]?.[what]?.[way];
    const fromJson = l('js', 'load') / l('ours', 'load'),
      fromBinary = l('js', 'load') / l('ours', 'binary');
    load.push([
      title,
      (r.fileBytes / 1e6).toFixed(1),
      ms(l('ours', 'load')),
      ms(l('ours', 'load', 'first')),
      ms(l('ours', 'binary')),
      ms(l('js', 'load')),
      ms(l('js', 'load', 'first')),
      ms(l('rust', 'load')),
      times(fromJson),
      verdict(fromJson, 8),
      times(fromBinary),
      verdict(fromBinary, 50),
    ]);
  }
  say(`## Encoding, Node ${process.version}\n`);
  table(
    [
      'tokenizer',
      'kind',
      'ours, ids',
      'a call a line',
      'JS',
      'Rust, ids',
      'Rust, nothing read',
      'over the fastest',
      'goal',
      'ours, offsets',
      'Rust, offsets',
      'over Rust',
      'goal',
      'lines unlike Rust, ours / JS of 500',
    ],
    encode,
  );
  say('## Decoding\n');
  table(['tokenizer', 'ours', 'JS', 'Rust', 'over the fastest', 'goal'], decode);
  say('## The first pass over the text, ids: no cache is warm\n');
  table(['tokenizer', 'ours', 'JS', 'Rust'], first);
  say('## Loading a tokenizer.json, ms\n');
  say(
    'From the bytes of the file: ours reads them, JS decodes and parses them first, Rust gets a string. Nothing is ' +
      'fetched. Ours is then ready to encode; what decoding needs is made at the first decoding. "The very first" ' +
      'compiles our Wasm as well.\n',
  );
  table(
    [
      'tokenizer',
      'MB',
      'ours',
      'ours, the very first',
      'ours, binary form',
      'JS',
      'JS, the very first',
      'Rust',
      'JSON: JS is slower by',
      'goal',
      'binary: JS is slower by',
      'goal',
    ],
    load,
  );
  for (const line of broken) say(`- ${line}`);
  if (broken.length) say('');
}

async function chromium() {
  const r = await json([here('tokenizers/browser.js'), ...chosen.map(([name]) => name), `--seconds=${seconds}`]);
  say(`## Chromium ${r.browser}\n`);
  /** @type {(string | number)[][]} */
  const rows = [],
    broken = [];
  for (const row of r.rows) {
    const [, kind, title, goal] = /** @type {typeof KINDS[0]} */ (KINDS.find(([name]) => name === row.name));
    if (row.error) {
      broken.push([`${title}: ${row.error.split('\n')[0]}`]);
      continue;
    }
    const t = (/** @type {string} */ who, /** @type {string} */ what) =>
      (row.times[who]?.[what]?.best ?? NaN) / (who === 'js' ? row.jsShare : 1);
    const speed = (/** @type {number} */ time) => (Number.isFinite(time) ? (row.bytes / 1e3 / time).toFixed(1) : '–');
    const ids = t('js', 'ids') / t('ours', 'ids'),
      decode = t('js', 'decode') / t('ours', 'decode'),
      load = row.load.js.load.best / row.load.ours.load.best,
      binary = row.load.js.load.best / row.load.ours.binary.best;
    rows.push([
      title,
      kind,
      speed(t('ours', 'ids')),
      speed(t('js', 'ids')),
      times(ids),
      verdict(ids, goal),
      speed(t('ours', 'offsets')),
      speed(t('ours', 'decode')),
      speed(t('js', 'decode')),
      times(decode),
      verdict(decode, 5),
      ms(row.load.ours.load.best),
      ms(row.load.ours.binary.best),
      ms(row.load.js.load.best),
      times(load),
      times(binary),
    ]);
  }
  table(
    [
      'tokenizer',
      'kind',
      'ours, ids',
      'JS',
      'over JS',
      'goal',
      'ours, offsets',
      'ours, decode',
      'JS, decode',
      'over JS',
      'goal',
      'ours, load ms',
      'ours, binary ms',
      'JS, load ms',
      'JSON over JS',
      'binary over JS',
    ],
    rows,
  );
  for (const [line] of broken) say(`- ${line}`);
  if (broken.length) say('');
}

async function memory() {
  say(
    '## Memory of a loaded tokenizer, MB (a process each; heap with array buffers and Wasm, growth of the process)\n',
  );
  const rows = [],
    MB = (/** @type {Untyped} */ m, /** @type {string} */ key) => (m ? (m[key] / 1e6).toFixed(1) : '–');
  for (const [name, , title] of chosen) {
    const of = Object.fromEntries(
      await Promise.all(
        ['ours', 'js', 'rust'].map(async (who) => [
          who,
          await json(['--expose-gc', here('tokenizers/memory.js'), who, name]).catch(() => null),
        ]),
      ),
    );
    const ratio = of.ours && of.js ? of.ours.kept / of.js.kept : NaN;
    rows.push([
      title,
      MB(of.ours, 'kept'),
      MB(of.js, 'kept'),
      Number.isFinite(ratio) ? ratio.toFixed(2) : '–',
      name === 'llama3' && Number.isFinite(ratio) ? `≤ 1/3 ${ratio <= 1 / 3 ? 'met' : 'not met'}` : '',
      MB(of.ours, 'rss'),
      MB(of.js, 'rss'),
      MB(of.rust, 'rss'),
    ]);
  }
  table(['tokenizer', 'ours', 'JS', 'ours / JS', 'goal', 'process, ours', 'process, JS', 'process, Rust'], rows);
}

/**
 * The modules that js/tokenizers/index.js loads.
 * @param {string} file
 * @param {Set<string>} [found]
 */
function modules(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/^(?:import|export)[^'"]*from '(\.[^']+)'/gm))
    modules(fileURLToPath(new URL(specifier, `file://${file}`)), found);
  return found;
}
function size() {
  say('## Over the wire: `wasmformers/tokenizers` (brotli 11, kB)\n');
  const brotli = (/** @type {string} */ f) => brotliCompressSync(readFileSync(f)).length / 1000;
  const js = brotli(here('../../js/dist/tokenizers.js')),
    apart = [...modules(here('../../js/tokenizers/index.js'))].reduce((sum, f) => sum + brotli(f), 0);
  const wasm = brotli(here('../../js/wasm/tokenizers.wasm')),
    glue = brotli(here('../../js/wasm/tokenizers.js'));
  const dist = here('node_modules/@huggingface/tokenizers/dist');
  const peer = brotli(`${dist}/${readdirSync(dist).find((f) => f === 'tokenizers.min.mjs')}`);
  const sum = wasm + glue + js;
  table(
    [
      'Wasm',
      'glue',
      'JS, one file',
      'together',
      'goal',
      'JS as modules with their comments',
      '@huggingface/tokenizers, minified',
    ],
    [
      [
        wasm.toFixed(1),
        glue.toFixed(1),
        js.toFixed(1),
        sum.toFixed(1),
        `≤ 150 ${sum <= 150 ? 'met' : 'not met'}`,
        apart.toFixed(1),
        peer.toFixed(1),
      ],
    ],
  );
}

if (wanted('node')) await node();
if (wanted('chromium')) await chromium();
if (wanted('memory')) await memory();
if (wanted('size')) size();
if (!only && !asked) save(here('RESULTS-tokenizers.md'));
