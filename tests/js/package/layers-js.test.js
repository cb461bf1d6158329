// The folders of js/ have one order: a module imports only from its own folder and those above it. Modules never import
// each other in a circle. Only engines/ knows which engines there are.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const JS = fileURLToPath(new URL('../../../js/', import.meta.url));

/** A file of js/ itself stands for a folder. */
const ORDER = [
  'env.js',
  'errors.js',
  'utils',
  'gguf',
  'hub',
  'tensor',
  'media',
  'engines',
  'chat',
  'tokenizers',
  'processors',
  'generation',
  'models',
  'pipelines',
  'index.js',
];
/** Made by the build, or copied. */
const BUILT = ['wasm', 'dist', 'vendor'];

/** Folders that know engines by their contract alone: the files of engines/ itself, not those in its folders. */
const NEUTRAL = ['chat', 'tokenizers', 'processors', 'generation', 'models', 'pipelines', 'index.js'];

/**
 * @typedef {{ name: string, dynamic: boolean }} Import
 * @typedef {{ imports: Import[], urls: string[], code: string }} Module code has no comments
 */

/** @param {string} source */
function parse(source) {
  /** @type {Import[]} */
  const imports = [];
  /** @type {string[]} */
  const urls = [];
  const visit = (/** @type {import('typescript').Node} */ node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier)
      imports.push({
        name: /** @type {import('typescript').StringLiteral} */ (node.moduleSpecifier).text,
        dynamic: false,
      });
    if (
      ts.isCallExpression(node) &&
      node.expression.kind === ts.SyntaxKind.ImportKeyword &&
      ts.isStringLiteral(node.arguments[0])
    )
      imports.push({ name: node.arguments[0].text, dynamic: true });
    if (
      ts.isNewExpression(node) &&
      node.expression.getText() === 'URL' &&
      node.arguments &&
      ts.isStringLiteral(node.arguments[0])
    )
      urls.push(node.arguments[0].text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('module.js', source, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS));
  const { outputText: code } = ts.transpileModule(source, {
    compilerOptions: { removeComments: true, target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext },
  });
  return { imports, urls, code };
}

/**
 * @param {string} from a module, relative to js/
 * @param {string} name as it is imported
 */
const resolve = (from, name) => path.posix.join(path.posix.dirname(from), name);
const folderOf = (/** @type {string} */ file) => file.split('/')[0];

/**
 * @param {string} file relative to js/
 * @param {Module} module
 */
function wrongIn(file, { imports, urls, code }) {
  const folder = folderOf(file),
    wrong = [];
  for (const { name } of imports) {
    if (!name.startsWith('.')) {
      wrong.push(`${file} imports ${name}, which is no file of this package`);
      continue;
    }
    const target = resolve(file, name),
      to = folderOf(target);
    if (BUILT.includes(to)) {
      const owner = to === 'wasm' ? 'engines/wasm/' : 'chat/';
      if (!file.startsWith(owner)) wrong.push(`${file} imports ${target}, which only ${owner} may`);
    } else if (!ORDER.includes(to)) wrong.push(`${file} imports ${target}, which has no place in the order`);
    else if (ORDER.indexOf(to) > ORDER.indexOf(folder)) wrong.push(`${file} imports ${target}, which is below it`);
    else if (NEUTRAL.includes(folder) && /^engines\/.+\//.test(target))
      wrong.push(`${file} imports ${target}: it may know the contract in engines/ alone`);
  }
  for (const url of urls) {
    if (/\.wasm$/.test(url) && !file.startsWith('engines/wasm/')) wrong.push(`${file} names the Wasm file ${url}`);
  }
  if (NEUTRAL.includes(folder) && /safetensors/.test(code)) wrong.push(`${file} knows safetensors`);
  return wrong;
}

/**
 * @param {Record<string, string[]>} graph
 * @returns {string[]} one circle, [] where there is none
 */
function circleIn(graph) {
  /** @type {Set<string>} */
  const done = new Set();
  const search = (/** @type {string} */ file, /** @type {string[]} */ trail) => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
    if (done.has(file)) return [];
    /** @type {string[]} */
    let circle = [];
    for (const next of graph[file] ?? []) if (!circle.length) circle = search(next, [...trail, file]);
    done.add(file);
    return circle;
  };
  for (const file of Object.keys(graph)) {
    const circle = search(file, []);
    if (circle.length) return circle;
  }
  return [];
}

const names = (await fs.readdir(JS, { recursive: true }))
  .map((name) => name.split(path.sep).join('/'))
  .filter((name) => name.endsWith('.js') && !BUILT.includes(folderOf(name)));
/** @type {Record<string, Module>} */
const MODULES = {};
for (const name of names) MODULES[name] = parse(await fs.readFile(path.join(JS, name), 'utf8'));

test('every folder of js/ has its place in the order', () => {
  assert.ok(names.length > 50, `only ${names.length} files were found`);
  assert.deepEqual(
    [...new Set(names.map(folderOf))].filter((name) => !ORDER.includes(name)),
    [],
  );
});

test('a module imports only from its own folder and those above', () => {
  assert.deepEqual(
    Object.entries(MODULES).flatMap(([file, module]) => wrongIn(file, module)),
    [],
  );
});

test('modules do not import each other in a circle', () => {
  const graph = Object.fromEntries(
    Object.entries(MODULES).map(([file, { imports }]) => [
      file,
      imports.filter(({ dynamic }) => !dynamic).map(({ name }) => resolve(file, name)),
    ]),
  );
  assert.deepEqual(circleIn(graph), []);
});

test('the rule itself sees what is wrong', () => {
  const wrong = (/** @type {string} */ file, /** @type {string} */ source) => wrongIn(file, parse(source));
  assert.deepEqual(wrong('tokenizers/a.js', "import { b } from '../hub/b.js';\nexport * from './c.js';"), []);
  assert.deepEqual(
    wrong('hub/a.js', "/** @typedef {import('../models/b.js').B} B */\n// import('../models/b.js')"),
    [],
  );
  assert.equal(wrong('hub/a.js', "import { b } from '../tokenizers/b.js';").length, 1);
  assert.equal(wrong('hub/a.js', "export { b } from '../tokenizers/b.js';").length, 1);
  assert.equal(wrong('hub/a.js', "const b = await import('../tokenizers/b.js');").length, 1);
  assert.equal(wrong('hub/a.js', "import ts from 'typescript';").length, 1);
  assert.equal(wrong('hub/a.js', "import { b } from '../strange/b.js';").length, 1);
  assert.equal(wrong('models/a.js', "import { b } from '../engines/wasm/b.js';").length, 1);
  assert.equal(wrong('models/a.js', "import { b } from '../engines/b.js';").length, 0);
  assert.equal(wrong('tokenizers/a.js', "await import('../wasm/tokenizers.js');").length, 1);
  assert.equal(wrong('tokenizers/a.js', "new URL('../wasm/tokenizers.wasm', import.meta.url);").length, 1);
  assert.equal(wrong('pipelines/a.js', "const file = 'model.safetensors';").length, 1);
  assert.equal(wrong('pipelines/a.js', 'const file = 1; // model.safetensors').length, 0);
  assert.deepEqual(circleIn({ a: ['b'], b: ['c'], c: ['a'] }), ['a', 'b', 'c', 'a']);
  assert.deepEqual(circleIn({ a: ['b', 'c'], b: ['c'], c: [] }), []);
});
