// pipeline('text-generation'): texts, lists, conversations, streams; what it gives is what the model and the
// tokenizer give by themselves.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {
  AutoModel,
  DynamicCache,
  GenerationConfig,
  InterruptableStoppingCriteria,
  TextGenerationPipeline,
  TextStreamer,
  pipeline,
} from 'wasmformers';
import { fixturePath } from '../helpers/fixtures.js';
import { rejection } from '../helpers/server.js';
import { writerFolder } from '../helpers/writer.js';

const LONG = { max_new_tokens: 12, eos_token_id: [] };
const CHAT = [
  { role: 'system', content: 'be brief' },
  { role: 'user', content: 'hello there' },
];
/**
 * @param {import('node:test').TestContext} t
 * @param {Untyped} [options]
 */
async function writer(t, options) {
  const pipe = await pipeline('text-generation', writerFolder(t, options), { dtype: 'fp32' });
  t.after(() => pipe.dispose());
  return pipe;
}
/** @param {Untyped} stream */
async function pieces(stream) {
  const all = [];
  for await (const piece of stream) all.push(piece);
  return all;
}

test('names that code for Transformers.js imports', async (t) => {
  const pipe = await writer(t, { context: 512 }),
    config = new GenerationConfig({ ...LONG }),
    wanted = await pipe('one day ', LONG);
  assert.ok(pipe instanceof TextGenerationPipeline);
  const own = new /** @type {Untyped} */ (TextGenerationPipeline)({
    task: 'text-generation',
    model: pipe.model,
    tokenizer: pipe.tokenizer,
  });
  assert.deepEqual(await own('one day ', { generation_config: config }), wanted);
  assert.deepEqual(await own.stream('one day ', LONG).output, wanted);
  // A conversation with a cache of the caller's.
  const past_key_values = new DynamicCache(),
    first = await pipe(CHAT, { ...LONG, past_key_values }),
    next = [...first[0].generated_text, { role: 'user', content: 'and then?' }];
  assert.ok(past_key_values.get_seq_length() > 0);
  assert.deepEqual(await pipe(next, { ...LONG, past_key_values }), await pipe(next, LONG));
});

test('fields of models and pipelines that code for Transformers.js reads', async (t) => {
  const pipe = await pipeline('text-generation', writerFolder(t));
  assert.deepEqual(pipe.model.sessions, {
    model: { inputNames: ['input_ids', 'attention_mask', 'position_ids'], outputNames: ['logits'] },
  });
  assert.deepEqual([pipe.model.main_input_name, pipe.model.can_generate, pipe.processor], ['input_ids', true, null]);
  await pipe.dispose();
  const encoder = await AutoModel.from_pretrained(fixturePath('models/bert-model'));
  assert.equal(encoder.can_generate, false);
  assert.ok(encoder.sessions.model.inputNames.includes('token_type_ids'));
  encoder.dispose();
});

test('a text: with its prompt or without, alone or in a list', async (t) => {
  const pipe = await writer(t),
    prompt = 'one day ';
  const out = await pipe.model.generate(pipe.tokenizer(prompt), LONG),
    whole = pipe.tokenizer.decode(out, { skip_special_tokens: true });
  const [{ generated_text: text }] = await pipe(prompt, LONG);
  assert.ok(text.startsWith(prompt) && text.length > prompt.length);
  assert.equal(text, whole);
  assert.deepEqual(await pipe(prompt, { ...LONG, return_full_text: false }), [
    { generated_text: text.slice(prompt.length) },
  ]);
  const others = ['a', 'the old man and the sea', prompt, 'x\ny', 'tale', 'so', 'no', 'in the end', 'he'];
  const lists = await pipe(others, LONG);
  assert.equal(lists.length, others.length);
  for (const [i, other] of others.entries()) assert.deepEqual(lists[i], await pipe(other, LONG), other);
  assert.deepEqual(await pipe(others, { ...LONG, batch_size: 2 }), lists);
  assert.deepEqual(await pipe([], LONG), []);
  const three = await pipe(['a', 'the old'], { ...LONG, do_sample: true, seed: 3, num_return_sequences: 3 });
  assert.deepEqual(
    three.map((one) => one.length),
    [3, 3],
  );
  assert.ok(three[1].every(({ generated_text }) => generated_text.startsWith('the old')));
  assert.ok(
    (await pipe('', { ...LONG, return_full_text: false }))[0].generated_text.length > 0,
    'an empty prompt begins a text',
  );
  assert.equal((await pipe('a', { max_new_tokens: 3, eos_token_id: [], logprobs: 2 }))[0].logprobs?.length, 3);
});

