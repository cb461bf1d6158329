// npm run lint: clang-format, Biome and line lengths; npm run format repairs what can be repaired.
//   node tools/lint.js [--fix]
import fs from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureClangTools } from './clang-tools.js';
import { ensurePackages } from './packages.js';
import { NODE, ROOT, SetupError, command, run } from './run.js';

/** Folders with C++ of ours. */
const CPP = ['wasm', 'tests/native', 'tests/fuzz', 'tests/bench'];
const LONGEST = 120; // columns

/** @typedef {{ name: string, complaint: string }} Check complaint: '' where all is well */

/**
 * @param {{ fix?: boolean }} [options]
 * @returns {Promise<Check[]>}
 */
export async function lint({ fix = false } = {}) {
  const cpp = await filesIn(CPP, /\.(cpp|h)$/);
  return Promise.all([clangFormat(cpp, fix), biome(fix), lineLengths(cpp)]);
}

/**
 * @param {string[]} files
 * @param {boolean} fix
 * @returns {Promise<Check>}
 */
async function clangFormat(files, fix) {
  const { format } = await ensureClangTools();
  const how = fix ? ['-i'] : ['--dry-run', '-Werror'];
  const { code, output } = await run(format, [...how, ...files], { allowFailure: true });
  return { name: 'clang-format', complaint: code === 0 ? '' : output };
}

/**
 * @param {boolean} fix
 * @returns {Promise<Check>}
 */
async function biome(fix) {
  const program = path.join(ROOT, 'node_modules/@biomejs/biome/bin/biome');
  const how = fix ? ['check', '--write'] : ['ci', '--colors=off', '--error-on-warnings'];
  const { code, output } = await run(NODE, [program, ...how, '.'], { allowFailure: true });
  return { name: 'Biome', complaint: code === 0 ? '' : output };
}

/**
 * What clang-format leaves long: comments, strings; and CMake. Of JavaScript, tests/js/package/style.test.js sees that.
 * @param {string[]} cpp
 * @returns {Promise<Check>}
 */
async function lineLengths(cpp) {
  const cmake = ['CMakeLists.txt', ...(await filesIn(['cmake', 'tests'], /(\.cmake|CMakeLists\.txt|\.in)$/))];
  const complaints = [];
  for (const file of [...cpp, ...cmake]) {
    const lines = (await fs.readFile(path.join(ROOT, file), 'utf8')).split('\n');
    for (const [i, line] of lines.entries()) {
      // An address cannot be broken.
      if ([...line].length > LONGEST && !/https?:\/\/\S{60}/.test(line))
        complaints.push(`${file}:${i + 1}: longer than ${LONGEST} columns`);
    }
  }
  return { name: 'line lengths', complaint: complaints.join('\n') };
}

/**
 * @param {string[]} folders
 * @param {RegExp} names
 */
async function filesIn(folders, names) {
  const files = [];
  for (const folder of folders) {
    for (const file of await fs.readdir(path.join(ROOT, folder), { recursive: true })) {
      if (names.test(file) && !/(^|[\\/])(node_modules|fixtures)[\\/]/.test(file)) files.push(path.join(folder, file));
    }
  }
  return files.sort();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await command(async () => {
    await ensurePackages();
    const bad = (await lint({ fix: process.argv.includes('--fix') })).filter(({ complaint }) => complaint);
    for (const { name, complaint } of bad) console.log(`${name}:\n${complaint}`);
    if (bad.length) throw new SetupError(`${bad.map(({ name }) => name).join(', ')}: npm run format repairs formats`);
  });
}
