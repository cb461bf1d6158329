// Files of npm packages that the browser gets from js/vendor/, as they are, with their licences: pages run without a
// bundler, and the package has no dependency. Copied where node_modules is there; nothing else needs them.
import fs from 'node:fs/promises';
import path from 'node:path';
import { exists } from './cache.js';
import { ROOT, SetupError } from './run.js';

/** Name in js/vendor/, package, its ESM file. */
const VENDORED = [['jinja', '@huggingface/jinja', 'dist/index.js']];

/**
 * @param {{ required?: boolean }} [options] required: a package that is not installed is an error.
 * @returns {Promise<boolean>} whether all are there now
 */
export async function copyVendored({ required = false } = {}) {
  const folder = path.join(ROOT, 'js/vendor');
  let all = true;
  for (const [name, packageName, file] of VENDORED) {
    const from = path.join(ROOT, 'node_modules', packageName);
    if (await exists(path.join(from, file))) {
      await fs.mkdir(folder, { recursive: true });
      const { version, license } = JSON.parse(await fs.readFile(path.join(from, 'package.json'), 'utf8'));
      const head =
        `// @ts-nocheck ${packageName} ${version}, ${license}: a copy of its ${file}. ` + `Licence: ${name}.LICENSE\n`;
      await fs.writeFile(path.join(folder, `${name}.js`), head + (await fs.readFile(path.join(from, file), 'utf8')));
      await fs.copyFile(path.join(from, 'LICENSE'), path.join(folder, `${name}.LICENSE`));
    } else if (!(await exists(path.join(folder, `${name}.js`)))) {
      if (required) throw new SetupError(`${packageName} is not installed; run npm ci first`);
      all = false;
    }
  }
  return all;
}
