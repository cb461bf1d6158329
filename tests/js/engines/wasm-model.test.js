// The engine's handling: files that lie, memory that goes back, a thread that breathes, instances that stop.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import v8 from 'node:v8';
import vm from 'node:vm';
import { AutoModel, AutoModelForMaskedLM, PreTrainedModel, Tensor, env } from 'wasmformers';
import { readSafetensors, safetensorsBytes } from '../helpers/safetensors.js';
import { emptyFolder, rejection, startServer, useHub } from '../helpers/server.js';

const folder = (/** @type {string} */ name) => fileURLToPath(new URL(`../../fixtures/models/${name}`, import.meta.url));
const BERT = folder('bert-model');
const weights = readFileSync(path.join(BERT, 'model.safetensors'));
const turns = (n = 1) => new Promise((resolve) => setTimeout(resolve, 5 * n));

/**
 * A copy of bert-model whose files a test may spoil.
 * @param {import('node:test').TestContext} t
 */
function copy(t) {
  const dir = emptyFolder(t);
  for (const file of ['config.json', 'model.safetensors']) cpSync(path.join(BERT, file), path.join(dir, file));
  return dir;
}

test('weights that lie are named; the next load works', async (t) => {
  const dir = copy(t),
    file = path.join(dir, 'model.safetensors');
  const length = Number(weights.readBigUInt64LE(0)),
    header = JSON.parse(weights.subarray(8, 8 + length).toString()),
    data = weights.subarray(8 + length);
  const name = 'embeddings.word_embeddings.weight';
  const changed = (/** @type {(h: Untyped) => void} */ f) => {
    const h = structuredClone(header);
    f(h);
    return safetensorsBytes(h, data);
  };
  /** @type {[string, Uint8Array][]} */
  const lies = [
    ['empty', new Uint8Array()],
    ['a prefix alone', weights.subarray(0, 5)],
    ['half a header', weights.subarray(0, 100)],
    ['half the data', weights.subarray(0, 60000)],
    ['one byte too few', weights.subarray(0, -1)],
    ['bytes behind the end', Buffer.concat([weights, Buffer.alloc(9)])],
    ['a huge header', Buffer.concat([Buffer.from([255, 255, 255, 255, 255, 255, 255, 127]), weights])],
    ['no JSON', safetensorsBytes('{"a":')],
    ['not UTF-8', safetensorsBytes(/** @type {Untyped} */ ('"\ud800'))],
    [
      'a missing tensor',
      changed((h) => {
        h.other = h[name];
        delete h[name];
      }),
    ],
    ['a wrong shape', changed((h) => h[name].shape.reverse())],
    [
      'a wrong dtype',
      changed((h) => {
        h[name].dtype = 'F16';
      }),
    ],
    [
      'an unknown dtype',
      changed((h) => {
        h[name].dtype = 'F7';
      }),
    ],
    ['a negative span', changed((h) => h[name].data_offsets.reverse())],
    [
      'an overlap',
      changed((h) => {
        h[name].data_offsets = [0, h[name].data_offsets[1] - h[name].data_offsets[0]];
      }),
    ],
    [
      'a shape that overflows',
      changed((h) => {
        h[name].shape = [2 ** 52, 2 ** 52];
      }),
    ],
  ];
  for (const [what, bytes] of lies) {
    writeFileSync(file, bytes);
    const error = await rejection(AutoModel.from_pretrained(dir));
    assert.equal(error.name, 'WeightsError', `${what}: ${error.stack}`);
    assert.ok(error.code && error.code !== 'error', what);
    assert.ok(error.message.length > 20, what);
  }
  writeFileSync(file, weights);
  const model = await AutoModel.from_pretrained(dir);
  assert.ok(await model({ input_ids: [[5]] }));
  model.dispose();
});

test('configurations that are wrong are named', async (t) => {
  const dir = copy(t),
    file = path.join(dir, 'config.json'),
    config = JSON.parse(readFileSync(file, 'utf8'));
  /** @type {[string | object, string][]} */
  const cases = [
    ['{"a":', ''],
    ['[]', ''],
    ['null', ''],
    [{ ...config, model_type: 'mamba' }, 'model_type'],
    [{ ...config, model_type: undefined }, 'model_type'],
    [{ ...config, hidden_size: -1 }, 'hidden_size'],
    [{ ...config, hidden_size: '32' }, 'hidden_size'],
    [{ ...config, hidden_act: 'nope' }, 'hidden_act'],
  ];
  for (const [text, field] of cases) {
    writeFileSync(file, typeof text === 'string' ? text : JSON.stringify(text));
    const error = await rejection(PreTrainedModel.from_pretrained(dir));
    assert.equal(error.name, 'ConfigError', `${JSON.stringify(text)}: ${error.stack}`);
    assert.equal(error.file, 'config.json', error.message);
    if (field) assert.equal(error.field, field, error.message);
  }
  const given = await AutoModel.from_pretrained(dir, { config });
  assert.ok(await given({ input_ids: [[5]] }), 'config in place of the file');
  given.dispose();
  const head = await rejection(
    PreTrainedModel.from_pretrained(dir, { config: { ...config, architectures: ['BertForNothing'] } }),
  );
  assert.equal(head.name, 'ConfigError');
});

