// The same cases in a module worker.
import * as cases from './cases.js';

self.onmessage = async ({ data: { name, argument } }) => {
  try {
    self.postMessage({ result: await cases[name](argument) });
  } catch (error) {
    self.postMessage({ error: String(error?.stack ?? error) });
  }
};
