// Long fuzzing with libFuzzer. clang is taken from PATH or, on Debian, installed. The corpus grows in the user's cache.
// Inputs that fail are written to tests/fuzz/found, which git ignores: fix the bug, then add the input to the seeds.
//   node tests/fuzz/run.js [json text …] [--seconds=600]
import fs from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachePath } from '../../tools/cache.js';
import { ROOT, SetupError, command, run } from '../../tools/run.js';
import { CORE_SOURCES, ensureSources } from '../../tools/sources.js';
import { BUILD_TOOLS, ensureSystem, onPath } from '../../tools/toolchain.js';

const here = (/** @type {string} */ p) => fileURLToPath(new URL(p, import.meta.url));
const FOLDER = path.join(ROOT, 'build/fuzz');

/**
 * A clang that links libFuzzer.
 * @returns {Promise<[cc: string, cxx: string]>}
 */
async function ensureClang() {
  const probe = path.join(FOLDER, 'probe');
  await fs.mkdir(FOLDER, { recursive: true });
  await fs.writeFile(
    `${probe}.cpp`,
    '#include <cstdint>\n#include <cstddef>\n' +
      'extern "C" int LLVMFuzzerTestOneInput(const uint8_t*, size_t) { return 0; }\n',
  );
  const find = async () => {
    for (const version of ['', '-21', '-20', '-19', '-18', '-17', '-16', '-15']) {
      if (!(await onPath(`clang++${version}`))) continue;
      const { code } = await run(
        `clang++${version}`,
        ['-std=c++20', '-fsanitize=fuzzer,address,undefined', `${probe}.cpp`, '-o', probe],
        { allowFailure: true },
      );
      if (code === 0) return /** @type {[string, string]} */ ([`clang${version}`, `clang++${version}`]);
    }
    return null;
  };
  const found = await find();
  if (found) return found;
  await ensureSystem({ 'clang++-19': 'clang-19 libclang-rt-19-dev' });
  const installed = await find();
  if (!installed)
    throw new SetupError(
      'No clang here links libFuzzer: install clang and its run-time library (Debian: clang-19 libclang-rt-19-dev).',
    );
  return installed;
}

await command(async () => {
  const seconds = Number(process.argv.find((a) => a.startsWith('--seconds='))?.slice(10) ?? 600);
  const targets = (await fs.readdir(here('seeds'))).sort(),
    asked = process.argv.slice(2).filter((a) => !a.startsWith('--'));
  const unknown = asked.find((name) => !targets.includes(name));
  if (unknown) throw new SetupError(`no such target: ${unknown}; there are: ${targets.join(', ')}`);
  await ensureSystem(BUILD_TOOLS);
  const [cc, cxx] = await ensureClang(),
    deps = await ensureSources(CORE_SOURCES);
  await run('cmake', [
    '-G',
    'Ninja',
    '-S',
    ROOT,
    '-B',
    FOLDER,
    `-DDEPS=${deps}`,
    `-DCMAKE_C_COMPILER=${cc}`,
    `-DCMAKE_CXX_COMPILER=${cxx}`,
    '-DSANITIZE=ON',
    '-DFUZZER=ON',
    '-DTESTS=ON',
    '-DCMAKE_BUILD_TYPE=RelWithDebInfo',
  ]);
  const chosen = asked.length ? asked : targets;
  await run('ninja', ['-C', FOLDER, ...chosen.map((name) => `fuzz_${name}`)], { show: true });
  let failed = 0;
  for (const name of chosen) {
    const corpus = cachePath('fuzz', name),
      found = here('found/');
    await fs.mkdir(corpus, { recursive: true });
    await fs.mkdir(found, { recursive: true });
    const { code } = await run(
      path.join(FOLDER, 'tests/fuzz', `fuzz_${name}`),
      [
        corpus,
        here(`seeds/${name}`),
        `-max_total_time=${seconds}`,
        '-timeout=20',
        '-rss_limit_mb=3000',
        '-max_len=8192',
        `-artifact_prefix=${found}${name}-`,
        ...(name === 'json' ? [`-dict=${here('tokenizer.dict')}`] : []),
      ],
      { show: true, allowFailure: true, env: { TEST_FIXTURES: path.join(ROOT, 'tests/fixtures') } },
    );
    console.log(`${name}: ${code === 0 ? 'nothing found' : `ended with code ${code}; see ${found}`}`);
    failed += Number(code !== 0);
  }
  if (failed) process.exitCode = 1;
});
