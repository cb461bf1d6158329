// A process that runs one test file of the peer: `node process.js <file> [folder of tokenizers]`, started by run.js in
// the peer's package. Sends a message for each test that ended.
import { register } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ExpectError, expect } from './expect.js';
import { Hub } from './hub.js';
import * as jest from './jest.js';
import { MissingExport } from './missing.js';

/** @typedef {'passed' | 'failed' | 'needs-a-file' | 'missing-export' | 'skipped'} Outcome */
/** @typedef {{ file: string, name: string, outcome: Outcome, why: string }} Result */

const [file, files] = process.argv.slice(2);
const hub = new Hub(files || undefined);
const { describe, it, beforeAll, afterAll, beforeEach, afterEach } = jest;
Object.assign(globalThis, { describe, it, test: it, expect, beforeAll, afterAll, beforeEach, afterEach });
globalThis.fetch = hub.fetch;
process.on('unhandledRejection', () => {}); // fails the test that awaits it, and no other

const peer = pathToFileURL(path.join(process.cwd(), '/')).href;
register('./hooks.js', import.meta.url, { data: { peer } });

/**
 * What an error says of a test.
 * @param {unknown} error
 * @returns {{ outcome: Outcome, why: string }}
 */
function judge(error) {
  const { message, code } = /** @type {{ message?: string, code?: string }} */ (error ?? {});
  const why = `${message ?? error}`;
  if (error instanceof MissingExport) return { outcome: 'missing-export', why: error.exported };
  if (code === 'unknown_task') return { outcome: 'missing-export', why: `pipeline: ${why}` };
  if (hub.missed.length) return { outcome: 'needs-a-file', why: hub.missed[0] };
  if (error instanceof ExpectError && hub.standIn) return { outcome: 'needs-a-file', why: `real weights: ${why}` };
  return { outcome: 'failed', why };
}

/** @param {Result} result */
const send = (result) => process.send?.(result);

try {
  await import(pathToFileURL(path.resolve(file)).href);
} catch (error) {
  send({ file: path.basename(file), name: '(the file)', ...judge(error) });
}
await jest.run(
  jest.root,
  (ended) => {
    // The tables of the tokenizers' files are run by one file: a row for each class.
    const row = ended.path[0] === 'Tokenizers (model-specific)' ? `${ended.file} ${ended.path[1]}` : ended.file;
    const name = ended.path.join(' › ');
    if (ended.skipped) send({ file: row, name, outcome: 'skipped', why: 'skipped by the peer' });
    else send({ file: row, name, ...('error' in ended ? judge(ended.error) : { outcome: 'passed', why: '' }) });
  },
  hub,
);
process.disconnect?.();
process.exit();
