// The text examples of huggingface/transformers.js-examples: their sources parse and find their imports here, and those
// that need no page run, with other weights in place of theirs.
import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import * as ours from '../../js/index.js';
import { importedNames } from './hooks.js';

/** @typedef {import('./process.js').Result} Result */
/**
 * `weights`: what stands in for the example's model. `run`: how it is driven (example.js). Without: it needs a page.
 * `messages` are what a worker is sent, each after the answer to the one before.
 * @typedef {'text' | 'embed' | 'classify' | 'zero-shot'} Weights
 * @typedef {{ file: string, pages?: string[], weights: Weights, run?: 'worker' | 'script' | 'extension' | 'route' |
 *   'handler', messages?: unknown[] }} Example
 */

const ASKED = [{ role: 'user', content: 'Once upon a time' }];
/**
 * A chat: loads, answers, begins anew.
 * @param {unknown} [data] what it is asked with
 * @returns {Example}
 */
const chat = (data = ASKED) => ({
  file: 'src/worker.js',
  pages: ['src/App.jsx'],
  weights: 'text',
  run: 'worker',
  messages: [
    { type: 'check' },
    { type: 'load', awaits: 'ready' },
    { type: 'generate', data, awaits: 'complete' },
    { type: 'reset' },
  ],
});

/** @type {Record<string, Example>} */
const EXAMPLES = {
  'adaptive-retrieval': {
    file: 'src/worker.js',
    weights: 'embed',
    run: 'worker',
    messages: [{ source: 'a cat', text: 'dogs bark\ncats purr', awaits: 'complete' }],
  },
  'browser-extension': { file: 'src/background.js', weights: 'classify', run: 'extension' },
  bun: { file: 'index.ts', weights: 'embed', run: 'script' },
  'code-completion': {
    file: 'src/worker.js',
    weights: 'text',
    run: 'worker',
    messages: [
      {
        model: 'org/code',
        text: 'def',
        max_new_tokens: 8,
        temperature: 0.5,
        top_k: 5,
        do_sample: false,
        awaits: 'complete',
      },
    ],
  },
  'cross-encoder': {
    file: 'src/worker.js',
    weights: 'classify',
    run: 'worker',
    messages: [{ query: 'cats', documents: 'dogs bark\ncats purr', awaits: 'complete' }],
  },
  'deepseek-r1-webgpu': chat(),
  'deno-embed': { file: 'main.ts', weights: 'embed', run: 'script' },
  electron: { file: 'src/classify.js', weights: 'classify', run: 'handler' },
  'gemma-2-2b-jpn-webgpu': chat(),
  'llama-3.2-node': { file: 'index.js', weights: 'text', run: 'script' },
  'llama-3.2-reasoning-webgpu': chat(),
  'llama-3.2-webgpu': chat(),
  'next-client': { file: 'app/classifier.js', pages: ['app/page.js'], weights: 'classify' },
  'next-server': { file: 'app/api/classify/route.js', pages: ['app/page.js'], weights: 'classify', run: 'route' },
  'node-cjs': { file: 'index.js', weights: 'classify', run: 'script' },
  'node-esm': { file: 'index.js', weights: 'classify', run: 'script' },
  'pglite-semantic-search': {
    file: 'src/worker.js',
    pages: ['src/App.jsx'],
    weights: 'embed',
    run: 'worker',
    messages: [{ text: 'cats purr', awaits: 'complete' }],
  },
  'phi-3.5-webgpu': chat(),
  'qwen3-webgpu': chat({ messages: ASKED, reasonEnabled: true }),
  'react-translator': {
    file: 'src/worker.js',
    weights: 'text',
    run: 'worker',
    messages: [{ text: 'a cat', src_lang: 'eng_Latn', tgt_lang: 'fra_Latn', awaits: 'complete' }],
  },
  'smollm-webgpu': chat(),
  sveltekit: { file: 'src/routes/api/classify/+server.ts', weights: 'classify', run: 'route' },
  'the-tokenizer-playground': {
    file: 'src/worker.js',
    pages: ['src/App.jsx'],
    weights: 'text',
    run: 'worker',
    messages: [{ model_id: 'org/tokenizer', text: 'a cat', awaits: 'token_ids' }],
  },
  'tinyswallow-webgpu': chat(),
  'webgpu-embedding-benchmark': { file: 'main.js', weights: 'embed' },
  'zero-shot-classification': {
    file: 'src/worker.js',
    weights: 'zero-shot',
    run: 'worker',
    messages: [{ text: 'cats purr', labels: ['cats', 'dogs'], awaits: 'complete' }],
  },
  'zyphra-zr1-webgpu': chat(),
};

const LIMIT = 90_000; // ms

/**
 * @param {string} folder
 * @param {Example} example
 * @returns {Promise<{ outcome: Result['outcome'], why: string }>}
 */
function runExample(folder, { file, run = 'script', weights, messages = [] }) {
  return new Promise((resolve) => {
    const cache = mkdtempSync(path.join(os.tmpdir(), 'wasmformers-peer-cache-'));
    const child = fork(
      fileURLToPath(new URL('example.js', import.meta.url)),
      [file, run, weights, JSON.stringify(messages)],
      {
        cwd: folder,
        execArgv: ['--no-warnings'],
        env: { ...process.env, WASMFORMERS_CACHE: cache },
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      },
    );
    /** @type {{ outcome: Result['outcome'], why: string }} */
    let ended = { outcome: 'failed', why: `nothing after ${LIMIT} ms` };
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT);
    child.on('message', (message) => (ended = /** @type {typeof ended} */ (message)));
    child.on('close', () => {
      clearTimeout(timer);
      rmSync(cache, { recursive: true, force: true });
      resolve(ended);
    });
  });
}

/**
 * @param {string} folder the examples' checkout
 * @returns {Promise<Result[]>}
 */
export async function runExamples(folder) {
  /** @type {Result[]} */
  const results = [];
  for (const [name, example] of Object.entries(EXAMPLES)) {
    const row = `examples/${name}`;
    if (!existsSync(path.join(folder, name))) {
      results.push({ file: row, name: 'is there', outcome: 'skipped', why: 'not in this checkout' });
      continue;
    }
    for (const file of [example.file, ...(example.pages ?? [])]) {
      const text = readFileSync(path.join(folder, name, file), 'utf8');
      const loader = /** @type {'js' | 'ts' | 'jsx'} */ (/\.ts$/.test(file) ? 'ts' : 'jsx');
      const failed = await transform(text, { loader }).then(() => '', String);
      const lacking = importedNames(text).filter((exported) => !(exported in ours));
      const outcome = failed ? 'failed' : lacking.length ? 'missing-export' : 'passed';
      results.push({ file: row, name: `${file} finds its imports`, outcome, why: failed || lacking.join(', ') });
    }
    if (example.run) results.push({ file: row, name: 'runs', ...(await runExample(path.join(folder, name), example)) });
  }
  return results;
}
