// Beams and the caller's functions: stop texts as in transformers (tests/fixtures/generation/stops.json), criteria and
// processors that see the same rows as there, reasons, an interruption.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { StopStrings } from '../../../js/generation/stop-strings.js';
import {
  AutoModelForCausalLM,
  AutoTokenizer,
  InterruptableStoppingCriteria,
  LlamaForCausalLM,
  PreTrainedTokenizer,
  pipeline,
} from 'wasmformers';
import { rejection } from '../helpers/server.js';
import { LLAMA } from '../helpers/writer.js';

const TINY = fileURLToPath(new URL('../../../models/tiny', import.meta.url));
const numbers = (/** @type {Untyped} */ tensor) => Array.from(tensor.data, Number);

test('stop texts end greedy texts and beams where transformers ends them', async () => {
  const { cases, batches } = JSON.parse(
    readFileSync(new URL('../../fixtures/generation/stops.json', import.meta.url), 'utf8'),
  );
  const model = await AutoModelForCausalLM.from_pretrained(TINY, { dtype: 'fp32' }),
    tokenizer = await AutoTokenizer.from_pretrained(TINY);
  let stopped = 0,
    begun = 0;
  for (const { prompt, stops, config, sequences, scores } of cases) {
    const out = await model.generate(tokenizer(prompt), {
      do_sample: false,
      stop_strings: stops,
      tokenizer,
      return_dict_in_generate: true,
      cache_dtype: 'f32',
      ...config,
    });
    const width = sequences[0].length,
      what = `${prompt} ${stops} ${JSON.stringify(config)}`;
    assert.deepEqual(out.sequences.dims, [sequences.length, width], what);
    assert.deepEqual(numbers(out.sequences), sequences.flat(), what);
    (scores ?? []).forEach((/** @type {number} */ wanted, /** @type {number} */ i) =>
      assert.ok(Math.abs(out.sequences_scores?.data[i] - wanted) < 2e-4 * Math.max(1, Math.abs(wanted)), what),
    );
    const length = tokenizer.encode(prompt).length;
    out.finish_reasons.forEach((reason, r) => {
      const text = tokenizer.decode(sequences[r]),
        behind = tokenizer.decode(sequences[r].slice(0, length)).length;
      const found = stops
        .map((/** @type {string} */ stop) => text.indexOf(stop, Math.max(0, behind - stop.length + 1)))
        .filter((/** @type {number} */ at) => at >= 0);
      assert.equal(reason, found.length ? 'stop' : sequences[r].at(-1) === 2 ? 'eos' : 'length', `${what} ${text}`);
      stopped += Number(reason === 'stop');
      begun += Number(found.some((/** @type {number} */ at) => at < behind));
    });
  }
  assert.ok(
    cases.length >= 100 && stopped > cases.length / 3 && begun >= 10,
    `${stopped} of ${cases.length} stopped, ${begun} of them begun by the prompt`,
  );
  for (const { prompts, stops, rows } of batches) {
    const out = await model.generate(tokenizer(prompts, { padding: true, padding_side: 'left' }), {
      do_sample: false,
      stop_strings: stops,
      tokenizer,
      return_dict_in_generate: true,
      cache_dtype: 'f32',
      max_new_tokens: 24,
    });
    const width = out.sequences.dims[1],
      got = numbers(out.sequences),
      longest = Math.max(...prompts.map((/** @type {string} */ prompt) => tokenizer.encode(prompt).length));
    rows.forEach((/** @type {number[]} */ wanted, /** @type {number} */ r) => {
      const padding = longest - tokenizer.encode(prompts[r]).length;
      assert.deepEqual(
        got.slice(r * width + padding, (r + 1) * width),
        wanted.slice(0, width - padding),
        `${stops} in row ${r}`,
      );
    });
  }
  // In the other ways: drawn, streamed, by the pipeline with either shape of its answer. The prompt's "who" is gone
  // on with by " had".
  const [prompt] = batches[0].prompts,
    stop_strings = ['who had'];
  const drawn = await model.generate(tokenizer(prompt), {
    do_sample: true,
    top_k: 1,
    num_return_sequences: 2,
    stop_strings,
    tokenizer,
    max_new_tokens: 8,
    return_dict_in_generate: true,
  });
  assert.deepEqual(
    [drawn.finish_reasons, drawn.sequences.dims[1]],
    [['stop', 'stop'], tokenizer.encode(prompt).length + 1],
  );
  const write = await pipeline('text-generation', TINY, { dtype: 'fp32' });
  for (const [return_full_text, wanted] of /** @type {[boolean, string][]} */ ([
    [true, `${prompt} had`],
    [false, ' had'],
  ])) {
    assert.deepEqual(await write(prompt, { do_sample: false, stop_strings, return_full_text }), [
      { generated_text: wanted },
    ]);
    let streamed = '';
    const stream = write.stream(prompt, { do_sample: false, stop_strings, return_full_text });
    for await (const piece of stream) streamed += piece;
    assert.deepEqual(
      [streamed, stream.stats.finish_reason, await stream.output],
      [' had', 'stop', [{ generated_text: wanted }]],
    );
  }
  write.dispose();
  model.dispose();
  tokenizer.dispose();
});