test('what is no file of weights, over the network', async (t) => {
  const config = readFileSync(path.join(BERT, 'config.json'));
  const server = await startServer(t, {
    '/a/resolve/main/config.json': config,
    '/b/resolve/main/config.json': config,
    '/b/resolve/main/model.safetensors': { body: weights, cut: [5000, 0, 0, 0, 0], ranges: false },
    '/c/resolve/main/config.json': config,
    '/c/resolve/main/model.safetensors': { body: '<!doctype html>', type: 'text/html' },
    '/d/resolve/main/config.json': { body: '<!doctype html>' },
    '/d/resolve/main/model.safetensors': weights,
    '/e/resolve/main/config.json': config,
    '/e/resolve/main/model.safetensors': { body: weights, etag: '"x"', cut: [3, 50, 7000, 20000] },
  });
  useHub(t, server.url);
  for (const [id, code, file] of [
    ['a', 'not_found', 'model.safetensors'],
    ['b', 'cut_download', 'model.safetensors'],
    ['c', 'html_instead_of_file', 'model.safetensors'],
    ['d', 'html_instead_of_file', 'config.json'],
    ['f', 'not_found', ''],
  ]) {
    const error = await rejection(AutoModel.from_pretrained(id));
    assert.deepEqual([error.name, error.code], ['HubError', code], `${id}: ${error.stack}`);
    if (file) assert.equal(error.file, file);
  }
  const model = await AutoModel.from_pretrained('e', { dtype: 'fp32' });
  const whole = await AutoModel.from_pretrained(BERT, { dtype: 'fp32' });
  assert.deepEqual(
    (await model({ input_ids: [[5, 6]] })).last_hidden_state.data,
    (await whole({ input_ids: [[5, 6]] })).last_hidden_state.data,
    'resumed thrice',
  );
  assert.equal(server.requests.filter((r) => r.path === '/e/resolve/main/model.safetensors').length, 5);
  model.dispose();
  whole.dispose();
});

test('weights arrive in pieces of any size', async (t) => {
  const server = await startServer(t, {});
  useHub(t, server.url);
  const whole = await AutoModel.from_pretrained(BERT, { dtype: 'q8' }),
    want = (await whole({ input_ids: [[5, 6, 7]] })).last_hidden_state.data;
  for (const size of [1, 7, 4096, 1 << 20]) {
    env.fetch = async (url) =>
      String(url).endsWith('config.json')
        ? new Response(readFileSync(path.join(BERT, 'config.json')))
        : new Response(
            new ReadableStream({
              start(controller) {
                for (let at = 0; at < weights.length; at += at < 9000 ? size : 4096)
                  controller.enqueue(new Uint8Array(weights.subarray(at, at + (at < 9000 ? size : 4096))));
                controller.close();
              },
            }),
          );
    env.useFSCache = false;
    const model = await AutoModel.from_pretrained('a', { dtype: 'q8' });
    assert.deepEqual((await model({ input_ids: [[5, 6, 7]] })).last_hidden_state.data, want, `${size} bytes at once`);
    model.dispose();
  }
  whole.dispose();
});

test('memory goes back: disposed of, scoped, and forgotten', async (t) => {
  v8.setFlagsFromString('--expose-gc');
  const gc = vm.runInNewContext('gc');
  /** @type {WeakRef<object>[]} */
  const memories = [];
  const { instantiate } = WebAssembly;
  t.after(() => {
    WebAssembly.instantiate = instantiate;
  });
  WebAssembly.instantiate = /** @type {Untyped} */ (
    async (/** @type {WebAssembly.Module} */ module, /** @type {Untyped} */ imports) => {
      const instance = await instantiate(module, imports);
      memories.push(
        new WeakRef(
          /** @type {WebAssembly.Memory} */ (
            Object.values(instance.exports).find((e) => e instanceof WebAssembly.Memory)
          ),
        ),
      );
      return instance;
    }
  );
  const held = await AutoModel.from_pretrained(BERT);
  await held({ input_ids: [[5]] });
  held.dispose();
  await (async () => {
    const forgotten = await AutoModel.from_pretrained(BERT);
    await forgotten({ input_ids: [[5]] });
  })();
  await rejection(AutoModelForMaskedLM.from_pretrained(folder('bert-model')));
  const alive = await AutoModel.from_pretrained(BERT);
  assert.equal(memories.length, 4);
  for (let i = 0; i < 40 && memories.filter((m) => m.deref()).length > 1; i++) {
    await turns(); // what deref() saw lives to the end of its job
    gc();
  }
  assert.deepEqual(
    memories.map((m) => !!m.deref()),
    [false, false, false, true],
    'disposed of (though held), forgotten, failed, alive',
  );
  assert.ok(await alive({ input_ids: [[5]] }));
  alive.dispose();
});

