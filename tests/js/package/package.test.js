// The package as npm packs it: what lies in it, and that it runs from an empty project, without anything else
// installed.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensureModel } from '../../../models/fetch.js';
import { PROGRAM_FILES } from '../helpers/programs.js';

const exec = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

test('npm pack gives a package that runs by itself', async (t) => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'wasmformers-package-'));
  t.after(() => fs.rm(folder, { recursive: true }));
  // The preload that forces a variant belongs to this repository, not to the package under test.
  const env = { ...process.env, NODE_OPTIONS: '' };

  // --ignore-scripts: prepack would build again what is being tested.
  const packed = await exec('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
    env,
  });
  const [{ filename, files }] = JSON.parse(packed.stdout);
  const names = files.map((/** @type {{ path: string }} */ file) => file.path);
  const programs = Object.values(PROGRAM_FILES).flat();
  assert.ok(programs.length > 5, `only ${programs} were found`);
  for (const name of programs) assert.ok(names.includes(`js/wasm/${name}`), `js/wasm/${name} is missing`);
  for (const name of [
    'package.json',
    'README.md',
    'LICENSE',
    'js/index.js',
    'js/types.d.ts',
    'js/dist/wasmformers.js',
    'js/dist/tokenizers.js',
    'js/dist/template-interpreter.js',
    'js/dist/regex.js',
    'js/dist/operations.js',
    'js/dist/registry-work.js',
    'js/dist/repair.js',
    'js/dist/wasmformers.cjs',
    'js/dist/wasmformers.d.cts',
    'js/dist/tokenizers.cjs',
    'js/dist/tokenizers.d.cts',
    'js/dist/listing.js',
    'js/dist/disk.js',
    'js/dist/from-pieces.js',
    'js/dist/gguf.js',
    'js/vendor/jinja.js',
    'js/vendor/jinja.LICENSE',
  ])
    assert.ok(names.includes(name), name);
  const strangers = names.filter(
    (/** @type {string} */ name) => !/^(js\/|package\.json$|README\.md$|CHANGELOG\.md$|LICENSE$)/.test(name),
  );
  assert.deepEqual(strangers, []);
  assert.deepEqual(
    names.filter((/** @type {string} */ name) => /\.(md|tgz)$|test/.test(name) && name.startsWith('js/')),
    [],
  );

  await fs.writeFile(path.join(folder, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }');
  await exec('npm', ['install', '--offline', '--no-audit', '--no-fund', path.join(folder, filename)], {
    cwd: folder,
    env,
  });
  assert.deepEqual(
    (await fs.readdir(path.join(folder, 'node_modules'))).filter((name) => !name.startsWith('.')),
    ['wasmformers'],
  );

  await fs.writeFile(
    path.join(folder, 'main.js'),
    `
    import { AutoTokenizer, pipeline } from 'wasmformers';
    import * as tokenizers from 'wasmformers/tokenizers';
    if (Object.keys(tokenizers).length === 0) throw new Error('wasmformers/tokenizers exports nothing');
    const extractor = await pipeline('feature-extraction', process.argv[2], { dtype: 'q8' });
    const texts = ['a small cat', 'a little kitten', 'stock prices'];
    const output = await extractor(texts, { pooling: 'mean', normalize: true });
    const [a, b, c] = output.tolist();
    const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
    console.log(JSON.stringify({ dims: output.dims, near: dot(a, b), far: dot(a, c) }));
    await extractor.dispose();
    // By its name also where classes have lost theirs.
    const error = await pipeline('feature-extraction', 'not an id').catch((e) => e);
    const told = [error.name + ':', String(error), error.stack];
    if (!told.every((line) => line.startsWith('ConfigError:'))) throw error;
  `,
  );
  // The same in one file, by its address: for pages without a bundler.
  const main = await fs.readFile(path.join(folder, 'main.js'), 'utf8');
  await fs.writeFile(
    path.join(folder, 'one-file.js'),
    main
      .replace("'wasmformers'", "'./node_modules/wasmformers/js/dist/wasmformers.js'")
      .replace("'wasmformers/tokenizers'", "'./node_modules/wasmformers/js/dist/tokenizers.js'"),
  );
  // The same by require().
  await fs.writeFile(
    path.join(folder, 'common.cjs'),
    `(async () => {${main
      .replace(/import (?:\* as )?(.+) from ('.+');/g, 'const $1 = require($2);')
      .replace('Object.keys(tokenizers)', 'Object.keys(require("wasmformers/tokenizers"))')}})();`,
  );
  // Only what the exports map names can be imported.
  await fs.writeFile(path.join(folder, 'deep.js'), "await import('wasmformers/js/index.js');");
  await assert.rejects(exec(process.execPath, ['deep.js'], { cwd: folder, env }), /ERR_PACKAGE_PATH_NOT_EXPORTED/);
  const model = await ensureModel('sentence-transformers/all-MiniLM-L6-v2');
  for (const script of ['main.js', 'one-file.js', 'common.cjs']) {
    const { stdout } = await exec(process.execPath, [script, model], { cwd: folder, env });
    const result = JSON.parse(stdout);
    assert.deepEqual(result.dims, [3, 384]);
    assert.ok(result.near > 0.6 && result.far < 0.3, `${script}: ${stdout}`);
  }

  // A strict TypeScript project sees types, without being told to look away from the package's own.
  await fs.writeFile(
    path.join(folder, 'main.ts'),
    `
    import { pipeline } from 'wasmformers';
    import { Tokenizer } from 'wasmformers/tokenizers';
    console.log(Tokenizer.name);
    const extractor = await pipeline('feature-extraction', 'a/b', { dtype: 'q8' });
    const output = await extractor('text', { pooling: 'mean', normalize: true });
    const dims: number[] = output.dims;
    // @ts-expect-error a text is no number
    const wrong: number = (await pipeline('fill-mask', 'a/b'))('text');
    console.log(dims, wrong);
  `,
  );
  // As CommonJS, where top-level await is not possible.
  const typed = await fs.readFile(path.join(folder, 'main.ts'), 'utf8');
  await fs.writeFile(
    path.join(folder, 'common.cts'),
    typed
      .replace('const extractor', 'async function run() {\n    const extractor')
      .replace(/;\s*$/, ';\n    }\n    run();'),
  );
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  for (const resolution of [
    { module: 'node16' },
    { module: 'nodenext' },
    { module: 'esnext', moduleResolution: 'bundler' },
  ]) {
    const compilerOptions = {
      noEmit: true,
      strict: true,
      target: 'es2022',
      ...resolution,
      lib: ['es2023', 'dom'],
      types: [],
    };
    // A bundler's resolution makes no difference between the two.
    const files = resolution.module === 'esnext' ? ['main.ts'] : ['main.ts', 'common.cts'];
    await fs.writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    const result = await exec(process.execPath, [tsc, '-p', '.'], { cwd: folder, env }).catch((error) => error);
    assert.equal(result.stdout, '', resolution.module);
  }
});
