// What a caller changes while tokens are generated, as hooks of the engine's loop (engines/engine.js: GenerateHooks):
// processors get the scores, criteria and stop texts end rows, or continuations of beams. It is loaded for calls that
// have any of them.

import { InputError } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';
import { atOnce } from './criteria.js';
import { StopStrings } from './stop-strings.js';

/**
 * @typedef {import('../engines/engine.js').Ending} Ending
 * @typedef {import('../engines/engine.js').GenerateHooks} Hooks
 */

export class CallerHooks {
  /**
   * Whole rows for criteria and processors, prompts included. null: neither is there, or there are beams.
   * @type {bigint[][] | null}
   */
  #ids;
  #prompts;
  #beams;
  #criteria;
  #processors;
  #stops;

  /**
   * @param {object} call
   * @param {Int32Array[]} call.prompts
   * @param {number} call.rows of the results
   * @param {number} call.beams
   * @param {import('./criteria.js').StoppingCriteriaList} call.criteria
   * @param {import('./criteria.js').LogitsProcessorList} call.processors
   * @param {string[]} call.stops
   * @param {any} call.tokenizer for the stop texts
   * @param {((batch: number, ids: bigint[]) => Iterable<number>) | null} [call.allowed] prefix_allowed_tokens_fn
   */
  constructor({ prompts, rows, beams, criteria, processors, stops, tokenizer, allowed }) {
    const each = rows / prompts.length,
      promptOf = (/** @type {number} */ row) => prompts[Math.floor(row / each)];
    if (allowed) processors.items.unshift(onlyAllowed(allowed, beams));
    this.#prompts = prompts;
    this.#beams = beams;
    this.#criteria = criteria.items.length ? criteria : null;
    this.#processors = processors.items.length ? processors : null;
    this.#ids =
      beams === 1 && (this.#criteria || this.#processors)
        ? Array.from({ length: rows }, (_, r) => Array.from(promptOf(r), BigInt))
        : null;
    // Of beams each continuation is asked for as a whole.
    const begun = beams > 1 ? [] : Array.from({ length: rows }, (_, r) => promptOf(r));
    this.#stops = stops.length ? new StopStrings(tokenizer, stops, begun) : null;
  }

  /**
   * Records a row's next token.
   * @param {number} row
   * @param {number} token
   */
  push(row, token) {
    this.#ids?.[row].push(BigInt(token));
  }

  /**
   * @param {(tokens: Int32Array) => Int32Array} record records the tokens of a step, as -1 those of rows that had ended
   * @returns {Hooks}
   */
  hooks(record) {
    const ends = this.#criteria || this.#stops;
    return {
      process: this.#processors && ((scores, running, rows) => this.#process(scores, running, rows)),
      // A rowwise processor does not need the rows that have ended.
      rowsLeave: this.#processors?.items.every((item) => /** @type {any} */ (item).rowwise === true),
      decide: ends && this.#beams > 1 ? (tokens, count) => this.#decide(tokens, count) : null,
      step: ends && this.#beams === 1 ? (tokens) => this.#endRows(record(tokens)) : null,
    };
  }

  /**
   * @param {Int32Array} step a token for each row; -1: the row had ended
   * @returns {(Ending | null)[]}
   */
  #endRows(step) {
    const stopped = Array.from(step, (token, row) => token >= 0 && !!this.#stops?.push(row, token)),
      done = this.#criteria?._call(/** @type {bigint[][]} */ (this.#ids)) ?? [];
    return stopped.map((isStopped, row) => (isStopped ? 'stop' : done[row] && step[row] >= 0 ? 'criteria' : null));
  }

  /**
   * Which continuations of beams end here.
   * @param {Int32Array} tokens [count, length]
   * @param {number} count as many for each prompt
   * @returns {(Ending | null)[]}
   */
  #decide(tokens, count) {
    const done = this.#criteria?._call(this.#wholeRows(tokens, count)) ?? [];
    return this.#rows(tokens, count).map(({ prompt, own }, r) =>
      this.#stops?.endedBy(prompt, own) ? 'stop' : done[r] ? 'criteria' : null,
    );
  }

  /**
   * Processors on one step's scores.
   * @param {Float32Array} scores [rows, vocabulary], a view that holds for this call
   * @param {Int32Array} running new tokens of beams
   * @param {Uint32Array} rows
   */
  #process(scores, running, rows) {
    const ids = this.#ids,
      texts = ids ? Array.from(rows, (r) => ids[r]) : this.#wholeRows(running, this.#prompts.length * this.#beams),
      tensor = new Tensor('float32', scores.slice(), [texts.length, scores.length / texts.length]);
    const out = this.#processors?._call(texts, tensor);
    if (out?.data?.length !== scores.length)
      throw new InputError('A logits processor must give logits of the shape that it was given.', {
        code: 'shape_mismatch',
        field: 'logits_processor',
      });
    return Float32Array.from(out.data);
  }

  /**
   * @param {Int32Array} tokens [count, length], new ones
   * @param {number} count as many for each prompt
   * @returns {{ prompt: Int32Array, own: Int32Array }[]}
   */
  #rows(tokens, count) {
    const length = tokens.length / count,
      each = count / this.#prompts.length;
    return Array.from({ length: count }, (_, r) => ({
      prompt: this.#prompts[Math.floor(r / each)],
      own: tokens.subarray(r * length, (r + 1) * length),
    }));
  }
  /**
   * The same rows with their prompts.
   * @param {Int32Array} tokens
   * @param {number} count
   * @returns {bigint[][]}
   */
  #wholeRows(tokens, count) {
    return this.#rows(tokens, count).map(({ prompt, own }) => [...prompt, ...own].map(BigInt));
  }
}

/**
 * transformers' PrefixConstrainedLogitsProcessor.
 * @param {(batch: number, ids: bigint[]) => Iterable<number>} allowed the tokens that may come
 * @param {number} beams
 */
const onlyAllowed = (allowed, beams) => (/** @type {bigint[][]} */ rows, /** @type {Tensor} */ logits) => {
  const width = logits.size / rows.length;
  rows.forEach((ids, r) => {
    const tokens = new Set(atOnce(allowed(Math.floor(r / beams), ids), 'prefix_allowed_tokens_fn')),
      scores = logits.data.subarray(r * width, (r + 1) * width);
    if (!tokens.size)
      throw new InputError(`prefix_allowed_tokens_fn allows no token in row ${r}.`, {
        code: 'no_token_left',
        field: 'prefix_allowed_tokens_fn',
      });
    for (let id = 0; id < width; id++) if (!tokens.has(id)) scores[id] = -Infinity;
  });
};
