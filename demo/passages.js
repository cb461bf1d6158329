// Cuts a text into passages: paragraphs stay apart, sentences are taken together until a passage says enough.

const ENOUGH = 120; // characters; shorter sentences lean on their neighbours
const LONGEST = 600;

/** @param {string} paragraph @returns {string[]} sentences that join to the paragraph */
function sentences(paragraph) {
  if (typeof Intl.Segmenter === 'function') {
    return Array.from(new Intl.Segmenter(undefined, { granularity: 'sentence' }).segment(paragraph), (s) => s.segment);
  }
  return paragraph.match(/[^.!?。！？]+[.!?。！？]*["'”’)]*\s*/gu) ?? [paragraph];
}

/**
 * @param {string} text
 * @returns {{ text: string, paragraph: number }[]} passages in order; those of a paragraph join to it
 */
export function passagesOf(text) {
  const passages = [];
  text.replace(/\r\n?/g, '\n').split(/\n\s*\n/).map((p) => p.replace(/\s+/g, ' ').trim()).filter(Boolean).forEach((paragraph, at) => {
    let current = '';
    for (const sentence of sentences(paragraph)) {
      for (let rest = sentence; rest; rest = rest.slice(LONGEST)) {
        const piece = rest.slice(0, LONGEST);
        if (current && current.length + piece.length > LONGEST) {
          passages.push({ text: current, paragraph: at });
          current = '';
        }
        current += piece;
      }
      if (current.length >= ENOUGH) {
        passages.push({ text: current, paragraph: at });
        current = '';
      }
    }
    if (current) passages.push({ text: current, paragraph: at });
  });
  return passages;
}
