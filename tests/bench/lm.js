// npm run bench:lm: ours, Transformers.js (onnxruntime-web) and wllama side by side, one thread each, on SmolLM2-135M's
// shape with random weights that this script makes; prints the tables and, if nothing was left out, writes
// RESULTS-lm.md.
//   npm run bench:lm [-- --only=node20,node24,chromium,ours,transformers,wllama,q8,q4] [--rounds=3] [--tokens=64]
// --only names places, subjects and dtypes; where it names none of a kind, all of that kind run. wllama runs in
// browsers only.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildWasm } from '../../tools/build.js';
import { NODE, run } from '../../tools/run.js';
import { fidelity } from './lm/fidelity.js';
import { goals, ratios } from './lm/goals.js';
import { nodePlace, pagePlace, pageServer } from './lm/places.js';
import { ID, setUp } from './lm/setup.js';
import { machine, save, say, table } from './report.js';

const here = (/** @type {string} */ p) => fileURLToPath(new URL(p, import.meta.url));
const option = (/** @type {string} */ name) =>
  process.argv.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3);
const only = option('only')?.split(',') ?? [];
const ROUNDS = Number(option('rounds') ?? 3),
  TOKENS = Number(option('tokens') ?? 64),
  SHORT = 32,
  LONG = 512;
const PLACES = ['node20', 'node24', 'chromium'],
  SUBJECTS = ['ours', 'transformers', 'wllama'],
  DTYPES = ['q8', 'q4'];
for (const name of only)
  if (![...PLACES, ...SUBJECTS, ...DTYPES].includes(name))
    throw new Error(`--only=${name}: there are ${[...PLACES, ...SUBJECTS, ...DTYPES].join(', ')}`);
const chosen = (/** @type {string[]} */ all) =>
  all.some((name) => only.includes(name)) ? all.filter((name) => only.includes(name)) : all;
const NODE24 = here('../../node_modules/node24/bin/node');
const TITLES = { ours: 'wasmformers', transformers: 'Transformers.js 4.3.1', wllama: 'wllama 3.8.1' };

/**
 * @typedef {{ clock: number, cpu: number }} Speed tokens per second: of wall time, of processor time
 * @typedef {{ place: string, who: keyof TITLES, dtype: string, load: number, prefill: Speed, short: Speed, long:
 *   Speed, peak: number, memory: number, stats: Untyped, fidelity: string, share: number[] }} Figures
 */

if (chosen(SUBJECTS).includes('ours')) await buildWasm();
if (chosen(PLACES).includes('node24') && !existsSync(NODE24)) await run('npm', ['ci']);
const files = await setUp();
const server = await pageServer({ models: files.models, hub: files.hub, gguf: files.gguf });

say('# Results of `npm run bench:lm`\n');
say(`${machine()}. SmolLM2-135M's shape, random weights, one thread.`);
const rounds = ROUNDS === 1 ? 'one round' : `the best of ${ROUNDS} rounds`;
say(
  `Prompts of ${SHORT} and ${LONG} tokens, then ${TOKENS} new ones, greedy. All subjects of a place are loaded at ` +
    `the same time, each in a process or browser of its own, and take turns once they are warm; ${rounds}.`,
);
say(
  'Tokens per second of wall time; in brackets of processor time (all threads), which other work on the machine ' +
    'hardly changes.\n',
);

/**
 * @param {string} place
 * @param {string} who
 */
const open = (place, who) =>
  place === 'chromium'
    ? pagePlace(server.url)
    : nodePlace(place === 'node24' ? NODE24 : NODE, {
        ours: `${files.models}/`,
        transformers: `${files.hub}/`,
        [who]: who === 'ours' ? `${files.models}/` : `${files.hub}/`,
      });
/**
 * @param {Speed | undefined} known
 * @param {number} tokens
 * @param {number} ms
 * @param {number} cpu
 * @returns {Speed}
 */
const better = (known, tokens, ms, cpu) => ({
  clock: Math.max(known?.clock ?? 0, (tokens / ms) * 1e3),
  cpu: Math.max(known?.cpu ?? 0, cpu > 0 ? (tokens / cpu) * 1e3 : 0),
});

/**
 * All subjects of one place.
 * @param {string} place
 */
