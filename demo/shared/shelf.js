// Where models are served beside the demo (npm start), they are taken from there, else from the Hub.
import { env } from '../../js/env.js';

const SHELF = new URL('../../models/', import.meta.url).href;

/**
 * Sets up where this model's files are looked for.
 * @param {string} id
 * @param {string} file one that tells whether it is there
 */
export async function chooseShelf(id, file) {
  env.localModelPath = SHELF;
  env.allowLocalModels = await fetch(`${SHELF}${id}/${file}`, { method: 'HEAD' })
    .then((r) => r.ok && !r.headers.get('content-type')?.startsWith('text/html'))
    .catch(() => false);
  env.allowRemoteModels = !env.allowLocalModels; // what a model there lacks, it does without
}
