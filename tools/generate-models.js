// Makes what follows from the table of models (js/models/catalog.js): js/models/index.js, and the list of classes in
// js/types.d.ts. ES modules export static names only, and declarations are no code, so both lie in the repository;
// tests/js/models/catalog.test.js makes them again and compares.
//   node tools/generate-models.js
import fs from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { AUTO_CLASSES, FAMILIES, GENERATES } from '../js/models/catalog.js';
import { ROOT, command } from './run.js';

const MADE_BY = 'Made by tools/generate-models.js from js/models/catalog.js: node tools/generate-models.js';
const BEGIN = `// --- ${MADE_BY}`,
  END = '// --- end of what is made';

const families = Object.entries(FAMILIES);
const generates = (/** @type {string[]} */ heads) => heads.some((head) => GENERATES.includes(head));

/** @returns {string} js/models/index.js */
function exports() {
  const lines = [
    `// ${MADE_BY}`,
    '',
    "import { autoClass as auto, modelClass as model } from './model.js';",
    '',
    "export { PreTrainedCausalLM, PreTrainedModel } from './model.js';",
    '',
    ...Object.keys(AUTO_CLASSES).map((name) => `export const ${name} = /* @__PURE__ */ auto('${name}');`),
    '',
    ...families.flatMap(([type, { name, heads }]) =>
      heads.map((head) => `export const ${name}${head} = /* @__PURE__ */ model('${type}', '${head}');`),
    ),
  ];
  return lines.join('\n') + '\n';
}

/**
 * @param {string} types js/types.d.ts
 * @returns {string} the same with its list of classes made again
 */
function declarations(types) {
  const line = (/** @type {string} */ name, /** @type {string[]} */ heads) =>
    `export class ${name} extends ${generates(heads) ? 'PreTrainedCausalLM' : 'PreTrainedModel'} {}`;
  const lines = [
    ...Object.entries(AUTO_CLASSES).map(([name, heads]) => line(name, heads)),
    ...families.flatMap(([, { name, heads }]) => ['', ...heads.map((head) => line(name + head, [head]))]),
  ];
  const [before, rest] = types.split(BEGIN),
    [, after] = rest.split(END);
  return `${before}${BEGIN}\n${lines.join('\n')}\n${END}${after}`;
}

/** @returns {Promise<Record<string, string>>} files under js/ and their text */
export async function modelFiles() {
  const types = await fs.readFile(path.join(ROOT, 'js/types.d.ts'), 'utf8');
  return { 'models/index.js': exports(), 'types.d.ts': declarations(types) };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await command(async () => {
    for (const [file, text] of Object.entries(await modelFiles()))
      await fs.writeFile(path.join(ROOT, 'js', file), text);
  });
}
