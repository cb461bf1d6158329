// The model that this project made (models/tiny) against PyTorch: perplexity on held-out text in every dtype,
// logits, generated ids and texts, and sampled text that a person recognizes as English.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { AutoModelForCausalLM, AutoTokenizer, pipeline } from 'wasmformers';

const TINY = fileURLToPath(new URL('../../../models/tiny', import.meta.url));
const read = (/** @type {string} */ name) =>
  readFileSync(new URL(`../../fixtures/tiny-lm/${name}`, import.meta.url), 'utf8');
const json = (/** @type {string} */ name) => JSON.parse(read(name));
/** Of the 58, all of which WASMFORMERS_WINDOWS=58 takes; the sums of each are known. */
const WINDOWS = Number(process.env.WASMFORMERS_WINDOWS ?? 12);

/**
 * Windows of 512 ids, as perplexity.json says.
 * @param {Untyped} tokenizer
 * @param {Untyped} wanted
 * @returns {number[][]}
 */
function windowsOf(tokenizer, wanted) {
  const { bos_token_id: bos, eos_token_id: eos } = tokenizer;
  const ids = read('held-out.txt')
    .replace(/\n$/, '')
    .split('\n\n\n')
    .flatMap((story) => [...tokenizer.encode(story), eos]);
  assert.deepEqual([ids.length, ids.slice(0, 32), ids.slice(-8)], [wanted.ids, wanted.first_ids, wanted.last_ids]);
  return Array.from({ length: Math.floor(ids.length / 511) }, (_, i) => [bos, ...ids.slice(i * 511, (i + 1) * 511)]);
}

/**
 * Negative log-likelihood of what follows each id.
 * @param {Float32Array} logits
 * @param {number[]} ids
 */
function lossOf(logits, ids) {
  const width = logits.length / ids.length;
  let sum = 0;
  for (let i = 0; i + 1 < ids.length; i++) {
    const row = logits.subarray(i * width, (i + 1) * width);
    let most = -Infinity,
      total = 0;
    for (const x of row) if (x > most) most = x;
    for (const x of row) total += Math.exp(x - most);
    sum += Math.log(total) + most - row[ids[i + 1]];
  }
  return sum;
}

test("perplexity on held-out text is PyTorch's in fp32, and close to it in fewer bits", async (t) => {
  const wanted = json('perplexity.json'),
    tokenizer = await AutoTokenizer.from_pretrained(TINY),
    windows = windowsOf(tokenizer, wanted);
  assert.equal(windows.length, wanted.windows);
  const reference = Math.exp(
    wanted.nll_of_each_window.slice(0, WINDOWS).reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b) /
      (WINDOWS * 511),
  );
  for (const [dtype, limit] of /** @type {[Untyped, number][]} */ ([
    ['fp32', 5e-5],
    ['q8', 0.005],
    ['q4', 0.05],
  ])) {
    const model = await AutoModelForCausalLM.from_pretrained(TINY, { dtype });
    let sum = 0;
    for (let w = 0; w < WINDOWS; w++) {
      const loss = lossOf(
        /** @type {Float32Array} */ ((await model({ input_ids: [windows[w]] })).logits.data),
        windows[w],
      );
      if (dtype === 'fp32')
        assert.ok(
          Math.abs(loss - wanted.nll_of_each_window[w]) < 5e-5 * loss,
          `window ${w}: ${loss}, PyTorch ${wanted.nll_of_each_window[w]}`,
        );
      sum += loss;
    }
    const perplexity = Math.exp(sum / (WINDOWS * 511)),
      change = perplexity / reference - 1;
    t.diagnostic(
      `${dtype}: ${perplexity.toFixed(4)}, ${(change * 100).toFixed(3)} % from PyTorch's ${reference.toFixed(4)}`,
    );
    assert.ok(
      change <= limit && (dtype !== 'fp32' || change >= -limit),
      `${dtype}: ${perplexity} is ${change} from ${reference}`,
    );
    model.dispose();
  }
  tokenizer.dispose();
});

test("logits, ids and texts are PyTorch's", async () => {
  const { prompt, ids, argmax, logsumexp, last } = json('logits.json'),
    tokenizer = await AutoTokenizer.from_pretrained(TINY),
    model = await AutoModelForCausalLM.from_pretrained(TINY, { dtype: 'fp32' });
  assert.deepEqual(tokenizer.encode(prompt), ids);
  const {
      logits: { data, dims },
    } = await model({ input_ids: [ids] }),
    width = dims[2];
  for (let i = 0; i < ids.length; i++) {
    const row = /** @type {Float32Array} */ (data).subarray(i * width, (i + 1) * width),
      most = Math.max(...row);
    assert.equal(row.indexOf(most), argmax[i]);
    assert.ok(
      Math.abs(
        Math.log(row.reduce((/** @type {number} */ s, /** @type {number} */ x) => s + Math.exp(x - most), 0)) +
          most -
          logsumexp[i],
      ) <
        1e-4 * logsumexp[i],
    );
  }
  const tolerance = 1e-4 * Math.max(...last.map(Math.abs));
  last.forEach((/** @type {number} */ x, /** @type {number} */ k) =>
    assert.ok(Math.abs(data[(ids.length - 1) * width + k] - x) <= tolerance),
  );

  for (const { name, prompts, arguments: options, input_ids, attention_mask, ids: wanted, texts } of json(
    'generate.json',
  ).cases) {
    const inputs = tokenizer(prompts, { padding: true });
    assert.deepEqual(
      [
        inputs.input_ids.tolist().map((/** @type {bigint[]} */ row) => row.map(Number)),
        inputs.attention_mask.tolist().map((/** @type {bigint[]} */ row) => row.map(Number)),
      ],
      [input_ids, attention_mask],
    );
    /** @type {import('wasmformers').GenerationOptions & { return_dict_in_generate?: false }} */
    const all = { max_length: null, ...options };
    const out = await model.generate(inputs, all);
    assert.deepEqual([name, out.tolist().map((/** @type {bigint[]} */ row) => row.map(Number))], [name, wanted]);
    assert.deepEqual(tokenizer.batch_decode(out, { skip_special_tokens: true }), texts);
  }
  model.dispose();
  tokenizer.dispose();
});

test('what it tells is English', async (t) => {
  const write = await pipeline('text-generation', TINY),
    stream = write.stream('Once upon a time there was a king who', { max_new_tokens: 80, seed: 1 });
  let tale = '';
  for await (const piece of stream) tale += piece;
  t.diagnostic(`Once upon a time there was a king who${tale}`);
  const words = tale.toLowerCase().match(/[a-z’']+/g) ?? [],
    known = new Set(
      read('held-out.txt')
        .toLowerCase()
        .match(/[a-z’']+/g),
    );
  assert.ok(words.length > 30, tale);
  assert.ok(words.filter((word) => known.has(word)).length > words.length * 0.75, tale);
  await write.dispose();
});
