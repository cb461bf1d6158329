// When the search says that nothing comes close.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comesClose, styleOf } from '../../../demo/search/models.js';

test('close is what is alike enough, or stands out', () => {
  const { near } = styleOf('org/any');
  const low = Array.from({ length: 40 }, (_, i) => 0.05 + (i % 5) / 50);
  assert.equal(comesClose([...low, 0.5], near), true, 'alike');
  assert.equal(comesClose([...low, 0.27], near), true, 'stands out');
  assert.equal(comesClose([...low, 0.21, 0.22, 0.23, 0.24, 0.2], near), false, 'one of several');
  assert.equal(comesClose([...low, 0.19], near), false, 'far');
  assert.equal(comesClose([0.1, 0.3], near), true, 'a short text');
  assert.equal(comesClose([0.1, 0.15], near), false, 'a short text, and nothing in it');
});
