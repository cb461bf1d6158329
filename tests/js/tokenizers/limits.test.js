// Options that can ask for memory, each with its largest value: a named error before memory is asked for, or a result.
// The next call works in any case.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError, PreTrainedTokenizer } from 'wasmformers';
import { Tokenizer } from 'wasmformers/tokenizers';
import { fixtureText } from '../helpers/fixtures.js';

const json = fixtureText('tokenizers/wordpiece-uncased.tokenizer.json');
const MOST = 2 ** 31 - 1;
const LONG = 'the man '.repeat(3000);
// A code of null stands for a result.
/** @type {[what: string, text: string | string[], options: Json, code: string | null, field?: string][]} */
const CALLS = [
  ['a multiple', 'x', { padding: true, pad_to_multiple_of: 1e9 }, 'too_much_padding', 'pad_to_multiple_of'],
  ['the largest', 'x', { padding: true, pad_to_multiple_of: MOST }, 'too_much_padding', 'pad_to_multiple_of'],
  ['beyond it', 'x', { padding: true, pad_to_multiple_of: MOST + 1 }, 'bad_option', 'pad_to_multiple_of'],
  ['without padding', 'x', { pad_to_multiple_of: MOST }, null],
  ['a length', 'x', { padding: 'max_length', max_length: MOST }, 'too_much_padding', 'max_length'],
  [
    'a length, cut',
    'x',
    { padding: 'max_length', truncation: true, max_length: MOST },
    'too_much_padding',
    'max_length',
  ],
  [
    'both',
    'x',
    { padding: 'max_length', max_length: 1e6, pad_to_multiple_of: 1e9 },
    'too_much_padding',
    'pad_to_multiple_of',
  ],
  [
    'many rows',
    Array(1000).fill('x'),
    { padding: true, pad_to_multiple_of: 1e5 },
    'too_much_padding',
    'pad_to_multiple_of',
  ],
  [
    'rows of one long text',
    [LONG.repeat(10), ...Array(5000).fill('x')],
    { padding: true },
    'too_much_padding',
    'padding',
  ],
  ['truncation only', LONG, { truncation: true, max_length: MOST }, null],
  ['max_length only', LONG, { max_length: MOST }, null],
  ['a stride', 'x', { truncation: true, max_length: 8, stride: MOST }, 'stride_too_large', 'stride'],
  ['a stride without truncation', 'x', { stride: MOST }, null],
  [
    'both the largest',
    LONG,
    { truncation: true, max_length: MOST, stride: MOST - 2, return_overflowing_tokens: true },
    null,
  ],
  [
    'nearly as many pieces as tokens',
    LONG.repeat(4),
    { truncation: true, max_length: 12002, stride: 11999, return_overflowing_tokens: true },
    'too_much_overflow',
    'stride',
  ],
  [
    'in many texts',
    Array(100).fill(LONG),
    { truncation: true, max_length: 102, stride: 99, return_overflowing_tokens: true },
    'too_much_overflow',
    'stride',
  ],
  [
    'a pair, both of which overflow',
    LONG,
    { text_pair: LONG, truncation: true, max_length: 7, return_overflowing_tokens: true },
    'too_much_overflow',
    'truncation',
  ],
];

for (const details of [false, true]) {
  test(`the largest values${details ? ', with details' : ''}`, async () => {
    const t = await PreTrainedTokenizer.fromFiles(json, { pad_token: '[PAD]' }),
      bare = await Tokenizer.fromJSON(json, { pad_token: '[PAD]' });
    const want = t.encode('the man');
    for (const [what, text, options, code, field] of CALLS) {
      const all = { return_tensor: false, return_offsets_mapping: details, ...options };
      const lists = {
        text_pair: options.text_pair ? [options.text_pair] : null,
        texts: Array.isArray(text) ? text : [text],
      };
      for (const call of [
        () => t(text, all),
        () => bare.encodeBatch(lists.texts, { ...all, text_pair: lists.text_pair }),
      ]) {
        if (code === null) call();
        else
          assert.throws(
            call,
            (error) => error instanceof InputError && error.code === code && error.field === field,
            what,
          );
        assert.deepEqual(t.encode('the man'), want, `after ${what}`);
        assert.deepEqual([...bare.encode('the man').ids], want, `after ${what}`);
      }
    }
    assert.throws(() => bare.encodeIds(['x'], { padding: true, pad_to_multiple_of: MOST }), {
      code: 'too_much_padding',
    });
    assert.throws(() => /** @type {Json} */ (t).encodeForModel(['x'], { pad_to_multiple_of: MOST }), {
      code: 'too_much_padding',
    });
    // A batch of half the limit is no error.
    assert.equal(t('x', { padding: true, pad_to_multiple_of: 2 ** 22 }).input_ids.dims[1], 2 ** 22);
    t.dispose();
    bare.dispose();
  });
}
