// Cuts a text into passages: within a paragraph, sentences are joined until a passage is long enough.

/** @typedef {{ sentences: string[], paragraph: number }} Passage paragraph: the index of the one that it is part of */

const ENOUGH = 120; // characters; shorter sentences are joined with the next ones
const LONGEST = 600; // about what a small model reads without truncation

const segmenter =
  typeof Intl.Segmenter === 'function' ? new Intl.Segmenter(undefined, { granularity: 'sentence' }) : null;

/**
 * @param {string} paragraph
 * @returns {string[]} sentences that join to the paragraph
 */
export function sentencesOf(paragraph) {
  if (segmenter) return Array.from(segmenter.segment(paragraph), (s) => s.segment);
  return paragraph.match(/[^.!?。！？]+[.!?。！？]*["'”’)]*\s*|[.!?。！？]+\s*/gu) ?? [paragraph];
}

/**
 * Pieces of at most LONGEST characters, cut between words where there are any.
 * @param {string} sentence
 */
function cut(sentence) {
  const pieces = [];
  let rest = sentence;
  while (rest.length > LONGEST) {
    const space = rest.lastIndexOf(' ', LONGEST - 1);
    let at = space > LONGEST / 2 ? space + 1 : LONGEST;
    if (/[\uD800-\uDBFF]/.test(rest[at - 1])) at--; // never inside a character
    pieces.push(rest.slice(0, at));
    rest = rest.slice(at);
  }
  return [...pieces, rest];
}

/**
 * @param {string} text
 * @returns {Passage[]} in order; those of a paragraph join to it
 */
export function passagesOf(text) {
  /** @type {Passage[]} */
  const passages = [];
  const paragraphs = text
    .replace(/\r\n?/g, '\n')
    .split(/\n\s*\n/)
    .map((p) => p.replace(/\s+/g, ' ').trim())
    .filter(Boolean);
  paragraphs.forEach((paragraph, at) => {
    /** @type {string[]} */
    let sentences = [];
    let length = 0;
    const flush = () => {
      if (sentences.length) passages.push({ sentences, paragraph: at });
      sentences = [];
      length = 0;
    };
    for (const piece of sentencesOf(paragraph).flatMap(cut)) {
      if (length + piece.length > LONGEST) flush();
      sentences.push(piece);
      length += piece.length;
      if (length >= ENOUGH) flush();
    }
    flush();
  });
  return passages;
}
