// Running other programs: their output kept and shown when they fail, a progress line for long ones.
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * The user's own Node. Not always the one that runs this: npm puts node_modules/.bin first in the PATH of its scripts,
 * where the devDependency node24 leaves a `node`.
 */
export const NODE = process.env.npm_node_execpath ?? process.execPath;

/** Something that the user can put right: shown without a stack. */
export class SetupError extends Error {
  name = 'SetupError';
}

/**
 * @typedef {{ cwd?: string, env?: Record<string, string | undefined>, show?: boolean,
 *             onLine?: (line: string) => void, allowFailure?: boolean }} RunOptions
 *   show: the program writes straight to the terminal; onLine: told each line of its output
 */

/**
 * Runs a program to its end.
 * @param {string} program
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number, output: string }>} output: stdout and stderr in order (empty with show)
 * @throws {SetupError} where it ends with another code than 0, with the end of its output
 */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? ROOT,
      env: { ...process.env, ...options.env },
      stdio: options.show ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let line = '';
    const take = (/** @type {Buffer} */ chunk) => {
      output += chunk;
      line += chunk;
      const lines = line.split(/[\r\n]+/);
      line = lines.pop() ?? '';
      if (options.onLine) lines.forEach(options.onLine);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.on('error', (error) => reject(new SetupError(`${program} cannot be run: ${error.message}`)));
    child.on('close', (status, signal) => {
      const code = status ?? 128;
      if (code === 0 || options.allowFailure) return resolve({ code, output });
      const tail = output.trimEnd().split('\n').slice(-60).join('\n');
      reject(
        new SetupError(
          `${path.basename(program)} ${args.join(' ').slice(0, 120)} ended with ${signal ?? code}\n${tail}`,
        ),
      );
    });
  });
}

/**
 * What a program prints, or null where it is missing or fails.
 * @param {string} program
 * @param {string[]} args
 */
export async function ask(program, args) {
  try {
    return (await run(program, args)).output.trim();
  } catch {
    return null;
  }
}

/**
 * Works through a list, as many items at a time as there are cores.
 * @template T
 * @param {T[]} items
 * @param {(item: T) => Promise<void>} work
 */
export async function onEveryCore(items, work) {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
}

/**
 * Says what is being done and how long it took. On a terminal the line shows what `report` is told meanwhile; in a log
 * that is printed every ten seconds.
 * @template T
 * @param {string} title
 * @param {(report: (progress: string) => void) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const start = performance.now();
  const seconds = () => ((performance.now() - start) / 1000).toFixed(1);
  const terminal = process.stdout.isTTY;
  let shown = start;
  process.stdout.write(terminal ? `  ${title} …` : `  ${title} …\n`);
  const report = (/** @type {string} */ progress) => {
    const now = performance.now();
    if (now - shown < (terminal ? 100 : 10_000)) return;
    shown = now;
    process.stdout.write(
      terminal ? `\r\x1b[2K  ${title} … ${progress}`.slice(0, 100) : `    ${progress} (${seconds()} s)\n`,
    );
  };
  try {
    const result = await work(report);
    process.stdout.write(`${terminal ? '\r\x1b[2K' : ''}  ${title}: ${seconds()} s\n`);
    return result;
  } catch (error) {
    process.stdout.write(`${terminal ? '\r\x1b[2K' : ''}  ${title}: failed after ${seconds()} s\n`);
    throw error;
  }
}

/**
 * Runs a command's main function; a failure ends the process with code 1.
 * @param {() => Promise<unknown>} main
 */
export async function command(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof SetupError ? `\n${error.message}` : error);
    process.exit(1);
  }
}
