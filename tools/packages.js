// The npm packages of package.json, installed as package-lock.json pins them.
import fs from 'node:fs/promises';
import path from 'node:path';
import { exists, sha256 } from './cache.js';
import { ROOT, run, step } from './run.js';

/** Node 24, whose V8 has relaxed SIMD: the user's own may be older. */
export const NODE24 = path.join(ROOT, 'node_modules/node24/bin/node');

/** Installs them where they are missing or not those of the lock file. A link to another tree's is left alone. */
export async function ensurePackages() {
  const folder = path.join(ROOT, 'node_modules');
  if ((await fs.lstat(folder).catch(() => null))?.isSymbolicLink()) return; // npm ci would empty what it names
  const lock = await sha256(path.join(ROOT, 'package-lock.json'));
  const stamp = path.join(folder, '.installed-lock');
  if ((await fs.readFile(stamp, 'utf8').catch(() => '')) === lock && (await exists(NODE24))) return;
  await step('npm ci', async (report) => {
    await run('npm', ['ci', '--no-audit', '--no-fund'], { onLine: report });
    if (!(await exists(NODE24))) {
      // an npm that asks before it runs an install script
      await run('npm', ['rebuild', 'node24', '--ignore-scripts=false'], { onLine: report });
    }
    await fs.writeFile(stamp, lock);
  });
}
