// Options that need more than one look at the model or give more than ids, against transformers' own results
// (tests/fixtures/generation/options.json): guidance, scores and logits of each step, prompt lookup, penalties of
// the prompt.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AutoModelForCausalLM, LlamaForCausalLM, TemperatureLogitsWarper } from 'wasmformers';
import { rejection } from '../helpers/server.js';

const folder = (/** @type {string} */ name) => fileURLToPath(new URL(`../../fixtures/lm/${name}`, import.meta.url));
const numbers = (/** @type {Untyped} */ tensor) => Array.from(tensor.data, Number);
const model = await LlamaForCausalLM.from_pretrained(folder('llama-generate-lm'), { dtype: 'fp32' });
const { cases } = JSON.parse(readFileSync(new URL('../../fixtures/generation/options.json', import.meta.url), 'utf8'));
after(() => model.dispose());

for (const group of ['guidance_scale', 'encoder_', 'prompt_lookup_num_tokens', 'output_scores']) {
  test(`${group} as transformers has it`, async () => {
    let compared = 0;
    for (const { prompts, options, sequences, ...steps } of cases) {
      if (!Object.keys(options).some((name) => name.startsWith(group))) continue;
      const what = `${JSON.stringify(prompts)} ${JSON.stringify(options)}`;
      const out = await model.generate(prompts, { ...options, cache_dtype: 'f32', return_dict_in_generate: true });
      assert.deepEqual(numbers(out.sequences), sequences.flat(), what);
      for (const name of /** @type {('scores' | 'logits')[]} */ (['scores', 'logits'])) {
        const wanted = steps[name],
          got = out[name];
        assert.equal(got?.length, wanted?.steps, `${name} ${what}`);
        for (const [step, values] of Object.entries(wanted?.at ?? {})) {
          const tensor = /** @type {Untyped} */ (got)[Number(step)];
          assert.deepEqual(tensor.dims, wanted.shape, what);
          values.forEach((/** @type {number | null} */ value, /** @type {number} */ i) => {
            if (value === null) assert.ok(tensor.data[i] < -1e30, `${name} ${step} ${i} ${what}`);
            else
              assert.ok(
                Math.abs(tensor.data[i] - value) < 2e-4 * Math.max(1, Math.abs(value)),
                `${name} ${step} ${i}: ${tensor.data[i]}, ${value} ${what}`,
              );
          });
        }
      }
      compared++;
    }
    assert.ok(compared >= 9, `${compared} cases`);
  });
}

test('scores and logits are given only where a dictionary is, with zeros behind a row that has ended', async () => {
  const options = { max_new_tokens: 6, do_sample: false, eos_token_id: [], output_scores: true, output_logits: true };
  const plain = await model.generate([[1, 50, 60]], options);
  assert.deepEqual(plain.dims, [1, 9]);
  const dict = { ...options, return_dict_in_generate: /** @type {true} */ (true) },
    whole = await model.generate(
      [
        [1, 50, 60],
        [1, 9, 33],
      ],
      dict,
    );
  const ended = await model.generate(
    [
      [1, 50, 60],
      [1, 9, 33],
    ],
    {
      ...dict,
      stopping_criteria: (/** @type {number[][]} */ rows) => rows.map((row, r) => r === 0 && row.length >= 5),
    },
  );
  assert.deepEqual([whole.scores?.length, ended.scores?.length, ended.logits?.length], [6, 6, 6]);
  for (let step = 0; step < 6; step++) {
    const [first, second] = [0, 1].map((r) =>
      Array.from(/** @type {Untyped} */ (ended.logits)[step].data.subarray(r * 61, (r + 1) * 61)),
    );
    if (step > 1)
      assert.ok(
        first.every((value) => value === 0),
        `step ${step}`,
      );
    const wanted = /** @type {Untyped} */ (whole.logits)[step].data;
    assert.ok(
      second.every((value, i) => Math.abs(value - wanted[61 + i]) < 1e-4),
      `step ${step}`,
    );
  }
});

