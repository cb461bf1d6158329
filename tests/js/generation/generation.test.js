// Models that write, through the whole stack: PyTorch's logits and ids on every golden decoder; what may be done from
// JavaScript to the loop of tokens; what may go wrong, and that the next call works.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  AutoModelForCausalLM,
  AutoTokenizer,
  BaseStreamer,
  DynamicCache,
  GPT2LMHeadModel,
  InterruptableStoppingCriteria,
  LlamaForCausalLM,
  LogitsProcessor,
  PreTrainedCausalLM,
  PreTrainedModel,
  Tensor,
  TextStreamer,
} from 'wasmformers';
import { readSafetensors } from '../helpers/safetensors.js';
import { rejection } from '../helpers/server.js';
import { shardsOf } from '../helpers/shards.js';
import { LLAMA, writerFolder } from '../helpers/writer.js';

/** @typedef {import('wasmformers').GenerationOptions} GenerationOptions */

const LM = new URL('../../fixtures/lm/', import.meta.url);
const names = readdirSync(LM, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

for (const name of names) {
  test(`${name}: PyTorch's logits and ids`, async () => {
    const folder = fileURLToPath(new URL(name, LM)),
      io = readSafetensors(path.join(folder, 'io.safetensors')),
      { cls, generate } = JSON.parse(readFileSync(path.join(folder, 'case.json'), 'utf8'));
    const model = await PreTrainedModel.from_pretrained(folder, { dtype: 'fp32' });
    assert.ok(model instanceof PreTrainedCausalLM, cls);
    const inputs = Object.fromEntries(
      Object.entries(io)
        .filter(([k]) => k.startsWith('in.'))
        .map(([k, v]) => [k.slice(3), new Tensor('int64', v.data, v.dims)]),
    );
    const { logits } = await model(inputs),
      wanted = io['out.logits'],
      mask = io['in.attention_mask'].data;
    assert.deepEqual(logits.dims, wanted.dims);
    const tolerance = 1e-4 * Math.max(1, ...wanted.data.map(Math.abs)),
      width = wanted.dims[2];
    let worst = 0;
    for (let i = 0; i < wanted.data.length; i++)
      if (mask[Math.floor(i / width)]) worst = Math.max(worst, Math.abs(logits.data[i] - wanted.data[i]));
    assert.ok(worst <= tolerance, `${worst} > ${tolerance}`);
    let modes = 0;
    for (const [mode, options] of Object.entries(generate ?? {})) {
      const expected = io[`out.generate.${mode}`];
      /** @type {Tensor} */
      const got = await model.generate(
        inputs,
        /** @type {GenerationOptions & { return_dict_in_generate?: false }} */ (options),
      );
      assert.equal(
        `${mode} [${got.dims}] ${got.data.join(' ')}`,
        `${mode} [${expected.dims}] ${expected.data.join(' ')}`,
      );
      modes++;
    }
    assert.ok(modes > 0);
    model.dispose();
  });
}

test("prompts come back as they were given: padded places keep the caller's ids", async () => {
  const folder = fileURLToPath(new URL('falcon-alibi-batch-lm', LM)),
    io = readSafetensors(path.join(folder, 'io.safetensors')),
    { generate } = JSON.parse(readFileSync(path.join(folder, 'case.json'), 'utf8')),
    { data, dims } = io['in.input_ids'],
    mask = io['in.attention_mask'].data;
  const model = await AutoModelForCausalLM.from_pretrained(folder, { dtype: 'fp32' });
  assert.ok(mask.includes(0n));
  for (const mode of ['greedy', 'beam3x2']) {
    const wanted = io[`out.generate.${mode}`],
      [rows, width] = wanted.dims,
      each = rows / dims[0],
      // PyTorch's, with the caller's padding in place of the fixture's
      expected = Array.from(wanted.data, (/** @type {bigint} */ id, /** @type {number} */ i) => {
        const column = i % width,
          row = Math.floor(i / width / each);
        return column < dims[1] && !mask[row * dims[1] + column] ? 5 : Number(id);
      });
    const input_ids = new Tensor(
        'int64',
        data.map((/** @type {bigint} */ id, /** @type {number} */ i) => (mask[i] ? id : 5n)),
        dims,
      ),
      attention_mask = new Tensor('int64', mask, dims);
    /** @type {Tensor} */
    const got = await model.generate({ input_ids, attention_mask, ...generate[mode] });
    assert.deepEqual([got.dims, numbers(got)], [wanted.dims, expected], mode);
  }
  // Columns of padding only, and padding on the right: max_length counts them, as in Python.
  const short = [3, 4],
    call = { max_length: 9, eos_token_id: null },
    alone = numbers(await model.generate([short], { ...call, max_length: 7 }));
  for (const [row, shown] of [
    [
      [6, 6, ...short],
      [0, 0, 1, 1],
    ],
    [
      [...short, 6, 6],
      [1, 1, 0, 0],
    ],
  ]) {
    const got = await model.generate({ input_ids: [row], attention_mask: [shown] }, call);
    assert.deepEqual(numbers(got), [...row, ...alone.slice(2)]);
  }
  // Rows of different lengths, which no tensor has, are padded.
  const ragged = await model.generate([short, [1, 2, 3]], { ...call, pad_token_id: 8 });
  assert.deepEqual(numbers(ragged).slice(0, 3), [8, ...short]);
  model.dispose();
});

const ids = [[1, 50, 60, 70]];
const numbers = (/** @type {Tensor} */ tensor) => Array.from(tensor.data, Number);
const load = (/** @type {Untyped} */ options = {}) =>
  LlamaForCausalLM.from_pretrained(LLAMA, { dtype: 'fp32', ...options });

test('inputs in every form, options beside them or behind them', async () => {
  const model = await load(),
    options = { max_new_tokens: 6 },
    wanted = numbers(await model.generate(ids, options));
  assert.equal(wanted.length, 10);
  assert.deepEqual(wanted.slice(0, 4), ids[0]);
  const tensor = new Tensor('int64', BigInt64Array.from(ids[0], BigInt), [1, 4]);
  for (const got of [
    await model.generate(tensor, options),
    await model.generate({ input_ids: tensor, ...options }),
    await model.generate({ inputs: tensor, attention_mask: [[1, 1, 1, 1]], ...options }),
    await model.generate(
      { input_ids: ids, token_type_ids: [[0, 0, 0, 0]] },
      { generation_config: { max_new_tokens: 6 } },
    ),
    await model.generate(ids, { max_length: 10 }),
    await model.generate(Int32Array.from(ids[0]), options),
  ]) {
    assert.equal(got.type, 'int64');
    assert.deepEqual(numbers(got), wanted);
  }
  assert.equal((await model.generate(ids)).dims[1], 24, 'twenty new tokens where nobody says');
  const dict = await model.generate(ids, { ...options, return_dict_in_generate: true });
  assert.deepEqual(
    [numbers(dict.sequences), dict.finish_reasons, dict.past_key_values.get_seq_length()],
    [wanted, ['length'], 9],
  );
  const beams = await model.generate(ids, {
    ...options,
    num_beams: 3,
    num_return_sequences: 3,
    return_dict_in_generate: true,
  });
  assert.deepEqual([beams.sequences.dims[0], beams.sequences_scores?.dims, beams.finish_reasons.length], [3, [3], 3]);
  assert.ok(
    Array.from(beams.sequences_scores?.data ?? [NaN]).every(
      (/** @type {number} */ x, i, all) => x < 0 && (i === 0 || x <= all[i - 1]),
    ),
  );
  model.dispose();
});

test('rows of a batch end each for itself; a batch gives what each row alone gives', async () => {
  const model = await load(),
    rows = [
      [1, 50, 60, 70],
      [1, 9],
      [1, 33, 44],
    ],
    options = { max_new_tokens: 12 };
  /** @type {number[][]} */
  const alone = [];
  for (const row of rows) alone.push(numbers(await model.generate([row], options)).slice(row.length));
  const end = alone[0][4]; // an end that the first row meets before the others
  const batch = {
    input_ids: rows.map((row) => [...new Array(4 - row.length).fill(0), ...row]),
    attention_mask: rows.map((row) => [...new Array(4 - row.length).fill(0), ...row.map(() => 1)]),
  };
  const out = await model.generate(batch, {
    ...options,
    eos_token_id: end,
    pad_token_id: 7,
    return_dict_in_generate: true,
  });
  const width = out.sequences.dims[1];
  rows.forEach((row, r) => {
    const stop = alone[r].indexOf(end),
      own = stop < 0 ? alone[r] : alone[r].slice(0, stop + 1),
      got = numbers(out.sequences).slice(r * width, (r + 1) * width);
    assert.deepEqual(got, [
      ...new Array(4 - row.length).fill(0),
      ...row,
      ...own,
      ...new Array(width - 4 - own.length).fill(7),
    ]);
    assert.equal(out.finish_reasons[r], stop < 0 ? 'length' : 'eos');
  });
  model.dispose();
});

test('the same seed gives the same text, another one another', async () => {
  const model = await load(),
    options = { max_new_tokens: 16, do_sample: true, temperature: 1.5, top_k: 0 };
  const draw = async (/** @type {{ seed?: number }} */ more) =>
    numbers(await model.generate(ids, { ...options, ...more })).join();
  const seven = await draw({ seed: 7 });
  assert.equal(await draw({ seed: 7 }), seven);
  assert.notEqual(await draw({ seed: 8 }), seven);
  assert.equal(
    new Set(await Promise.all([1, 2, 3].map(() => draw({})))).size,
    3,
    'without a seed each call draws anew',
  );
  const many = await model.generate(ids, { ...options, seed: 7, num_return_sequences: 3 });
  assert.deepEqual(many.dims, [3, 20]);
  assert.equal(
    new Set(
      [0, 1, 2].map((r) =>
        numbers(many)
          .slice(r * 20, r * 20 + 20)
          .join(),
      ),
    ).size,
    3,
  );
  model.dispose();
});

test('streamers hear the prompt and every token; calls at the same time wait for each other', async (t) => {
  const dir = writerFolder(t),
    model = await AutoModelForCausalLM.from_pretrained(dir, { dtype: 'fp32' }),
    tokenizer = await AutoTokenizer.from_pretrained(dir);
  const input = tokenizer('one day'),
    wanted = numbers(await model.generate(input, { max_new_tokens: 9 })),
    prompt = input.input_ids.dims[1];
  /** @type {(bigint[] | null)[]} */
  const heard = [];
  class Ear extends BaseStreamer {
    /** @param {bigint[][]} value */
    put(value) {
      heard.push(value[0]);
    }
    end() {
      heard.push(null);
    }
  }
  await model.generate({ ...input, max_new_tokens: 9, streamer: new Ear() });
  assert.deepEqual(
    heard.map((value) => value?.map(Number)),
    [wanted.slice(0, prompt), ...wanted.slice(prompt).map((id) => [id]), undefined],
  );
  let text = '';
  const streamer = new TextStreamer(tokenizer, {
    skip_prompt: true,
    callback_function: (piece) => {
      text += piece;
    },
  });
  const [a, b, c] = await Promise.all([
    model.generate({ ...input, max_new_tokens: 9, streamer }),
    model.generate(ids, { max_new_tokens: 3 }),
    model(input),
  ]);
  assert.deepEqual(numbers(a), wanted);
  assert.equal('one day' + text, tokenizer.decode(wanted, { skip_special_tokens: true }));
  assert.equal(b.dims[1], 7);
  assert.equal(c.logits.dims[1], prompt);
  model.dispose();
  tokenizer.dispose();
});

test('criteria, stop texts, processors and time end rows where they should', async (t) => {
  const dir = writerFolder(t),
    model = await AutoModelForCausalLM.from_pretrained(dir, { dtype: 'fp32' }),
    tokenizer = await AutoTokenizer.from_pretrained(dir);
  const input = tokenizer('one day'),
    prompt = input.input_ids.dims[1],
    whole = numbers(await model.generate(input, { max_new_tokens: 24, eos_token_id: [] })).slice(prompt);
  const run = async (/** @type {Untyped} */ options) => {
    const out = await model.generate(input, {
      max_new_tokens: 24,
      eos_token_id: [],
      return_dict_in_generate: true,
      ...options,
    });
    return { ids: numbers(out.sequences).slice(prompt), reason: out.finish_reasons[0] };
  };
  const five = await run({
    stopping_criteria: (/** @type {bigint[][]} */ rows) => rows.map((row) => row.length >= prompt + 5),
  });
  assert.deepEqual(five, { ids: whole.slice(0, 5), reason: 'criteria' });
  const interruptable = new InterruptableStoppingCriteria();
  let count = 0;
  const stopped = await run({
    stopping_criteria: [interruptable],
    streamer: Object.assign(new BaseStreamer(), {
      put: () => {
        if (++count === 4) interruptable.interrupt();
      },
      end: () => {},
    }),
  });
  assert.deepEqual(stopped, { ids: whole.slice(0, 3), reason: 'criteria' });
  interruptable.reset();
  assert.deepEqual(await run({ stopping_criteria: [interruptable] }), { ids: whole, reason: 'length' });

  // A stop that begins in one token, perhaps the prompt's last, and ends in another.
  const text = 'one day' + tokenizer.decode(whole),
    at = whole.findIndex((_, i) => i > 6 && tokenizer.decode(whole.slice(i - 1, i + 1)).length > 1);
  const upTo = tokenizer.decode(whole.slice(0, at + 1)),
    stop = upTo.slice(-2),
    first = text.indexOf(stop, 6);
  const cut = await run({ stop_strings: [stop, 'never to be seen'], tokenizer });
  assert.equal(cut.reason, 'stop');
  const got = 'one day' + tokenizer.decode(cut.ids);
  assert.ok(
    got.includes(stop, 6) && text.startsWith(got) && got.length < first + stop.length + 2,
    `"${got}" has "${stop}" as early as "${text}"`,
  );
  assert.equal((await rejection(model.generate(input, { stop_strings: 'x' }))).code, 'no_tokenizer');

  // A processor sees all ids and the logits, and what it says holds.
  class Only extends LogitsProcessor {
    /**
     * @param {bigint[][]} rows
     * @param {Tensor} logits
     */
    _call(rows, logits) {
      assert.deepEqual([rows.length, logits.dims], [1, [1, 199]]);
      logits.data.fill(-Infinity);
      logits.data[10 + rows[0].length] = 1;
      return logits;
    }
  }
  assert.deepEqual(
    (await run({ max_new_tokens: 4, logits_processor: new Only() })).ids,
    [0, 1, 2, 3].map((i) => 10 + prompt + i),
  );
  assert.deepEqual((await run({ logits_processor: [() => {}] })).ids, whole, 'one that changes nothing');
  assert.equal(
    (await rejection(run({ logits_processor: [() => new Tensor('float32', Float32Array.of(1), [1, 1])] }))).code,
    'shape_mismatch',
  );
  const boom = new Error('boom');
  assert.equal(
    await rejection(
      run({
        logits_processor: [
          () => {
            throw boom;
          },
        ],
      }),
    ),
    boom,
  );
  assert.equal(
    await rejection(
      run({
        stopping_criteria: [
          () => {
            throw boom;
          },
        ],
      }),
    ),
    boom,
  );
  assert.deepEqual(await run({}), { ids: whole, reason: 'length' });

  // As good as no time: the tokens of the first look at the clock.
  const late = await run({ max_time: 1e-9 });
  assert.equal(late.reason, 'time');
  assert.ok(late.ids.length < 24);
  model.dispose();
  tokenizer.dispose();
});

test('log-probabilities of what was written and of what else was likely', async () => {
  const model = await load(),
    { logprobs, sequences } = await model.generate(ids, {
      max_new_tokens: 5,
      logprobs: 3,
      return_dict_in_generate: true,
    });
  assert.equal(logprobs?.[0].length, 5);
  const { logits } = await model({ input_ids: [numbers(sequences).slice(0, -1)] }),
    vocab = logits.dims[2];
  logprobs?.[0].forEach(({ token, logprob, top }, i) => {
    assert.equal(token, numbers(sequences)[4 + i]);
    const row = /** @type {Float32Array} */ (logits.data).subarray((3 + i) * vocab, (4 + i) * vocab),
      most = Math.max(...row),
      sum = Math.log(row.reduce((s, x) => s + Math.exp(x - most), 0)) + most;
    const order = Array.from(row.keys())
      .sort((a, b) => row[b] - row[a])
      .slice(0, 3);
    assert.ok(Math.abs(logprob - (row[token] - sum)) < 1e-3, `${logprob} ${row[token] - sum}`);
    assert.deepEqual(
      top.map((one) => one.token),
      order,
    );
    top.forEach((one) => assert.ok(Math.abs(one.logprob - (row[one.token] - sum)) < 1e-3));
  });
  model.dispose();
});

test('a generation that is not read is parked for others, and goes on where it was', async () => {
  const model = await load(),
    options = { max_new_tokens: 20, eos_token_id: [], do_sample: true, seed: 3 },
    wanted = numbers(await model.generate(ids, options)).slice(4),
    other = [[1, 9, 33]],
    second = numbers(await model.generate(other, { max_new_tokens: 5 }));
  const { GenerationRun } = await import('../../../js/generation/generate.js');
  const writer = /** @type {ConstructorParameters<typeof GenerationRun>[0]} */ (/** @type {unknown} */ (model));
  // The criterion makes it give one token at a time.
  const begin = () => new GenerationRun(writer, ids, { ...options, stopping_criteria: () => false }).steps();
  const left = begin();
  assert.equal((await left.next()).value?.[0], wanted[0]);
  assert.deepEqual(numbers(await model.generate(other, { max_new_tokens: 5 })), second, 'the other one has its turn');
  const rest = [];
  for await (const step of left) rest.push(step[0]);
  assert.deepEqual(rest, wanted.slice(1), 'nothing is lost');
  // One within the other's loop.
  const both = [];
  for await (const step of begin()) {
    both.push(step[0]);
    if (both.length === 4) assert.deepEqual(numbers(await model.generate(other, { max_new_tokens: 5 })), second);
  }
  assert.deepEqual(both, wanted);
  // Of many that are not read the oldest are evicted, with an error that says so.
  const many = [];
  for (let i = 0; i < 11; i++) {
    many.push(begin());
    await many[i].next();
  }
  const fate = await Promise.all(
    many.map((steps) =>
      (async () => {
        const out = [];
        for await (const step of steps) out.push(step[0]);
        return out.join();
      })().catch((error) => error.code),
    ),
  );
  assert.ok(fate.includes('given_up') && fate.slice(3).every((text) => text === wanted.slice(1).join()), String(fate));
  assert.deepEqual(numbers(await model.generate(other, { max_new_tokens: 5 })), second);
  // Disposing of the model ends those that wait.
  const last = begin();
  await last.next();
  model.dispose();
  assert.equal((await rejection(last.next())).code, 'disposed');
});

test('past_key_values go on with a conversation, and several are kept apart', async () => {
  const model = await load(),
    options = { max_new_tokens: 6, eos_token_id: [], return_dict_in_generate: /** @type {true} */ (true) },
    engine = /** @type {Untyped} */ (model).engine;
  // As chat pages of Transformers.js do: what the last call gave goes into the next.
  let cache = null,
    text = [1, 50, 60, 70];
  for (let turn = 0; turn < 3; turn++) {
    const out = /** @type {Untyped} */ (
      await model.generate({ input_ids: [text], past_key_values: cache, ...options })
    );
    assert.equal(engine.reusedTokens, turn ? text.length - 3 : 0);
    cache = out.past_key_values;
    assert.ok(cache instanceof DynamicCache);
    assert.equal(cache.get_seq_length(), text.length + 5);
    text = [...numbers(out.sequences), 5, 6];
  }
  // One that the caller made, in use by turns with another: both keep what they have.
  const one = new DynamicCache(),
    two = new DynamicCache(),
    talks = [
      [1, 7, 8, 9, 10],
      [1, 30, 31, 32, 33, 34],
    ],
    alone = [];
  for (const start of talks) {
    await engine.cropCache(0);
    let all = start;
    for (let turn = 0; turn < 3; turn++)
      all = [...numbers((await model.generate([all], options)).sequences), 11 + turn];
    alone.push(all);
  }
  for (let turn = 0; turn < 3; turn++) {
    for (const [i, past_key_values] of [one, two].entries()) {
      const out = await model.generate([talks[i]], { ...options, past_key_values });
      assert.equal(out.past_key_values, past_key_values);
      if (turn) assert.equal(engine.reusedTokens, talks[i].length - 2, 'nothing is computed twice');
      talks[i] = [...numbers(out.sequences), 11 + turn];
    }
  }
  assert.deepEqual(talks, alone);
  // Cropped; saved; used by a model that never saw it.
  await one.crop(4);
  assert.equal(one.get_seq_length(), 4);
  const saved = await two.save(),
    wanted = numbers((await model.generate([talks[1]], options)).sequences),
    again = await load(),
    taken = new DynamicCache(saved);
  assert.equal(taken.get_seq_length(), 0);
  assert.deepEqual(
    numbers((await again.generate([talks[1]], { ...options, past_key_values: taken })).sequences),
    wanted,
  );
  assert.equal(/** @type {Untyped} */ (again).engine.reusedTokens, talks[1].length - 2);
  // Errors are named, and the next call works.
  for (const [past_key_values, code] of /** @type {[Untyped, string][]} */ ([
    [taken, 'foreign_cache'],
    [new DynamicCache(saved.slice(8)), 'bad_cache'],
    [{ 'past_key_values.0.key': 1 }, 'bad_cache'],
    [7, 'bad_cache'],
  ])) {
    const error = await rejection(model.generate(ids, { ...options, past_key_values }));
    assert.deepEqual([error.name, error.code], ['InputError', code]);
  }
  await two.dispose();
  assert.equal(
    (await rejection(model.generate([talks[1]], { ...options, past_key_values: two }))).code,
    'disposed_cache',
  );
  assert.equal((await rejection(new DynamicCache().save())).code, 'empty_cache');
  // Tensors of a caller's own, by name
  const tensor = new Tensor('float32', new Float32Array(12), [1, 2, 3, 2]),
    named = new DynamicCache({ 'past_key_values.0.key': tensor });
  named.update({ 'past_key_values.0.value': tensor, extra: tensor });
  assert.deepEqual(Object.keys(named), ['past_key_values.0.key', 'past_key_values.0.value', 'extra']);
  assert.equal(named['past_key_values.0.value'], tensor);
  assert.equal(named.get_seq_length(), 3);
  const unsupported = await rejection(model.generate(ids, { ...options, past_key_values: named }));
  assert.deepEqual([unsupported.name, unsupported.code], ['InputError', 'unsupported_cache']);
  assert.deepEqual(Object.keys(new DynamicCache()), []);
  for (const entries of [{ key: 1 }, { update: tensor }, 5, 'x', [1]])
    assert.throws(() => new DynamicCache(/** @type {Untyped} */ (entries)), { code: 'bad_cache' });
  assert.throws(() => named.update(/** @type {Untyped} */ (null)), { code: 'bad_cache' });
  assert.deepEqual(numbers((await model.generate([talks[1]], options)).sequences), wanted);
  model.dispose();
  again.dispose();
});

test('an abort ends a call between tokens, with its own reason; wrong calls are named; the next works', async () => {
  const model = await load(),
    wanted = numbers(await model.generate(ids, { max_new_tokens: 6 }));
  const reason = new Error('enough'),
    controller = new AbortController();
  let count = 0;
  const streamer = Object.assign(new BaseStreamer(), {
    put: () => {
      if (++count === 3) controller.abort(reason);
    },
    end: () => {},
  });
  assert.equal(
    await rejection(
      model.generate(ids, { max_new_tokens: 5000, min_new_tokens: 50, signal: controller.signal, streamer }),
    ),
    reason,
  );
  assert.ok(count < 60, `${count} tokens after the abort`);
  assert.equal(await rejection(model.generate(ids, { signal: AbortSignal.abort(reason) })), reason);
  /** @type {[Untyped, Untyped, string, string][]} inputs, options, code, field */
  const wrong = [
    [[[]], {}, 'empty_input', 'input_ids'],
    [undefined, {}, 'bad_input', 'input_ids'],
    ['text', {}, 'bad_input', 'input_ids'],
    [[[1, 199]], {}, 'token_out_of_range', 'input_ids'],
    [[new Array(64).fill(5)], {}, 'prompt_too_long', 'input_ids'],
    [[new Array(70).fill(5)], {}, 'prompt_too_long', 'input_ids'],
    [ids, { max_length: 3 }, 'prompt_too_long', 'max_length'],
    [ids, { temperature: 0, do_sample: true }, 'bad_option', 'temperature'],
    [ids, { top_p: 2 }, 'bad_option', 'top_p'],
    [ids, { top_k: 1.5 }, 'bad_option', 'top_k'],
    [ids, { num_beams: 0 }, 'bad_option', 'num_beams'],
    [ids, { max_new_tokens: 2, min_new_tokens: 3 }, 'contradiction', 'min_new_tokens'],
    [ids, { num_return_sequences: 2 }, 'contradiction', 'num_return_sequences'],
    [ids, { num_beams: 2, num_return_sequences: 3 }, 'contradiction', 'num_return_sequences'],
    [ids, { num_beams: 2, streamer: new BaseStreamer() }, 'contradiction', 'streamer'],
    [[[1], [2]], { streamer: new BaseStreamer() }, 'streamer_batch', 'streamer'],
    [ids, { maxNewTokens: 3 }, 'unknown_option', 'maxNewTokens'],
    [ids, { penalty_alpha: 0.6 }, 'unsupported_option', 'penalty_alpha'],
    [ids, { top_h: 0.3 }, 'unsupported_option', 'top_h'],
    [ids, { stopping_criteria: 7 }, 'not_a_function', 'stopping_criteria'],
    [ids, { stopping_criteria: async () => false }, 'async_function', 'stopping_criteria'],
    [ids, { stopping_criteria: async () => false, num_beams: 2 }, 'async_function', 'stopping_criteria'],
    [ids, { stopping_criteria: () => Promise.reject(new Error('late')) }, 'async_function', 'stopping_criteria'],
    [ids, { logits_processor: async () => {} }, 'async_function', 'logits_processor'],
    [ids, { prefix_allowed_tokens_fn: async () => [5] }, 'async_function', 'prefix_allowed_tokens_fn'],
    [ids, { past_key_values: {} }, 'bad_cache', 'past_key_values'],
    [ids, { bad_words_ids: [[]] }, 'bad_option', 'bad_words_ids'],
  ];
  for (const [input, options, code, field] of wrong) {
    const error = await rejection(model.generate(input, options));
    assert.deepEqual(
      [error.name, error.code, error.field],
      ['InputError', code, field],
      `${Object.keys(options)}: ${error.stack}`,
    );
  }
  assert.deepEqual(numbers(await model.generate(ids, { max_new_tokens: 6 })), wanted);
  // The context ends the text, where nothing else does.
  const full = await model.generate([new Array(60).fill(5)], {
    max_new_tokens: 500,
    eos_token_id: [],
    return_dict_in_generate: true,
  });
  assert.deepEqual([full.sequences.dims, full.finish_reasons], [[1, 64], ['length']]);
  model.dispose();
  assert.equal((await rejection(model.generate(ids))).code, 'disposed');
});

test('generation_config.json holds where the call says nothing; what is wrong in it is named', async (t) => {
  const base = { bos_token_id: 1, eos_token_id: 2, pad_token_id: 0 },
    dir = writerFolder(t, {
      generation: { ...base, max_new_tokens: 3, chat_format: 'chatml', transformers_version: '5' },
    });
  const model = await AutoModelForCausalLM.from_pretrained(dir);
  assert.deepEqual(model.generation_config, { ...base, max_new_tokens: 3 });
  assert.equal((await model.generate(ids)).dims[1], 7);
  assert.equal((await model.generate(ids, { max_length: 9, eos_token_id: [] })).dims[1], 9);
  model.dispose();
  for (const [text, code] of [
    ['[]', 'wrong_type'],
    ['{"a":', 'invalid_json'],
  ]) {
    writeFileSync(path.join(dir, 'generation_config.json'), text);
    const error = await rejection(AutoModelForCausalLM.from_pretrained(dir));
    assert.deepEqual([error.name, error.code, error.file], ['ConfigError', code, 'generation_config.json']);
  }
});

test('what loading would take is known before, and true', async (t) => {
  const dir = writerFolder(t),
    size = readFileSync(path.join(dir, 'model.safetensors')).length;
  const full = await AutoModelForCausalLM.estimate(dir, { dtype: 'fp32' }),
    small = await AutoModelForCausalLM.estimate(dir, { dtype: 'q8', max_length: 16, rows: 2 });
  assert.deepEqual(
    [full.download, full.files, full.tokens, full.context],
    [size, [{ file: 'model.safetensors', size, cached: true }], 64, 64],
  );
  assert.ok(full.memory > full.weights + full.cache);
  assert.ok(small.weights < full.weights && small.cache < full.cache && small.cache > 0);
  const model = await AutoModelForCausalLM.from_pretrained(dir, { dtype: 'fp32' });
  assert.equal(model.stats.bytesNeeded, full.weights);
  model.dispose();
  assert.equal(
    (await rejection(AutoModelForCausalLM.estimate(dir, { dtype: /** @type {Untyped} */ ('q3') }))).code,
    'unknown_dtype',
  );
});

test('weights or a cache that cannot fit are an error before the first byte, or the first token', async (t) => {
  const config = JSON.parse(readFileSync(path.join(LLAMA, 'config.json'), 'utf8'));
  const error = await rejection(
    load({
      config: {
        ...config,
        num_hidden_layers: 400,
        intermediate_size: 100_000,
        hidden_size: 4096,
        head_dim: 128,
        num_attention_heads: 32,
        num_key_value_heads: 32,
      },
    }),
  );
  assert.deepEqual([error.name, error.code], ['MemoryError', 'too_large'], error.stack);
  const model = await AutoModelForCausalLM.from_pretrained(writerFolder(t, { context: 2 ** 30 }));
  const many = await rejection(model.generate(ids, { max_new_tokens: 60_000_000 }));
  assert.deepEqual([many.name, many.code], ['MemoryError', 'out_of_memory'], many.stack);
  assert.equal((await model.generate(ids, { max_new_tokens: 3, eos_token_id: [] })).dims[1], 7);
  model.dispose();
});

test('dtypes, shards, classes', async (t) => {
  for (const dtype of ['fp32', 'fp16', 'q8', 'q4', 'int8', 'q4f16', 'auto']) {
    const model = await load({ dtype });
    assert.equal((await model.generate(ids, { max_new_tokens: 3, eos_token_id: [] })).dims[1], 7, dtype);
    model.dispose();
  }
  const dir = writerFolder(t),
    { files, index } = shardsOf(dir, 3);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(path.join(dir, name), bytes);
  writeFileSync(path.join(dir, 'model.safetensors.index.json'), JSON.stringify(index));
  rmSync(path.join(dir, 'model.safetensors'));
  const one = await load(),
    many = await LlamaForCausalLM.from_pretrained(dir, { dtype: 'fp32' });
  assert.deepEqual(numbers(await many.generate(ids)), numbers(await one.generate(ids)));
  assert.equal((await LlamaForCausalLM.estimate(dir)).files.length, 3);
  one.dispose();
  many.dispose();
  assert.equal((await rejection(GPT2LMHeadModel.from_pretrained(dir))).code, 'wrong_model_type');
});
