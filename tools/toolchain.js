// Emscripten: the user's own where it is new enough, else Debian trixie's in the cache (get-emscripten.sh); and what
// else a build calls for, installed through apt where that is possible.
//   node tools/toolchain.js       sets Emscripten up where it is missing and prints its folder
import fs from 'node:fs/promises';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { cached, exists } from './cache.js';
import { NODE, ROOT, SetupError, command, run, step } from './run.js';

/** The oldest Emscripten that this was built and tested with. */
const MINIMUM = '3.1.69';

/**
 * @typedef {object} Toolchain
 * @property {string} version of Emscripten
 * @property {string} folder with emcc and cmake/Modules/Platform/Emscripten.cmake
 * @property {Record<string, string>} env what programs of it need
 */

/** @returns {Promise<Toolchain>} */
export async function ensureEmscripten() {
  const found = (await ownEmscripten()) ?? (await privateEmscripten());
  // cmake/emscripten.cmake reads the first; em++ runs the Node of the second.
  return { ...found, env: { ...found.env, EMSCRIPTEN_FOLDER: found.folder, EM_NODE_JS: NODE } };
}

/** @returns {Promise<Toolchain | null>} */
async function ownEmscripten() {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  if (process.env.EMSDK) folders.unshift(path.join(process.env.EMSDK, 'upstream/emscripten'));
  for (const folder of folders) {
    const emcc = path.join(folder, 'emcc');
    if (!(await exists(emcc))) continue;
    const version = await emccVersion(emcc, {});
    if (!version) continue;
    if (isOlder(version, MINIMUM)) {
      console.log(`  ${emcc} is Emscripten ${version}, older than ${MINIMUM}: not used`);
      continue;
    }
    // emcc may be a link in a folder of links; its own folder holds the CMake platform file.
    return { version, folder: path.dirname(await fs.realpath(emcc)), env: {} };
  }
  return null;
}

/** @returns {Promise<Toolchain>} */
async function privateEmscripten() {
  if (!(await exists('/etc/debian_version'))) {
    throw new SetupError(
      `Emscripten ${MINIMUM} or newer is needed: install it (emsdk), put emcc on PATH or set EMSDK, and try again.`,
    );
  }
  await ensureSystem({ python3: 'python3', xz: 'xz-utils' });
  const script = path.join(ROOT, 'tools/get-emscripten.sh');
  const recipe = createHash('sha256')
    .update(await fs.readFile(script))
    .digest('hex')
    .slice(0, 8);
  const prefix = await cached(
    `toolchain/emscripten-trixie-${recipe}`,
    (folder) =>
      step('Emscripten into the cache (300 MB to fetch)', async (report) => {
        await run('bash', [script, folder], { onLine: report }).catch((error) => {
          throw new SetupError(
            `${error.message}\nEmscripten could not be set up from Debian's packages. Or install ${MINIMUM} or newer ` +
              `yourself and put emcc on PATH or set EMSDK.`,
          );
        });
      }),
    { inPlace: true },
  );
  const folder = path.join(prefix, 'root/usr/share/emscripten');
  const env = { EM_CONFIG: path.join(prefix, 'emscripten-config') };
  // Where em++ finds it by itself, when a build is run by hand.
  await fs.copyFile(env.EM_CONFIG, path.join(folder, '.emscripten'));
  // The version is asked once: Python takes a third of a second to start.
  const noted = path.join(prefix, 'version');
  const version =
    (await fs.readFile(noted, 'utf8').catch(() => null)) ?? (await emccVersion(path.join(folder, 'emcc'), env));
  if (!version || isOlder(version, MINIMUM))
    throw new SetupError(`${folder}/emcc does not run, or is older than ${MINIMUM}`);
  await fs.writeFile(noted, version);
  return { version, folder, env };
}

/**
 * @param {string} emcc
 * @param {Record<string, string>} env
 */
async function emccVersion(emcc, env) {
  const { output } = await run(emcc, ['-dumpversion'], { env, allowFailure: true }).catch(() => ({ output: '' }));
  return output.match(/^\d+\.\d+\.\d+/m)?.[0] ?? null;
}

/**
 * @param {string} version
 * @param {string} than
 */
function isOlder(version, than) {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number));
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return a[i] < b[i];
  return false;
}

/**
 * Installs, through apt, the packages whose program is missing.
 * @param {Record<string, string>} packages program → Debian's name of the package that brings it
 * @throws {SetupError} where that is not possible, with what to install
 */
export async function ensureSystem(packages) {
  const missing = [];
  for (const [program, name] of Object.entries(packages)) if (!(await onPath(program))) missing.push(name);
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !(await onPath('apt-get'))) {
    throw new SetupError(
      `These are missing on this machine: ${missing.join(', ')}. Install them, for example: sudo ${command}`,
    );
  }
  await step(`apt-get install ${missing.join(' ')}`, async (report) => {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const install = () => run('sh', ['-c', command], { env, onLine: report });
    await install().catch(async () => {
      await run('apt-get', ['update'], { env, onLine: report }); // lists may be missing or old
      await install();
    });
  });
}

/**
 * Where a program lies, or null.
 * @param {string} program
 * @returns {Promise<string | null>}
 */
export async function onPath(program) {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder, program);
    if (folder && (await exists(file))) return file;
  }
  return null;
}

/** What every build needs; ninja-build's program is ninja, g++ builds the native tests. */
export const BUILD_TOOLS = { cmake: 'cmake', ninja: 'ninja-build' };

/**
 * The Chromium that browser tests use: $CHROMIUM_PATH, one on PATH, or Debian's.
 * @returns {Promise<string>}
 */
export async function ensureChromium() {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    const found = await onPath(name);
    if (found) return found;
  }
  await ensureSystem({ chromium: 'chromium' });
  return /** @type {string} */ (await onPath('chromium'));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  await command(async () => console.log((await ensureEmscripten()).folder));
