// How the demo cuts a text: nothing is lost, paragraphs stay apart, no passage is longer than a model reads, no
// character is cut; with Intl.Segmenter and without.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const { Segmenter } = Intl;
const withSegmenter = await import('../../../demo/search/passages.js');
// @ts-expect-error a browser without it
delete Intl.Segmenter;
// @ts-expect-error the same file, read again
const without = await import('../../../demo/search/passages.js?without');
Object.assign(Intl, { Segmenter });

const sample = await readFile(new URL('../../../demo/search/sample.txt', import.meta.url), 'utf8');
const TEXTS = {
  sample,
  empty: '',
  blank: ' \n\n \t\n',
  word: 'word',
  windows: 'One.\r\n\r\nTwo.\r\nstill two.',
  marks: '... !!! ???\n\n。！？',
  unbroken: 'x'.repeat(5000),
  emoji: '🙂'.repeat(2000),
  chinese: '猫坐在垫子上。狗在叫！'.repeat(100),
  long: `${'A long sentence that goes on and on, '.repeat(100)}and ends. Short.`,
};

for (const [kind, { passagesOf, sentencesOf }] of Object.entries({
  'Intl.Segmenter': withSegmenter,
  'no Intl.Segmenter': without,
})) {
  test(`${kind}: passages hold the whole text in order`, () => {
    for (const [name, text] of Object.entries(TEXTS)) {
      const passages = passagesOf(text);
      const paragraphs = text
        .replace(/\r\n/g, '\n')
        .split(/\n\s*\n/)
        .map((p) => p.replace(/\s+/g, ' ').trim())
        .filter(Boolean);
      const joined = paragraphs.map((_, at) =>
        passages
          .filter((/** @type {Untyped} */ p) => p.paragraph === at)
          .flatMap((/** @type {Untyped} */ p) => p.sentences)
          .join(''),
      );
      assert.deepEqual(joined, paragraphs, name);
      for (const { sentences } of passages) {
        assert.ok(
          sentences.length > 0 && sentences.every((/** @type {string} */ s) => s),
          `${name}: an empty sentence`,
        );
        assert.ok(sentences.join('').length <= 600, `${name}: a passage of ${sentences.join('').length}`);
        for (const sentence of sentences)
          assert.ok(sentence.isWellFormed?.() ?? encodeURIComponent(sentence), `${name}: half a character`);
      }
    }
  });

  test(`${kind}: sentences end where people end them`, () => {
    assert.deepEqual(sentencesOf('She came. He left! Why? Nobody knows.'), [
      'She came. ',
      'He left! ',
      'Why? ',
      'Nobody knows.',
    ]);
    assert.deepEqual(sentencesOf('no mark at the end'), ['no mark at the end']);
    assert.equal(sentencesOf('猫坐。狗叫！').length, 2);
  });
}

test('the sample is varied enough to search in', () => {
  const passages = withSegmenter.passagesOf(sample),
    sentences = passages.flatMap((p) => p.sentences);
  assert.ok(sentences.length >= 60, `${sentences.length} sentences`);
  assert.equal(new Set(sentences.map((s) => s.trim())).size, sentences.length);
});
