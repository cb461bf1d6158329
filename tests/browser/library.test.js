// The library in Chromium under the strict policy, in a page and in a module worker: the same numbers as in Node,
// tokenizers, tiny checkpoints, errors after which the next call works, aborts, disposal.
import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { AutoTokenizer, PreTrainedModel, PreTrainedTokenizer, pipeline } from 'wasmformers';
import { ensureModel } from '../../models/fetch.js';
import { cachePath } from '../../tools/cache.js';
import { serve } from '../../tools/serve.js';
import { MINILM, ROOT, launch, open, violations } from './helpers/browser.js';

const TEXTS = [
  'A small cat.',
  'A little kitten',
  'The stock market fell sharply on Monday, and then recovered.',
  'Ünïcödé — 漢字 🙂',
  '',
];
const FIXTURES = path.join(ROOT, 'tests/fixtures');
/** @type {import('playwright-core').Browser} */ let browser;
/** @type {Awaited<ReturnType<typeof serve>>} */ let server;
/** @type {Awaited<ReturnType<typeof open>>} */ let tab;
/** @type {string} */ let folder;
/** @type {(where: string, name: string, argument: object) => Promise<Untyped>} */ let run;

before(async () => {
  folder = await ensureModel(MINILM);
  server = await serve({
    mounts: {
      '': path.join(ROOT, 'tests/browser/pages'),
      js: path.join(ROOT, 'js'),
      models: cachePath('models'),
      fixtures: FIXTURES,
    },
    handle: (request, response) => {
      const url = request.url ?? '';
      if (url === '/favicon.ico') {
        response.writeHead(204).end();
        return true;
      }
      if (url.startsWith('/start-page/')) {
        response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>Start</title>');
        return true;
      }
      if (url.startsWith('/cut/')) {
        const name = path.basename(url);
        fs.readFile(path.join(FIXTURES, 'models/bert-model', name)).then(
          (bytes) =>
            response.writeHead(200).end(name === 'model.safetensors' ? bytes.subarray(0, bytes.length - 100) : bytes),
          () => response.writeHead(404).end(),
        );
        return true;
      }
      return false;
    },
  });
  browser = await launch();
  tab = await open(browser);
  await tab.page.goto(`${server.url}/library.html`);
  await tab.page.waitForFunction(() => 'run' in globalThis);
  run = (...call) =>
    tab.page.evaluate(
      ([where, name, argument]) => /** @type {Untyped} */ (globalThis).run(where, name, argument),
      call,
    );
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/**
 * The worst cosine between rows.
 * @param {import('wasmformers').DataArray} a
 * @param {import('wasmformers').DataArray} b
 * @param {number} size
 */
function worstCosine(a, b, size) {
  let worst = 1;
  for (let row = 0; row < a.length; row += size) {
    let dot = 0,
      aa = 0,
      bb = 0;
    for (let k = row; k < row + size; k++) {
      dot += a[k] * b[k];
      aa += a[k] ** 2;
      bb += b[k] ** 2;
    }
    worst = Math.min(worst, dot / Math.sqrt(aa * bb));
  }
  return worst;
}

for (const where of ['page', 'worker']) {
  for (const [dtype, least] of /** @type {const} */ ([
    ['fp32', 0.99999],
    ['q8', 0.99],
  ])) {
    test(`${where}: ${dtype} embeddings are Node's`, async () => {
      const here = await pipeline('feature-extraction', folder, { dtype });
      const want = await here(TEXTS, { pooling: 'mean', normalize: true });
      await here.dispose();
      const got = await run(where, 'embed', { model: MINILM, dtype, texts: TEXTS });
      assert.equal(got.stats.variant, 'relaxed');
      assert.deepEqual(got.dims, want.dims);
      assert.ok(worstCosine(got.data, want.data, 384) > least, String(worstCosine(got.data, want.data, 384)));
      for (const status of ['initiate', 'download', 'progress', 'done', 'ready'])
        assert.ok(got.events.includes(status), `no event ${status}`);
      if (dtype === 'q8') {
        const plain = await run(where, 'embed', { model: MINILM, dtype, texts: TEXTS, variant: 'simd' });
        assert.equal(plain.stats.variant, 'simd');
        assert.ok(worstCosine(plain.data, want.data, 384) > 0.99);
      }
    });
  }

  test(`${where}: tokenizes as Node does`, async () => {
    const here = await AutoTokenizer.from_pretrained(folder);
    for (const text of [...TEXTS, 'lone \ud800 surrogate']) {
      const want = await here(text),
        got = await run(where, 'tokenize', { model: MINILM, text });
      assert.deepEqual(got.ids, [...want.input_ids.data].map(Number), JSON.stringify(text));
      assert.equal(got.decoded, here.decode(want.input_ids.tolist()[0], { skip_special_tokens: true }));
    }
  });

  test(`${where}: a conversation by its template, and its ids streamed back`, async () => {
    const messages = [
      { role: 'system', content: 'Be short.' },
      { role: 'user', content: 'Grüße 👩‍👩‍👧?' },
      { role: 'assistant', content: 'Hello.' },
    ];
    const [json, chat_template] = await Promise.all(
      ['tokenizers/bytelevel-gpt2like.tokenizer.json', 'chat/templates/chatml-tools.jinja'].map((file) =>
        fs.readFile(path.join(FIXTURES, file), 'utf8'),
      ),
    );
    const here = await PreTrainedTokenizer.fromFiles(json, { chat_template });
    const want = here.apply_chat_template(messages, { return_tensor: false, return_assistant_tokens_mask: true });
    const got = await run(where, 'chat', { messages });
    assert.equal(got.text, here.apply_chat_template(messages, { tokenize: false }));
    assert.equal(got.streamed, here.decode(want.input_ids));
    assert.deepEqual(got.assistant_masks, want.assistant_masks);
    assert.ok(got.assistant_masks.includes(1));
    assert.equal(`${got.endless?.name} ${got.endless?.code}`, 'TokenizerError template_limit');
  });

  test(`${where}: tiny checkpoints give Node's numbers`, async () => {
    for (const name of ['bert-classify', 'distilbert-ner', 'mpnet-model', 'deberta-v2-mlm', 'modernbert-qa']) {
      const ids = [[5, 6, 7, 8, 9]];
      const model = await PreTrainedModel.from_pretrained(path.join(FIXTURES, 'models', name), { dtype: 'fp32' });
      const want = await model({ input_ids: ids });
      await model.dispose();
      const got = await run(where, 'forward', { name, ids });
      assert.deepEqual(Object.keys(got), Object.keys(want));
      for (const [key, { dims, data }] of Object.entries(want)) {
        assert.deepEqual(got[key].dims, dims);
        const scale = Math.max(1, ...[...data].map(Math.abs));
        [...data].forEach((value, i) =>
          assert.ok(Math.abs(value - got[key].data[i]) <= 1e-4 * scale, `${name} ${key}[${i}]`),
        );
      }
    }
  });

  test(`${where}: every failure has a name, and the next call works`, async () => {
    const { disposed, ...told } = await run(where, 'failures', { name: 'bert-model' });
    const short = Object.fromEntries(Object.entries(told).map(([key, { name, code }]) => [key, `${name} ${code}`]));
    assert.equal(short.range, 'InputError ids_out_of_range');
    assert.equal(short.shape, 'InputError shape_mismatch');
    assert.equal(short.missing, 'HubError not_found');
    assert.equal(short.page, 'HubError html_instead_of_file');
    assert.match(short.cut, /^(WeightsError|HubError) /);
    assert.equal(short.task, 'ConfigError unknown_task');
    for (const [key, { next, message }] of Object.entries(told)) {
      assert.equal(next, true, `after ${key}`);
      assert.match(message, /\w{3,}.*\.$/s, key);
    }
    assert.equal(`${disposed.name} ${disposed.code}`, 'InputError disposed');
  });

  test(`${where}: aborts end running and loading`, async () => {
    const { running, after: dims, loading } = await run(where, 'aborts', { model: MINILM });
    assert.equal(running.name, 'AbortError');
    assert.deepEqual(dims, [1, 384]);
    assert.equal(loading.name, 'AbortError');
  });

  test(`${where}: loads and disposes two hundred times`, async () => {
    assert.equal(await run(where, 'again', { name: 'bert-model', times: 200 }), 200);
  });
}

test('no policy was broken and nothing complained', async () => {
  assert.deepEqual(await violations(tab.page), []);
  assert.deepEqual(tab.complaints, []);
});
