// Builds the kernel benchmarks and runs them: plain SIMD in this Node, relaxed SIMD in the `node24` package.
//   node tests/bench/kernels/run.js [products] [rows] [encoder] [decode]
// It needs Emscripten on PATH. `products` measures XNNPACK, too, and needs environment variables: DEPS is the folder
// with xnnpack and pthreadpool, XNN_SIMD and XNN_RELAXED are the built libxnn.a. `node tools/build.js xnnpack` builds
// them and prints their paths.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { DEPS = '', XNN_SIMD = '', XNN_RELAXED = '' } = process.env;
const programs = process.argv.length > 2 ? process.argv.slice(2) : ['products', 'rows', 'encoder', 'decode'];
if (programs.includes('products') && (!DEPS || !XNN_SIMD || !XNN_RELAXED)) {
  console.error('Set DEPS, XNN_SIMD and XNN_RELAXED; see the head of this file.');
  process.exit(1);
}
const out = path.join(root, 'build', 'kernel-bench');
mkdirSync(out, { recursive: true });
/** All C++ sources below a folder of the repository. */
const sources = (/** @type {string} */ folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith('.cpp'))
    .map((f) => path.join(root, folder, f));

for (const variant of ['simd', 'relaxed']) {
  for (const program of programs) {
    const file = path.join(out, `${program}-${variant}.cjs`);
    execFileSync(
      'em++',
      [
        '-O3',
        '-std=c++20',
        '-fno-exceptions',
        '-fno-rtti',
        '-msimd128',
        ...(variant === 'relaxed' ? ['-mrelaxed-simd'] : []),
        `-I${path.join(root, 'wasm')}`,
        ...(program === 'products' ? [`-I${DEPS}/xnnpack/include`, `-I${DEPS}/pthreadpool/include`] : []),
        path.join(root, `tests/bench/kernels/${program}.cpp`),
        ...sources('wasm/kernels'),
        ...sources('wasm/base'),
        path.join(root, 'wasm/tensor/tensor.cpp'),
        ...(program === 'products' ? [variant === 'relaxed' ? XNN_RELAXED : XNN_SIMD] : []),
        '-sALLOW_MEMORY_GROWTH',
        '-sMAXIMUM_MEMORY=4GB',
        '-sEXIT_RUNTIME=1',
        '-sENVIRONMENT=node',
        '-o',
        file,
      ],
      { stdio: 'inherit' },
    );
    console.log(`\n${program}, ${variant}`);
    const node = variant === 'relaxed' ? path.join(root, 'node_modules/node24/bin/node') : process.execPath;
    execFileSync(node, [file], { stdio: 'inherit' });
  }
}
