// Prompts that are the same as token ids and as text (which wllama takes): each word is one token.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** @typedef {{ ids: number[], text: string }} Prompt */

/**
 * @param {string} folder the model's
 * @returns {(n: number, seed?: number) => Prompt} prompts of different seeds differ from their first token on
 */
export function prompts(folder) {
  const { vocab } = JSON.parse(readFileSync(path.join(folder, 'tokenizer.json'), 'utf8')).model;
  const words = Object.entries(/** @type {Record<string, number>} */ (vocab)).filter(([token]) =>
    /^Ġ[a-z]{4,}$/.test(token),
  );
  return (n, seed = 1) => {
    const chosen = Array.from({ length: n }, (_, i) => words[((i + 1) * 7919 * seed) % words.length]);
    return { ids: chosen.map(([, id]) => id), text: chosen.map(([token]) => token.replace('Ġ', ' ')).join('') };
  };
}
