// What pipelines promise beyond single answers: embeddings of every kind, batches in their order, loading and letting
// go, and errors that say what is wrong.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  AutoModelForSequenceClassification,
  AutoTokenizer,
  FeatureExtractionPipeline,
  TextRankingPipeline,
  cos_sim,
  mean_pooling,
  pipeline,
} from 'wasmformers';
import { TASKS } from '../../../js/pipelines/index.js';
import { wrong } from '../helpers/fixtures.js';
import { emptyFolder, eventually, rejection, startServer, useHub } from '../helpers/server.js';

const folder = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../../fixtures/pipelines/${name}`, import.meta.url));
const FILES = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
const TEXTS = ['a cat', 'angela merkel lives in the old city of berlin', '', 'the dog sat', 'cat'];

/** Vectors of a text-classification checkpoint's base model do as well as any. */
const embedder = () => pipeline('feature-extraction', folder('text-classification'), { dtype: 'fp32' });
/**
 * @param {import('wasmformers').DataArray} a
 * @param {import('wasmformers').DataArray} b
 */
const far = (a, b) => Math.max(...Array.from(a, (v, i) => Math.abs(Number(v) - Number(b[i]))));

test('embeddings: every pooling is that of the text alone', async () => {
  const pipe = await embedder();
  const hidden = await pipe(TEXTS);
  assert.deepEqual(hidden.dims, [5, 11, 24]);
  for (const [i, text] of TEXTS.entries()) {
    const alone = (await pipe(text))[0],
      t = alone.dims[0];
    assert.ok(far(hidden[i].slice([0, t]).data, alone.data) < 1e-5);
    assert.ok(
      Array.from(hidden[i].slice([t, null]).data).every((v) => v === 0),
      'zeros behind the text',
    );
    /** @type {Record<string, Json>} */
    const want = {
      mean: alone.mean(0),
      cls: alone[0],
      first_token: alone[0],
      last_token: alone[t - 1],
      eos: alone[t - 1],
      max: alone.max(0),
    };
    for (const pooling of /** @type {Untyped[]} */ (Object.keys(want))) {
      const got = await pipe(TEXTS, { pooling });
      assert.deepEqual(got.dims, [5, 24]);
      assert.ok(far(got[i].data, want[pooling].data) < 1e-5, `${pooling} of "${text}"`);
    }
  }
  await pipe.dispose();
});

test('embeddings: unit length, fewer dimensions, bytes and bits', async () => {
  const pipe = await embedder();
  const raw = await pipe(TEXTS, { pooling: 'mean' });
  const unit = await pipe(TEXTS, { pooling: 'mean', normalize: true });
  for (const row of unit) assert.ok(Math.abs(row.norm().item() - 1) < 1e-6);
  const cut = await pipe(TEXTS, { pooling: 'mean', normalize: true, dimensions: 8 });
  assert.deepEqual(cut.dims, [5, 8]);
  for (let i = 0; i < 5; i++) {
    assert.ok(Math.abs(Number(cut[i].norm().item()) - 1) < 1e-6, 'cut first, then normalized');
    assert.ok(cos_sim(cut[i].data, raw[i].slice([0, 8]).data) > 1 - 1e-6);
  }
  const int8 = await pipe(TEXTS, { pooling: 'mean', precision: 'int8' }),
    uint8 = await pipe(TEXTS, { pooling: 'mean', precision: 'uint8' });
  assert.deepEqual([int8.type, int8.dims, uint8.type, uint8.dims], ['int8', [5, 24], 'uint8', [5, 24]]);
  assert.ok(far(int8.data, unit.mul(127).data) <= 0.501 && far(uint8.data, unit.add(1).mul(127.5).data) <= 0.501);
  const bits = await pipe(TEXTS, { pooling: 'mean', quantize: true, precision: 'ubinary' }),
    signed = await pipe(TEXTS, { pooling: 'mean', quantize: true });
  assert.deepEqual([bits.type, bits.dims, signed.type], ['uint8', [5, 3], 'int8']);
  Array.from(raw.data).forEach((v, i) => assert.equal((bits.data[i >> 3] >> (7 - (i & 7))) & 1, v > 0 ? 1 : 0));
  Array.from(bits.data).forEach((v, i) => assert.equal(signed.data[i], v - 128));
  assert.deepEqual((await pipe([], { pooling: 'mean' })).dims, [0, 24]);
  await pipe.dispose();
});

test("mean_pooling over the model's own outputs is the pipeline's mean", async () => {
  const pipe = await embedder();
  const inputs = pipe.tokenizer(TEXTS, { padding: true });
  const { last_hidden_state } = await pipe.model(inputs);
  const got = mean_pooling(last_hidden_state, inputs.attention_mask),
    want = await pipe(TEXTS, { pooling: 'mean' });
  assert.ok(far(got.data, want.data) < 1e-5);
  await pipe.dispose();
});

test('left padding in the tokenizer changes no answer', async () => {
  const pipe = await embedder(),
    want = await pipe(TEXTS, { pooling: 'last_token' });
  pipe.tokenizer.padding_side = 'left';
  assert.ok(far((await pipe(TEXTS, { pooling: 'last_token' })).data, want.data) < 1e-6);
  assert.equal(pipe.tokenizer.padding_side, 'left', "and nothing is set behind the caller's back");
  await pipe.dispose();
});

test('long lists come back in their order, whatever the batches', async () => {
  const pipe = await embedder();
  const texts = Array.from({ length: 300 }, (_, i) => 'the cat '.repeat((i * 7) % 40) + i);
  let passes = 0;
  const { forward } = pipe.model;
  pipe.model.forward = (...args) => {
    passes++;
    return forward.apply(pipe.model, args);
  };
  const all = await pipe(texts, { pooling: 'mean' });
  assert.ok(passes > 3 && passes < 40, `${passes} passes`);
  for (const i of [0, 1, 17, 150, 299])
    assert.ok(far(all[i].data, (await pipe(texts[i], { pooling: 'mean' })).data) < 1e-5, `text ${i}`);
  await pipe.dispose();
});

test('too long a text is cut and keeps its [SEP]', async () => {
  const pipe = await embedder();
  const hidden = await pipe('the cat '.repeat(200));
  assert.deepEqual(hidden.dims, [1, 96, 24]);
  const kept = pipe.tokenizer.encode('the cat '.repeat(47));
  assert.equal(kept.length, 96);
  assert.ok(far(hidden.data, (await pipe('the cat '.repeat(47))).data) < 1e-6);
  await pipe.dispose();
});

test("text ranking: best first, the model's own scores, pairs", async () => {
  const dir = folder('text-classification');
  const model = await AutoModelForSequenceClassification.from_pretrained(dir, { dtype: 'fp32' });
  const Ranking = /** @type {new (parts: object) => TextRankingPipeline} */ (
    /** @type {unknown} */ (TextRankingPipeline)
  );
  const pipe = new Ranking({ task: 'text-ranking', model, tokenizer: await AutoTokenizer.from_pretrained(dir) });
  const documents = ['a cat', 'the river is near', 'politics and music', 'he ate'];
  const logits = [];
  for (const text_pair of documents) logits.push((await model(pipe.tokenizer('who ate?', { text_pair }))).logits.data);
  const want = logits.map((l) => l[2] - l[0]);
  const ranked = await pipe('who ate?', documents, { normalize: false });
  assert.deepEqual(
    ranked.map((r) => r.index),
    [0, 1, 2, 3].sort((a, b) => want[b] - want[a]),
  );
  for (const { index, score, text } of ranked) {
    assert.ok(Math.abs(score - want[index]) < 1e-5);
    assert.equal(text, documents[index]);
  }
  const best = await pipe('who ate?', documents, { top_k: 1, return_documents: false });
  assert.equal(best.length, 1);
  assert.deepEqual(Object.keys(best[0]), ['index', 'score']);
  assert.ok(Math.abs(best[0].score - 1 / (1 + Math.exp(-ranked[0].score))) < 1e-6);
  const pairs = await pipe(
    documents.map((text_pair) => ({ text: 'who ate?', text_pair })),
    { normalize: false },
  );
  pairs.forEach((p, i) => assert.ok(p.index === i && Math.abs(p.score - want[i]) < 1e-5));
  assert.equal((await rejection(pipe('q', wrong('no list')))).code, 'not_a_list');
  assert.equal((await rejection(pipe(wrong([{ text: 'a' }])))).name, 'InputError');
  await pipe.dispose();
});

test('loading tells every file, sums, and ready', async (t) => {
  const server = await startServer(
    t,
    Object.fromEntries(
      FILES.map((f) => [`/org/name/resolve/main/${f}`, readFileSync(path.join(folder('text-classification'), f))]),
    ),
  );
  useHub(t, server.url);
  /** @type {Untyped[]} */
  const events = [];
  const pipe = await pipeline('sentiment-analysis', 'org/name', { progress_callback: (e) => events.push(e) });
  assert.equal(pipe.task, 'text-classification');
  assert.deepEqual(
    events
      .filter((e) => e.status === 'done')
      .map((e) => e.file)
      .sort(),
    [...FILES].sort(),
  );
  assert.deepEqual(events.at(-1), { status: 'ready', task: 'text-classification', model: 'org/name' });
  const sums = events.filter((e) => e.status === 'progress_total'),
    sum = sums.at(-1);
  assert.deepEqual([...new Set(sums.map((e) => e.total))], [sum.total], 'the total never changes');
  assert.ok(sums.every((e, i) => i === 0 || e.loaded >= sums[i - 1].loaded));
  // Transformers.js' tutorials add a bar on "initiate" and remove it on "done": no bar is for a missing file.
  const filesOf = (/** @type {string} */ status) => events.filter((e) => e.status === status).map((e) => e.file);
  assert.deepEqual(filesOf('initiate').sort(), filesOf('done').sort());
  const size = FILES.reduce((n, f) => n + readFileSync(path.join(folder('text-classification'), f)).length, 0);
  assert.deepEqual(
    [sum.name, sum.progress, sum.loaded, sum.total, Object.keys(sum.files).sort()],
    ['org/name', 100, size, size, [...FILES].sort()],
  );
  assert.ok(events.every((e) => e.name === 'org/name' || e.status === 'ready'));
  // The weights are asked for once config.json has come, which decides on the engine, and before anything else is read.
  const at = (/** @type {string} */ status, /** @type {string} */ file) =>
    events.findIndex((e) => e.status === status && e.file === file);
  assert.ok(at('done', 'config.json') < at('initiate', 'model.safetensors'));
  await pipe.dispose();
  await server.close();
  const again = await pipeline('sentiment-analysis', 'org/name');
  assert.equal((await again('a good dog'))[0].label.length > 2, true);
  await again.dispose();
});

test('a part that fails stops the other and says what it was', async (t) => {
  const weights = readFileSync(path.join(folder('text-classification'), 'model.safetensors'));
  const server = await startServer(t, {
    '/a/resolve/main/config.json': readFileSync(path.join(folder('text-classification'), 'config.json')),
    '/a/resolve/main/model.safetensors': { body: weights, stall: 1000 },
    '/a/resolve/main/tokenizer.json': '{"model":{"type":"Nope"}}',
    '/b/resolve/main/model.safetensors': { body: weights, stall: 1000 },
    '/b/resolve/main/tokenizer.json': '{}',
  });
  const hub = useHub(t, server.url),
    { fetch } = hub,
    asked = (/** @type {string} */ file) => server.requests.some(({ path: url }) => url === file);
  hub.fetch = async (url, init) => {
    // The tokenizer fails when the weights are on their way.
    if (String(url).endsWith('/a/resolve/main/tokenizer.json'))
      await eventually(() => asked('/a/resolve/main/model.safetensors'), 'the weights are asked for');
    return fetch(url, init);
  };
  const error = await rejection(pipeline('text-classification', 'a'));
  assert.equal(error.name, 'TokenizerError', error.message);
  assert.equal(error.file, 'tokenizer.json');
  const missing = await rejection(pipeline('text-classification', 'b'));
  assert.ok(
    ['HubError not_found', 'TokenizerError missing_field'].includes(`${missing.name} ${missing.code}`),
    `${missing.name} ${missing.code}`,
  );
  await eventually(
    () => server.closed.includes('/a/resolve/main/model.safetensors'),
    'the download of the weights is stopped',
  );
  assert.ok(!asked('/b/resolve/main/model.safetensors'), 'no weights without a config.json');
});

test('an abort while loading and while running; the next call works', async (t) => {
  const weights = readFileSync(path.join(folder('text-classification'), 'model.safetensors'));
  const server = await startServer(t, {
    ...Object.fromEntries(
      FILES.map((f) => [`/a/resolve/main/${f}`, readFileSync(path.join(folder('text-classification'), f))]),
    ),
    '/a/resolve/main/model.safetensors': { body: weights, stall: 60_000 },
  });
  useHub(t, server.url);
  const reason = new Error('enough'),
    controller = new AbortController();
  setTimeout(() => controller.abort(reason), 60);
  assert.equal(await rejection(pipeline('text-classification', 'a', { signal: controller.signal })), reason);
  assert.equal(await rejection(pipeline('text-classification', 'a', { signal: AbortSignal.abort(reason) })), reason);

  const pipe = await pipeline('text-classification', folder('text-classification'));
  const [first] = await pipe('a good dog');
  const running = new AbortController(),
    many = Array.from({ length: 10_000 }, (_, i) => `the cat ${i} sat in the old city`);
  setTimeout(() => running.abort(reason), 30);
  assert.equal(await rejection(pipe(many, { signal: running.signal })), reason);
  assert.deepEqual((await pipe('a good dog'))[0], first);
  await pipe.dispose();
});

test('wrong options and inputs are named, and the next call works', async () => {
  const names = [
    'text-classification',
    'fill-mask',
    'question-answering',
    'token-classification',
    'zero-shot-classification',
  ];
  const p = /** @type {Record<string, Json>} */ (
    Object.fromEntries(
      await Promise.all(names.map(async (n) => [n, await pipeline(/** @type {Untyped} */ (n), folder(n))])),
    )
  );
  const e = /** @type {Untyped} */ (await embedder());
  /** @type {[string, () => Promise<Untyped>, string][]} */
  const cases = [
    ['unknown_pooling', () => e('a', { pooling: 'sum' }), 'pooling'],
    ['unknown_pooling', () => e('a', { pooling: 'toString' }), 'pooling'],
    ['unknown_precision', () => e('a', { pooling: 'cls', precision: 'int3' }), 'precision'],
    ['bad_dimensions', () => e('a', { pooling: 'cls', dimensions: 0 }), 'dimensions'],
    ['bad_dimensions', () => e('a', { pooling: 'cls', dimensions: 25 }), 'dimensions'],
    ['not_a_string', () => e(null), 'text'],
    ['not_a_string', () => e(['a', 1]), 'text'],
    ['unknown_function', () => p['text-classification']('a', { function_to_apply: 'tanh' }), 'function_to_apply'],
    ['length_mismatch', () => p['text-classification'](['a', 'b'], { text_pair: ['c'] }), 'text_pair'],
    ['no_mask', () => p['fill-mask']('no mask here'), 'text'],
    ['unknown_target', () => p['fill-mask']('a [MASK]', { targets: '' }), 'targets'],
    ['length_mismatch', () => p['question-answering'](['a', 'b'], ['c']), 'context'],
    ['empty_input', () => p['question-answering']('a', ''), 'context'],
    ['bad_option', () => p['question-answering']('a', 'b', { top_k: 0 }), 'top_k'],
    ['not_a_string', () => p['question-answering']('a'), 'context'],
    ['unknown_strategy', () => p['token-classification']('a', { aggregation_strategy: 'sum' }), 'aggregation_strategy'],
    ['no_labels', () => p['zero-shot-classification']('a', []), 'candidate_labels'],
    [
      'bad_template',
      () => p['zero-shot-classification']('a', ['b'], { hypothesis_template: 'x' }),
      'hypothesis_template',
    ],
  ];
  for (const [code, call, field] of cases) {
    const error = await rejection(call());
    assert.deepEqual([error.name, error.code, error.field], ['InputError', code, field], error.stack);
  }
  assert.equal((await p['text-classification'](['a', '\ud800 lone', '☃'.repeat(500)])).length, 3);
  assert.equal((await p['question-answering']('who? '.repeat(300), 'angela')).answer.length >= 0, true);
  for (const each of [...Object.values(p), e]) await each.dispose();
});

test('unknown tasks and wrong models', async () => {
  const error = await rejection(pipeline(/** @type {Untyped} */ ('nope')));
  assert.deepEqual([error.name, error.code, error.field], ['ConfigError', 'unknown_task', 'task']);
  for (const task of [...Object.keys(TASKS), 'embeddings', 'ner', 'sentiment-analysis'])
    assert.ok(error.message.includes(task), task);
  assert.equal((await rejection(pipeline(/** @type {Untyped} */ ('toString')))).code, 'unknown_task');
  assert.equal((await rejection(pipeline('ner', /** @type {Untyped} */ (7)))).code, 'bad_id');
  assert.equal(
    (await rejection(pipeline('ner', folder('text-classification'), { dtype: /** @type {Untyped} */ ('q3') }))).code,
    'unknown_dtype',
  );
  for (const { defaultModel } of Object.values(TASKS)) assert.match(defaultModel, /^[\w-]+\/[\w.-]+$/);
});

test('disposed pipelines say so', async () => {
  const pipe = await embedder();
  await pipe.dispose();
  await pipe.dispose();
  const error = await rejection(pipe('a'));
  assert.deepEqual([error.name, error.code], ['InputError', 'disposed']);
  assert.equal(typeof FeatureExtractionPipeline.prototype[Symbol.dispose ?? 'dispose'], 'function');
});

test('weights that came in shards', async (t) => {
  const dir = emptyFolder(t),
    source = folder('text-classification');
  cpSync(source, dir, { recursive: true });
  const bytes = readFileSync(path.join(source, 'model.safetensors')),
    length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()),
    names = Object.keys(header).filter((n) => n !== '__metadata__');
  /** @type {Record<string, string>} */
  const weight_map = {};
  for (const [i, half] of [names.slice(0, 10), names.slice(10)].entries()) {
    const file = `model-0000${i + 1}-of-00002.safetensors`,
      parts = [];
    /** @type {Record<string, Json>} */
    const own = {};
    let at = 0;
    for (const name of half) {
      const [from, to] = header[name].data_offsets;
      own[name] = { ...header[name], data_offsets: [at, at + to - from] };
      at += to - from;
      parts.push(bytes.subarray(8 + length + from, 8 + length + to));
      weight_map[name] = file;
    }
    const json = Buffer.from(JSON.stringify(own)),
      prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(BigInt(json.length));
    writeFileSync(path.join(dir, file), Buffer.concat([prefix, json, ...parts]));
  }
  writeFileSync(path.join(dir, 'model.safetensors.index.json'), JSON.stringify({ weight_map }));
  rmSync(path.join(dir, 'model.safetensors'));
  const whole = await pipeline('text-classification', source),
    shards = await pipeline('text-classification', dir);
  assert.deepEqual(await shards('a good dog'), await whole('a good dog'));
  rmSync(path.join(dir, 'model-00002-of-00002.safetensors'));
  const error = await rejection(pipeline('text-classification', dir));
  assert.deepEqual([error.name, error.code, error.file], ['HubError', 'not_found', 'model-00002-of-00002.safetensors']);
  writeFileSync(
    path.join(dir, 'model.safetensors.index.json'),
    JSON.stringify({ weight_map: { a: '../../etc/passwd' } }),
  );
  assert.equal((await rejection(pipeline('text-classification', dir))).code, 'bad_index');
  await whole.dispose();
  await shards.dispose();
});