test('a conversation: its messages and the answer', async (t) => {
  const pipe = await writer(t, { context: 512 });
  const rendered = pipe.tokenizer.apply_chat_template(CHAT, { tokenize: false, add_generation_prompt: true });
  const [{ generated_text: answer }] = await pipe(rendered, {
    ...LONG,
    add_special_tokens: false,
    return_full_text: false,
  });
  const [{ generated_text: chat }] = await pipe(CHAT, LONG);
  assert.deepEqual(chat, [...CHAT, { role: 'assistant', content: answer }]);
  assert.deepEqual(CHAT.length, 2, 'the messages that were given stay as they are');
  assert.deepEqual(await pipe(CHAT, { ...LONG, return_full_text: false }), [{ generated_text: answer }]);
  assert.deepEqual(await pipe([CHAT, CHAT.slice(1)], LONG), [
    [{ generated_text: chat }],
    await pipe(CHAT.slice(1), LONG),
  ]);
  // The answer becomes part of the next turn.
  await pipe(CHAT, LONG);
  const next = await pipe([...chat, { role: 'user', content: 'and then' }], LONG);
  assert.equal(next[0].generated_text.length, 5);
  // What the two turns have in common was not computed again.
  const { engine } = /** @type {{ engine: { reusedTokens: number } }} */ (/** @type {unknown} */ (pipe.model));
  assert.ok(engine.reusedTokens >= pipe.tokenizer.encode(rendered).length, `${engine.reusedTokens}`);
  // Where the assistant spoke last, it goes on.
  const half = [...CHAT, { role: 'assistant', content: 'the sea' }],
    [{ generated_text: longer }] = await pipe(half, LONG);
  assert.equal(longer.length, 3);
  assert.ok(String(longer[2].content).startsWith('the sea') && String(longer[2].content).length > 7);
  // What else the template takes.
  const tools = [{ type: 'function', function: { name: 'f' } }];
  const withTools = pipe.tokenizer.apply_chat_template(CHAT, { tokenize: false, add_generation_prompt: true, tools });
  assert.match(withTools, /1 tools/);
  assert.equal(
    (await pipe(CHAT, { ...LONG, tools, return_full_text: false }))[0].generated_text,
    (await pipe(withTools, { ...LONG, add_special_tokens: false, return_full_text: false }))[0].generated_text,
  );
  const other = '{{ mood }}:{% for m in messages %}{{ m.content }}{% endfor %}';
  const rest = await pipe(CHAT, {
    ...LONG,
    chat_template: other,
    tokenizer_encode_kwargs: { mood: 'glad' },
    return_full_text: false,
  });
  assert.equal(
    rest[0].generated_text,
    (await pipe('glad:be briefhello there', { ...LONG, add_special_tokens: false, return_full_text: false }))[0]
      .generated_text,
  );
});

test('a stream: pieces that are the answer, a ReadableStream, an end at any time', async (t) => {
  const pipe = await writer(t),
    [{ generated_text: whole }] = await pipe('one day', LONG),
    wanted = whole.slice('one day'.length);
  const stream = pipe.stream('one day', LONG),
    all = await pieces(stream);
  assert.equal(all.join(''), wanted);
  assert.ok(all.length > 3 && all.every((piece) => piece !== ''));
  assert.deepEqual(await stream.output, [{ generated_text: whole }]);
  assert.deepEqual(
    [stream.stats.prompt_tokens, stream.stats.new_tokens, stream.stats.finish_reason],
    [pipe.tokenizer.encode('one day').length, 12, 'length'],
  );
  assert.equal((await rejection(pieces(stream))).code, 'stream_used');
  const chat = pipe.stream(CHAT, LONG),
    said = (await pieces(chat)).join('');
  assert.deepEqual((await chat.output)[0].generated_text.at(-1), { role: 'assistant', content: said });
  assert.deepEqual(await pipe.stream(CHAT, LONG).output, await pipe(CHAT, LONG), 'the output alone reads the stream');

  // As a ReadableStream, through what is made for those.
  const bytes = await new Response(
    pipe.stream('one day', LONG).toReadableStream().pipeThrough(new TextEncoderStream()),
  ).text();
  assert.equal(bytes, wanted);
  const reader = pipe
    .stream('one day', { ...LONG, max_new_tokens: 40 })
    .toReadableStream()
    .getReader();
  assert.ok((await reader.read()).value);
  await reader.cancel();

  // A reader that stops ends the generation and keeps what was written; the next call works.
  const left = pipe.stream('one day', { ...LONG, max_new_tokens: 40 });
  let first = '';
  for await (const piece of left) {
    first = piece;
    break;
  }
  const [{ generated_text: part }] = await left.output;
  assert.ok(part.startsWith('one day' + first) && part.length < whole.length);
  assert.equal(left.stats.finish_reason, 'cut');
  const controller = new AbortController(),
    reason = new Error('enough'),
    stopped = pipe.stream('one day', { ...LONG, max_new_tokens: 40, signal: controller.signal });
  const error = await rejection(
    (async () => {
      for await (const _ of stopped) controller.abort(reason);
    })(),
  );
  assert.equal(error, reason);
  assert.equal(await rejection(stopped.output), reason);
  assert.equal((await pipe('one day', LONG))[0].generated_text, whole);
});

