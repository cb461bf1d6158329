// Whether a subject runs the same model: logits of the prompt's last token against numpy's in fp32.

/** The least cosine to fp32: another order of weights, another rope or a wrong scale are far below. */
const LEAST = /** @type {Record<string, number>} */ ({ q8: 0.97, q4: 0.85 });

/**
 * @param {{ all?: number[], top?: { id: number, logprob: number }[] }} logits all of them, or the first twenty as
 *   logarithms of probabilities
 * @param {Float32Array} reference
 * @param {string} dtype
 * @returns {string} for the table
 */
export function fidelity({ all, top }, reference, dtype) {
  if (all) {
    const dot = (/** @type {ArrayLike<number>} */ a, /** @type {ArrayLike<number>} */ b) =>
      Array.prototype.reduce.call(a, (sum, value, i) => /** @type {number} */ (sum) + value * b[i], 0);
    const cosine = Number(dot(all, reference)) / Math.sqrt(Number(dot(all, all)) * Number(dot(reference, reference)));
    if (!(all.length === reference.length && cosine >= LEAST[dtype]))
      throw new Error(`its logits are not this model's: cosine ${cosine}`);
    return `cosine ${cosine.toFixed(4)}`;
  }
  // Only the most likely tokens are known: the first must be the reference's first, the others near.
  const most = reference.reduce((a, b) => Math.max(a, b)),
    norm = most + Math.log(reference.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
  const apart = (top ?? []).map(({ id, logprob }) => Math.abs(logprob - (reference[id] - norm)));
  const mean = apart.reduce((a, b) => a + b, 0) / apart.length;
  if (!(top?.length && reference[top[0].id] === most && mean < (dtype === 'q8' ? 0.3 : 1)))
    throw new Error(`its logits are not this model's: mean difference ${mean}`);
  return `first equal, mean difference ${mean.toFixed(3)} in ${apart.length}`;
}
