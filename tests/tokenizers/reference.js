// Rust's `tokenizers` from PyPI, in a Python process behind a pipe. pip puts it into the user's cache once; if Python
// or pip is missing, ensureReference() says so.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { cached } from '../../tools/cache.js';
import { run } from '../../tools/run.js';
import { onPath } from '../../tools/toolchain.js';

export const VERSION = '0.23.3';
const SERVER = fileURLToPath(new URL('reference.py', import.meta.url));

/**
 * @typedef {{ text: string | string[], pair?: string | string[], special: boolean, batch?: (string | string[])[],
 *   pairs?: (string | string[])[],
 *   truncation?: [maxLength: number, stride: number, strategy: string, direction: string],
 *   padding?: [direction: string, multipleOf: number, length: number | null] }} Case
 * @typedef {{ ids: number[], tokens: string[], offsets: number[], type_ids: number[], special: number[], mask:
 *   number[], words: number[], sequences: number[] }} Plain
 * @typedef {Plain & { overflow: Plain[], encodings?: undefined, error?: string } | { encodings: (Plain & {
 *   overflow: Plain[] })[], error?: undefined } | { error: string, encodings?: undefined }} Answer
 */

/**
 * The folder to put on PYTHONPATH, or why there is none.
 * @returns {Promise<{ folder: string } | { missing: string }>}
 */
export async function ensureReference() {
  if (!(await onPath('python3'))) return { missing: 'there is no python3 on this machine' };
  try {
    await run('python3', ['-m', 'pip', '--version']);
  } catch {
    return { missing: 'python3 has no pip on this machine (Debian: python3-pip)' };
  }
  try {
    // It panics on lists of words without numpy.
    const folder = await cached(`reference/tokenizers-${VERSION}-numpy`, async (target) => {
      await run('python3', [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--no-deps',
        '--disable-pip-version-check',
        '--target',
        target,
        `tokenizers==${VERSION}`,
        'numpy',
      ]);
    });
    await run('python3', ['-c', 'import tokenizers'], { env: { PYTHONPATH: folder } });
    return { folder };
  } catch (error) {
    return {
      missing: `pip could not install tokenizers ${VERSION}: ${String(/** @type {Error} */ (error).message)
        .split('\n')
        .at(-1)}`,
    };
  }
}

export class Reference {
  #process;
  #lines;
  /** @type {{ vocab: string[], added: string[] }} */
  known = { vocab: [], added: [] };

  /** @param {string} folder of ensureReference() */
  constructor(folder) {
    this.#process = spawn('python3', [SERVER], {
      env: { ...process.env, PYTHONPATH: folder, TOKENIZERS_PARALLELISM: 'false', RUST_BACKTRACE: '0' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /**
   * @param {object} command
   * @returns {Promise<Untyped>}
   */
  async #ask(command) {
    this.#process.stdin.write(JSON.stringify(command) + '\n');
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the reference has ended');
    return JSON.parse(value);
  }

  /**
   * @param {string} json
   * @returns {Promise<string | null>} what is wrong with it
   */
  async load(json) {
    const answer = await this.#ask({ load: json });
    if (answer.error) return answer.error;
    if (answer.version !== VERSION) throw new Error(`the reference is ${answer.version}, not ${VERSION}`);
    this.known = answer;
    return null;
  }
  /**
   * @param {Case[]} cases
   * @returns {Promise<Answer[]>}
   */
  async answers(cases) {
    return (await this.#ask({ cases })).answers;
  }
  /**
   * @param {number[][]} lists
   * @returns {Promise<([string, string] | [null, null])[]>} null: it crashed
   */
  async decode(lists) {
    return (await this.#ask({ decode: lists })).texts;
  }
  close() {
    this.#process.stdin.end();
  }
}
