// Every pipeline on an engine that is not the Wasm one: pipelines, tokenizers and generation know the contract only.
// The repositories hold no weights.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { engines } from '../../../js/engines/index.js';
import {
  AutoModelForCausalLM,
  AutoTokenizer,
  BertForMaskedLM,
  TextGenerationPipeline,
  pipeline,
} from '../../../js/index.js';
import { TASKS } from '../../../js/pipelines/index.js';
import { FakeDecoder } from '../helpers/fake-decoder.js';
import { LENGTH, fakeEngine, loaded, nextOf } from '../helpers/fake-engine.js';
import { emptyFolder, rejection, startServer, useHub } from '../helpers/server.js';
import { letters } from '../helpers/writer.js';

const TINY = fileURLToPath(new URL('../../fixtures/pipelines/', import.meta.url));
const ARCHITECTURES = {
  AutoModel: 'BertModel',
  AutoModelForMaskedLM: 'BertForMaskedLM',
  AutoModelForQuestionAnswering: 'BertForQuestionAnswering',
  AutoModelForSequenceClassification: 'BertForSequenceClassification',
  AutoModelForTokenClassification: 'BertForTokenClassification',
};

engines.splice(0, engines.length, fakeEngine);

/**
 * A repository without weights.
 * @param {import('node:test').TestContext} t
 * @param {string} from a folder of fixtures/pipelines
 * @param {object} [more] of config.json
 */
function folder(t, from, more = {}) {
  const dir = emptyFolder(t),
    config = JSON.parse(readFileSync(path.join(TINY, from, 'config.json'), 'utf8'));
  for (const file of ['tokenizer.json', 'tokenizer_config.json'])
    cpSync(path.join(TINY, from, file), path.join(dir, file));
  writeFileSync(path.join(dir, 'config.json'), JSON.stringify({ ...config, engine: 'fake', ...more }));
  return dir;
}

/**
 * The same of a language model.
 * @param {import('node:test').TestContext} t
 * @param {object} [more] of config.json
 */
function writer(t, more = {}) {
  const dir = emptyFolder(t),
    files = {
      'config.json': { model_type: 'llama', vocab_size: 199, engine: 'fake', ...more },
      'generation_config.json': { eos_token_id: 2, pad_token_id: 0 },
      'tokenizer.json': letters(),
      'tokenizer_config.json': {
        tokenizer_class: 'PreTrainedTokenizerFast',
        eos_token: '</s>',
        clean_up_tokenization_spaces: false,
        chat_template: '{% for m in messages %}{{ m.content }}{% endfor %}',
      },
    };
  for (const [name, value] of Object.entries(files)) writeFileSync(path.join(dir, name), JSON.stringify(value));
  return dir;
}

/**
 * Ids that the fake decoder's scores lead to after a prompt.
 * @param {number[]} prompt
 * @param {number} count
 */
async function following(prompt, count) {
  const decoder = new FakeDecoder({ vocabulary: 199 }),
    pass = (/** @type {number[]} */ ids) => ({ ids: Int32Array.from(ids), mask: null, rows: 1, length: ids.length });
  /** @type {number[]} */
  const ids = [];
  for (let scores = await decoder.prefill(pass(prompt)); ; scores = await decoder.step(pass(ids.slice(-1)))) {
    ids.push(scores.indexOf(Math.max(...scores)));
    if (ids.length === count) return ids;
  }
}

// First: the work of this pipeline must not have been imported yet.
test('a text-generation pipeline that a caller makes', async (t) => {
  const dir = writer(t),
    model = await AutoModelForCausalLM.from_pretrained(dir),
    tokenizer = await AutoTokenizer.from_pretrained(dir),
    pipe = /** @type {Untyped} */ (
      new /** @type {Untyped} */ (TextGenerationPipeline)({ task: 'text-generation', model, tokenizer })
    );
  assert.throws(() => pipe.stream('one day'), { name: 'InputError', code: 'not_loaded' });
  await /** @type {Untyped} */ (TextGenerationPipeline).load();
  const [{ generated_text }] = await pipe('one day', { max_new_tokens: 5 });
  let streamed = 'one day';
  for await (const piece of pipe.stream('one day', { max_new_tokens: 5 })) streamed += piece;
  assert.equal(streamed, generated_text);
  await pipe.dispose();
});

