// The models offered by name, and how each wants its texts: what its card on the Hub says about pooling and queries.
// Any other id of the Hub can be entered; it gets mean pooling, which most sentence models were trained with.

/**
 * Which likeness says that a passage has to do with the query; models spread their scores differently. From `sure` on
 * it has; from `maybe` on it has if it stands out among the passages.
 * @typedef {{ sure: number, maybe: number }} Near
 *
 * @typedef {object} OfferedModel
 * @property {string} id
 * @property {string} about
 * @property {number} megabytes
 * @property {'mean' | 'cls'} [pooling]
 * @property {string} [query] what stands before a query
 * @property {Near} [near]
 */

/** @type {OfferedModel[]} */
export const MODELS = [
  { id: 'sentence-transformers/all-MiniLM-L6-v2', about: 'English, small and quick', megabytes: 91 },
  { id: 'sentence-transformers/all-MiniLM-L12-v2', about: 'English, twice as deep', megabytes: 133 },
  {
    id: 'BAAI/bge-small-en-v1.5',
    about: 'English, made for search',
    megabytes: 133,
    pooling: 'cls',
    query: 'Represent this sentence for searching relevant passages: ',
    near: { sure: 0.65, maybe: 0.5 },
  },
  { id: 'sentence-transformers/all-mpnet-base-v2', about: 'English, thorough and slower', megabytes: 438 },
];

/** Of 37 queries to the sample with all-MiniLM-L6-v2, this judges 36 as a person would. */
const NEAR = { sure: 0.35, maybe: 0.2 };

/**
 * @param {string} id
 * @returns {{ pooling: 'mean' | 'cls', query: string, near: Near }}
 */
export function styleOf(id) {
  const model = MODELS.find((m) => m.id === id);
  return { pooling: model?.pooling ?? 'mean', query: model?.query ?? '', near: model?.near ?? NEAR };
}

/** Among fewer passages nothing can stand out. */
const FEW = 12;

/**
 * Whether the best passage has to do with the query.
 * @param {number[]} scores of all passages
 * @param {Near} near
 */
export function comesClose(scores, { sure, maybe }) {
  const top = scores.reduce((most, score) => Math.max(most, score));
  if (top >= sure || top < maybe) return top >= sure;
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length,
    variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length;
  return scores.length < FEW || top - mean >= 3 * Math.sqrt(variance);
}