test('many models one after the other', async () => {
  for (let i = 0; i < 200; i++) (await AutoModel.from_pretrained(BERT)).dispose();
  const model = await AutoModel.from_pretrained(BERT),
    before = model.stats.memoryBytes;
  for (let i = 0; i < 300; i++) await model({ input_ids: [[5, 6, 7 + (i % 9)]] });
  assert.equal(model.stats.memoryBytes, before, 'passes of one size take no more and more memory');
  model.dispose();
});

test('the event loop turns while much is computed; disposing of a busy model is heard', async () => {
  const model = await AutoModel.from_pretrained(BERT, { dtype: 'fp32' });
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const ids = Array.from({ length: 64 }, () => Array(64).fill(9)),
    begin = performance.now();
  for (let i = 0; i < 20; i++) await model({ input_ids: ids });
  const took = performance.now() - begin;
  clearInterval(timer);
  assert.ok(ticks >= Math.min(5, took / 40), `${ticks} turns in ${took} ms`);
  const runs = Array.from({ length: 20 }, () => rejection(model({ input_ids: ids })).catch(() => null));
  await turns();
  model.dispose();
  const errors = (await Promise.all(runs)).filter(Boolean);
  assert.ok(errors.length > 0);
  for (const error of errors) assert.deepEqual([error.name, error.code], ['InputError', 'disposed']);
});

test('an instance that traps is given up, others are not touched', async (t) => {
  const { instantiate } = WebAssembly;
  t.after(() => {
    WebAssembly.instantiate = instantiate;
  });
  // An engine whose memory cannot be written to any more, as after a bug: every look at it fails.
  let broken = false;
  WebAssembly.instantiate = /** @type {Untyped} */ (
    async (/** @type {WebAssembly.Module} */ module, /** @type {Untyped} */ imports) => {
      const instance = await instantiate(module, imports),
        exports = /** @type {Untyped} */ ({ ...instance.exports });
      for (const [name, value] of Object.entries(exports)) {
        if (typeof value !== 'function') continue;
        exports[name] = (/** @type {Untyped[]} */ ...args) => {
          if (broken) throw new WebAssembly.RuntimeError('unreachable');
          return value(...args);
        };
      }
      return { exports };
    }
  );
  const model = await AutoModel.from_pretrained(BERT);
  WebAssembly.instantiate = instantiate;
  const other = await AutoModel.from_pretrained(BERT);
  assert.ok(await model({ input_ids: [[5]] }));
  broken = true;
  const errors = [await rejection(model({ input_ids: [[5]] })), await rejection(model({ input_ids: [[5]] }))];
  assert.deepEqual(
    errors.map((e) => `${e.name} ${e.code}`),
    ['InternalError trap', 'InputError disposed'],
  );
  model.dispose();
  assert.ok(await other({ input_ids: [[5]] }));
  other.dispose();
});

test('inputs of every kind that are none', async () => {
  const model = /** @type {Untyped} */ (await AutoModel.from_pretrained(BERT));
  for (const inputs of [
    undefined,
    null,
    7,
    'text',
    { input_ids: 'text' },
    { input_ids: 7 },
    { input_ids: {} },
    { input_ids: [[1, 2], [3]] },
    { input_ids: [['a']] },
    { input_ids: [[null]] },
    { input_ids: [[5, 6]], unknown: [[1]] },
    { input_ids: [[NaN]] },
    { input_ids: [[1e12]] },
    { input_ids: { data: [1], dims: [-1, -1] } },
  ]) {
    const error = await rejection(model(inputs));
    assert.equal(error.name, 'InputError', `${JSON.stringify(inputs)}: ${error.stack}`);
  }
  const flat = await model({ input_ids: new Int32Array([5, 6, 7]) }),
    nested = await model({ input_ids: [[5, 6, 7]], attention_mask: undefined, past_key_values: [[1]] });
  assert.deepEqual(flat.last_hidden_state.data, nested.last_hidden_state.data);
  const mine = new Tensor('int64', [5, 6, 7], [1, 3]);
  assert.deepEqual((await model({ input_ids: mine })).last_hidden_state.data, nested.last_hidden_state.data);
  model.dispose();
});

