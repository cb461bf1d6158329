// Optional files that a repository lacks are not asked for: the Hub's list and tokenizer_config.json say so.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { AutoTokenizer, env, pipeline } from 'wasmformers';
import { getText } from '../../../js/hub/index.js';
import { useHub } from '../helpers/server.js';

const FOLDER = fileURLToPath(new URL('../../fixtures/pipelines/text-classification', import.meta.url));
const FILES = Object.fromEntries(
  ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'].map((name) => [
    name,
    readFileSync(path.join(FOLDER, name)),
  ]),
);

/**
 * A Hub with one kind of repository.
 * @param {import('node:test').TestContext} t
 * @param {Record<string, Buffer | string>} files
 * @param {string | null} list the API's answer, null: it has none
 * @returns {{ url: string, status: number, headers: Record<string, string> }[]} requests
 */
function hub(t, files, list = JSON.stringify(Object.keys(files).map((name) => ({ type: 'file', path: name })))) {
  /** @type {{ url: string, status: number, headers: Record<string, string> }[]} */
  const requests = [];
  useHub(t, 'https://huggingface.co/').fetch = async (input, init) => {
    const url = String(input),
      name = url.split('/resolve/main/')[1],
      body = /\/api\//.test(url) ? list : files[name],
      status = body === undefined || body === null ? 404 : 200;
    requests.push({ url, status, headers: /** @type {Record<string, string>} */ (init?.headers) });
    return new Response(status === 200 ? /** @type {BodyInit} */ (body) : '', { status });
  };
  return requests;
}

test('no request ends in a 404', async (t) => {
  const requests = hub(t, FILES);
  for (let i = 0; i < 2; i++) {
    const classify = await pipeline('text-classification', `list/one`, { token: 'secret' });
    await classify.dispose();
  }
  assert.deepEqual(
    requests.filter(({ status }) => status !== 200),
    [],
  );
  const lists = requests.filter(({ url }) => url === 'https://huggingface.co/api/models/list/one/tree/main');
  assert.equal(lists.length, 1, 'one list serves all files');
  assert.equal(lists[0].headers.Authorization, 'Bearer secret');
  assert.equal(requests.length, 5);
});

test('without a list, or with one that is no list, files are asked for', async (t) => {
  for (const [i, list] of [
    null,
    '',
    '{"error":"no"}',
    '[',
    JSON.stringify(Array(1000).fill({ path: 'a' })),
  ].entries()) {
    hub(t, { 'extra.txt': 'x' }, list);
    assert.equal(await getText(`list/none${i}`, 'extra.txt'), 'x', String(list).slice(0, 20));
  }
  const requests = hub(t, { 'sub/extra.txt': 'x', 'extra.txt': 'y' }, JSON.stringify([{ path: 'sub' }]));
  assert.equal(await getText('list/sub', 'extra.txt', { subfolder: 'sub' }), 'x');
  assert.equal(await getText('list/sub', 'extra.txt'), null);
  assert.equal(requests.length, 2);
  // A mirror is not asked for its list.
  env.remoteHost = 'https://mirror.example/';
  await getText('list/mirror', 'extra.txt');
  assert.equal(requests.length, 3);
});

test('tokenizer_config.json says whether special_tokens_map.json matters', async (t) => {
  const config = JSON.parse(String(FILES['tokenizer_config.json']));
  for (const [more, asked] of /** @type {[object, boolean][]} */ ([
    [{ added_tokens_decoder: {} }, false],
    [{ backend: 'tokenizers' }, false],
    [{ added_tokens_decoder: undefined, backend: undefined }, true],
  ])) {
    const files = { ...FILES, 'tokenizer_config.json': JSON.stringify({ ...config, ...more }) },
      requests = hub(t, files, null);
    (await AutoTokenizer.from_pretrained(`list/map${asked}${Object.keys(more)[0]}`)).dispose();
    assert.equal(
      requests.some(({ url }) => url.endsWith('special_tokens_map.json')),
      asked,
      JSON.stringify(more),
    );
  }
});
