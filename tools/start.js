// npm start: sets up whatever is missing, builds, embeds and ranks a few sentences and tells the beginning of a
// fairy tale in Node, then serves the demo.
//   npm start -- [--once] [--port=8080] [--dtype=q8]       --once, or no terminal: ends after the printed result
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureModel } from '../models/fetch.js';
import { wasmVariant } from '../js/engines/wasm/variant.js';
import { build, buildWasm } from './build.js';
import { ROOT, SetupError, command } from './run.js';
import { serve } from './serve.js';
import { copyVendored } from './vendor.js';

const MODEL = 'sentence-transformers/all-MiniLM-L6-v2';
const QUERY = 'How do plants make food from sunlight?';
const TALE = 'Once upon a time there was a king who';
const SENTENCES = [
  'Photosynthesis turns light, water and carbon dioxide into sugar.',
  'The leaves of a tree catch the sun to feed it.',
  'Solar panels on the roof power the whole house.',
  'She fed the cat before leaving for work.',
  'The stock market closed higher on Friday.',
  'Der Zug nach Hamburg hat eine Stunde Verspätung.',
];

/** @typedef {import('../js/types.js').DtypeOption} Dtype an unknown one is an error of the library */

await command(async () => {
  const { values } = parseArgs({
    options: {
      once: { type: 'boolean', default: false },
      port: { type: 'string', default: '8080' },
      dtype: { type: 'string', default: 'q8' },
    },
  });
  console.log('Setting up and building');
  await copyVendored(); // what the chat page needs for templates
  await build([`wasm-${wasmVariant()}`]); // what this Node runs
  await ensureModel(MODEL);
  const dtype = /** @type {Dtype} */ (values.dtype);
  await embed(dtype);
  await tell(dtype);
  await buildWasm(); // and what browsers run
  if (values.once || !process.stdout.isTTY) return;
  const server = await listen(Number(values.port));
  console.log(`The demo runs at ${server.url} (Ctrl-C ends it)`);
  process.once('SIGINT', async () => {
    await server.close();
    process.exit(0);
  });
});

/**
 * Ranks the sentences by their likeness to the query.
 * @param {Dtype} dtype
 */
async function embed(dtype) {
  const { pipeline } = await import('../js/index.js');
  const begin = performance.now();
  const extractor = await pipeline('feature-extraction', MODEL, { dtype });
  const loaded = performance.now();
  const output = await extractor([QUERY, ...SENTENCES], { pooling: 'mean', normalize: true });
  const done = performance.now();
  const [query, ...vectors] = /** @type {number[][]} */ (output.tolist());
  const ranked = SENTENCES.map((sentence, i) => ({
    sentence,
    score: vectors[i].reduce((sum, value, k) => sum + value * query[k], 0), // unit vectors: their dot is the cosine
  })).sort((a, b) => b.score - a.score);

  console.log(`\n${MODEL}, ${dtype}: loaded in ${(loaded - begin).toFixed(0)} ms`);
  console.log(`${SENTENCES.length + 1} texts, ${query.length} dimensions each, in ${(done - loaded).toFixed(0)} ms\n`);
  console.log(`  ${QUERY}`);
  for (const { sentence, score } of ranked) {
    const bar = '█'.repeat(Math.max(0, Math.round(score * 20))).padEnd(20, '·');
    console.log(`  ${score.toFixed(3).padStart(6)} ${bar} ${sentence}`);
  }
  console.log();
  await extractor.dispose();
}

/**
 * Goes on with a story, word by word, by the model of models/tiny.
 * @param {Dtype} dtype
 */
async function tell(dtype) {
  const { pipeline } = await import('../js/index.js');
  const write = await pipeline('text-generation', path.join(ROOT, 'models/tiny'), { dtype });
  console.log(`models/tiny, ${dtype}\n`);
  const stream = write.stream(TALE, { max_new_tokens: 90, seed: 1 });
  process.stdout.write(TALE);
  for await (const piece of stream) process.stdout.write(piece);
  console.log(`\n\n${stream.stats.new_tokens} tokens, ${stream.stats.tokens_per_second.toFixed(0)} a second\n`);
  await write.dispose();
}

/**
 * The wished port, or a free one where that is taken.
 * @param {number} port
 */
async function listen(port) {
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new SetupError(`--port=${port} is no port`);
  try {
    return await serve({ port });
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EADDRINUSE') throw error;
    console.log(`  port ${port} is taken`);
    return serve({ port: 0 });
  }
}
