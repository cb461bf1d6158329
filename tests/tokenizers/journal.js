// The journal of the long run, block by block. It is kept in build/, so that an interrupted run resumes, and written as
// a table to RESULTS.md. A journal belongs to one state of the Wasm and its JavaScript; another state starts a new one.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { VERSION } from './reference.js';

const ROOT = new URL('../../', import.meta.url);
const RESULTS = new URL('RESULTS.md', import.meta.url);

/**
 * @typedef {{ cases: number, refused: number, crashed: number, differences: number, seconds: number }} Block
 * refused: both gave an error; crashed: the reference panicked, so that nothing is compared
 */

/** Names the state that is tested. */
function stateOf() {
  const hash = createHash('sha256');
  const scripts = ['js/tokenizers/', 'js/engines/wasm/'].flatMap((folder) =>
    readdirSync(new URL(folder, ROOT), { recursive: true })
      .map((file) => folder + String(file).replaceAll('\\', '/'))
      .filter((file) => /^js\/tokenizers\/.*\.js$|\/(tokenizer[\w-]*|regex)\.js$/.test(file))
      .sort(),
  );
  for (const file of ['js/wasm/tokenizers.wasm', 'js/wasm/regex.wasm', ...scripts])
    hash.update(readFileSync(new URL(file, ROOT)));
  return hash.digest('hex').slice(0, 12);
}

export class Journal {
  /** What is tested, in twelve letters. */
  state = stateOf();
  #file = new URL(`build/nightly/${this.state}.json`, ROOT);
  /** @type {Record<string, Block>} by "kind name seed" */
  #blocks = {};

  constructor() {
    try {
      this.#blocks = JSON.parse(readFileSync(this.#file, 'utf8'));
    } catch {
      /* nothing was done yet */
    }
  }

  /**
   * @param {string} kind
   * @param {string} name
   * @param {number} seed
   * @returns {Block | undefined}
   */
  done(kind, name, seed) {
    return this.#blocks[`${kind} ${name} ${seed}`];
  }

  /**
   * @param {string} kind
   * @param {string} name
   * @param {number} seed
   * @param {Block} block
   */
  add(kind, name, seed, block) {
    this.#blocks[`${kind} ${name} ${seed}`] = block;
    mkdirSync(new URL('.', this.#file), { recursive: true });
    writeFileSync(this.#file, JSON.stringify(this.#blocks, null, 1));
  }

  /** Writes RESULTS.md: every state that has a journal, the latest first. */
  write() {
    const folder = new URL('.', this.#file),
      names = readdirSync(folder).filter((f) => f.endsWith('.json'));
    const journals = names
      .map((f) => ({ state: f.slice(0, -5), file: new URL(f, folder) }))
      .map(({ state, file }) => ({
        state,
        time: statSync(file).mtime,
        blocks: JSON.parse(readFileSync(file, 'utf8')),
      }));
    journals.sort((a, b) => Number(b.time) - Number(a.time));
    const sections = journals.map(
      ({ state, time, blocks }) => `## State ${state}, ${time.toISOString().slice(0, 10)}

| kind of model | tokenizer | cases | differences | refused | crashed | seeds | s |
|---|---|--:|--:|--:|--:|---|--:|
${rowsOf(blocks).join('\n')}
`,
    );
    writeFileSync(
      RESULTS,
      `# The long run against the reference

Made by \`node tests/tokenizers/nightly.js\`: ours against Rust's \`tokenizers\` ${VERSION} from PyPI, Node
${process.versions.node}. A case is a text, a pair, words or a batch of them, with options of encoding (truncation,
stride, padding, special tokens). Both encode it; every field is compared, overflow and decoded text included.
Refused: both give an error. Crashed: the reference panics, so that there is nothing to compare. Each seed is one block
of cases. A state is named by the sha256 of js/wasm and js/tokenizers. The machine did other work at the same time.

${sections.join('\n')}`,
    );
    return fileURLToPath(RESULTS);
  }
}

/**
 * Rows of a table: each kind, then its tokenizers.
 * @param {Record<string, Block>} blocks
 */
function rowsOf(blocks) {
  /** @type {Map<string, Map<string, Block & { seeds: number[] }>>} */
  const kinds = new Map();
  const fields = /** @type {const} */ (['cases', 'refused', 'crashed', 'differences', 'seconds']);
  for (const [key, block] of Object.entries(blocks)) {
    const [kind, name, seed] = key.split(' '),
      made = kinds.get(kind) ?? new Map();
    kinds.set(kind, made);
    const sum = made.get(name) ?? { cases: 0, refused: 0, crashed: 0, differences: 0, seconds: 0, seeds: [] };
    for (const field of fields) sum[field] += block[field];
    sum.seeds.push(Number(seed));
    made.set(name, sum);
  }
  /** @type {string[]} */
  const rows = [];
  for (const [kind, names] of kinds) {
    const total = (/** @type {(typeof fields)[number]} */ field) =>
      [...names.values()].reduce((n, x) => n + x[field], 0);
    const row = (/** @type {unknown[]} */ ...cells) => rows.push(`| ${cells.join(' | ')} |`);
    const bold = (/** @type {string | number} */ cell) => `**${cell}**`;
    row(
      ...[bold(kind), '', bold(total('cases')), bold(total('differences'))],
      ...[total('refused'), total('crashed'), '', total('seconds').toFixed(0)],
    );
    for (const [name, x] of names) {
      const seeds = `${Math.min(...x.seeds)}–${Math.max(...x.seeds)}`;
      row('', name, x.cases, x.differences, x.refused, x.crashed, seeds, x.seconds.toFixed(0));
    }
  }
  return rows;
}
