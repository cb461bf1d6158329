// clang-format and clang-tidy of one version, so that they judge alike everywhere: from PyPI, into the cache.
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { cached, exists } from './cache.js';
import { ask, run, step } from './run.js';
import { ensureSystem } from './toolchain.js';

const PACKAGES = ['clang-format==19.1.7', 'clang-tidy==19.1.0.1'];

/** @returns {Promise<{ format: string, tidy: string, version: string }>} the programs, and what names their versions */
export async function ensureClangTools() {
  const version = createHash('sha256').update(PACKAGES.join()).digest('hex').slice(0, 8);
  const folder = await cached(`tools/clang-${version}`, (target) =>
    step(PACKAGES.join(', '), async (report) => {
      await ensureSystem({ python3: 'python3' });
      await installInto(target, report);
      // pip's scripts name the folder in which it worked; the programs themselves are all that is needed.
      for (const name of ['format', 'tidy']) await fs.access(program(target, name));
    }),
  );
  return { format: program(folder, 'format'), tidy: program(folder, 'tidy'), version };
}

/**
 * @param {string} folder
 * @param {'format' | 'tidy' | string} name
 */
const program = (folder, name) =>
  path.join(folder, `clang_${name}/data/bin/clang-${name}${process.platform === 'win32' ? '.exe' : ''}`);

/**
 * @param {string} target
 * @param {(line: string) => void} report
 */
async function installInto(target, report) {
  const install = (/** @type {string} */ python) =>
    run(
      python,
      ['-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary', ':all:', '--target', target, ...PACKAGES],
      { onLine: report },
    );
  if ((await ask('python3', ['-m', 'pip', '--version'])) !== null) return install('python3');
  // Debian's Python comes without pip; a virtual environment brings its own.
  if ((await ask('python3', ['-c', 'import ensurepip'])) === null)
    await ensureSystem({ 'python3-venv': 'python3-venv' });
  const venv = path.join(target, '.venv');
  await run('python3', ['-m', 'venv', venv], { onLine: report });
  await install(path.join(venv, 'bin/python3'));
  await fs.rm(venv, { recursive: true });
  if (await exists(path.join(target, '__pycache__')))
    await fs.rm(path.join(target, '__pycache__'), { recursive: true });
}
