// The loop of tokens as a caller sees it. The tokens are made in C++ (engines/wasm/decoder.js); here rows are
// begun, heard step by step, ended (end of sequence, stop texts, criteria, time, abort) and put together in
// Transformers' shapes.

import { InputError, throwIfAborted } from '../errors.js';
import { int64 } from '../tensor/int64.js';
import { CALLER, ENDINGS } from '../engines/wasm/decoder.js';
import { Tensor } from '../tensor/tensor.js';
import { DynamicCache } from './cache.js';
import { mergeOptions } from './config.js';
import { LogitsProcessorList, StoppingCriteriaList } from './criteria.js';
import { leftPadded, promptRows } from './prompts.js';
import { StopStrings } from './stop-strings.js';

/**
 * @typedef {import('../models/model.js').PreTrainedCausalLM} Model
 * @typedef {Record<string, any>} Json
 * @typedef {'eos' | 'length' | 'stop' | 'criteria' | 'time' | 'cut'} Reason why a row ended; cut: the caller
 *   stopped listening
 * @typedef {{ token: number, logprob: number, top: { token: number, logprob: number }[] }} Logprob
 */

/** What decide() says of a continuation that a criterion or a stop text ends, and the reason that it is. */
const BY_CRITERIA = CALLER,
  BY_STOP = CALLER + 1;
/** @type {Reason[]} */ const REASONS = [...ENDINGS, 'criteria', 'stop'];

/** Outputs of a tokenizer that say nothing to a model that generates. */
const IGNORED = [
  'token_type_ids',
  'position_ids',
  'offset_mapping',
  'special_tokens_mask',
  'length',
  'overflow_to_sample_mapping',
];

/** What transformers' generate() takes besides and this one does not: a name that is refused, not passed over. */
const NOT_HAD = ['assistant_model', 'assistant_tokenizer', 'custom_generate', 'inputs_embeds', 'synced_gpus'];

/**
 * Inputs and options apart: both may come in one object, as Transformers.js has it, or the inputs (or only ids)
 * first.
 * @param {any} inputs
 * @param {Json} options
 */
function apart(inputs, options) {
  const plain =
    inputs !== null &&
    typeof inputs === 'object' &&
    !(inputs.dims && inputs.data) &&
    !Array.isArray(inputs) &&
    !ArrayBuffer.isView(inputs);
  const {
    input_ids,
    inputs: named,
    attention_mask,
    generation_config = null,
    logits_processor,
    stopping_criteria,
    streamer = null,
    tokenizer = null,
    past_key_values,
    signal,
    ...rest
  } = { ...(plain ? inputs : { input_ids: inputs }), ...options };
  for (const name of IGNORED) delete rest[name];
  for (const name of NOT_HAD) {
    if (rest[name]) throw new InputError(`${name} is not had here.`, { code: 'unsupported_option', field: name });
    delete rest[name];
  }
  return {
    ids: input_ids ?? named,
    attention_mask,
    generation_config,
    logits_processor,
    stopping_criteria,
    streamer,
    tokenizer,
    past_key_values,
    signal,
    rest,
  };
}

export class Generation {
  /** @type {Int32Array[]} The prompts' own ids. */ prompts;
  /**
   * What was generated, row by row.
   * @type {number[][]}
   */
  tokens;
  /** @type {(Reason | null)[]} */ reasons;
  /** @type {Logprob[][]} */ logprobs;
  /** @type {Json} */ settings;
  /** Milliseconds from the beginning to the first tokens (and how many came at once), and to all of them. */
  times = { first: 0, firstTokens: 0, all: 0 };
  /**
   * The keys and values, for who passed them or wants them.
   * @type {DynamicCache | null}
   */
  cache;
  /**
   * With output_scores and output_logits, of each step [rows, vocabulary].
   * @type {{ scores: Tensor[], logits: Tensor[] }}
   */
  steps_of = { scores: [], logits: [] };
  #model;
  #streamer;
  #tokenizer;
  #signal;
  #criteria;
  #processors;
  /**
   * What C++ takes: without what is done on this side.
   * @type {Json}
   */
  #options;
  /** @type {import('../engines/wasm/decoder.js').Results | null} */ #results = null;

