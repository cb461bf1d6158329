// Transformers.js' processors by their names, for callers that put a chain together themselves (logits_processor).
// generate() has the same as options, in C++ (wasm/generate/processors.cpp), where they are faster.

import { InputError } from '../errors.js';
import { LogitsProcessor } from './criteria.js';

/** @typedef {number | number[]} Tokens */

/** Changes scores row by row: row(scores, ids). */
class RowByRow extends LogitsProcessor {
  /** Rows of a batch that have ended need not be there. */
  rowwise = true;
  /**
   * @param {bigint[][]} input_ids
   * @param {import('../tensor/tensor.js').Tensor} logits
   */
  _call(input_ids, logits) {
    const width = logits.size / input_ids.length;
    input_ids.forEach((ids, r) => this.row(logits.data.subarray(r * width, (r + 1) * width), ids.map(Number)));
    return logits;
  }
  /**
   * @param {Float32Array} scores
   * @param {number[]} ids
   */
  row(scores, ids) {
    throw new TypeError(`${this.constructor.name} has no row() for ${ids.length} ids and ${scores.length} scores.`);
  }
  /**
   * @param {Float32Array} scores
   * @param {Tokens} tokens
   */
  forbid(scores, tokens) {
    for (const id of [tokens].flat()) if (id < scores.length) scores[id] = -Infinity;
  }
  /**
   * @param {Float32Array} scores
   * @param {Tokens} tokens
   */
  force(scores, tokens) {
    scores.fill(-Infinity);
    for (const id of [tokens].flat()) scores[id] = 0;
  }
}

export class ForcedBOSTokenLogitsProcessor extends RowByRow {
  /** @param {number} bos_token_id */
  constructor(bos_token_id) {
    super();
    this.bos_token_id = bos_token_id;
  }
  /**
   * @param {Float32Array} scores
   * @param {number[]} ids
   */
  row(scores, ids) {
    if (ids.length === 1) this.force(scores, this.bos_token_id);
  }
}
export class ForcedEOSTokenLogitsProcessor extends RowByRow {
  /**
   * @param {number} max_length
   * @param {Tokens} eos_token_id
   */
  constructor(max_length, eos_token_id) {
    super();
    this.max_length = max_length;
    this.eos_token_id = eos_token_id;
  }
  /**
   * @param {Float32Array} scores
   * @param {number[]} ids
   */
  row(scores, ids) {
    if (ids.length === this.max_length - 1) this.force(scores, this.eos_token_id);
  }
}
export class SuppressTokensLogitsProcessor extends RowByRow {
  /** @param {number[]} suppress_tokens */
  constructor(suppress_tokens) {
    super();
    this.suppress_tokens = suppress_tokens;
  }
  /** @param {Float32Array} scores */
  row(scores) {
    this.forbid(scores, this.suppress_tokens);
  }
}
export class SuppressTokensAtBeginLogitsProcessor extends RowByRow {
  /**
   * @param {number[]} begin_suppress_tokens
   * @param {number} begin_index
   */
  constructor(begin_suppress_tokens, begin_index) {
    super();
    this.begin_suppress_tokens = begin_suppress_tokens;
    this.begin_index = begin_index;
  }
  /**
   * @param {Float32Array} scores
   * @param {number[]} ids
   */
  row(scores, ids) {
    if (ids.length === this.begin_index) this.forbid(scores, this.begin_suppress_tokens);
  }
}
export class MinLengthLogitsProcessor extends RowByRow {
  /**
   * @param {number} min_length
   * @param {Tokens} eos_token_id
   */
  constructor(min_length, eos_token_id) {
    super();
    this.min_length = min_length;
    this.eos_token_id = eos_token_id;
  }
  /**
   * @param {Float32Array} scores
   * @param {number[]} ids
   */
  row(scores, ids) {
    if (ids.length < this.min_length) this.forbid(scores, this.eos_token_id);
  }
}
export class MinNewTokensLengthLogitsProcessor extends MinLengthLogitsProcessor {
  /**
   * @param {number} prompt_length_to_skip
   * @param {number} min_new_tokens
   * @param {Tokens} eos_token_id
   */
  constructor(prompt_length_to_skip, min_new_tokens, eos_token_id) {
    super(prompt_length_to_skip + min_new_tokens, eos_token_id);
  }
}
export class RepetitionPenaltyLogitsProcessor extends RowByRow {
  /** @param {number} penalty */
  constructor(penalty) {
    super();
    this.penalty = penalty;
  }
  /**
   * @param {Float32Array} scores
   * @param {number[]} ids
   */
  row(scores, ids) {
    for (const id of new Set(ids)) scores[id] = scores[id] < 0 ? scores[id] * this.penalty : scores[id] / this.penalty;
  }
}
export class NoBadWordsLogitsProcessor extends RowByRow {
  /**
   * @param {number[][]} bad_words_ids
   * @param {Tokens} eos_token_id
   */
  constructor(bad_words_ids, eos_token_id) {
    super();
    this.bad_words_ids = bad_words_ids;
    this.eos_token_id = eos_token_id;
  }
  /**
   * @param {Float32Array} scores
   * @param {number[]} ids
   */
  row(scores, ids) {
    for (const word of this.bad_words_ids) {
      const last = word.length - 1,
        from = ids.length - last,
        end = last === 0 && [this.eos_token_id].flat().includes(word[0]);
      if (!end && from >= 0 && ids.slice(from).every((id, i) => id === word[i])) this.forbid(scores, word[last]);
    }
  }
}
export class NoRepeatNGramLogitsProcessor extends RowByRow {
  /** @param {number} no_repeat_ngram_size */
  constructor(no_repeat_ngram_size) {
    super();
    this.no_repeat_ngram_size = no_repeat_ngram_size;
  }
  /**
   * @param {Float32Array} scores
   * @param {number[]} ids
   */
  row(scores, ids) {
    const before = this.no_repeat_ngram_size - 1,
      end = ids.length - before;
    for (let at = 0; at < end; at++)
      if (ids.slice(at, at + before).every((id, i) => id === ids[end + i])) this.forbid(scores, ids[at + before]);
  }
}

