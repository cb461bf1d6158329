// One call of generate(): checks the arguments, records the tokens that the engine's loop makes, puts the results
// together. Why a row ended is decided in the search (wasm/generate/ending.h).

import { InputError, throwIfAborted } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';
import { suggestion } from '../utils/options.js';
import { DynamicCache } from './cache.js';
import { splitOptions } from './call-options.js';
import { OF_FILES, mergeOptions } from './config.js';
import { LogitsProcessorList, StoppingCriteriaList } from './criteria.js';
import { readPrompts } from './prompts.js';
import { logprobsOf, sequencesTensor, stepTensors } from './results.js';

/**
 * @typedef {import('../models/model.js').PreTrainedCausalLM} Model
 * @typedef {import('../engines/engine.js').EngineModel} EngineModel
 * @typedef {import('../engines/engine.js').Ending} Ending
 * @typedef {Record<string, any>} Json
 */

/** Options of a call, to suggest one of them; C++ knows which there are (wasm/generate/config.cpp). */
const NAMES = [
  ...OF_FILES,
  ...(
    'seed logprobs top_logprobs logit_bias presence_penalty frequency_penalty cache_dtype streamer stopping_criteria ' +
    'logits_processor prefix_allowed_tokens_fn past_key_values signal generation_config attention_mask tokenizer ' +
    'return_full_text add_special_tokens chat_template tokenizer_encode_kwargs continue_final_message batch_size'
  ).split(' '),
];

export class GenerationRun {
  /**
   * The prompts' own ids.
   * @type {Int32Array[]}
   */
  prompts;
  /**
   * The prompts as the caller gave them, padding included.
   * @type {Int32Array[]}
   */
  #written;
  /**
   * What was generated, row by row.
   * @type {number[][]}
   */
  tokens;
  /** @type {import('./results.js').Logprob[][]} */ logprobs;
  /** @type {Json} */ settings;
  /** Milliseconds from the beginning to the first tokens (and how many came at once), and to the last. */
  times = { first: 0, firstTokens: 0, all: 0 };
  /**
   * The caller's, or a new one that is given back.
   * @type {DynamicCache | null}
   */
  cache;
  #engine;
  #streamer;
  #signal;
  #inputs;
  /**
   * What CallerHooks takes, where the caller changes anything.
   * @type {ConstructorParameters<typeof import('./caller-hooks.js').CallerHooks>[0] | null}
   */
  #changes = null;
  /**
   * Options of the search: without what this side does.
   * @type {Json}
   */
  #options;
  /** @type {import('../engines/engine.js').Outcomes} */
  #outcomes = { newTokens: new Int32Array(), endings: [] };
  /** @type {import('../engines/engine.js').Results | null} */ #results = null;
  /** @type {{ scores: Tensor[], logits: Tensor[] }} */ #steps = { scores: [], logits: [] };
  #isOver = false;
  #began = 0;
  /**
   * The step that the hook `step` has recorded, before it is yielded.
   * @type {Int32Array | null}
   */
  #recorded = null;