test('text-generation: texts, lists, conversations, streams', async (t) => {
  const pipe = await pipeline('text-generation', writer(t)),
    { tokenizer } = pipe,
    after = async (/** @type {string} */ prompt) =>
      tokenizer.decode(await following(tokenizer.encode(prompt), 6), { skip_special_tokens: true });
  assert.equal(pipe.model.constructor.name, 'LlamaForCausalLM');
  const options = { max_new_tokens: 6, eos_token_id: [] };
  assert.deepEqual(await pipe('one day', options), [{ generated_text: 'one day' + (await after('one day')) }]);
  assert.deepEqual(
    await pipe(['a', 'the king'], { ...options, return_full_text: false }),
    await Promise.all(['a', 'the king'].map(async (prompt) => [{ generated_text: await after(prompt) }])),
  );
  const chat = [{ role: 'user', content: 'hello' }];
  assert.deepEqual(await pipe(chat, options), [
    { generated_text: [...chat, { role: 'assistant', content: await after('hello') }] },
  ]);
  const stream = pipe.stream('one day', options),
    pieces = [];
  for await (const piece of stream) pieces.push(piece);
  assert.equal(pieces.join(''), await after('one day'));
  assert.equal((await stream.output)[0].generated_text, 'one day' + (await after('one day')));
  // A reader that leaves: the answer is what was written until then, decoded once.
  const left = pipe.stream('one day', options);
  let first = '';
  for await (const piece of left) {
    first = piece;
    break;
  }
  assert.equal((await left.output)[0].generated_text, 'one day' + first);
  await pipe.dispose();
});

test('feature-extraction: the pooled outputs of the engine', async (t) => {
  const pipe = await pipeline('feature-extraction', folder(t, 'text-classification')),
    texts = ['a cat', 'the old dog sat in berlin'],
    ids = texts.map((text) => pipe.tokenizer.encode(text));
  const means = await pipe(texts, { pooling: 'mean' });
  ids.forEach((row, i) => {
    const mean = row.reduce((a, b) => a + b) / row.length;
    assert.ok(Math.abs(means[i].data[0] - mean) < 1e-4 && means[i].data[1] === (row.length - 1) / 2);
  });
  assert.deepEqual((await pipe(texts)).dims, [2, ids[1].length, 4]);
  await pipe.dispose();
});

test('fill-mask, question-answering, token-classification', async (t) => {
  const fill = await pipeline('fill-mask', folder(t, 'fill-mask')),
    [best] = await fill('a [MASK]', { top_k: 1 });
  const [cls, a] = fill.tokenizer.encode('a [MASK]');
  assert.equal(best.token, nextOf(cls + a, 142));
  assert.ok(best.score > 0.99);

  const answer = await pipeline('question-answering', folder(t, 'question-answering'));
  assert.equal((await answer('who?', 'a she b')).answer, 'she', 'the largest id');

  const label = await pipeline('token-classification', folder(t, 'token-classification')),
    count = Object.keys(label.model.config.id2label).length;
  for (const { word, entity } of await label('a cat sat', { ignore_labels: [] })) {
    const id = label.tokenizer.convert_tokens_to_ids(word);
    assert.equal(entity, label.model.config.id2label[id % count], word);
  }
  for (const pipe of [fill, answer, label]) await pipe.dispose();
});

test('text-classification, zero-shot-classification, text-ranking', async (t) => {
  /**
   * The fake model's logits of a text or a pair.
   * @param {Untyped} tokenizer
   * @param {number} count
   * @param {[string, string?]} texts
   */
  const logitsOf = (tokenizer, count, [text, text_pair]) => {
    const ids = tokenizer.encode(text, text_pair === undefined ? {} : { text_pair });
    return Array.from({ length: count }, (_, i) => ids.filter((/** @type {number} */ id) => id % count === i).length);
  };
  const classify = await pipeline('text-classification', folder(t, 'text-classification')),
    { id2label } = classify.model.config,
    logits = logitsOf(classify.tokenizer, Object.keys(id2label).length, ['a good film']);
  assert.equal((await classify('a good film'))[0].label, id2label[logits.indexOf(Math.max(...logits))]);

  const zero = await pipeline('zero-shot-classification', folder(t, 'zero-shot-classification')),
    classes = Object.keys(zero.model.config.id2label).length,
    entail = Object.entries(zero.model.config.label2id).find(([name]) => /^entail/i.test(name))?.[1],
    labels = ['sport', 'music', 'new york'],
    scores = labels.map(
      (label) => logitsOf(zero.tokenizer, classes, ['he ate', `This example is ${label}.`])[Number(entail)],
    ),
    got = await zero('he ate', labels);
  assert.equal(got.labels.length, 3);
  for (let i = 1; i < 3; i++)
    assert.ok(scores[labels.indexOf(got.labels[i - 1])] >= scores[labels.indexOf(got.labels[i])]);

  const rank = await pipeline('text-ranking', folder(t, 'text-classification', { id2label: { 0: 'LABEL_0' } })),
    documents = ['a', 'the old dog sat', 'a cat'];
  assert.deepEqual(
    (await rank('who?', documents)).map(({ index }) => index),
    [1, 2, 0],
    'one label counts the tokens',
  );
  for (const pipe of [classify, zero, rank]) await pipe.dispose();
});