export class LogitsWarper extends LogitsProcessor {}
export class TemperatureLogitsWarper extends LogitsWarper {
  rowwise = true;
  /** @param {number} temperature */
  constructor(temperature) {
    super();
    this.temperature = temperature;
  }
  /**
   * @param {bigint[][]} input_ids
   * @param {import('../tensor/tensor.js').Tensor} logits
   */
  _call(input_ids, logits) {
    for (let i = 0; i < logits.size; i++) logits.data[i] /= this.temperature;
    return logits;
  }
}
/** Keeps the best: those that keep(scores from the best on) says. */
class BestOnly extends RowByRow {
  /** @param {{ filter_value?: number, min_tokens_to_keep?: number }} [options] */
  constructor({ filter_value = -Infinity, min_tokens_to_keep = 1 } = {}) {
    super();
    this.filter_value = filter_value;
    this.min_tokens_to_keep = min_tokens_to_keep;
  }
  /**
   * @param {Float32Array} best
   * @returns {number} how many
   */
  keep(best) {
    return best.length;
  }
  /** @param {Float32Array} scores */
  row(scores) {
    const best = scores.slice().sort().reverse(),
      least = best[Math.min(best.length, Math.max(this.keep(best), this.min_tokens_to_keep)) - 1];
    scores.forEach((score, id) => {
      if (score < least) scores[id] = this.filter_value;
    });
  }
}
export class TopKLogitsWarper extends BestOnly {
  /**
   * @param {number} top_k
   * @param {{ filter_value?: number, min_tokens_to_keep?: number }} [options]
   */
  constructor(top_k, options) {
    super(options);
    this.top_k = top_k;
  }
  keep() {
    return this.top_k;
  }
}
export class TopPLogitsWarper extends BestOnly {
  /**
   * @param {number} top_p
   * @param {{ filter_value?: number, min_tokens_to_keep?: number }} [options]
   */
  constructor(top_p, options) {
    super(options);
    this.top_p = top_p;
  }
  /** @param {Float32Array} best */
  keep(best) {
    const weights = Array.from(best, (score) => Math.exp(score - best[0])),
      sum = weights.reduce((a, b) => a + b, 0);
    let n = 0;
    for (let above = 0; n < weights.length && above < this.top_p * sum; n++) above += weights[n];
    return n;
  }
}

/** Half of the rows of the logits are with a condition, half without: what it adds counts guidance_scale times. */
export class ClassifierFreeGuidanceLogitsProcessor extends LogitsProcessor {
  /** @param {number} guidance_scale above 1 */
  constructor(guidance_scale) {
    super();
    if (!(guidance_scale > 1))
      throw new InputError(`guidance_scale must be above 1, not ${guidance_scale}.`, {
        code: 'bad_option',
        field: 'guidance_scale',
      });
    this.guidance_scale = guidance_scale;
  }
  /**
   * @param {bigint[][]} input_ids
   * @param {import('../tensor/tensor.js').Tensor} logits [2 · rows, vocabulary]
   */
  _call({ length: rows }, logits) {
    if (logits.dims[0] !== 2 * rows)
      throw new InputError(`Guidance of ${rows} rows takes logits of twice as many, not of ${logits.dims[0]}.`, {
        code: 'shape_mismatch',
        field: 'logits_processor',
      });
    const [given, free] = [logits.slice([0, rows]), logits.slice([rows, null])];
    return given.sub(free).mul(this.guidance_scale).add(free);
  }
}