  /**
   * InputError: arguments that are wrong, before a token is made. Values of options are checked by the engine's loop.
   * @param {Model} model
   * @param {any} inputs
   * @param {Json} [options]
   */
  constructor(model, inputs, options = {}) {
    const { input_ids, attention_mask, streamer, tokenizer, past_key_values, signal, ...call } = splitOptions(
      inputs,
      options,
    );
    this.#engine = /** @type {EngineModel} */ (model.engine);
    this.#streamer = streamer;
    this.#signal = signal;
    this.settings = {
      num_beams: 1,
      num_return_sequences: 1,
      ...mergeOptions(model.generation_config, call.generation_config, call.rest),
    };
    const { stop_strings, negative_prompt_ids, negative_prompt_attention_mask, prefix_allowed_tokens_fn, ...others } =
        this.settings,
      { num_beams, num_return_sequences, pad_token_id, return_dict_in_generate } = others,
      stops = [stop_strings ?? []].flat();
    const prompts = readPrompts({ input_ids, attention_mask }, pad_token_id ?? 0),
      rows = prompts.rows.length * num_return_sequences;
    this.prompts = prompts.rows;
    this.#written = prompts.written;
    this.#inputs = prompts.inputs;
    this.cache = checkedCache(past_key_values, this.#engine) ?? (return_dict_in_generate ? new DynamicCache() : null);
    if (!return_dict_in_generate) others.output_scores = others.output_logits = false;
    if (negative_prompt_ids) {
      const given = { input_ids: negative_prompt_ids, attention_mask: negative_prompt_attention_mask };
      others.negative_prompt_ids = readPrompts(given).rows;
    }
    // Both lengths count the padding that the caller gave; columns of padding only are not computed.
    const padding = Math.max(...prompts.written.map((row) => row.length)) - prompts.inputs.input_ids.dims[1];
    for (const name of ['max_length', 'min_length'])
      if (padding && others[name] > 0) others[name] = Math.max(1, others[name] - padding);
    this.#options = others;
    if (streamer && !(typeof streamer.put === 'function' && typeof streamer.end === 'function'))
      throw new InputError('A streamer has the methods put() and end().', { code: 'bad_streamer', field: 'streamer' });
    if (streamer && num_beams > 1)
      throw new InputError('With num_beams no token is settled before the end: a streamer needs num_beams 1.', {
        code: 'contradiction',
        field: 'streamer',
      });
    if (streamer && rows > 1)
      throw new InputError('A streamer hears one row; this call has more.', {
        code: 'streamer_batch',
        field: 'streamer',
      });
    if (stops.length && !tokenizer)
      throw new InputError('stop_strings need the tokenizer: pass it as tokenizer.', {
        code: 'no_tokenizer',
        field: 'tokenizer',
      });
    this.tokens = Array.from({ length: rows }, () => []);
    this.logprobs = Array.from({ length: rows }, () => []);
    const criteria = new StoppingCriteriaList(call.stopping_criteria),
      processors = new LogitsProcessorList(call.logits_processor),
      allowed = prefix_allowed_tokens_fn;
    if (criteria.items.length || processors.items.length || stops.length || allowed)
      this.#changes = {
        prompts: this.prompts,
        rows,
        beams: num_beams,
        criteria,
        processors,
        stops,
        tokenizer,
        allowed,
      };
  }

  /**
   * Of each row why it ended, once all of its tokens are recorded; until then null.
   * @type {(Ending | null)[]}
   */
  get reasons() {
    const { newTokens, endings } = this.#outcomes;
    return this.tokens.map((row, r) =>
      endings[r] && row.length >= newTokens[r] ? endings[r] : this.#isOver ? 'cut' : null,
    );
  }

