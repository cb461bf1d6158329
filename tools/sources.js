// Third-party C and C++ sources, unpacked into the cache: from Debian's source packages through apt, or, on other
// systems, as the upstream archive of the same commit. The two carriers pack the same files differently, so what is
// pinned is a hash over the unpacked files that the build uses (treeHash below), not one over an archive.
// A new source is a new line in SOURCES; `node tools/sources.js --hash` prints the hashes to put there.
//   node tools/sources.js [core]     fetches them, or those that the core is built from, and prints their folder
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { cachePath, cached, exists } from './cache.js';
import { ROOT, SetupError, command, run, step } from './run.js';

/**
 * @typedef {object} Source
 * @property {string} version
 * @property {string} suite Debian's suite that carries it (the package has the source's name)
 * @property {string} upstream repository
 * @property {string} commit the same files there
 * @property {string[]} keep what the build uses; the rest is thrown away and not hashed
 * @property {string} sha256 treeHash of these
 */

/** @type {Record<string, Source>} */
export const SOURCES = {
  xnnpack: {
    version: '20241108',
    suite: 'trixie',
    upstream: 'google/XNNPACK',
    commit: '4ea82e595b36106653175dcb04b2aa532660d0d8',
    keep: ['CMakeLists.txt', 'LICENSE', 'cmake/gen', 'include', 'src'],
    sha256: '0c8528adb343ae3ae2db48fd2a89a2eee33e3083057126cf8eb8a042b2bad050',
  },
  pthreadpool: {
    version: '20240616',
    suite: 'trixie',
    upstream: 'Maratyszcza/pthreadpool',
    commit: '560c60d342a76076f0557a3946924c6478470044',
    keep: ['LICENSE', 'include', 'src'],
    sha256: '329785d2a2715153f3f299b7f7f7a408c396a19cad30ec2a154452ff7b2ce492',
  },
  fp16: {
    version: '20200514',
    suite: 'trixie',
    upstream: 'Maratyszcza/FP16',
    commit: '4dfe081cf6bcd15db339cf2680b9281b8451eeb3',
    keep: ['LICENSE', 'include'],
    sha256: 'e7f5a181c7cbac199970bea487a7ae5397a469c0fb795b7fb2bf3e238bee265c',
  },
  fxdiv: {
    version: '20200417',
    suite: 'trixie',
    upstream: 'Maratyszcza/FXdiv',
    commit: 'b408327ac2a15ec3e43352421954f5b1967701d1',
    keep: ['LICENSE', 'include'],
    sha256: '21db822c51fc8197657ec2c9283729d1f97a4043e6ba63ce16114f45796e7ba7',
  },
  yyjson: {
    version: '0.10.0',
    suite: 'trixie',
    upstream: 'ibireme/yyjson',
    commit: '9ddba001a4ea88e93b46932e5c5b87b222e19a5f',
    keep: ['LICENSE', 'src'],
    sha256: 'fcf86596e67ca71a5a9d0756680d69a345baf4fdfa8e8776bb39caad36e88eee',
  },
  pcre2: {
    version: '10.46',
    suite: 'trixie',
    upstream: 'PCRE2Project/pcre2',
    commit: 'b2bd4254b379b9d7dc9a3dda060a7e27009ccdff',
    keep: ['LICENCE.md', 'src'],
    sha256: 'd84629049f29041e3945f6aa1ee6e7e43b7b9a52cebde7a18026c6879013188e',
  },
  googletest: {
    version: '1.16.0',
    suite: 'trixie',
    upstream: 'google/googletest',
    commit: '6910c9d9165801d8827d628cb72eb7ea9dd538c5',
    keep: ['LICENSE', 'googletest/include', 'googletest/src'],
    sha256: '760fb6007af7a846f8fb790317fe0b2ead96a097bb299b52d9cbe63140f9a28c',
  },
};

/** What every build of the core compiles. */
export const CORE_SOURCES = ['yyjson', 'pcre2', 'googletest'];

/**
 * One hash for a set of sources: names what is built from them.
 * @param {string[]} names
 */
export function sourcesKey(names) {
  const hash = createHash('sha256');
  for (const name of names) hash.update(`${name} ${SOURCES[name].version} ${SOURCES[name].sha256}\n`);
  return hash.digest('hex').slice(0, 12);
}