test('a stop text ends where transformers finds it, for tokenizers of every kind', async () => {
  const { marks } = JSON.parse(readFileSync(new URL('../../fixtures/generation/stops.json', import.meta.url), 'utf8'));
  /** @type {Map<string, Promise<PreTrainedTokenizer>>} */
  const tokenizers = new Map();
  let found = 0;
  for (const { tokenizer: name, ids, stop, where } of marks) {
    if (!tokenizers.has(name))
      tokenizers.set(
        name,
        PreTrainedTokenizer.fromFiles(
          readFileSync(new URL(`../../fixtures/tokenizers/${name}.tokenizer.json`, import.meta.url), 'utf8'),
        ),
      );
    const tokenizer = await /** @type {Promise<PreTrainedTokenizer>} */ (tokenizers.get(name)),
      wanted = where ?? []; // null: it says that no token can end it
    for (const prompt of [1, ids.length >> 1]) {
      const stops = new StopStrings(tokenizer, stop, [ids.slice(0, prompt)]),
        got = [],
        whole = [],
        all = Int32Array.from(ids);
      for (let i = prompt; i < ids.length; i++) {
        if (stops.push(0, ids[i])) got.push(i);
        if (stops.endedBy(all.subarray(0, prompt), all.subarray(prompt, i + 1))) whole.push(i);
      }
      const after = wanted.filter((/** @type {number} */ i) => i >= prompt);
      assert.deepEqual([got, whole], [after, after], `${name} "${stop}" after ${prompt}`);
      found += got.length;
    }
  }
  assert.ok(marks.length > 190 && found > 200, `${found} ends of ${marks.length} texts`);
  for (const tokenizer of tokenizers.values()) (await tokenizer).dispose();
});

test('a pipeline stops its beams, too', async () => {
  const write = await pipeline('text-generation', TINY, { dtype: 'fp32' });
  const [{ generated_text: whole }] = await write('Once upon a time', {
      do_sample: false,
      num_beams: 3,
      max_new_tokens: 30,
    }),
    [{ generated_text: cut }] = await write('Once upon a time', {
      do_sample: false,
      num_beams: 3,
      max_new_tokens: 30,
      stop_strings: 'a',
    });
  assert.ok(cut.length < whole.length && cut.slice('Once upon a time'.length).includes('a'), cut);
  write.dispose();
});

test('criteria and processors see beams as transformers shows them', async () => {
  const model = await LlamaForCausalLM.from_pretrained(LLAMA, { dtype: 'fp32' }),
    ids = [
      [1, 50, 60, 70],
      [1, 9, 33, 44],
    ],
    options = {
      max_new_tokens: 8,
      num_beams: 3,
      num_return_sequences: 2,
      eos_token_id: 2,
      pad_token_id: 0,
      return_dict_in_generate: /** @type {true} */ (true),
    };
  /** @type {number[][]} */
  const shapes = [];
  const plain = await model.generate(ids, options);
  const seen = await model.generate(ids, {
    ...options,
    stopping_criteria: (rows) => {
      shapes.push([rows.length, rows[0].length]);
      assert.deepEqual(
        rows.map((row) => row.slice(0, 4).map(Number)),
        rows.map((_, r) => ids[r < 6 ? 0 : 1]),
      );
      return false;
    },
    logits_processor: (rows, logits) => {
      assert.deepEqual([rows.length, logits.dims[0]], [6, 6]);
      assert.ok(
        Array.from(logits.slice(0).data, (v) => Math.exp(Number(v))).reduce((a, b) => a + b) < 1 + 1e-4,
        'log-probabilities',
      );
    },
  });
  assert.deepEqual(numbers(seen.sequences), numbers(plain.sequences));
  assert.deepEqual(shapes.slice(0, 3), [
    [12, 5],
    [12, 6],
    [12, 7],
  ]);
  const short = await model.generate(ids, {
    ...options,
    eos_token_id: [],
    stopping_criteria: (rows) => rows.map((row) => row.length >= 7),
  });
  assert.deepEqual([short.sequences.dims, short.finish_reasons], [[4, 7], new Array(4).fill('criteria')]);
  const stop = new InterruptableStoppingCriteria();
  let steps = 0;
  const cut = await model.generate(ids, {
    ...options,
    eos_token_id: [],
    stopping_criteria: [
      stop,
      () => {
        if (++steps === 3) stop.interrupt();
        return false;
      },
    ],
  });
  assert.equal(cut.sequences.dims[1], 4 + 4, 'heard with the next token, as every criterion is');
  const boom = new Error('boom');
  assert.equal(
    await rejection(
      model.generate(ids, {
        ...options,
        stopping_criteria: () => {
          throw boom;
        },
      }),
    ),
    boom,
  );
  // A processor that forces a text, with several sequences for one prompt as well.
  for (const more of [{}, { num_beams: 1, do_sample: true, num_return_sequences: 3 }]) {
    const forced = await model.generate([ids[0]], {
      ...options,
      ...more,
      max_new_tokens: 3,
      logits_processor: (rows, logits) => {
        logits.data.fill(-1e9);
        rows.forEach((row, r) => {
          logits[r].data[10 + row.length] = 0;
        });
      },
    });
    assert.deepEqual(numbers(forced.sequences).slice(4, 7), [14, 15, 16]);
  }
  assert.deepEqual(numbers((await model.generate(ids, options)).sequences), numbers(plain.sequences));
  model.dispose();
});
