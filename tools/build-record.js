// What was built from what: a target is built again only where the content of its inputs, its compiler or its outputs
// changed. Times and places of files do not count, so that a copied tree, a branch that was left and come back to, or
// another Node build nothing. Beside this ninja knows, file by file, what a stale target needs.
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { sha256 } from './cache.js';
import { ROOT } from './run.js';

/**
 * By target; outputs: path → SHA-256.
 * @typedef {Record<string, { key: string, outputs: Record<string, string> }>} Built
 */

export class BuildRecord {
  #file;
  /** @type {Built} */
  #built;
  /** @type {Map<string, Promise<string>>} a folder or file of the tree → its hash */
  #hashes = new Map();

  /**
   * @param {string} folder of the build
   * @param {string} root of the tree
   * @param {Built} built
   */
  constructor(folder, root, built) {
    this.folder = folder;
    this.root = root;
    this.#file = path.join(folder, 'built.json');
    this.#built = built;
  }

  /**
   * @param {string} folder of the build
   * @param {string} [root] of the tree: inputs and outputs are named from there
   */
  static async open(folder, root = ROOT) {
    const text = await fs.readFile(path.join(folder, 'built.json'), 'utf8').catch(() => '{}');
    return new BuildRecord(folder, root, JSON.parse(text));
  }

  /**
   * A hash over the content of the inputs and what else decides.
   * @param {string[]} inputs folders and files of the repository
   * @param {string[]} facts
   */
  async key(inputs, facts) {
    const hash = createHash('sha256').update(JSON.stringify(facts));
    for (const input of inputs) {
      let part = this.#hashes.get(input);
      if (!part) this.#hashes.set(input, (part = contentHash(path.join(this.root, input))));
      hash.update(`\n${input} ${await part}`);
    }
    return hash.digest('hex');
  }

  /**
   * @param {string} target
   * @param {string} key
   */
  async isBuilt(target, key) {
    const { key: last, outputs = {} } = this.#built[target] ?? {};
    if (last !== key) return false;
    for (const [file, hash] of Object.entries(outputs))
      if ((await sha256(path.join(this.root, file)).catch(() => '')) !== hash) return false;
    return true;
  }

  /**
   * @param {string} target
   * @param {string} key
   * @param {[folder: string, names: RegExp]} outputs
   */
  async built(target, key, [folder, names]) {
    /** @type {Record<string, string>} */
    const hashes = {};
    for (const file of await filesOf(path.join(this.root, folder))) {
      if (names.test(file)) hashes[`${folder}/${file}`] = await sha256(path.join(this.root, folder, file));
    }
    this.#built[target] = { key, outputs: hashes };
    await fs.writeFile(this.#file, JSON.stringify(this.#built, null, 1));
  }

  /**
   * Empties the folder unless it was made with the same.
   * @param {string} madeWith
   */
  async resetUnless(madeWith) {
    const stamp = path.join(this.folder, 'made-with');
    if ((await fs.readFile(stamp, 'utf8').catch(() => '')) === madeWith) return;
    await fs.rm(this.folder, { recursive: true, force: true });
    await fs.mkdir(this.folder, { recursive: true });
    this.#built = {};
    await fs.writeFile(stamp, madeWith);
  }
}

/**
 * The files of a folder and its folders, by their paths from there, sorted.
 * @param {string} folder
 */
async function filesOf(folder) {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'))
    .sort();
}

/**
 * SHA-256 over the names and contents of a folder's files, or of one file.
 * @param {string} where
 */
async function contentHash(where) {
  if ((await fs.stat(where)).isFile()) return sha256(where);
  const hash = createHash('sha256');
  for (const file of await filesOf(where))
    hash.update(`${file} ${digest(await fs.readFile(path.join(where, file)))}\n`);
  return hash.digest('hex');
}

/** @param {Uint8Array} bytes */
const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');