async function measure(place) {
  const wanted = chosen(SUBJECTS)
    .filter((who) => who !== 'wllama' || place === 'chromium')
    .flatMap((who) => chosen(DTYPES).map((dtype) => ({ who: /** @type {keyof TITLES} */ (who), dtype })));
  const reader = await open(place, 'ours');
  let bandwidth = 0;
  /** @type {{ at: import('./lm/places.js').Place, figures: Figures }[]} */
  const running = [];
  /** @type {string[]} */
  const missing = [];
  /**
   * @param {import('./lm/places.js').Place} at
   * @param {keyof TITLES} who
   * @param {string} dtype
   * @param {Untyped} error
   */
  const leave = async (at, who, dtype, error) => {
    missing.push(
      `${at.name}, ${TITLES[who]} ${dtype}: ${String(error?.message ?? error)
        .replace(/^.*?MISSING: /s, '')
        .split('\n')
        .filter((line) => !/^\s+at /.test(line))
        .slice(0, 3)
        .join(' ')}`,
    );
    console.log(`  ${missing.at(-1)}`);
    await at.close();
  };
  for (const { who, dtype } of wanted) {
    const at = await open(place, who);
    try {
      const load = await at.call('load', who, {
        ...at.place,
        models: at.folders[who],
        id: who === 'ours' ? files.id : ID,
        dtype: who === 'wllama' ? `${dtype}_0` : dtype,
      });
      await at.call('run', files.prompt(SHORT), 8); // until the code is optimized
      running.push({
        at,
        figures: /** @type {Figures} */ ({ place: at.name, who, dtype, load, share: /** @type {number[]} */ ([]) }),
      });
      console.log(`  ${at.name}, ${TITLES[who]} ${dtype}: loaded in ${(load / 1e3).toFixed(1)} s`);
    } catch (error) {
      await leave(at, who, dtype, error);
    }
  }
  for (let round = 1; round <= ROUNDS; round++) {
    bandwidth = Math.max(bandwidth, await reader.call('bandwidth', 1500));
    for (const { at, figures: f } of [...running]) {
      try {
        for (const n of [SHORT, LONG]) {
          // Prompts share no beginning: otherwise a library that caches the last one's keys and values had less to do.
          const r = await at.call('run', files.prompt(n, 2 * round + (n === LONG ? 1 : 0)), TOKENS),
            key = n === SHORT ? 'short' : 'long';
          f[key] = better(f[key], TOKENS - 1, r.rest, r.cpu.rest);
          if (n === LONG) f.prefill = better(f.prefill, n, r.first, r.cpu.first);
          f.share.push((r.cpu.first + r.cpu.rest) / (r.first + r.rest));
        }
        console.log(
          `  round ${round}, ${at.name}, ${TITLES[f.who]} ${f.dtype}: ` +
            `decode ${speed(f.short)}, ${speed(f.long)}, prefill ${speed(f.prefill)}`,
        );
      } catch (error) {
        running.splice(
          running.findIndex(({ figures }) => figures === f),
          1,
        );
        await leave(at, f.who, f.dtype, error);
      }
    }
  }
  /** @type {Figures[]} */
  const done = [];
  for (const { at, figures } of running) {
    const { memory, stats } = await at.call('state');
    Object.assign(figures, { memory, stats, peak: await at.peak() });
    try {
      // After the memory was measured: logits of all 32 tokens take some.
      figures.fidelity = fidelity(await at.call('logits', files.prompt(SHORT)), files.reference, figures.dtype);
      done.push(figures);
      await at.close();
    } catch (error) {
      await leave(at, figures.who, figures.dtype, error);
    }
  }
  await reader.close();
  return { place: reader.name, bandwidth, figures: done, missing };
}

const round = (/** @type {number} */ n) => n.toFixed(n < 10 ? 2 : n < 100 ? 1 : 0);
const speed = (/** @type {Speed} */ s) => `${round(s.clock)} (${s.cpu ? round(s.cpu) : '–'})`;
const MB = (/** @type {number} */ bytes) => (bytes > 0 ? (bytes / 1e6).toFixed(0) : '–');

/** @type {Awaited<ReturnType<typeof measure>>[]} */
const measured = [];
for (const place of chosen(PLACES)) {
  const m = await measure(place);
  measured.push(m);
  const kind = m.figures.find((f) => f.who === 'ours')?.stats;
  say(`## ${m.place}${kind?.variant ? ` (ours: ${[kind.variant, kind.int8Dot].filter(Boolean).join(', ')})` : ''}\n`);
  table(
    [
      '',
      'dtype',
      'load, s',
      `prefill of ${LONG}, tokens/s`,
      `decode after ${SHORT}`,
      `decode after ${LONG}`,
      'Wasm memory, MB',
      'process at its peak, MB',
      'logits against fp32',
    ],
    m.figures.map((f) => [
      TITLES[f.who],
      f.who === 'wllama' ? `${f.dtype.toUpperCase()}_0` : f.dtype,
      (f.load / 1e3).toFixed(2),
      speed(f.prefill),
      speed(f.short),
      speed(f.long),
      f.who === 'wllama' ? '–' : MB(f.memory),
      MB(f.peak),
      f.fidelity,
    ]),
  );
  say(`The plain read loop in Wasm: ${(m.bandwidth / 1e9).toFixed(1)} GB/s.`);
  for (const line of m.missing) say(`Missing: ${line}`);
  say('');
}
await server.close();

const shares = measured
  .flatMap((m) => m.figures.flatMap((f) => f.share))
  .filter((share) => share > 0)
  .sort((a, b) => a - b);
const busy = shares.length > 0 && shares[shares.length >> 1] < 0.9;
say('## Goals\n');
if (busy)
  say(
    `The machine was busy with other work (the median subject got ${(shares[shares.length >> 1] * 100).toFixed(0)} % ` +
      'of a core): ratios are by processor time.\n',
  );
const rows = goals(measured, busy ? 'cpu' : 'clock');
if (rows.length) table(['figure', 'goal', ...measured.map((m) => m.place), ''], rows);
else say('None can be judged: ours is missing.\n');
const between = ratios(measured, busy ? 'cpu' : 'clock');
if (between) say(between);
if (!only.length && measured.every((m) => !m.missing.length)) save(here('RESULTS-lm.md'));