test('every task was run above or is run here, on the inputs that the engine declares', async (t) => {
  for (const [task, Class] of Object.entries(TASKS)) {
    if (Class.needs.includes('decoder')) continue;
    for (const model_type of ['bert', 'distilbert']) {
      const dir = folder(t, 'zero-shot-classification', { model_type }),
        pipe = /** @type {Untyped} */ (await pipeline(/** @type {Untyped} */ (task), dir)),
        rows = pipe.encode(['a cat '.repeat(100)], { truncation: true });
      assert.equal(rows.lengthOf(0), LENGTH, `${task}: the engine's limit holds where the tokenizer's is longer`);
      await pipe.run(rows, () => {});
      const { passes } = /** @type {Untyped} */ (loaded.at(-1));
      assert.deepEqual(
        Object.keys(passes.at(-1)).sort(),
        ['attention_mask', 'input_ids', ...(model_type === 'bert' ? ['token_type_ids'] : [])],
        `${task} on ${model_type}`,
      );
      const name = /** @type {Record<string, string>} */ (ARCHITECTURES)[Class.model];
      assert.equal(pipe.model.constructor.name, name.replace('Bert', model_type === 'bert' ? 'Bert' : 'DistilBert'));
      await pipe.dispose();
      assert.ok(/** @type {Untyped} */ (loaded.at(-1)).disposed);
    }
  }
});

test('what an engine cannot do is named', async (t) => {
  const none = await rejection(BertForMaskedLM.from_pretrained(folder(t, 'fill-mask', { engine: 'other' })));
  assert.deepEqual([none.name, none.file], ['ConfigError', 'config.json'], none.stack);
  const unable = await rejection(pipeline('text-generation', writer(t, { cannotGenerate: true })));
  assert.deepEqual([unable.name, unable.code], ['ConfigError', 'no_decoder'], unable.stack);
  assert.ok(/** @type {Untyped} */ (loaded.at(-1)).disposed, 'what was loaded is given back');
  const unknown = await rejection(AutoModelForCausalLM.estimate(writer(t)));
  assert.equal(unknown.code, 'no_estimate');
});

test('the engine is chosen before a weight is asked for, and the Wasm engine by the catalog', async (t) => {
  const dir = folder(t, 'fill-mask'),
    read = (/** @type {string} */ file) => readFileSync(path.join(dir, file));
  const server = await startServer(t, {
    '/a/resolve/main/config.json': read('config.json'),
    '/a/resolve/main/tokenizer.json': read('tokenizer.json'),
    '/a/resolve/main/tokenizer_config.json': read('tokenizer_config.json'),
  });
  useHub(t, server.url);
  const pipe = await pipeline('fill-mask', 'a');
  await pipe.dispose();
  assert.ok(!server.requests.some(({ path: file }) => /safetensors/.test(file)), 'the fake engine wants no such file');

  const { wasmEngine } = await import('../../../js/engines/wasm/engine.js');
  /** @type {string[]} */
  const asked = [];
  engines.unshift({
    ...wasmEngine,
    load: (request) => {
      asked.push(request.id);
      return fakeEngine.load(request);
    },
  });
  t.after(() => engines.shift());
  await (await pipeline('fill-mask', dir)).dispose();
  assert.deepEqual(asked, [dir], 'the first engine that accepts loads');
});
