// What people paste as a model's id.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idOf } from '../../../demo/shared/loading.js';

test('an id, or the address of a page of the Hub', () => {
  for (const [entered, id] of [
    [' org/name ', 'org/name'],
    ['gpt2', 'gpt2'],
    ['https://huggingface.co/org/name', 'org/name'],
    ['https://huggingface.co/org/name/tree/main', 'org/name'],
    ['http://www.huggingface.co/org/name/?library=x#usage', 'org/name'],
    ['huggingface.co/org/name.v2/resolve/main/config.json', 'org/name.v2'],
    ['https://hf.co/org/name', 'org/name'],
    ['https://huggingface.co/gpt2', 'gpt2'],
    ['https://huggingface.co/gpt2/blob/main/config.json', 'gpt2'],
    ['https://example.com/org/name', 'https://example.com/org/name'],
    ['', ''],
  ])
    assert.equal(idOf(entered), id, entered);
});
