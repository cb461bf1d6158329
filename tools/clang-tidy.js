// clang-tidy over the C++ of wasm/ that is compiled natively, with the checks of .clang-tidy. The files of a folder are
// read as one (CMake's UNITY): most of the time goes into the standard library's headers. What was clean is not looked
// at again until its content, or that of a header of ours that it includes, changes.
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { cachePath } from './cache.js';
import { ensureClangTools } from './clang-tools.js';
import { ROOT, onEveryCore, run, step } from './run.js';
import { CORE_SOURCES, ensureSources } from './sources.js';
import { BUILD_TOOLS, ensureSystem } from './toolchain.js';

const FOLDER = path.join(ROOT, 'build/tidy');

/** @returns {Promise<import('./lint.js').Check[]>} one for each folder, or file that is compiled by itself */
export async function clangTidy() {
  const { tidy, version } = await ensureClangTools();
  const compiled = await compiledFiles();
  const config = await fs.readFile(path.join(ROOT, '.clang-tidy'), 'utf8');
  const clean = cachePath('tidy', createHash('sha256').update(config).update(version).digest('hex').slice(0, 12));
  await fs.mkdir(clean, { recursive: true });
  const known = new Set(await fs.readdir(clean));
  const keyOf = contentKeys();
  /** @type {import('./lint.js').Check[]} */
  const checks = [];
  /** @type {{ file: string, key: string }[]} */
  const open = [];
  for (const file of compiled) {
    const key = await keyOf(file);
    if (known.has(key)) checks.push({ name: file, complaint: '' });
    else open.push({ file, key });
  }
  if (open.length === 0) return checks;
  await step(`clang-tidy over ${open.length} folders and files`, async (report) => {
    let looked = 0;
    await onEveryCore(open, async ({ file, key }) => {
      looked++;
      const args = ['-n', '15', tidy, '-p', FOLDER, '--quiet', path.join(ROOT, file)]; // browser tests come first
      const { code, output } = await run('nice', args, { allowFailure: true });
      if (code === 0) await fs.writeFile(path.join(clean, key), '');
      checks.push({ name: file, complaint: code === 0 ? '' : output });
      report(`${checks.length} of ${compiled.length}, ${looked} looked at`);
    });
  });
  return checks;
}

/** Our files of the native build, configured without precompiled headers (clang-tidy cannot read them), not built. */
async function compiledFiles() {
  await ensureSystem({ ...BUILD_TOOLS, 'g++': 'g++' });
  const deps = await ensureSources(CORE_SOURCES);
  const flags = ['-DCMAKE_EXPORT_COMPILE_COMMANDS=ON', '-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON', '-DTESTS=OFF'];
  const stamp = path.join(FOLDER, 'made-in');
  if ((await fs.readFile(stamp, 'utf8').catch(() => '')) !== ROOT)
    await fs.rm(FOLDER, { recursive: true, force: true });
  await run('cmake', ['-G', 'Ninja', '-S', ROOT, '-B', FOLDER, `-DDEPS=${deps}`, '-DCMAKE_CXX_FLAGS=-w', ...flags]);
  await fs.writeFile(stamp, ROOT);
  const commands = JSON.parse(await fs.readFile(path.join(FOLDER, 'compile_commands.json'), 'utf8'));
  return [...new Set(commands.map((/** @type {{ file: string }} */ { file }) => path.relative(ROOT, file)))]
    .filter((file) => /[\\/]unity_wasm_|^wasm[\\/]/.test(file) && !file.endsWith('unicode_tables.cpp'))
    .sort();
}

/**
 * A function that hashes a file together with the headers of ours that it includes, through all levels.
 * @returns {(file: string) => Promise<string>}
 */
function contentKeys() {
  /** @type {Map<string, Promise<{ hash: string, includes: string[] }>>} */
  const read = new Map();
  const look = (/** @type {string} */ file) => {
    let entry = read.get(file);
    if (!entry) read.set(file, (entry = readFile(file)));
    return entry;
  };
  return async (file) => {
    const seen = new Set([file]);
    const hash = createHash('sha256');
    for (const next of seen) {
      const { hash: content, includes } = await look(next);
      hash.update(content);
      for (const include of includes) seen.add(include);
    }
    return hash.digest('hex').slice(0, 24);
  };
}

/** @param {string} file */
async function readFile(file) {
  const text = await fs.readFile(path.join(ROOT, file), 'utf8').catch(() => '');
  const includes = [...text.matchAll(/^#include "([^"]+)"/gm)].map(([, name]) =>
    path.isAbsolute(name) ? path.relative(ROOT, name) : path.join('wasm', name),
  );
  return { hash: createHash('sha256').update(text).digest('hex'), includes };
}
