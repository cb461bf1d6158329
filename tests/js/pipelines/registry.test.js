// ModelRegistry on a server that holds a repository, and tasks that callers bring.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { ModelRegistry, Pipeline, pipeline, registerPipeline } from 'wasmformers';
import { TASKS } from '../../../js/pipelines/index.js';
import { rejection, startServer, useHub } from '../helpers/server.js';

const FOLDER = fileURLToPath(new URL('../../fixtures/pipelines/', import.meta.url));
const kinds = readdirSync(FOLDER);
const NAME = /** @type {string} */ (kinds.find((name) => /classif|sentiment/.test(name)));
const WHOLE = path.join(FOLDER, NAME);

/** @param {import('node:test').TestContext} t */
async function hub(t) {
  const files = Object.fromEntries(
    readdirSync(WHOLE).map((name) => [`/a/b/resolve/main/${name}`, readFileSync(path.join(WHOLE, name))]),
  );
  const server = await startServer(t, files);
  useHub(t, server.url);
  return server;
}
const TOKENIZER = ['tokenizer.json', 'tokenizer_config.json'];
const FILES = ['config.json', 'model.safetensors', ...TOKENIZER];

test('which files there are, and which are in the cache', async (t) => {
  const server = await hub(t);
  assert.equal(await ModelRegistry.is_cached('a/b'), false);
  assert.equal(server.requests.length, 0, 'without config.json no server is asked');
  assert.deepEqual(await ModelRegistry.get_files('a/b'), FILES);
  assert.deepEqual(await ModelRegistry.get_pipeline_files('sentiment-analysis', 'a/b'), FILES);
  assert.deepEqual(await ModelRegistry.get_model_files('a/b'), FILES.slice(0, 2));
  assert.deepEqual(await ModelRegistry.get_tokenizer_files('a/b'), TOKENIZER);
  assert.deepEqual(await ModelRegistry.get_processor_files('a/b'), []);
  assert.deepEqual(await ModelRegistry.get_available_dtypes('a/b'), ['fp32', 'fp16', 'q8', 'q4']);
  assert.deepEqual(await ModelRegistry.get_file_metadata('a/b', 'model.safetensors'), {
    exists: true,
    size: readFileSync(path.join(WHOLE, 'model.safetensors')).length,
    fromCache: false,
  });
  assert.deepEqual(await ModelRegistry.get_file_metadata('a/b', 'none.json'), { exists: false, fromCache: false });
  assert.deepEqual(
    (await ModelRegistry.is_cached_files('a/b')).files.map(({ cached }) => cached),
    [true, false, false, false], // config.json was read above
  );
  assert.ok(!server.requests.some((one) => /safetensors/.test(one.path) && one.range), 'no weights were read');

  await (await pipeline('text-classification', 'a/b', { dtype: 'fp32' })).dispose();
  const before = server.requests.length;
  assert.equal(await ModelRegistry.is_pipeline_cached('text-classification', 'a/b'), true);
  assert.equal(await ModelRegistry.is_cached('a/b', { include_processor: false, local_files_only: true }), true);
  const cleared = await ModelRegistry.clear_cache('a/b');
  assert.deepEqual([cleared.filesDeleted, cleared.filesCached], [4, 4]);
  assert.deepEqual(cleared.files[1], { file: 'model.safetensors', deleted: true, wasCached: true });
  assert.equal(await ModelRegistry.is_pipeline_cached('text-classification', 'a/b'), false);
  assert.deepEqual((await ModelRegistry.clear_pipeline_cache('text-classification', 'a/b')).filesDeleted, 1); // config
  assert.ok(server.requests.length > before);
});

test('a repository without weights, a task that is unknown', async (t) => {
  const server = await startServer(t, { '/a/c/resolve/main/config.json': '{ "model_type": "bert" }' });
  useHub(t, server.url);
  assert.deepEqual(await ModelRegistry.get_available_dtypes('a/c'), []);
  assert.equal((await rejection(ModelRegistry.get_files('a/c'))).code, 'not_found');
  const nope = /** @type {Untyped} */ ('nope');
  assert.equal((await rejection(ModelRegistry.get_pipeline_files(nope, 'a/c'))).code, 'unknown_task');
});

test('a task of a caller', async (t) => {
  t.after(() => delete TASKS.shout);
  class Shout extends Pipeline {
    static task = 'shout';
    static aliases = ['yell'];
    static model = 'AutoModelForSequenceClassification';
    /** @param {string} text */
    async _call(text) {
      const { logits } = await this.model(this.tokenizer(text));
      return `${text.toUpperCase()}! ${logits.dims}`;
    }
  }
  registerPipeline(Shout);
  for (const task of ['shout', 'yell']) {
    const pipe = await pipeline(/** @type {Untyped} */ (task), WHOLE, { dtype: 'fp32' });
    assert.ok(/** @type {Untyped} */ (pipe) instanceof Shout);
    assert.match(await /** @type {Untyped} */ (pipe)('the cat'), /^THE CAT! 1,\d$/);
    await pipe.dispose();
  }
  registerPipeline(class extends Shout {}); // again: replaced
  const wrong = (/** @type {Untyped} */ Class, /** @type {string} */ field) =>
    assert.throws(() => registerPipeline(Class), { name: 'ConfigError', code: 'bad_pipeline', field });
  wrong(null, 'Class');
  wrong(class {}, 'Class');
  wrong(class extends Pipeline {}, 'task');
  wrong(
    class extends Shout {
      static model = 'AutoModelForNothing';
    },
    'model',
  );
  wrong(
    class extends Shout {
      static task = 'other';
    },
    'task',
  );
  wrong(
    class extends Pipeline {
      static task = 'ner';
    },
    'task',
  );
});
