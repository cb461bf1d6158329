// Prepares the language model bench: the model, the peers' packages, and the peers' files of the same weights.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachePath, cached } from '../../../tools/cache.js';
import { run } from '../../../tools/run.js';
import { ensureModel } from './model.js';
import { prompts } from './prompt.js';

const here = (/** @type {string} */ p) => fileURLToPath(new URL(p, import.meta.url));
const PACKAGES = ['numpy', 'ml_dtypes', 'onnx', 'onnx_ir', 'onnxruntime', 'gguf'];
/** The model's path below the folders of Transformers.js and ours. */
export const ID = 'smollm2-135m-random';

/**
 * @returns {Promise<{ model: string, models: string, id: string, hub: string, gguf: string, reference:
 *   Float32Array, prompt: ReturnType<typeof prompts> }>}
 */
export async function setUp() {
  const model = await ensureModel(),
    prompt = prompts(model);
  if (!existsSync(here('../node_modules/@wllama/wllama')))
    await run('npm', ['install', '--ignore-scripts'], { cwd: here('..') });
  const script = here('peers.py');
  const key = createHash('sha256')
    .update(readFileSync(script))
    .update(readFileSync(here('prompt.js')))
    .update(path.basename(model))
    .digest('hex')
    .slice(0, 12);
  const folder = await cached(`bench/lm/peers-${key}`, async (made) => {
    const venv = await cached(
      `bench/venv-lm-${createHash('sha256').update(PACKAGES.join()).digest('hex').slice(0, 8)}`,
      async (at) => {
        console.log("  installing ONNX Runtime's and llama.cpp's tools for their file formats (Python)");
        await run('python3', ['-m', 'venv', at]);
        await run(path.join(at, 'bin', 'python'), ['-m', 'pip', '-q', 'install', ...PACKAGES]);
      },
      { inPlace: true },
    );
    console.log("  making the peers' files of the model (ONNX q8 and q4, GGUF Q8_0 and Q4_0)");
    const hub = path.join(made, 'hub', ID),
      gguf = path.join(made, 'gguf'),
      python = path.join(venv, 'bin', 'python');
    await mkdir(path.join(hub, 'onnx'), { recursive: true });
    await mkdir(gguf);
    for (const file of ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'])
      await copyFile(path.join(model, file), path.join(hub, file));
    await run(python, [script, model, 'reference', path.join(made, 'reference.f32'), JSON.stringify(prompt(32).ids)]);
    await run(python, [script, model, 'gguf', gguf]);
    await run(python, [script, model, 'onnx', path.join(hub, 'onnx')]);
  });
  const bytes = readFileSync(path.join(folder, 'reference.f32'));
  return {
    model,
    models: cachePath('bench', 'lm'),
    id: path.basename(model),
    hub: path.join(folder, 'hub'),
    gguf: path.join(folder, 'gguf'),
    reference: new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)),
    prompt,
  };
}
