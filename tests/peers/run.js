// Runs the tests and examples of Transformers.js against this package:
//   node tests/peers/run.js --peer <transformers.js> [--examples <transformers.js-examples>] [--files <folder>]
//     [--update] [--verbose] [name of a test file …]
// --peer and --examples are checkouts of their public repositories (with or without a work tree); nothing of them is
// kept here. --files: a folder with <name>.tokenizer.json.gz. known.json lists the failures and why; another one fails
// the run, and so does a shared name that is gone (names.json). --update writes both lists anew.
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as ours from '../../js/index.js';
import { checkout } from './checkout.js';
import { runExamples } from './examples.js';
import { compareNames } from './names.js';

/** @typedef {import('./process.js').Result} Result */

const OUTCOMES = /** @type {const} */ (['passed', 'failed', 'needs-a-file', 'missing-export', 'skipped']);
const LIMIT = 300_000; // ms for a file
const UNTOLD = 'not yet explained';

const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
/** @param {string} name */
const readJson = (name) => JSON.parse(readFileSync(here(name), 'utf8'));
/** @param {string} name @param {unknown} value */
const writeJson = (name, value) => writeFileSync(here(name), `${JSON.stringify(value, null, 2)}\n`);

/**
 * Runs one test file in a process of its own.
 * @param {string} folder the peer's package
 * @param {string} file
 * @param {string} files
 * @returns {Promise<Result[]>}
 */
function runFile(folder, file, files) {
  return new Promise((resolve) => {
    /** @type {Result[]} */
    const results = [];
    // Each process has a cache of its own: what one file loaded is asked for again by the next.
    const cache = mkdtempSync(path.join(os.tmpdir(), 'wasmformers-peer-cache-'));
    const child = fork(here('process.js'), [file, files], {
      cwd: folder,
      execArgv: ['--expose-gc', '--no-warnings'],
      env: { ...process.env, WASMFORMERS_CACHE: cache },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT);
    child.on('message', (result) => results.push(/** @type {Result} */ (result)));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      rmSync(cache, { recursive: true, force: true });
      const why = signal ? `ended by ${signal}` : `exit code ${code}`;
      if (code !== 0) results.push({ file: path.basename(file), name: '(the process)', outcome: 'failed', why });
      resolve(results);
    });
  });
}

/**
 * The table of outcomes by file.
 * @param {Result[]} results
 */
function printTable(results) {
  /** @type {Map<string, Result[]>} */
  const rows = new Map();
  for (const result of results) rows.set(result.file, [...(rows.get(result.file) ?? []), result]);
  const width = Math.max(...[...rows.keys()].map((file) => file.length), 5);
  /** @param {string} title @param {Result[]} list */
  const line = (title, list) => {
    const counts = OUTCOMES.map((outcome) => list.filter((result) => result.outcome === outcome).length);
    console.log(title.padEnd(width), ...counts.map((count, i) => String(count || '·').padStart(OUTCOMES[i].length)));
  };
  console.log('file'.padEnd(width), ...OUTCOMES);
  for (const [file, list] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1))) line(file, list);
  line('all', results);
}

/** A result's key in known.json: one name may stand for several tests. @param {Result[]} results */
function keysOf(results) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  return results.map(({ file, name }) => {
    const key = `${file} › ${name}`,
      count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return count > 1 ? `${key} #${count}` : key;
  });
}

/**
 * Compares with known.json, and with names.json where there are names.
 * @param {Result[]} results
 * @param {ReturnType<typeof compareNames> | null} names
 * @param {boolean} complete whether every file ran
 * @param {boolean} update
 * @returns {boolean} whether nothing is worse
 */
function compare(results, names, complete, update) {
  /** @type {Record<string, string>} */
  const known = readJson('known.json');
  const keys = keysOf(results);
  const failures = keys.filter((_, i) => results[i].outcome === 'failed');
  const fresh = failures.filter((key) => !known[key]);
  const over = keys.filter((key, i) => known[key] && results[i].outcome === 'passed');
  for (const key of fresh) console.log(`new failure: ${key}\n    ${results[keys.indexOf(key)].why.split('\n')[0]}`);
  for (const key of over) console.log(`passes now, is listed in known.json: ${key}`);
  /** @type {{ shared: string[] }} */
  const before = readJson('names.json');
  const gone = before.shared.filter((name) => !(name in ours));
  for (const name of gone) console.log(`no longer exported: ${name}`);
  if (!update) return fresh.length + gone.length === 0;
  const kept = complete ? [] : Object.entries(known).filter(([key]) => !keys.includes(key));
  const all = [...kept, ...failures.map((key) => [key, known[key] ?? UNTOLD])].sort(([a], [b]) => (a < b ? -1 : 1));
  writeJson('known.json', Object.fromEntries(all));
  if (names) writeJson('names.json', names);
  return true;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peer: { type: 'string' },
    examples: { type: 'string' },
    files: { type: 'string', default: '' },
    update: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});

const tests = 'packages/transformers/tests';
const peer = checkout(values.peer, tests);
const examples = checkout(values.examples, 'node-esm');
/** @type {Result[]} */
const results = [];
/** @type {ReturnType<typeof compareNames> | null} */
let names = null;

if ('skipped' in peer) console.log(`Transformers.js' tests and names are skipped (--peer): ${peer.skipped}.`);
else {
  const folder = path.join(peer.folder, 'packages/transformers');
  const all = readdirSync(path.join(peer.folder, tests), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.js'))
    .sort();
  const chosen = all.filter((file) => positionals.length === 0 || positionals.some((part) => file.includes(part)));
  const files = values.files && path.resolve(values.files);
  for (const file of chosen) {
    const begin = performance.now();
    results.push(...(await runFile(folder, path.join('tests', file), files)));
    if (values.verbose) console.log(`${file}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  }
  names = compareNames(path.join(folder, 'src/transformers.js'), ours);
}
if ('skipped' in examples) console.log(`Its examples are skipped (--examples): ${examples.skipped}.`);
else if (positionals.length === 0 || positionals.includes('examples'))
  results.push(...(await runExamples(examples.folder)));

if (results.length) printTable(results);
if (values.verbose)
  for (const { file, name, outcome, why } of results)
    if (outcome !== 'passed') console.log(`${outcome}: ${file} › ${name}\n    ${why.split('\n')[0]}`);
if (names) {
  const missing = Object.entries(names.missing).map(([theme, list]) => `${theme} ${list.length}`);
  const count = names.shared.length + Object.values(names.missing).flat().length;
  console.log(`\n${count} names, ${names.shared.length} shared; missing: ${missing.join(', ')}`);
}
const complete = positionals.length === 0 && !('skipped' in peer) && !('skipped' in examples);
if (!compare(results, names, complete, values.update)) process.exitCode = 1;