/**
 * The folder with one subfolder per source, fetched where it is missing.
 * @param {string[]} [names]
 */
export function ensureSources(names = Object.keys(SOURCES)) {
  return cached(`sources/${sourcesKey(names)}`, (folder) =>
    step(`third-party sources (${names.join(', ')})`, async () => {
      const reasons = [];
      for (const carrier of [fromDebian, fromUpstream]) {
        const archives = path.join(folder, '.archives');
        try {
          await fs.mkdir(archives, { recursive: true });
          for (const [name, archive] of Object.entries(await carrier(names, archives))) {
            await unpack(archive, path.join(folder, name), SOURCES[name].keep);
            const found = await treeHash(path.join(folder, name));
            if (found !== SOURCES[name].sha256) throw new Error(`${name} is not what tools/sources.js pins (${found})`);
          }
          await fs.rm(archives, { recursive: true });
          return;
        } catch (error) {
          reasons.push(`${carrier.name}: ${/** @type {Error} */ (error).message}`);
          for (const left of await fs.readdir(folder)) await fs.rm(path.join(folder, left), { recursive: true });
        }
      }
      throw new SetupError(`third-party sources could not be fetched.\n${reasons.join('\n')}`);
    }),
  );
}

/**
 * @param {string[]} names
 * @param {string} folder
 * @returns {Promise<Record<string, string>>} the archive of each
 */
async function fromDebian(names, folder) {
  if (!(await exists('/etc/debian_version'))) throw new Error('this system is no Debian');
  for (const suite of new Set(names.map((name) => SOURCES[name].suite))) {
    const packages = names.filter((name) => SOURCES[name].suite === suite);
    await run('bash', [path.join(ROOT, 'tools/get-sources.sh'), folder, suite, ...packages]);
  }
  const files = await fs.readdir(folder);
  return Object.fromEntries(
    names.map((name) => {
      const file = files.find((candidate) => candidate.startsWith(`${name}_`) && candidate.includes('.orig.tar.'));
      if (!file) throw new Error(`apt brought no tarball of ${name}`);
      return [name, path.join(folder, file)];
    }),
  );
}

/**
 * @param {string[]} names
 * @param {string} folder
 * @returns {Promise<Record<string, string>>}
 */
async function fromUpstream(names, folder) {
  /** @type {Record<string, string>} */
  const archives = {};
  for (const name of names) {
    const url = `https://github.com/${SOURCES[name].upstream}/archive/${SOURCES[name].commit}.tar.gz`;
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    archives[name] = path.join(folder, `${name}.tar.gz`);
    await fs.writeFile(archives[name], Buffer.from(await response.arrayBuffer()));
  }
  return archives;
}

/**
 * Unpacks the files to keep; an archive may hold them inside one folder of any name.
 * @param {string} archive
 * @param {string} folder
 * @param {string[]} keep
 */
async function unpack(archive, folder, keep) {
  const whole = `${folder}.whole`;
  await fs.mkdir(whole);
  await run('tar', ['-xf', archive, '-C', whole]);
  const entries = await fs.readdir(whole);
  const root = entries.length === 1 ? path.join(whole, entries[0]) : whole;
  for (const kept of keep) {
    await fs.mkdir(path.dirname(path.join(folder, kept)), { recursive: true });
    await fs.rename(path.join(root, kept), path.join(folder, kept));
  }
  await fs.rm(whole, { recursive: true });
}

/**
 * SHA-256 over the sorted list of all files, each with its own SHA-256: the same for every way to pack them.
 * @param {string} folder
 */
export async function treeHash(folder) {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(
      `${file} ${createHash('sha256')
        .update(await fs.readFile(path.join(folder, file)))
        .digest('hex')}\n`,
    );
  }
  return hash.digest('hex');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await command(async () => {
    if (process.argv[2] === 'core') return console.log(await ensureSources(CORE_SOURCES));
    if (process.argv[2] !== '--hash') return console.log(await ensureSources());
    const folder = await fs.mkdtemp(cachePath('hash-'));
    for (const [name, archive] of Object.entries(await fromDebian(Object.keys(SOURCES), folder))) {
      await unpack(archive, path.join(folder, name), SOURCES[name].keep);
      console.log(name, await treeHash(path.join(folder, name)));
    }
    await fs.rm(folder, { recursive: true });
  });
}
