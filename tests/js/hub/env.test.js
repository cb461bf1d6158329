// Every setting of Transformers.js (4.3: src/env.js) exists here, and works or warns once.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { LogLevel, env } from 'wasmformers';
import { warnOnce } from '../../../js/env.js';
import { getText } from '../../../js/hub/index.js';
import { emptyFolder, rejection, startServer, useHub } from '../helpers/server.js';

const THEIRS =
  'version backends logLevel allowRemoteModels remoteHost remotePathTemplate allowLocalModels localModelPath useFS ' +
  'useBrowserCache useFSCache cacheDir useCustomCache customCache useWasmCache cacheKey fetch ' +
  'experimental_useCrossOriginStorage';

test('all settings are there', () => {
  assert.deepEqual(
    THEIRS.split(' ').filter((name) => !(name in env)),
    [],
  );
  assert.deepEqual(LogLevel, { DEBUG: 10, INFO: 20, WARNING: 30, ERROR: 40, NONE: 50 });
  assert.equal(env.logLevel, LogLevel.WARNING);
  Object.assign(env.backends.onnx.wasm, { numThreads: 1, proxy: false }); // accepted, as ONNX Runtime's are everywhere
});

test('a setting without meaning warns once, at its log level', (t) => {
  const warn = t.mock.method(console, 'warn', () => {}),
    count = () => warn.mock.callCount();
  t.after(() => Object.assign(env, { logLevel: LogLevel.WARNING }));
  const all = /** @type {Untyped} */ (env);
  Object.assign(env, { ...env }); // nothing changes, nothing is told
  assert.equal(count(), 0);
  env.logLevel = LogLevel.ERROR;
  all.useWasmCache = false;
  assert.equal(count(), 0);
  env.logLevel = LogLevel.INFO;
  for (let i = 0; i < 2; i++) Object.assign(all, { useWasmCache: false, experimental_useCrossOriginStorage: true });
  assert.equal(count(), 2);
  assert.match(String(warn.mock.calls[0].arguments[0]), /env\.useWasmCache does nothing here/);
  warnOnce('a');
  warnOnce('a');
  assert.equal(count(), 3);
});

test('useFS and useCustomCache', async (t) => {
  const server = await startServer(t, { '/org/name/resolve/main/a.txt': 'remote' }),
    folder = emptyFolder(t);
  useHub(t, server.url);
  mkdirSync(path.join(folder, 'org/name'), { recursive: true });
  writeFileSync(path.join(folder, 'org/name/a.txt'), 'local');
  env.localModelPath = folder;
  assert.equal(await getText('org/name', 'a.txt'), 'local');
  env.useFS = false;
  assert.equal(await getText('org/name', 'a.txt'), 'remote');
  assert.equal(await getText(path.join(folder, 'org/name'), 'a.txt'), null);
  const kept = /** @type {string[]} */ ([]);
  env.customCache = {
    match: async () => undefined,
    put: async (key) => {
      kept.push(key);
    },
  };
  for (const [use, count] of /** @type {const} */ ([
    [null, 1],
    [true, 2],
    [false, 2],
  ])) {
    env.useCustomCache = use;
    await getText('org/name', 'a.txt');
    assert.equal(kept.length, count, String(use));
  }
  for (const none of [null, {}, { match: async () => undefined }]) {
    Object.assign(env, { useCustomCache: true, customCache: none });
    const error = await rejection(getText('org/name', 'a.txt'));
    assert.deepEqual([error.name, error.code, error.field], ['ConfigError', 'no_custom_cache', 'customCache']);
  }
});
