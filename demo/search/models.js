// The models offered by name, and how each wants its texts: what its card on the Hub says about pooling and queries.
// Any other id of the Hub can be entered; it gets mean pooling, which most sentence models were trained with.

/**
 * @typedef {object} OfferedModel
 * @property {string} id
 * @property {string} about
 * @property {number} megabytes
 * @property {'mean' | 'cls'} [pooling]
 * @property {string} [query] what stands before a query
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
  },
  { id: 'sentence-transformers/all-mpnet-base-v2', about: 'English, thorough and slower', megabytes: 438 },
];

/**
 * @param {string} id
 * @returns {{ pooling: 'mean' | 'cls', query: string }}
 */
export function styleOf(id) {
  const model = MODELS.find((m) => m.id === id);
  return { pooling: model?.pooling ?? 'mean', query: model?.query ?? '' };
}
