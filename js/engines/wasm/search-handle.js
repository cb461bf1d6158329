// What the programs decoder and search bind of a search (wasm/binding/search_methods.h), in the words of the contract:
// endings by their names, hooks that are called between two passes.

import { InputError, checkStatus } from '../../errors.js';

/**
 * @typedef {import('../engine.js').GenerateHooks} Hooks
 * @typedef {import('../engine.js').Ending} Ending
 */

/** What a caller's own function threw, so that it is not taken for an error of Wasm. */
class HookError extends Error {}

/**
 * @template T
 * @param {() => T} hook
 * @returns {T}
 */
function callHook(hook) {
  try {
    return hook();
  } catch (cause) {
    throw new HookError('', { cause });
  }
}
/**
 * The error as the caller's function threw it.
 * @param {unknown} error
 */
export const hookCause = (error) => (error instanceof HookError ? error.cause : error);

/**
 * Names of endings by their numbers; C++ is their only list.
 * @param {any} module
 * @returns {string[]}
 */
const endingNames = (module) => (module.endingNames ??= module.endings());

/**
 * @param {any} module
 * @param {ArrayLike<Ending | null>} endings
 * @param {number} rows
 */
function endingNumbers(module, endings, rows) {
  if (endings.length !== rows)
    throw new InputError(`${rows} rows are to be decided on, not ${endings.length}.`, {
      code: 'shape_mismatch',
      field: 'stopping_criteria',
    });
  const names = endingNames(module);
  return Uint8Array.from(endings, (ending) => names.indexOf(ending ?? ''));
}

/**
 * @param {any} handle
 * @param {any} module
 * @returns {import('../engine.js').Outcomes}
 */
export function outcomesOf(handle, module) {
  const all = handle.outcomes(),
    rows = all.length / 2,
    names = endingNames(module);
  return {
    newTokens: all.subarray(0, rows),
    endings: Array.from(all.subarray(rows), (number) => /** @type {Ending} */ (names[number]) || null),
  };
}

/**
 * The hook `process`, where scores are ready.
 * @param {any} handle
 * @param {any} module
 * @param {number} vocabulary
 * @param {NonNullable<Hooks['process']>} process
 * @param {string} where for messages: the repository
 */
export function processScores(handle, module, vocabulary, process, where) {
  const pointer = handle.scoresPtr();
  if (!pointer) return;
  const size = handle.scoreRows() * vocabulary,
    view = () => new Float32Array(module.HEAPU8.buffer, pointer, size),
    changed = callHook(() => process(view(), handle.runningTokens(), handle.scoredRows()));
  if (changed?.length !== size)
    throw new InputError(`Processed logits must be ${size} numbers.`, {
      code: 'shape_mismatch',
      field: 'logits_processor',
    });
  view().set(changed);
  handle.acceptScores();
  checkStatus(handle, where);
}

/**
 * The hook `decide`, where beams wait for it.
 * @param {any} handle
 * @param {any} module
 * @param {NonNullable<Hooks['decide']>} decide
 */
export function decideEndings(handle, module, decide) {
  const all = handle.continuations(),
    rows = all[0];
  if (rows)
    handle.decide(
      endingNumbers(
        module,
        callHook(() => decide(all.subarray(1), rows)),
        rows,
      ),
    );
}

/**
 * The hook `step`: ends rows after the tokens that were picked.
 * @param {any} handle
 * @param {any} module
 * @param {Int32Array} tokens of one step
 * @param {NonNullable<Hooks['step']>} step
 */
export function endRows(handle, module, tokens, step) {
  const endings = callHook(() => step(tokens));
  if (endings)
    endingNumbers(module, endings, tokens.length).forEach((number, row) => number && handle.stopRow(row, number));
}
