// Runs a case in the page or in a module worker, for library.test.js: window.run(where, name, argument) → its result.
import * as cases from './cases.js';

const worker = new Worker(new URL('library-worker.js', import.meta.url), { type: 'module' });

window.run = (where, name, argument) => {
  if (where === 'page') return /** @type {Record<string, Function>} */ (cases)[name](argument);
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.result));
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ name, argument });
  });
};
