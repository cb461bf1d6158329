// npm run bench: ours and the peers side by side on this machine; prints the tables and writes them to RESULTS.md.
//   npm run bench [-- --only=encoders,browser,quality,size]
// The peers come from package.json in this folder; their ONNX files are made with Python from the same checkpoint.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensureModel } from '../../models/fetch.js';
import { buildWasm } from '../../tools/build.js';
import { bundle } from '../../tools/bundle.js';
import { cachePath } from '../../tools/cache.js';
import { NODE } from '../../tools/run.js';
import { PAGES, brotli, pageParts } from '../js/helpers/sizes.js';
import { machine, save, say, table } from './report.js';

const run = promisify(execFile);
const here = (/** @type {string} */ p) => fileURLToPath(new URL(p, import.meta.url));
const only = process.argv
  .find((a) => a.startsWith('--only='))
  ?.slice(7)
  .split(',');
const wanted = (/** @type {string} */ part) => !only || only.includes(part);
const NODE24 = here('../../node_modules/node24/bin/node');
const MODEL = 'sentence-transformers/all-MiniLM-L6-v2';
const OPTIONS = { maxBuffer: 1 << 24, cwd: here('../..') };

async function setUp() {
  await buildWasm();
  await bundle();
  await ensureModel(MODEL);
  if (!existsSync(NODE24)) await run('npm', ['ci'], { ...OPTIONS });
  if (!existsSync(here('node_modules')))
    await run('npm', ['install', '--ignore-scripts'], { ...OPTIONS, cwd: here('.') });
  const onnx = cachePath('bench', 'onnx', 'Xenova', 'all-MiniLM-L6-v2');
  if (!existsSync(path.join(onnx, 'onnx', 'model_quantized.onnx'))) {
    const venv = cachePath('bench', 'venv');
    console.log('  making the ONNX files of the checkpoint');
    await mkdir(path.join(onnx, 'onnx'), { recursive: true });
    await run('python3', ['-m', 'venv', venv]);
    await run(path.join(venv, 'bin', 'pip'), ['-q', 'install', 'onnx', 'onnxruntime', 'safetensors', 'numpy'], OPTIONS);
    await run(
      path.join(venv, 'bin', 'python'),
      [here('make_onnx.py'), cachePath('models', MODEL), path.join(onnx, 'onnx')],
      OPTIONS,
    );
    for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json']) {
      writeFileSync(path.join(onnx, file), readFileSync(cachePath('models', MODEL, file)));
    }
  }
  return { root: cachePath('bench', 'onnx'), folder: path.join(onnx, 'onnx') };
}

const ms = (/** @type {number} */ t) => t.toFixed(t < 100 ? 1 : 0);
const json = async (/** @type {string} */ node, /** @type {string[]} */ args) =>
  JSON.parse((await run(node, args, OPTIONS)).stdout.trim().split('\n').at(-1) ?? '');

/** @type {Record<string, number[]>} */
const GOALS = { 'q8 relaxed': [2.5, 2.5], 'q8 simd': [1.3, 1.3], 'fp32 simd': [1.3, 1.3], 'fp32 relaxed': [1.7, 1.7] };

async function encoders(/** @type {string} */ folder) {
  say('## MiniLM-L6 forward pass, one thread, against ONNX Runtime Web 1.30.0 in the same process (minima, ms)\n');
  const rows = [];
  for (const node of [NODE, NODE24]) {
    const r = await json(node, [here('encoders.js'), folder]);
    for (const { dtype, shape, ours, peer, ratio } of r.rows) {
      const goal = shape === '1×16' ? '' : `≥ ${GOALS[`${dtype} ${r.variant}`][0]}×`;
      rows.push([
        `${r.node} (${r.variant}, ${r.int8Dot})`,
        dtype,
        shape,
        ms(ours),
        ms(peer),
        `${ratio.toFixed(2)}×`,
        goal,
      ]);
    }
  }
  table(['Node (variant, int8 product)', 'dtype', 'batch × tokens', 'ours', 'ORT Web', 'ours is', 'goal'], rows);
}

async function browser(/** @type {string} */ root) {
  const r = await json(NODE, [here('cold-start.js'), root]);
  say(
    `## Chromium ${r['ours q8'].browser}, files on localhost, empty profile: ` +
      'page opened → first embedding (minima, ms)\n',
  );
  const goal = { 'ours q8': '', 'peer q8': '≥ 3×', 'peer fp32': '≥ 3.5×', 'ours fp32': '' };
  table(
    ['', 'code imported', 'model loaded', 'first embedding', 'ours q8 is', 'goal', 'one sentence', 'eight texts'],
    Object.entries(r).map(([name, v]) => [
      name.replace('peer', 'Transformers.js 4.3.1').replace('ours', 'wasmformers'),
      ms(v.imported),
      ms(v.loaded),
      ms(v.embedded),
      name.startsWith('peer') ? `${(v.embedded / r['ours q8'].embedded).toFixed(2)}×` : '',
      goal[/** @type {'ours q8'} */ (name)],
      ms(v.one),
      ms(v.eight),
    ]),
  );
}

async function quality() {
  say('## What 8 bits cost: STS-B development set, q8 against fp32\n');
  const rows = [];
  for (const node of [NODE, NODE24]) {
    const r = await json(node, [here('quality.js')]);
    rows.push([
      `${r.node} (${r.variant}, ${r.int8Dot})`,
      r.meanCosine.toFixed(5),
      r.worstCosine.toFixed(4),
      r.spearmanFp32.toFixed(2),
      r.spearmanQ8.toFixed(2),
    ]);
  }
  table(['', 'mean cosine (goal ≥ 0.998)', 'worst (≥ 0.99)', 'Spearman × 100, fp32', 'q8 (within 0.1)'], rows);
}

/** As tests/js/package/size.test.js counts them, whose budgets are the goals. */
async function size() {
  say('## Over the wire (brotli 11, kB)\n');
  const kB = (/** @type {number} */ bytes) => (bytes / 1000).toFixed(1);
  const oneFile = await brotli(['dist/wasmformers.js']),
    rows = [];
  for (const [kind, { program, limit }] of Object.entries(PAGES)) {
    for (const variant of ['simd', 'relaxed']) {
      const parts = await pageParts(/** @type {keyof typeof PAGES} */ (kind), variant);
      const sum = Object.values(parts).reduce((a, b) => a + b);
      const { [program]: engine, tokenizers, glue, modules } = parts;
      rows.push([
        `${kind}, ${variant}`,
        ...[engine, tokenizers, glue, modules, sum].map(kB),
        `≤ ${limit / 1000}`,
        kB(sum - modules + oneFile),
      ]);
    }
  }
  table(
    ['a page that', 'program', 'tokenizers', 'glue', 'modules', 'together', 'budget', 'with the library in one file'],
    rows,
  );
}

const onnx = await setUp();
say('# Results\n');
say(`Made by \`npm run bench\`: ${machine()}.`);
say('Each table is one run in which ours and the peers take turns, so that the same conditions hold for both.\n');
if (wanted('encoders')) await encoders(onnx.folder);
if (wanted('browser')) await browser(onnx.root);
if (wanted('quality')) await quality();
if (wanted('size')) await size();
if (!only) save(here('RESULTS.md'));
