// Where a model's files come from: a server that has the models beside the demo (npm start), otherwise the Hub.
import { env } from '../../js/env.js';

const SHELF = new URL('../../models/', import.meta.url).href;

/**
 * Sets where this model's files are looked for.
 * @param {string} id
 * @param {string} file one that shows whether the model is on the shelf
 */
export async function chooseShelf(id, file) {
  env.localModelPath = SHELF;
  env.allowLocalModels = await fetch(`${SHELF}${id}/${file}`, { method: 'HEAD' })
    .then((r) => r.ok && !r.headers.get('content-type')?.startsWith('text/html'))
    .catch(() => false);
  env.allowRemoteModels = !env.allowLocalModels; // a model on the shelf does without the files that are not there
}
