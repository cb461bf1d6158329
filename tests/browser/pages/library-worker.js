// The same cases in a module worker.
import * as cases from './cases.js';

self.onmessage = async ({ data: { name, argument } }) => {
  try {
    self.postMessage({ result: await /** @type {Record<string, Function>} */ (cases)[name](argument) });
  } catch (error) {
    self.postMessage({ error: String(error instanceof Error ? error.stack : error) });
  }
};
