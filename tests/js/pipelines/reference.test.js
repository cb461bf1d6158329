// Pipelines against Transformers' own: the same tiny models, the same calls, the answers that Python gave
// (tests/fixtures/make-pipelines.py).
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { pipeline } from 'wasmformers';

const CASES = new URL('../../fixtures/pipelines/', import.meta.url);

/**
 * Equal, but for the last digits of scores.
 * @param {Untyped} got
 * @param {Untyped} want
 * @param {string} [where]
 */
function close(got, want, where = 'result') {
  if (typeof want === 'number' && !Number.isInteger(want)) {
    assert.ok(Math.abs(got - want) < 2e-5, `${where}: ${got} is not ${want}`);
  } else if (Array.isArray(want)) {
    assert.equal(got?.length, want.length, `${where}: length`);
    want.forEach((w, i) => close(got[i], w, `${where}[${i}]`));
  } else if (want && typeof want === 'object') {
    assert.deepEqual(Object.keys(got).sort(), Object.keys(want).sort(), where);
    for (const key of Object.keys(want)) close(got[key], want[key], `${where}.${key}`);
  } else {
    assert.equal(got, want, where);
  }
}

for (const name of readdirSync(CASES)) {
  const folder = new URL(name + '/', CASES);
  test(`${name} answers as in Python`, async (t) => {
    const task = /** @type {Untyped} */ (name === 'multi-label' ? 'text-classification' : name);
    const pipe = /** @type {Untyped} */ (await pipeline(task, fileURLToPath(folder), { dtype: 'fp32' }));
    const cases = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8'));
    assert.ok(cases.length);
    for (const { args, options, result } of cases) {
      await t.test(JSON.stringify(options), async () => close(await pipe(...args, options), result));
    }
    await pipe.dispose();
  });
}
