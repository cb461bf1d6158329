// The peer's files at a path that the caller gives: a checkout, or a repository without a work tree.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** What is read of a repository without a work tree: no pictures and films. */
const TEXT = ['js', 'mjs', 'cjs', 'ts', 'jsx', 'tsx', 'json', 'svelte'].map((ext) => `*.${ext}`);

/**
 * A folder with the repository's files.
 * @param {string | undefined} given
 * @param {string} has a file or folder of the repository
 * @returns {{ folder: string } | { skipped: string }} why there is none
 */
export function checkout(given, has) {
  if (!given) return { skipped: 'no path was given' };
  const folder = path.resolve(given);
  if (existsSync(path.join(folder, has))) return { folder };
  /**
   * @param {string[]} args
   * @param {Record<string, string>} [env]
   */
  const git = (args, env = {}) =>
    execFileSync('git', ['-C', folder, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }).toString();
  try {
    if (!git(['ls-tree', 'HEAD', '--', has])) return { skipped: `${given} has no ${has}` };
    const target = mkdtempSync(path.join(os.tmpdir(), 'wasmformers-peer-'));
    process.on('exit', () => rmSync(target, { recursive: true, force: true }));
    // An index of its own: the repository is left as it is.
    const GIT_INDEX_FILE = path.join(target, '.index');
    const names = git(['ls-tree', '-r', '--name-only', 'HEAD']).split('\n');
    const found = TEXT.filter((pattern) => names.some((name) => name.endsWith(pattern.slice(1))));
    git([`--work-tree=${target}`, 'checkout', 'HEAD', '--', ...found], { GIT_INDEX_FILE });
    return { folder: target };
  } catch {
    return { skipped: `${given} is neither a checkout nor a git repository` };
  }
}
