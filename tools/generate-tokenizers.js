// Makes the list of tokenizer classes in js/types.d.ts from js/tokenizers/classes/classes.js: declarations are no code,
// so they lie in the repository; tests/js/package/types.test.js makes them again and compares. A class with members of
// its own is declared by hand outside the list.
//   node tools/generate-tokenizers.js
import fs from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as classes from '../js/tokenizers/classes/classes.js';
import { ROOT, command } from './run.js';

const TYPES = path.join(ROOT, 'js/types.d.ts');
const BEGIN =
    '// --- Made by tools/generate-tokenizers.js from js/tokenizers/classes/classes.js: ' +
    'node tools/generate-tokenizers.js',
  END = '// --- end of the tokenizer classes';

/** @returns {Promise<string>} js/types.d.ts with its list of tokenizer classes made again */
export async function tokenizerTypes() {
  const [before, rest] = (await fs.readFile(TYPES, 'utf8')).split(BEGIN),
    [, after] = rest.split(END);
  const byHand = new Set([...(before + after).matchAll(/^export class (\w+)/gm)].map(([, name]) => name));
  const lines = Object.keys(classes)
    .filter((name) => !byHand.has(name))
    .map((name) => `export class ${name} extends PreTrainedTokenizer {}\n`);
  return `${before}${BEGIN}\n${lines.join('')}${END}${after}`;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  await command(async () => fs.writeFile(TYPES, await tokenizerTypes()));