test('guidance: what comes with it, and what it refuses', async () => {
  const ids = [[1, 50, 60, 40]],
    options = { max_new_tokens: 8, do_sample: false, eos_token_id: [], guidance_scale: 2 };
  const alone = numbers(await model.generate(ids, options));
  // A padded negative prompt is its own ids; several sequences share theirs; a processor sees the rows that are
  // picked from.
  const negative = [[7, 8, 9]],
    want = numbers(await model.generate(ids, { ...options, negative_prompt_ids: negative }));
  assert.notDeepEqual(want, alone);
  assert.deepEqual(
    numbers(
      await model.generate(ids, {
        ...options,
        negative_prompt_ids: [[0, 0, 7, 8, 9]],
        negative_prompt_attention_mask: [[0, 0, 1, 1, 1]],
      }),
    ),
    want,
  );
  const three = await model.generate(ids, {
    ...options,
    negative_prompt_ids: negative,
    do_sample: true,
    top_k: 1,
    num_return_sequences: 3,
  });
  assert.deepEqual(numbers(three), [...want, ...want, ...want]);
  const seen = await model.generate([...ids, ...ids], {
    ...options,
    negative_prompt_ids: negative,
    logits_processor: (rows, logits) => {
      assert.deepEqual([rows.length, logits.dims], [2, [2, 61]]);
    },
  });
  assert.deepEqual(numbers(seen), [...want, ...want]);
  const shared = await model.generate(ids, {
    ...options,
    negative_prompt_ids: negative,
    do_sample: true,
    top_k: 1,
    num_return_sequences: 2,
    logits_processor: new TemperatureLogitsWarper(1),
  });
  assert.deepEqual(numbers(shared), [...want, ...want]);
  for (const [more, code, field] of /** @type {[object, string, string][]} */ ([
    [{ num_beams: 2 }, 'contradiction', 'guidance_scale'],
    [{ prompt_lookup_num_tokens: 2 }, 'contradiction', 'guidance_scale'],
    [{ negative_prompt_ids: [[1], [2]] }, 'contradiction', 'negative_prompt_ids'],
    [{ negative_prompt_ids: [[99]] }, 'token_out_of_range', 'negative_prompt_ids'],
    [{ guidance_scale: 'much' }, 'bad_option', 'guidance_scale'],
  ])) {
    const error = await rejection(model.generate(ids, { ...options, ...more }));
    assert.deepEqual([error.name, error.code, error.field], ['InputError', code, field], JSON.stringify(more));
  }
  assert.deepEqual(numbers(await model.generate(ids, options)), alone);
});

test('tokens that a function allows, row by row', async () => {
  const ids = [
    [1, 50, 60],
    [1, 9, 33],
  ];
  const allowed = (/** @type {number} */ batch, /** @type {bigint[]} */ row) =>
    batch === 0 ? [10 + row.length, 20 + row.length] : [5];
  for (const more of [{}, { num_beams: 2 }, { do_sample: true, num_return_sequences: 1 }]) {
    const out = numbers(
      await model.generate(ids, { max_new_tokens: 4, eos_token_id: [], prefix_allowed_tokens_fn: allowed, ...more }),
    );
    out.slice(3, 7).forEach((id, i) => assert.ok(id === 13 + i || id === 23 + i, `${id} at ${i}`));
    assert.deepEqual(out.slice(10), [5, 5, 5, 5]);
  }
  assert.equal((await rejection(model.generate(ids, { prefix_allowed_tokens_fn: () => [] }))).code, 'no_token_left');
});

test('a batch shrinks as its rows end where processors take each row by itself, and says the same', async () => {
  /** @type {number[]} */
  const sizes = [];
  class Spy extends TemperatureLogitsWarper {
    /**
     * @param {bigint[][]} rows
     * @param {Untyped} logits
     */
    _call(rows, logits) {
      assert.equal(logits.dims[0], rows.length);
      sizes.push(rows.length);
      rows.forEach((row, r) => {
        logits.data[r * 61 + ((Number(row[row.length - 1]) * 7 + row.length * 3) % 61)] += 3;
      });
      return logits;
    }
  }
  const prompts = [
      [1, 50, 60],
      [1, 9, 33],
      [2, 4, 6],
      [8, 8, 8],
    ],
    options = {
      max_new_tokens: 12,
      eos_token_id: [],
      return_dict_in_generate: /** @type {true} */ (true),
      output_logits: true,
    };
  const ends = [3, 9, 1, 12],
    stopping_criteria = (/** @type {number[][]} */ rows) => rows.map((row, r) => row.length >= 3 + ends[r]);
  for (const more of [{}, { do_sample: true, seed: 3 }]) {
    const spy = new Spy(1),
      whole = await model.generate(prompts, {
        ...options,
        ...more,
        stopping_criteria,
        logits_processor: (rows, logits) => spy(rows, logits),
      });
    assert.deepEqual(sizes.splice(0), new Array(12).fill(4), 'a function may count on its rows');
    const out = await model.generate(prompts, { ...options, ...more, stopping_criteria, logits_processor: spy });
    assert.deepEqual(sizes.splice(0), [4, 3, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1]);
    assert.deepEqual([numbers(out.sequences), out.finish_reasons], [numbers(whole.sequences), whole.finish_reasons]);
  }
});