test('two streams at once, read in turns', async (t) => {
  const pipe = await writer(t),
    alone = await Promise.all(
      ['one day', 'the king'].map(async (prompt) => (await pipe(prompt, LONG))[0].generated_text.slice(prompt.length)),
    );
  const [a, b] = await Promise.all(
    ['one day', 'the king'].map(async (prompt) => (await pieces(pipe.stream(prompt, LONG))).join('')),
  );
  assert.deepEqual([a, b], alone);
});

test('streamers, criteria and stop texts need nothing else', async (t) => {
  const pipe = await writer(t),
    [{ generated_text: whole }] = await pipe('one day', LONG);
  let text = '';
  const streamer = new TextStreamer(pipe.tokenizer, {
    callback_function: (piece) => {
      text += piece;
    },
  });
  await pipe('one day', { ...LONG, streamer });
  assert.equal(text, whole);
  const stop = whole.slice(10, 12),
    [{ generated_text: cut }] = await pipe('one day', { ...LONG, stop_strings: stop });
  assert.ok(whole.startsWith(cut) && cut.includes(stop));
  const interruptable = new InterruptableStoppingCriteria();
  interruptable.interrupt();
  assert.ok(
    (await pipe('one day', { ...LONG, stopping_criteria: interruptable }))[0].generated_text.length < whole.length,
  );
});

test("256 new tokens where nobody says, and the tokenizer's end where the files say none", async (t) => {
  const pipe = await writer(t, { generation: {} });
  const { config } = pipe.model;
  assert.equal(config.eos_token_id, 2);
  const stream = pipe.stream('one day', { eos_token_id: [] });
  await pieces(stream);
  assert.equal(
    stream.stats.prompt_tokens + stream.stats.new_tokens,
    64,
    'as many as the context holds, where it holds fewer',
  );
  const few = await writer(t, { generation: { max_new_tokens: 2, eos_token_id: [] } });
  const short = few.stream('one day');
  await pieces(short);
  assert.equal(short.stats.new_tokens, 2);
});

test('what was asked wrongly is named, and the next call works', async (t) => {
  const pipe = await writer(t),
    plain = await writer(t, { template: null });
  /** @type {[() => Promise<Untyped>, string, string][]} */
  const cases = [
    [() => pipe(/** @type {Untyped} */ (7)), 'bad_prompt', 'text'],
    [() => pipe(/** @type {Untyped} */ ([7])), 'bad_prompt', 'text'],
    [() => pipe(/** @type {Untyped} */ (null)), 'bad_prompt', 'text'],
    [() => pipe(/** @type {Untyped} */ ([[]])), 'bad_prompt', 'text'],
    [() => pipe('a '.repeat(200)), 'prompt_too_long', 'input_ids'],
    [() => pipe(CHAT, { max_new_tokens: 0 }), 'bad_option', 'max_new_tokens'],
    [() => pipe('a', { batch_size: 0 }), 'bad_option', 'batch_size'],
    [() => pipe('a', /** @type {Untyped} */ ({ temprature: 1 })), 'unknown_option', 'temprature'],
    [() => plain(CHAT), 'no_chat_template', 'chat_template'],
    [async () => pieces(pipe.stream('a', { num_beams: 2 })), 'contradiction', 'num_beams'],
    [
      async () => pieces(pipe.stream('a', { do_sample: true, num_return_sequences: 2 })),
      'contradiction',
      'num_return_sequences',
    ],
    [async () => pieces(pipe.stream('a', { top_p: 7 })), 'bad_option', 'top_p'],
    [async () => pieces(pipe.stream(/** @type {Untyped} */ (['a', 'b']))), 'bad_prompt', 'text'],
  ];
  for (const [call, code, field] of cases) {
    const error = await rejection(call());
    assert.deepEqual([error.name, error.code, error.field], ['InputError', code, field], error.stack);
  }
  assert.ok((await pipe('one day', LONG))[0].generated_text.startsWith('one day'));
  assert.ok((await plain('one day', LONG))[0].generated_text.startsWith('one day'));
  const dir = writerFolder(t);
  rmSync(path.join(dir, 'tokenizer.json'));
  rmSync(path.join(dir, 'model.safetensors'));
  assert.equal((await rejection(pipeline('text-generation', dir))).code, 'not_found');
});