  /**
   * Checks everything before a token is made.
   * @param {Model} model
   * @param {any} inputs
   * @param {Json} [options]
   */
  constructor(model, inputs, options = {}) {
    const {
      ids,
      attention_mask,
      generation_config,
      logits_processor,
      stopping_criteria,
      streamer,
      tokenizer,
      past_key_values,
      signal,
      rest,
    } = apart(inputs, options);
    this.#model = model;
    this.#streamer = streamer;
    this.#tokenizer = tokenizer;
    this.#signal = signal;
    this.#criteria = new StoppingCriteriaList(stopping_criteria);
    this.#processors = new LogitsProcessorList(logits_processor);
    this.prompts = promptRows({ input_ids: ids, attention_mask });
    this.settings = {
      num_beams: 1,
      num_return_sequences: 1,
      ...mergeOptions(model.generation_config, generation_config, rest),
    };
    const {
        num_beams,
        num_return_sequences,
        stop_strings,
        negative_prompt_ids,
        negative_prompt_attention_mask,
        prefix_allowed_tokens_fn,
        ...others
      } = this.settings,
      stops = [stop_strings ?? []].flat().length > 0;
    this.cache =
      checkedCache(past_key_values, model.engine) ??
      (this.settings.return_dict_in_generate ? new DynamicCache() : null);
    if (prefix_allowed_tokens_fn) this.#processors.items.unshift(onlyAllowed(prefix_allowed_tokens_fn, num_beams));
    if (!this.settings.return_dict_in_generate) others.output_scores = others.output_logits = false;
    this.#options = {
      num_beams,
      num_return_sequences,
      ...others,
      ...(negative_prompt_ids
        ? {
            negative_prompt_ids: promptRows({
              input_ids: negative_prompt_ids,
              attention_mask: negative_prompt_attention_mask,
            }),
          }
        : {}),
    };
    if (streamer && num_beams > 1)
      throw new InputError('With num_beams no token is settled before the end: a streamer needs num_beams 1.', {
        code: 'contradiction',
        field: 'streamer',
      });
    if (streamer && this.prompts.length * num_return_sequences > 1) {
      throw new InputError('A streamer hears one row; this call has more.', {
        code: 'streamer_batch',
        field: 'streamer',
      });
    }
    if (stops && !tokenizer)
      throw new InputError('stop_strings need the tokenizer: pass it as tokenizer.', {
        code: 'no_tokenizer',
        field: 'tokenizer',
      });
    const rows = this.prompts.length * num_return_sequences;
    this.tokens = Array.from({ length: rows }, () => []);
    this.logprobs = Array.from({ length: rows }, () => []);
    this.reasons = new Array(rows).fill(null);
  }

  /**
   * @param {number} row of the results
   * @returns {Int32Array}
   */
  promptOf(row) {
    return this.prompts[Math.floor(row / this.settings.num_return_sequences)];
  }

  /**
   * Makes the tokens: each step gives a token for each row that has not ended, -1 for others; beams give theirs at
   * the end.
   * @returns {AsyncGenerator<Int32Array, void>}
   */
  async *steps() {
    const { stop_strings, max_time, eos_token_id, pad_token_id, num_beams } = this.settings,
      beams = num_beams > 1,
      { engine } = this.#model,
      rows = this.tokens.length,
      began = performance.now();
    const ends = new Set([eos_token_id ?? []].flat()),
      criteria = this.#criteria.items.length > 0,
      processes = this.#processors.items.length > 0;
    const ids =
      (criteria || processes) && !beams ? this.tokens.map((_, r) => Array.from(this.promptOf(r), BigInt)) : null;
    const stops = [stop_strings ?? []].flat().length
      ? new StopStrings(this.#tokenizer, stop_strings, beams ? [] : this.tokens.map((_, r) => this.promptOf(r)))
      : null;
    const inputs = leftPadded(this.prompts, pad_token_id ?? 0);
    try {
      throwIfAborted(this.#signal);
      this.#streamer?.put([Array.from(this.prompts[0], BigInt)]);
      /** @type {import('../engines/wasm/decoder.js').Hooks} */
      const hooks = {
        signal: this.#signal,
        // Token by token, where something on this side may end a row after any of them.
        stepwise: (criteria || stops !== null) && !beams,
        process: processes
          ? (logits, running, which) =>
              this.#process(
                ids
                  ? Array.from(which, (r) => ids[r])
                  : this.#whole(running ?? new Int32Array(), this.prompts.length * num_beams),
                logits,
              )
          : null,
        // Whoever takes each row by itself does not miss those that have ended.
        rowsLeave: this.#processors.items.every((item) => /** @type {any} */ (item).rowwise === true),
        decide: beams && (criteria || stops) ? (tokens, count) => this.#decide(tokens, count, criteria, stops) : null,
        ended: (results) => {
          this.#results = results;
        },
        scores:
          this.#options.output_scores || this.#options.output_logits
            ? (scores, logits) => this.#keepScores(scores, logits)
            : null,
        cache: this.cache,
      };
      const loop = engine.generate(inputs, this.#options, hooks);
      for await (const slice of loop) {
        if (!this.times.first)
          Object.assign(this.times, { first: performance.now() - began, firstTokens: slice.length / rows });
        for (let at = 0; at < slice.length; at += rows) {
          const step = slice.slice(at, at + rows);
          for (let r = 0; r < rows; r++) {
            if (this.reasons[r] || (beams && this.tokens[r].length >= this.#lengthOf(r))) {
              step[r] = -1;
              continue;
            }
            this.tokens[r].push(step[r]);
            ids?.[r].push(BigInt(step[r]));
            if (beams) continue;
            if (ends.has(step[r])) this.reasons[r] = 'eos';
            else if (stops?.push(r, step[r])) this.#end(r, 'stop');
          }
          if (step.every((/** @type {number} */ token) => token < 0)) break;
          this.times.all = performance.now() - began;
          this.#streamer?.put([[BigInt(step[0])]]);
          if (criteria && ids)
            this.#criteria._call(ids).forEach((done, r) => {
              if (done && !this.reasons[r]) this.#end(r, 'criteria');
            });
          yield step;
          throwIfAborted(this.#signal); // tokens come in slices; the rest of this one is not wanted any more
        }
      }
      const results = this.#results;
      if (beams) this.reasons = Array.from(results?.outcomes.subarray(rows) ?? [], (ending) => REASONS[ending]);
      else
        this.reasons = this.reasons.map(
          (reason) => reason ?? (max_time && performance.now() - began > max_time * 1000 ? 'time' : 'length'),
        );
      if (this.settings.logprobs && results)
        this.logprobs = this.tokens.map((row, r) => engine.logprobs(r, results).slice(0, row.length));
    } finally {
      this.times.all = performance.now() - began;
      this.reasons = this.reasons.map((reason) => reason ?? 'cut');
      this.#streamer?.end();
    }
  }

  /**
   * Ends a row that the engine would go on with.
   * @param {number} row
   * @param {Reason} reason
   */
  #end(row, reason) {
    this.reasons[row] = reason;
    this.#model.engine.stopRow(row);
  }

  /**
   * Tokens of a row of beams.
   * @param {number} row
   */
  #lengthOf(row) {
    return this.#results?.outcomes[row] ?? 0;
  }

  /**
   * @param {Float32Array} scores
   * @param {Float32Array} logits
   */
  #keepScores(scores, logits) {
    const { num_beams, num_return_sequences } = this.settings,
      rows = this.prompts.length * (num_beams > 1 ? num_beams : num_return_sequences),
      width = this.#model.engine.vocabulary,
      size = rows * width;
    for (const [all, to] of /** @type {[Float32Array, Tensor[]][]} */ ([
      [scores, this.steps_of.scores],
      [logits, this.steps_of.logits],
    ])) {
      for (let at = 0; at < all.length; at += size)
        to.push(new Tensor('float32', all.slice(at, at + size), [rows, width]));
    }
  }

  /**
   * New tokens that come row by row, each with its prompt.
   * @param {Int32Array} tokens
   * @param {number} count of rows, as many for each prompt
   * @returns {{ prompt: Int32Array, own: Int32Array }[]}
   */
  #rows(tokens, count) {
    const length = tokens.length / count,
      each = count / this.prompts.length;
    return Array.from({ length: count }, (_, r) => ({
      prompt: this.prompts[Math.floor(r / each)],
      own: tokens.subarray(r * length, (r + 1) * length),
    }));
  }
  /**
   * The same as whole rows, for a caller.
   * @param {Int32Array} tokens
   * @param {number} count
   * @returns {bigint[][]}
   */
  #whole(tokens, count) {
    return this.#rows(tokens, count).map(({ prompt, own }) => [
      ...Array.from(prompt, BigInt),
      ...Array.from(own, BigInt),
    ]);
  }

  /**
   * Which of the sequences that beams might go on with end here (transformers asks its criteria the same).
   * @param {Int32Array} tokens
   * @param {number} count
   * @param {boolean} criteria
   * @param {StopStrings | null} stops
   */
  #decide(tokens, count, criteria, stops) {
    const said = criteria ? this.#criteria._call(this.#whole(tokens, count)) : [];
    return Uint8Array.from(this.#rows(tokens, count), ({ prompt, own }, r) =>
      stops?.endedBy(prompt, own) ? BY_STOP : said[r] ? BY_CRITERIA : 0,
    );
  }

  /**
   * Custom processors on one step's logits [rows, vocabulary].
   * @param {bigint[][]} ids
   * @param {Float32Array} logits a view into Wasm memory that holds for this call
   */
  #process(ids, logits) {
    const tensor = new Tensor('float32', logits.slice(), [ids.length, logits.length / ids.length]);
    const out = this.#processors._call(ids, tensor);
    if (out?.data?.length !== logits.length)
      throw new InputError('A logits processor must give logits of the shape that it was given.', {
        code: 'shape_mismatch',
        field: 'logits_processor',
      });
    return Float32Array.from(out.data);
  }

  /**
   * Sequences with their prompts, padded on both sides: [rows, length].
   * @returns {Tensor}
   */
  get sequences() {
    const { pad_token_id, eos_token_id } = this.settings,
      pad = pad_token_id ?? [eos_token_id ?? 0].flat()[0] ?? 0,
      width = Math.max(...this.prompts.map((row) => row.length)),
      rows = this.tokens.length;
    const total = width + Math.max(0, ...this.tokens.map((row) => row.length));
    // Behind beams a padding token of 0 counts as none in the reference, and the end stands for it.
    const behind = this.settings.num_beams > 1 ? pad || ([eos_token_id ?? 0].flat()[0] ?? 0) : pad;
    const all = new Int32Array(rows * total).fill(pad);
    this.tokens.forEach((row, r) => {
      const prompt = this.promptOf(r);
      all.set(prompt, r * total + width - prompt.length);
      all.set(row, r * total + width);
      all.fill(behind, r * total + width + row.length, (r + 1) * total);
    });
    return int64(all, [rows, total]);
  }

  /**
   * What generate() gives.
   * @returns {any}
   */
  result() {
    if (!this.settings.return_dict_in_generate) return this.sequences;
    const scores = this.settings.num_beams > 1 ? this.#results?.scores : null;
    return {
      sequences: this.sequences,
      past_key_values: this.cache,
      finish_reasons: this.reasons,
      ...(scores ? { sequences_scores: new Tensor('float32', scores, [scores.length]) } : {}),
      ...(this.settings.logprobs ? { logprobs: this.logprobs } : {}),
      ...(this.#options.output_scores ? { scores: this.steps_of.scores } : {}),
      ...(this.#options.output_logits ? { logits: this.steps_of.logits } : {}),
    };
  }
}

/**
 * @param {unknown} cache what a caller passed
 * @param {unknown} engine
 * @returns {DynamicCache | null}
 */
function checkedCache(cache, engine) {
  if (cache === null || cache === undefined) return null;
  const wrong = (/** @type {string} */ message, /** @type {string} */ code) =>
    new InputError(message, { code, field: 'past_key_values' });
  if (!(cache instanceof DynamicCache))
    throw wrong('past_key_values must be a DynamicCache: a new one, or what generate() gave.', 'bad_cache');
  if (cache._state.disposed) throw wrong('This cache was disposed of.', 'disposed_cache');
  if (cache._state.engine && cache._state.engine !== engine)
    throw wrong("This cache is another model's.", 'foreign_cache');
  return cache;
}

/**
 * transformers' PrefixConstrainedLogitsProcessor.
 * @param {(batch: number, ids: bigint[]) => Iterable<number>} allowed the tokens that may come
 * @param {number} beams
 */
const onlyAllowed = (allowed, beams) => (/** @type {bigint[][]} */ rows, /** @type {Tensor} */ logits) => {
  const width = logits.size / rows.length;
  rows.forEach((ids, r) => {
    const tokens = new Set(allowed(Math.floor(r / beams), ids)),
      scores = logits.data.subarray(r * width, (r + 1) * width);
    if (!tokens.size)
      throw new InputError(`prefix_allowed_tokens_fn allows no token in row ${r}.`, {
        code: 'no_token_left',
        field: 'prefix_allowed_tokens_fn',
      });
    for (let id = 0; id < width; id++) if (!tokens.has(id)) scores[id] = -Infinity;
  });
};

/**
 * What PreTrainedCausalLM.generate does.
 * @param {Model} model
 * @param {any} inputs
 * @param {Json} options
 */
export async function generate(model, inputs, options) {
  const run = new Generation(model, inputs, options);
  const steps = run.steps();
  while (!(await steps.next()).done);
  return run.result();
}
