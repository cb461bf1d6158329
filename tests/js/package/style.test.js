// What Biome does not see: lines that its formatter leaves long, and `any` in JSDoc and declarations.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const LEFT_OUT = /(^|\/)(node_modules|dist|vendor|fixtures)\/|^js\/wasm\//; // made by others, or by the build
const LONGEST = 120; // columns

/**
 * The `any`s without a reason that each folder may have. A number only ever falls: give the next `any` a type, or its
 * reason ("any: why") in the same comment, or for several of one kind a typedef that says why once (Json, Handle).
 * @type {Record<string, number>}
 */
const ANYS = { demo: 0, js: 121, 'js/engines/wasm': 38, models: 0, tests: 0, tools: 0 };

/**
 * A folder's files, without those of a folder in it that has a number of its own.
 * @param {string} folder
 */
const sources = (folder) =>
  readdirSync(path.join(ROOT, folder), { recursive: true })
    .map((file) => path.posix.join(folder, String(file).replaceAll(path.sep, '/')))
    .filter((file) => /\.(js|d\.ts)$/.test(file) && !LEFT_OUT.test(file))
    .filter((file) => !Object.keys(ANYS).some((own) => own.startsWith(`${folder}/`) && file.startsWith(`${own}/`)))
    .map((file) => ({ file, text: readFileSync(path.join(ROOT, file), 'utf8') }));

/**
 * The lines with an `any` whose comment gives no reason.
 * @param {string} file
 * @param {string} text
 * @returns {string[]}
 */
function anysOf(file, text) {
  const kind = file.endsWith('.ts') ? ts.ScriptKind.TS : ts.ScriptKind.JS,
    source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, kind),
    lines = text.split('\n');
  /** @type {Map<number, string>} by where they are: a comment can belong to several nodes */
  const found = new Map();
  /**
   * @param {ts.Node} node
   * @param {string} comment the nearest one
   */
  const visit = (node, comment) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    if (node.kind === ts.SyntaxKind.AnyKeyword && !/\bany: \S/.test(`${comment}\n${lines[line]}`))
      found.set(node.pos, `${file}:${line + 1}: ${lines[line].trim()}`);
    const own = /** @type {{ jsDoc?: ts.JSDoc[] }} */ (node).jsDoc ?? [];
    for (const doc of own) visit(doc, doc.getText(source));
    ts.forEachChild(node, (child) => visit(child, own.at(-1)?.getText(source) ?? comment));
  };
  visit(source, '');
  return [...found.values()];
}

for (const [folder, most] of Object.entries(ANYS)) {
  test(`${folder}/: no line is longer than ${LONGEST} columns, and every any has a reason`, (t) => {
    const files = sources(folder);
    assert.ok(files.length > 0);
    const long = files.flatMap(({ file, text }) =>
      text
        .split('\n')
        .map((line, i) => ({ line, at: `${file}:${i + 1}` }))
        // An address or a path cannot be broken.
        .filter(({ line }) => [...line].length > LONGEST && !/^\W*(https?:\/\/|@?\w* ?\{?import\()\S+$/.test(line))
        .map(({ at }) => at),
    );
    assert.deepEqual(long, []);
    const anys = files.flatMap(({ file, text }) => anysOf(file, text));
    t.diagnostic(`${anys.length} any without a reason, at most ${most}`);
    assert.ok(anys.length <= most, `${anys.length} any without a reason, more than ${most}:\n${anys.join('\n')}`);
  });
}
