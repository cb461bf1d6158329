// Models of well-known sizes: the shapes and files of their repositories on the Hub, with random weights that this
// script makes in the user's cache (1 to 6.4 GB each, announced). Measures loading, memory against estimate(), speed,
// and how long the thread is blocked; prints a table and, with --save, writes it to RESULTS-large.md.
//   node tests/bench/large.js [--shape=llama-3.2-1b,qwen3-0.6b,gemma-3-1b] [--dtype=q8,q4]
//                             [--place=node20,node24,chromium]
//     [--visits=2] [--quota=BYTES] [--prompt=512] [--tokens=32] [--cache-dtype=q8] [--shards=N] [--forget] [--save]
// In Chromium the files come from a server, as from the Hub: the first visit puts them into the Cache API, the second
// one (--visits=2) has no network. --quota limits what the page may store. --forget deletes the models at the end.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { buildWasm } from '../../tools/build.js';
import { NODE } from '../../tools/run.js';
import { serve } from '../../tools/serve.js';
import { ensureChromium } from '../../tools/toolchain.js';
import { SHAPES, bytesOf, ensureShape } from './large/shapes.js';
import { FLAGS } from '../browser/helpers/flags.js';
import { renderers } from './lm/places.js';
import { machine, save, say, table } from './report.js';

const here = (/** @type {string} */ p) => fileURLToPath(new URL(p, import.meta.url));
const option = (/** @type {string} */ name, /** @type {string} */ fallback) =>
  process.argv.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback;
const list = (/** @type {string} */ name, /** @type {string} */ fallback, /** @type {string[]} */ known) =>
  option(name, fallback)
    .split(',')
    .map((one) => {
      if (!known.includes(one)) throw new Error(`--${name}=${one}: there are ${known.join(', ')}`);
      return one;
    });
const shapes = list('shape', 'llama-3.2-1b,qwen3-0.6b,gemma-3-1b', Object.keys(SHAPES)),
  dtypes = list('dtype', 'q8,q4', ['q8', 'q4', 'fp16', 'fp32']),
  places = list('place', 'node20,node24,chromium', ['node20', 'node24', 'chromium']);
const cacheDtype = option('cache-dtype', ''),
  visits = Number(option('visits', '1')),
  quota = Number(option('quota', '0')),
  shards = Number(option('shards', '0'));
const MB = (/** @type {number} */ bytes) => Math.round(bytes / 1e6),
  speed = (/** @type {Untyped} */ { clock, cpu }) =>
    cpu ? `${clock.toPrecision(3)} (${cpu.toPrecision(3)})` : clock.toPrecision(3);

/**
 * @param {string} node
 * @param {import('./large/measure.js').Wish} wish
 * @returns {Untyped[]}
 */
const inNode = (node, wish) => [
  JSON.parse(
    execFileSync(node, [here('large/child.js'), JSON.stringify(wish)], {
      encoding: 'utf8',
      maxBuffer: 1 << 24,
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  ),
];

/**
 * @param {string} root
 * @param {import('./large/measure.js').Wish} wish
 */
async function inChromium(root, wish) {
  const server = await serve({
    mounts: { '': here('large/page'), large: here('large'), lm: here('lm'), js: here('../../js'), repositories: root },
  });
  // A profile on the disk: a private window would keep the files in memory.
  const profile = mkdtempSync(path.join(os.tmpdir(), 'wasmformers-large-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: await ensureChromium(),
    args: FLAGS,
  });
  const out = [];
  try {
    for (let visit = 1; visit <= visits; visit++) {
      const page = await context.newPage(),
        browser = /** @type {import('playwright-core').Browser} */ (context.browser());
      await page.goto(server.url);
      await page.waitForFunction("document.title === 'READY'");
      if (quota)
        await (await context.newCDPSession(page)).send('Storage.overrideQuotaForOrigin', {
          origin: server.url,
          quotaSize: quota,
        });
      const shown = await renderers(browser);
      await page.exposeFunction('processorTime', () => shown.time());
      if (visit > 1) await page.route(/\/repositories\//, (route) => route.abort());
      const env = { remoteHost: server.url, remotePathTemplate: 'repositories/{model}/', allowLocalModels: false };
      const figures = await page.evaluate((asked) => window.measure(asked), /** @type {Untyped} */ ({ ...wish, env }));
      out.push({
        ...figures,
        peak: shown.peak(),
        name: `Chromium ${browser.version()}${visit > 1 ? ', again, offline' : ''}`,
      });
      await page.close();
    }
  } finally {
    await context.close();
    await server.close();
    rmSync(profile, { recursive: true, force: true });
  }
  return out;
}

if (!process.argv.includes('--built')) await buildWasm();
say('# Results of `node tests/bench/large.js`\n');
say(`${machine()}. Shapes of real models, random weights in bf16, one thread.`);
const prompt = Number(option('prompt', '512')),
  tokens = Number(option('tokens', '32'));
say(
  `A prompt of ${prompt} tokens, then ${tokens} new ones, greedy; the better of two runs; a cache of that size in ` +
    `${cacheDtype || 'f16'}. Tokens per second of wall time, in brackets of processor time.`,
);
say(
  'Held: the longest time that the event loop was blocked, while loading and while generating (in Node, processor ' +
    'time where that is less). Memory in MB: what `estimate()` said beforehand, the peak of Wasm, the peak of the ' +
    'process; the goal for Wasm is 1.25 × weights + cache + 32 MB.\n',
);
for (const shape of shapes) {
  const { root, id } = await ensureShape(shape, shards || undefined),
    rows = [];
  say(`## ${shape}, ${(bytesOf(SHAPES[shape]) / 1e9).toFixed(2)} GB, vocabulary ${SHAPES[shape].config.vocab_size}\n`);
  for (const place of places) {
    for (const dtype of dtypes) {
      const limit = Math.min(120_000, SHAPES[shape].config.vocab_size);
      const wish = {
        id,
        dtype,
        cacheDtype,
        prompt,
        tokens,
        limit,
        env: { localModelPath: root, allowRemoteModels: false },
      };
      for (const f of place === 'chromium'
        ? await inChromium(root, wish)
        : inNode(place === 'node24' ? here('../../node_modules/node24/bin/node') : NODE, wish)) {
        const goal = 1.25 * f.estimate.weights + f.estimate.cache + 32e6;
        rows.push([
          f.name,
          dtype,
          `${(f.loadMs / 1e3).toFixed(1)} (${(f.loadCpuMs / 1e3).toFixed(1)})`,
          `${Math.round(f.loadBlockMs)} / ${Math.round(f.blockMs)}`,
          speed(f.prefill),
          speed(f.decode),
          `${MB(f.estimate.weights)} + ${MB(f.estimate.cache)}`,
          MB(f.estimate.memory),
          `${MB(f.wasmBytes)}${f.wasmBytes > goal ? ` > ${MB(goal)}` : ''}`,
          MB(f.peak),
          `${f.abortMs}`,
        ]);
        console.log(rows.at(-1)?.join(' | '), f.kept ? `kept: ${f.kept.join(' ')}` : '');
      }
    }
  }
  say('');
  table(
    [
      '',
      'dtype',
      'load, s',
      'held, ms',
      'prefill, tokens/s',
      'decode, tokens/s',
      'weights + cache',
      'estimate',
      'Wasm',
      'process',
      'abort, ms',
    ],
    rows,
  );
  if (process.argv.includes('--forget')) rmSync(path.join(root, id), { recursive: true });
}
if (process.argv.includes('--save')) save(here('RESULTS-large.md'));
