// Files of npm packages that the browser gets from js/vendor/, as they are, with their licences: pages run without a
// bundler, and the package has no dependency. Copied from node_modules; where there are none, as in a fresh clone, each
// package alone is fetched into the cache, in the version and with the hash of package-lock.json.
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { cached, exists } from './cache.js';
import { ROOT, SetupError, run } from './run.js';

/** Name in js/vendor/, package, its ESM file. */
const VENDORED = [['jinja', '@huggingface/jinja', 'dist/index.js']];

/**
 * Unpacks a package's archive. SetupError: it is not the one that the hash is of.
 * @param {string} archive
 * @param {string} integrity sha512-…
 * @param {string} folder
 */
export async function unpackPackage(archive, integrity, folder) {
  const hash = createHash('sha512').update(await fs.readFile(archive));
  if (`sha512-${hash.digest('base64')}` !== integrity)
    throw new SetupError(`${path.basename(archive)} is not what package-lock.json pins`);
  await run('tar', ['-xzf', archive, '-C', folder, '--strip-components=1']);
}

/**
 * A folder with the package, by the user's own npm.
 * @param {string} name
 * @returns {Promise<string>}
 */
async function fetchPackage(name) {
  const { packages } = JSON.parse(await fs.readFile(path.join(ROOT, 'package-lock.json'), 'utf8'));
  const { version, integrity } = packages[`node_modules/${name}`];
  return cached(`npm/${name.replace('/', '+')}-${version}`, async (folder) => {
    await run('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', folder]);
    const archive = (await fs.readdir(folder)).find((file) => file.endsWith('.tgz'));
    if (!archive) throw new SetupError(`npm pack brought no archive of ${name}`);
    await unpackPackage(path.join(folder, archive), integrity, folder);
    await fs.rm(path.join(folder, archive));
  });
}

/**
 * @param {{ required?: boolean, modules?: string, folder?: string }} [options] required: a package that cannot be had
 *   is an error; modules, folder: other places than node_modules and js/vendor
 * @returns {Promise<boolean>} whether all are there now
 */
export async function copyVendored({
  required = false,
  modules = path.join(ROOT, 'node_modules'),
  folder = path.join(ROOT, 'js/vendor'),
} = {}) {
  let all = true;
  for (const [name, packageName, file] of VENDORED) {
    let from = path.join(modules, packageName);
    if (!(await exists(path.join(from, file)))) {
      if (await exists(path.join(folder, `${name}.js`))) continue;
      try {
        from = await fetchPackage(packageName);
      } catch (cause) {
        const why = `js/vendor: ${packageName} could not be fetched (${/** @type {Error} */ (cause).message})`;
        if (required) throw new SetupError(`${why}; run npm ci first`);
        console.log(`  ${why}: chat templates stay out until npm ci`);
        all = false;
        continue;
      }
    }
    await fs.mkdir(folder, { recursive: true });
    const { version, license } = JSON.parse(await fs.readFile(path.join(from, 'package.json'), 'utf8'));
    const head =
      `// @ts-nocheck ${packageName} ${version}, ${license}: a copy of its ${file}. ` + `Licence: ${name}.LICENSE\n`;
    await fs.writeFile(path.join(folder, `${name}.js`), head + (await fs.readFile(path.join(from, file), 'utf8')));
    await fs.copyFile(path.join(from, 'LICENSE'), path.join(folder, `${name}.LICENSE`));
  }
  return all;
}
