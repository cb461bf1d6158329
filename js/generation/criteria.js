// What callers put into the loop of tokens, under Transformers.js' names: criteria that end a row, processors that
// change logits. Both are called with all ids so far, a row each; plain functions serve as well.

import { InputError } from '../errors.js';
import { Callable } from '../utils/callable.js';

/**
 * @typedef {(input_ids: bigint[][], scores?: any) => boolean | boolean[]} Criterion true: that row (or every row)
 *   ends here
 * @typedef {(input_ids: bigint[][], logits: import('../tensor/tensor.js').Tensor) =>
 *   import('../tensor/tensor.js').Tensor | void} Processor changes the
 *   logits [rows, vocabulary] or gives others
 */

/**
 * What a caller's function answered. InputError: a promise, which the loop of tokens does not wait for; taken as a
 * criterion's answer it would mean "stop".
 * @template T
 * @param {T} answer
 * @param {string} field
 * @returns {T}
 */
export function atOnce(answer, field) {
  const then = /** @type {any} any: a caller's answer */ (answer)?.then;
  if (typeof then !== 'function') return answer;
  then.call(answer, undefined, () => {}); // no second, unhandled error
  throw new InputError(`${field} must answer at once: an async function gives a promise.`, {
    code: 'async_function',
    field,
  });
}

export class StoppingCriteria extends Callable {
  /**
   * @param {bigint[][]} input_ids
   * @param {any} [scores]
   * @returns {boolean | boolean[]}
   */
  _call(input_ids, scores) {
    throw new InputError(
      `A StoppingCriteria needs _call(); it was given ${input_ids.length} rows${scores ? ' and scores' : ''}.`,
      { code: 'not_implemented', field: 'stopping_criteria' },
    );
  }
}

/**
 * Lists of something that can be called; each may be given alone, as an array or as a list.
 * @template T
 */
class List extends Callable {
  /** @param {...(T | Iterable<T>)} items */
  constructor(...items) {
    super();
    /** @type {T[]} */
    this.items = [];
    for (const item of items) this.extend(/** @type {any} */ (item));
  }
  /** @param {T} item */
  push(item) {
    this.items.push(item);
  }
  /** @param {T | Iterable<T> | null | undefined} items */
  extend(items) {
    if (items === null || items === undefined) return;
    const list = /** @type {any} */ (items)[Symbol.iterator]
      ? [.../** @type {Iterable<T>} */ (items)]
      : [/** @type {T} */ (items)];
    for (const item of list) {
      if (typeof item !== 'function')
        throw new InputError(
          `A list of ${this.field.replaceAll('_', ' ')} holds functions, not ${item === null ? 'null' : typeof item}.`,
          { code: 'not_a_function', field: this.field },
        );
      this.push(item);
    }
  }
  /**
   * The option of generate() that takes it.
   * @type {string}
   */
  get field() {
    return '';
  }
  [Symbol.iterator]() {
    return this.items[Symbol.iterator]();
  }
}

/** @extends {List<Criterion>} */
export class StoppingCriteriaList extends List {
  get field() {
    return 'stopping_criteria';
  }
  /**
   * @param {bigint[][]} input_ids
   * @param {any} [scores]
   * @returns {boolean[]} a row ends where any criterion says so
   */
  _call(input_ids, scores) {
    const done = new Array(input_ids.length).fill(false);
    for (const criterion of this.items) {
      const ends = atOnce(criterion(input_ids, scores), this.field);
      done.forEach((was, i) => {
        done[i] = was || (Array.isArray(ends) ? !!ends[i] : !!ends);
      });
    }
    return done;
  }
}

/** Ends when a sequence, prompt included, has max_length tokens. */
export class MaxLengthCriteria extends StoppingCriteria {
  /**
   * @param {number} max_length
   * @param {number | null} [max_position_embeddings]
   */
  constructor(max_length, max_position_embeddings = null) {
    super();
    this.max_length = max_length;
    this.max_position_embeddings = max_position_embeddings;
  }
  /** @param {bigint[][]} input_ids */
  _call(input_ids) {
    return input_ids.map((row) => row.length >= Math.min(this.max_length, this.max_position_embeddings ?? Infinity));
  }
}

/** Ends a row at its end-of-sequence token. */
export class EosTokenCriteria extends StoppingCriteria {
  /** @param {number | number[]} eos_token_id */
  constructor(eos_token_id) {
    super();
    this.eos_token_id = [eos_token_id].flat();
  }
  /** @param {bigint[][]} input_ids */
  _call(input_ids) {
    return input_ids.map((row) => this.eos_token_id.some((id) => BigInt(id) === row[row.length - 1]));
  }
}

/** Ends all rows from interrupt() until reset(). */
export class InterruptableStoppingCriteria extends StoppingCriteria {
  constructor() {
    super();
    this.interrupted = false;
  }
  interrupt() {
    this.interrupted = true;
  }
  reset() {
    this.interrupted = false;
  }
  /** @param {bigint[][]} input_ids */
  _call(input_ids) {
    return new Array(input_ids.length).fill(this.interrupted);
  }
}

/** Options of generate() by their names, for its generation_config; a call's own options take precedence. */
export class GenerationConfig {
  /** @param {Record<string, any>} [options] */
  constructor(options = {}) {
    Object.assign(this, options);
  }
}

export class LogitsProcessor extends Callable {
  /**
   * @param {bigint[][]} input_ids
   * @param {import('../tensor/tensor.js').Tensor} logits
   * @returns {import('../tensor/tensor.js').Tensor | void}
   */
  _call(input_ids, logits) {
    throw new InputError(
      `A LogitsProcessor needs _call(); it was given ${input_ids.length} rows and logits of shape [${logits.dims}].`,
      { code: 'not_implemented', field: 'logits_processor' },
    );
  }
}

/** @extends {List<Processor>} */
export class LogitsProcessorList extends List {
  get field() {
    return 'logits_processor';
  }
  /**
   * @param {bigint[][]} input_ids
   * @param {import('../tensor/tensor.js').Tensor} logits
   * @returns {import('../tensor/tensor.js').Tensor}
   */
  _call(input_ids, logits) {
    for (const process of this.items) logits = atOnce(process(input_ids, logits), this.field) ?? logits;
    return logits;
  }
}
