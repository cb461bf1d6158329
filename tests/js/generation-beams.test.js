// Beams and what a caller may say to them: stop texts as transformers hears them (tests/fixtures/generation/stops.json),
// criteria and processors that see what it would show them, reasons, an interruption.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { AutoModelForCausalLM, AutoTokenizer, InterruptableStoppingCriteria, LlamaForCausalLM, pipeline } from '../../js/index.js';
import { rejection } from './helpers/server.js';
import { LLAMA } from './helpers/writer.js';

const TINY = fileURLToPath(new URL('../../models/tiny', import.meta.url));
const numbers = (/** @type {any} */ tensor) => Array.from(tensor.data, Number);

test('stop texts end greedy texts and beams where transformers ends them', async () => {
  const { cases } = JSON.parse(readFileSync(new URL('../fixtures/generation/stops.json', import.meta.url), 'utf8'));
  const model = await AutoModelForCausalLM.from_pretrained(TINY, { dtype: 'fp32' }), tokenizer = await AutoTokenizer.from_pretrained(TINY);
  let stopped = 0;
  for (const { prompt, stops, config, sequences, scores } of cases) {
    const out = await model.generate(tokenizer(prompt), { do_sample: false, stop_strings: stops, tokenizer, return_dict_in_generate: true, cache_dtype: 'f32', ...config });
    const width = sequences[0].length, what = `${prompt} ${stops} ${JSON.stringify(config)}`;
    assert.deepEqual(out.sequences.dims, [sequences.length, width], what);
    assert.deepEqual(numbers(out.sequences), sequences.flat(), what);
    (scores ?? []).forEach((/** @type {number} */ wanted, /** @type {number} */ i) => assert.ok(Math.abs(out.sequences_scores?.data[i] - wanted) < 2e-4 * Math.max(1, Math.abs(wanted)), what));
    const length = tokenizer.encode(prompt).length;
    out.finish_reasons.forEach((reason, r) => {
      const text = tokenizer.decode(sequences[r].slice(length), { skip_special_tokens: true });
      assert.equal(reason, stops.some((/** @type {string} */ stop) => text.includes(stop)) ? 'stop' : sequences[r].at(-1) === 2 ? 'eos' : 'length', `${what} ${text}`);
      stopped += Number(reason === 'stop');
    });
  }
  assert.ok(cases.length >= 70 && stopped > cases.length / 3, `${stopped} of ${cases.length} stopped`);
  model.dispose();
  tokenizer.dispose();
});

test('a pipeline stops its beams, too', async () => {
  const write = await pipeline('text-generation', TINY, { dtype: 'fp32' });
  const [{ generated_text: whole }] = await write('Once upon a time', { do_sample: false, num_beams: 3, max_new_tokens: 30 }), [{ generated_text: cut }] = await write('Once upon a time', { do_sample: false, num_beams: 3, max_new_tokens: 30, stop_strings: 'a' });
  assert.ok(cut.length < whole.length && cut.slice('Once upon a time'.length).includes('a'), cut);
  write.dispose();
});

test('criteria and processors see beams as transformers shows them', async () => {
  const model = await LlamaForCausalLM.from_pretrained(LLAMA, { dtype: 'fp32' }), ids = [[1, 50, 60, 70], [1, 9, 33, 44]], options = { max_new_tokens: 8, num_beams: 3, num_return_sequences: 2, eos_token_id: 2, pad_token_id: 0, return_dict_in_generate: /** @type {true} */ (true) };
  /** @type {number[][]} */
  const shapes = [];
  const plain = await model.generate(ids, options);
  const seen = await model.generate(ids, {
    ...options,
    stopping_criteria: (rows) => {
      shapes.push([rows.length, rows[0].length]);
      assert.deepEqual(rows.map((row) => row.slice(0, 4).map(Number)), rows.map((_, r) => ids[r < 6 ? 0 : 1]));
      return false;
    },
    logits_processor: (rows, logits) => {
      assert.deepEqual([rows.length, logits.dims[0]], [6, 6]);
      assert.ok(Array.from(logits.data.subarray(0, logits.dims[1]), Math.exp).reduce((a, b) => a + b) < 1 + 1e-4, 'log-probabilities');
    },
  });
  assert.deepEqual(numbers(seen.sequences), numbers(plain.sequences));
  assert.deepEqual(shapes.slice(0, 3), [[12, 5], [12, 6], [12, 7]]);
  const short = await model.generate(ids, { ...options, eos_token_id: [], stopping_criteria: (rows) => rows.map((row) => row.length >= 7) });
  assert.deepEqual([short.sequences.dims, short.finish_reasons], [[4, 7], new Array(4).fill('criteria')]);
  const stop = new InterruptableStoppingCriteria();
  let steps = 0;
  const cut = await model.generate(ids, { ...options, eos_token_id: [], stopping_criteria: [stop, () => { if (++steps === 3) stop.interrupt(); return false; }] });
  assert.equal(cut.sequences.dims[1], 4 + 4, 'heard with the next token, as every criterion is');
  const boom = new Error('boom');
  assert.equal(await rejection(model.generate(ids, { ...options, stopping_criteria: () => { throw boom; } })), boom);
  // A processor that forces a text, with several sequences for one prompt as well.
  for (const more of [{}, { num_beams: 1, do_sample: true, num_return_sequences: 3 }]) {
    const forced = await model.generate([ids[0]], { ...options, ...more, max_new_tokens: 3, logits_processor: (rows, logits) => { logits.data.fill(-1e9); rows.forEach((row, r) => { logits[r].data[10 + row.length] = 0; }); } });
    assert.deepEqual(numbers(forced.sequences).slice(4, 7), [14, 15, 16]);
  }
  assert.deepEqual(numbers((await model.generate(ids, options)).sequences), numbers(plain.sequences));
  model.dispose();
});