test('what this generate() does not have it names', async () => {
  for (const [options, field] of /** @type {[Record<string, Json>, string][]} */ ([
    [{ assistant_model: model }, 'assistant_model'],
    [{ inputs_embeds: [1] }, 'inputs_embeds'],
    [{ output_attentions: true }, 'output_attentions'],
    [{ output_hidden_states: true }, 'output_hidden_states'],
    [{ top_h: 0.4 }, 'top_h'],
    [{ watermarking_config: {} }, 'watermarking_config'],
    [{ diversity_penalty: 0.5 }, 'diversity_penalty'],
    [{ constraints: [[1]] }, 'constraints'],
    [{ token_healing: true }, 'token_healing'],
    [{ use_mtp: true }, 'use_mtp'],
    [{ dola_layers: 'high' }, 'dola_layers'],
    [{ assistant_early_exit: 4 }, 'assistant_early_exit'],
  ])) {
    const error = await rejection(model.generate([[1, 2]], options));
    assert.deepEqual([error.name, error.code, error.field], ['InputError', 'unsupported_option', field]);
  }
  // Options without an effect here are allowed.
  const ids = [[1, 50, 60]],
    options = { max_new_tokens: 4 },
    plain = numbers(await model.generate(ids, options));
  assert.deepEqual(
    numbers(
      await model.generate(ids, {
        ...options,
        use_cache: false,
        cache_implementation: 'static',
        prefill_chunk_size: 2,
        max_cache_len: 9,
        num_assistant_tokens: 3,
        disable_compile: true,
        low_memory: true,
        output_attentions: false,
        assistant_model: null,
      }),
    ),
    plain,
  );
});

test('guessed tokens come in the same steps, with any listener', async () => {
  const gpt2 = await AutoModelForCausalLM.from_pretrained(folder('gpt2-lm'), { dtype: 'fp32' }),
    ids = [[5, 17, 17, 17, 17]],
    options = { max_new_tokens: 30, do_sample: false, eos_token_id: [], cache_dtype: /** @type {const} */ ('f32') };
  const plain = numbers(await gpt2.generate(ids, options)),
    guess = { ...options, prompt_lookup_num_tokens: 10 };
  assert.deepEqual(numbers(await gpt2.generate(ids, guess)), plain);
  assert.deepEqual(
    numbers(
      await gpt2.generate(ids, {
        ...guess,
        logits_processor: (rows, logits) => {
          assert.deepEqual([rows.length, logits.dims[0]], [1, 1]);
        },
      }),
    ),
    plain,
  );
  /** @type {number[]} */
  const lengths = [];
  assert.deepEqual(
    numbers(
      await gpt2.generate(ids, {
        ...guess,
        stopping_criteria: (rows) => {
          lengths.push(rows[0].length);
          return rows[0].length >= 20;
        },
      }),
    ),
    plain.slice(0, 20),
  );
  assert.deepEqual(
    lengths,
    Array.from({ length: 15 }, (_, i) => 6 + i),
  );
  const out = await gpt2.generate(ids, { ...guess, logprobs: 2, return_dict_in_generate: true }),
    want = await gpt2.generate(ids, { ...options, logprobs: 2, return_dict_in_generate: true });
  out.logprobs?.[0].forEach(({ token, logprob }, i) =>
    assert.ok(
      token === want.logprobs?.[0][i].token &&
        Math.abs(logprob - /** @type {Untyped} */ (want.logprobs)[0][i].logprob) < 1e-4,
    ),
  );
  gpt2.dispose();
});