  /**
   * Makes the tokens: each step gives a token for each row that has not ended, -1 for others. Beams give theirs at the
   * end.
   * @returns {AsyncGenerator<Int32Array, void>}
   */
  async *steps() {
    const rows = this.tokens.length,
      { output_scores, output_logits } = this.#options;
    const changes = this.#changes && new (await import('./caller-hooks.js')).CallerHooks(this.#changes);
    this.#began = performance.now();
    try {
      throwIfAborted(this.#signal);
      this.#streamer?.put([Array.from(this.prompts[0], BigInt)]);
      if (!this.#engine.generate)
        throw new InputError('This model does not generate.', { code: 'no_decoder', field: 'model' });
      const loop = this.#engine.generate(this.#inputs, this.#options, {
        ...changes?.hooks((tokens) => {
          this.#recorded = this.#record(tokens, 1, changes);
          return this.#recorded;
        }),
        signal: this.#signal,
        cache: this.cache,
        scores: output_scores || output_logits ? (...all) => this.#keepScores(...all) : null,
        progress: (outcomes) => {
          this.#outcomes = outcomes;
        },
        ended: (results) => {
          this.#results = results;
        },
      });
      for await (const slice of loop ?? []) {
        for (let at = 0; at < slice.length; at += rows) {
          const step = this.#recorded ?? this.#record(slice.subarray(at, at + rows), slice.length / rows, changes);
          this.#recorded = null;
          if (step.every((token) => token < 0)) break;
          yield step;
          throwIfAborted(this.#signal); // tokens come in slices; the rest of this one is not wanted any more
        }
      }
      const results = this.#results;
      if (this.settings.logprobs && results)
        this.logprobs = this.tokens.map((row, r) => logprobsOf(results, r).slice(0, row.length));
    } catch (error) {
      const { code, field } = /** @type {any} any: whatever was thrown */ (error) ?? {};
      if (code === 'unknown_option')
        throw new InputError(`"${field}" is no option${suggestion(field, NAMES)}`, { code, field });
      throw error;
    } finally {
      this.times.all = performance.now() - this.#began;
      this.#isOver = true;
      this.#streamer?.end();
    }
  }

  /**
   * Records the tokens of one step.
   * @param {Int32Array} tokens one of each row; padding of those that have ended
   * @param {number} steps that came at once
   * @param {import('./caller-hooks.js').CallerHooks | null} changes
   * @returns {Int32Array} -1 for rows that have ended
   */
  #record(tokens, steps, changes) {
    const { newTokens, endings } = this.#outcomes,
      now = performance.now() - this.#began;
    const step = tokens.map((token, r) => (endings[r] && this.tokens[r].length >= newTokens[r] ? -1 : token));
    if (step.every((token) => token < 0)) return step;
    step.forEach((token, r) => {
      if (token < 0) return;
      this.tokens[r].push(token);
      changes?.push(r, token);
    });
    if (!this.times.first) Object.assign(this.times, { first: now, firstTokens: steps });
    this.times.all = now;
    this.#streamer?.put([[BigInt(step[0])]]);
    return step;
  }

  /**
   * @param {Float32Array} scores
   * @param {Float32Array} logits
   * @param {number} vocabulary
   */
  #keepScores(scores, logits, vocabulary) {
    const { num_beams, num_return_sequences } = this.settings,
      rows = this.prompts.length * (num_beams > 1 ? num_beams : num_return_sequences);
    this.#steps.scores.push(...stepTensors(scores, rows, vocabulary));
    this.#steps.logits.push(...stepTensors(logits, rows, vocabulary));
  }

  /**
   * What generate() gives.
   * @returns {any}
   */
  result() {
    const { settings } = this,
      sequences = sequencesTensor(this.#written, this.tokens, /** @type {any} */ (settings));
    if (!settings.return_dict_in_generate) return sequences;
    const scores = settings.num_beams > 1 ? this.#results?.scores : null;
    return {
      sequences,
      past_key_values: this.cache,
      finish_reasons: this.reasons,
      ...(scores ? { sequences_scores: new Tensor('float32', scores, [scores.length]) } : {}),
      ...(settings.logprobs ? { logprobs: this.logprobs } : {}),
      ...(settings.output_scores ? { scores: this.#steps.scores } : {}),
      ...(settings.output_logits ? { logits: this.#steps.logits } : {}),
    };
  }
}

/**
 * @param {unknown} cache the caller's past_key_values
 * @param {EngineModel} engine
 * @returns {DynamicCache | null}
 */
function checkedCache(cache, engine) {
  if (cache === null || cache === undefined) return null;
  const wrong = (/** @type {string} */ message, /** @type {string} */ code) =>
    new InputError(message, { code, field: 'past_key_values' });
  if (!(cache instanceof DynamicCache))
    throw wrong('past_key_values must be a DynamicCache: a new one, or what generate() gave.', 'bad_cache');
  if (cache._state.own)
    throw wrong('The engine keeps keys and values itself; it takes no tensors of them.', 'unsupported_cache');
  if (cache._state.disposed) throw wrong('This cache was disposed of.', 'disposed_cache');
  if (cache._state.model && cache._state.model !== engine)
    throw wrong("This cache is another model's.", 'foreign_cache');
  return cache;
}

/**
 * What PreTrainedCausalLM.generate does.
 * @param {Model} model
 * @param {any} inputs
 * @param {Json} options
 */
export async function generate(model, inputs, options) {
  const run = new GenerationRun(model, inputs, options);
  const steps = run.steps();
  while (!(await steps.next()).done);
  return run.result();
}
