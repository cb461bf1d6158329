// tests/peers/run.js on a small project in the form of the peer's: each outcome is told, and a new failure fails it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const RUN = fileURLToPath(new URL('../../peers/run.js', import.meta.url));

const SOURCE = `
import { AutoTokenizer, Tensor, Fantasy } from '../src/transformers.js';
describe('all', () => {
  let size = 0;
  beforeAll(async () => { size = 2; });
  it('passes', async () => {
    expect(new Tensor('float32', [1, 2], [size]).dims).toEqual([2]);
    await expect(Promise.reject(new Error('no'))).rejects.toThrow('no');
    expect([0.1]).not.toContain(0.2);
  });
  it('fails', () => expect(1.5).toBeCloseTo(1.4, 2));
  it('lacks a name', () => new Fantasy());
  it('lacks a class', () => expect(1).toBeInstanceOf(Fantasy));
  it('lacks a file', async () => { await AutoTokenizer.from_pretrained('org/absent'); });
  it.skip('is skipped', () => {});
  describe('a hook fails', () => {
    beforeAll(() => Fantasy.from_pretrained('x'));
    it('and its tests with it', () => {});
  });
});
`;

/** @param {...string} args */
function run(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [RUN, ...args], { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

test('outcomes of tests in the form of the peer, and a new failure', (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'wasmformers-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const inside = path.join(folder, 'packages/transformers');
  for (const name of ['src', 'tests']) mkdirSync(path.join(inside, name), { recursive: true });
  writeFileSync(path.join(inside, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    path.join(inside, 'src/transformers.js'),
    "export { Fantasy } from './f.js';\nexport class Tensor {}\n",
  );
  writeFileSync(path.join(inside, 'tests/own.test.js'), SOURCE);
  const { status, output } = run('--peer', folder, 'own.test');
  assert.match(output, /^own\.test\.js +1 +1 +1 +3 +1$/m, output);
  assert.match(output, /new failure: own\.test\.js › all › fails\n +toBeCloseTo: 1\.5, expected 1\.4, 2/);
  assert.equal(status, 1);
});

test('without paths it says what it skips', () => {
  const { status, output } = run();
  assert.equal(status, 0, output);
  assert.match(output, /tests and names are skipped \(--peer\): no path was given/);
  assert.match(output, /examples are skipped \(--examples\): no path was given/);
});
