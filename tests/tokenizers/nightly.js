// The long run: many random cases for each kind of model, spread over its tokenizers, ours against the reference.
// Differences are shrunk, printed and written as new files of tests/fixtures/tokenizers/found, which `npm test` replays
// from then on. Each block of cases has its own seed; an interrupted run resumes at the first missing block, and the
// counts go into RESULTS.md. Random tokenizers (configurations.js) follow.
//   node tests/tokenizers/nightly.js [--kinds=Unigram,WordPiece] [--strings=1000000 for each kind]
//     [--configurations=1000] [--names=gpt2,configuration-7: these, with so many strings each] [--seed=1]
//     [--block=20000] [--most=10] [--seconds=…] [--dry]
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { command } from '../../tools/run.js';
import { KINDS, tokenizerJson } from './files.js';
import { Journal } from './journal.js';
import { compareMany } from './property.js';
import { Reference, VERSION, ensureReference } from './reference.js';

const option = (/** @type {string} */ name) =>
  process.argv.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3);
const dry = process.argv.includes('--dry');
const FOUND = fileURLToPath(new URL('../fixtures/tokenizers/found/', import.meta.url));

/**
 * @param {string} name
 * @param {object} content
 */
function keep(name, content) {
  if (dry) return;
  const text = JSON.stringify({ tokenizer: name, reference: VERSION, ...content }, null, 1) + '\n';
  mkdirSync(FOUND, { recursive: true });
  const file = `${FOUND}${name}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}.json`;
  writeFileSync(file, text);
  console.log(`    kept as ${file}`);
}

/**
 * @param {string} title
 * @param {Record<string, unknown>} values
 */
function report(title, values) {
  console.log(`  ${title}`);
  for (const [name, value] of Object.entries(values)) console.log(`    ${name.padEnd(9)} ${JSON.stringify(value)}`);
}

/**
 * Compares one block of cases; prints and keeps what differs.
 * @param {string} folder
 * @param {string} name
 * @param {{ strings: number, seed: number, most: number, seconds: number }} how
 */
async function block(folder, name, how) {
  const reference = new Reference(folder),
    began = performance.now();
  try {
    const { strings: cases, refused, crashed, found, texts, skipped } = await compareMany(reference, name, how);
    for (const { case: c, answer, difference } of found) {
      report(`${name}: ${difference.field}`, { case: c, ours: difference.ours, reference: difference.reference });
      keep(name, { case: c, answer });
    }
    for (const { ids, reference: want, ours } of texts) {
      report(`${name}: decode`, { ids, ours, reference: want });
      keep(name, { decode: ids, texts: want });
    }
    return {
      cases,
      refused,
      crashed,
      differences: found.length + texts.length,
      seconds: (performance.now() - began) / 1000,
      skipped,
    };
  } catch (error) {
    console.log(`${name}: ${/** @type {Error} */ (error).stack}`);
    return { cases: 0, refused: 0, crashed: 0, differences: 1, seconds: 0 };
  } finally {
    reference.close();
  }
}

await command(async () => {
  const found = await ensureReference();
  if ('missing' in found) throw new Error(`no reference: ${found.missing}`);
  const strings = Number(option('strings') ?? 1_000_000),
    seed = Number(option('seed') ?? 1),
    size = Number(option('block') ?? 20_000),
    most = Number(option('most') ?? 10);
  const end = performance.now() + Number(option('seconds') ?? Infinity) * 1000,
    left = () => (end - performance.now()) / 1000;
  const asked = option('names')?.split(',');
  const journal = new Journal();
  /**
   * The work: for each kind as many cases, its tokenizers in turn.
   * @type {{ kind: string, names: string[], blocks: number }[]}
   */
  const plan = [];
  if (asked)
    for (const name of asked)
      plan.push({
        kind: Object.keys(KINDS).find((kind) => KINDS[kind].includes(name)) ?? 'other',
        names: [name],
        blocks: Math.ceil(strings / size),
      });
  else {
    for (const kind of option('kinds')?.split(',') ?? Object.keys(KINDS)) {
      if (!KINDS[kind]) throw new Error(`no such kind: ${kind}; there are: ${Object.keys(KINDS).join(', ')}`);
      const names = KINDS[kind].filter((name) => tokenizerJson(name));
      for (const name of KINDS[kind])
        if (!names.includes(name)) console.log(`${name}: the file is not on this machine`);
      plan.push({ kind, names, blocks: Math.ceil(strings / size) });
    }
  }
  let differences = 0;
  for (const { kind, names, blocks } of plan) {
    let cases = 0,
      different = 0;
    for (let i = 0; i < blocks && left() > 0 && different < most; i++) {
      const name = names[i % names.length],
        blockSeed = seed * 1000 + i,
        before = journal.done(kind, name, blockSeed);
      const many = Math.min(size, strings - i * size),
        result = before ?? (await block(found.folder, name, { strings: many, seed: blockSeed, most, seconds: left() }));
      if ('skipped' in result && result.skipped) {
        console.log(`${name}: ${result.skipped}`);
        continue;
      }
      if (!before && !dry && (result.cases === many || result.differences)) {
        const { skipped: _, ...counted } = /** @type {Untyped} */ (result);
        journal.add(kind, name, blockSeed, counted);
        journal.write();
      }
      cases += result.cases;
      different += result.differences;
    }
    console.log(`${kind}: ${cases} cases of ${names.join(', ')}: ${different} differences`);
    differences += different;
  }
  const configurations = Number(option('configurations') ?? (asked || option('kinds') ? 0 : 1000));
  for (let i = 0; i < configurations && left() > 0; i++) {
    const name = `configuration-${seed * 100_000 + i}`,
      before = journal.done('by-chance', 'configurations', seed * 100_000 + i);
    const result =
      before ?? (await block(found.folder, name, { strings: Math.ceil(strings / 1000), seed, most, seconds: left() }));
    if ('skipped' in result && result.skipped) console.log(`${name}: ${result.skipped}`);
    else if (!before && !dry) {
      const { skipped: _, ...counted } = /** @type {Untyped} */ (result);
      journal.add('by-chance', 'configurations', seed * 100_000 + i, counted);
    }
    differences += result.differences;
  }
  if (!dry) console.log(`counted in ${journal.write()}`);
  console.log(`${differences} differences`);
  if (differences) process.exitCode = 1;
});