test('smaller dtypes stay near fp32 on every golden of a base model', async () => {
  for (const name of ['bert-model', 'mpnet-model']) {
    const io = readSafetensors(new URL(`../../fixtures/models/${name}/io.safetensors`, import.meta.url));
    const inputs = Object.fromEntries(
      Object.entries(io)
        .filter(([k]) => k.startsWith('in.'))
        .map(([k, v]) => [k.slice(3), new Tensor('int64', v.data, v.dims)]),
    );
    const [a, ...smaller] = await Promise.all(
      ['fp32', 'fp16', 'q8', 'q4'].map(async (dtype) => {
        const model = await AutoModel.from_pretrained(folder(name), { dtype: /** @type {Untyped} */ (dtype) });
        const { last_hidden_state } = await model(inputs);
        model.dispose();
        return last_hidden_state.data;
      }),
    );
    smaller.forEach((b, which) => {
      let dot = 0,
        aa = 0,
        bb = 0;
      for (let i = 0; i < a.length; i++) {
        dot += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
      }
      const cosine = dot / Math.sqrt(aa * bb);
      assert.ok(cosine > [0.99999, 0.98, 0.9][which], `${name}, ${['fp16', 'q8', 'q4'][which]}: ${cosine}`);
      assert.ok(
        Array.from(a).some((v, i) => v !== b[i]),
        'and is not fp32',
      );
    });
  }
});

test("Wasm that the page's server has not is named, whatever it sends instead; the next call asks again", async (t) => {
  const server = await startServer(t, { '/page.wasm': { body: '<!doctype html>', type: 'text/html' } });
  const { compileOnce } = await import('../../../js/engines/wasm/instantiate.js');
  for (const [file, why] of [
    ['page.wasm', 'a web page came'],
    ['none.wasm', 'status 404'],
  ]) {
    for (let i = 0; i < 2; i++) {
      const error = await rejection(compileOnce(new URL(file, server.url)));
      assert.deepEqual([error.name, error.code], ['InternalError', 'wasm_missing']);
      assert.ok(error.message.includes(`${server.url}${file} is missing (${why}`), error.message);
    }
  }
  assert.equal(server.requests.length, 4);
});

test('a page that forbids WebAssembly gets an error that names the directive', async (t) => {
  const { compileOnce } = await import('../../../js/engines/wasm/instantiate.js');
  const refused = async () => {
    throw new WebAssembly.CompileError('WebAssembly.compile(): Refused to compile or instantiate WebAssembly module');
  };
  t.mock.method(WebAssembly, 'compile', refused);
  const error = await rejection(compileOnce(new URL('../../../js/wasm/tokenizers.wasm?forbidden', import.meta.url)));
  assert.deepEqual([error.name, error.code, error.field], ['ConfigError', 'wasm_forbidden', 'script-src']);
  assert.match(error.message, /'wasm-unsafe-eval' to its script-src/);
});

test('env.wasmPaths: a folder, a URL or a function says where the programs lie', async (t) => {
  const { compileProgram } = await import('../../../js/engines/wasm/instantiate.js'),
    { regex } = await import('../../../js/engines/wasm/programs.js'),
    folder = emptyFolder(t),
    server = await startServer(t, {
      '/cdn/regex.wasm': readFileSync(new URL('../../../js/wasm/regex.wasm', import.meta.url)),
    });
  t.after(() => {
    env.wasmPaths = null;
  });
  cpSync(new URL('../../../js/wasm', import.meta.url), folder, { recursive: true });
  const nowhere = await rejection(
    compileProgram([
      'regex.wasm',
      () => new URL('regex.wasm', /** @type {Untyped} */ (undefined)), // import.meta.url of an IIFE
    ]),
  );
  assert.deepEqual([nowhere.name, nowhere.code, nowhere.file], ['InternalError', 'wasm_missing', 'regex.wasm']);
  assert.match(nowhere.message, /env\.wasmPaths/);
  for (const place of [folder, path.relative('.', folder), `${folder}/`, pathToFileURL(folder), `${server.url}cdn`]) {
    env.wasmPaths = place;
    assert.ok((await compileProgram(regex.simd())) instanceof WebAssembly.Module);
  }
  env.wasmPaths = (file) => `${server.url}cdn/${file}`;
  await compileProgram(regex.simd());
  env.wasmPaths = () => undefined;
  await compileProgram(regex.simd());
  assert.deepEqual(
    server.requests.map((r) => r.path),
    ['/cdn/regex.wasm'],
    'compiled once',
  );
  env.wasmPaths = `${server.url}none`;
  assert.match((await rejection(compileProgram(regex.simd()))).message, /none\/regex\.wasm is missing \(status 404/);
});
