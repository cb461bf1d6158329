// Text that goes on with a prompt, and answers in a conversation: whole, or piece by piece while it is written.

import { InputError } from '../errors.js';
import { said } from '../generation/config.js';
import { Continuation } from '../generation/continuation.js';
import { Generation } from '../generation/generate.js';
import { TextStream } from '../generation/text-stream.js';
import { TextGenerationPipeline } from './pipeline.js';

/**
 * @typedef {Record<string, any>} Json
 * @typedef {{ role: string, content?: any, [more: string]: any }} Message
 * @typedef {string | Message[]} Prompt
 * @typedef {{ generated_text: any, [more: string]: any }} Generated
 * @typedef {{ prompt: Prompt, ids: number[], continues: boolean }} Prepared continues: the last message is the
 *   assistant's own, and is gone on with
 */

/** Prompts that are run at once; each row needs a cache of its own. */
const ROWS = 8;

const isMessage = (/** @type {any} */ x) => x !== null && typeof x === 'object' && !Array.isArray(x) && 'role' in x;
const isChat = (/** @type {any} */ x) => Array.isArray(x) && isMessage(x[0]);

export class Writer extends TextGenerationPipeline {
  /**
   * @param {Prompt | string[] | Message[][]} inputs a text, a conversation, or a list of such
   * @param {Json} [options] of model.generate(), and: return_full_text (true; false: only what is new), tools,
   *   documents, chat_template, add_special_tokens,
   *   tokenizer_encode_kwargs (for a chat template also its variables), batch_size
   * @returns {Promise<any>} [{ generated_text }]: for a conversation its messages and the answer; a list of those
   *   for a list
   */
  async _call(inputs, options = {}) {
    const many = Array.isArray(inputs) && !isChat(inputs);
    const { own, rest } = this.#apart(options),
      { return_full_text = true, batch_size = ROWS } = own;
    if (!Number.isInteger(batch_size) || batch_size < 1)
      throw new InputError(`batch_size is ${batch_size}; it must be a whole number from 1 on.`, {
        code: 'bad_option',
        field: 'batch_size',
      });
    const prepared = /** @type {Prompt[]} */ (many ? inputs : [inputs]).map((prompt) => this.#prepare(prompt, own));
    /** @type {Generated[][]} */
    const results = [];
    for (let from = 0; from < prepared.length; from += batch_size) {
      const batch = prepared.slice(from, from + batch_size),
        run = this.#begin(batch, rest);
      for await (const _ of run.steps());
      const each = run.tokens.length / batch.length;
      batch.forEach((one, i) =>
        results.push(Array.from({ length: each }, (_, k) => this.#result(one, run, i * each + k, return_full_text))),
      );
    }
    return many ? results : results[0];
  }

  /**
   * The answer while it is written: `for await (const piece of pipe.stream(messages))`.
   * @param {Prompt} input a text or a conversation
   * @param {Json} [options] as for a call; one answer at a time
   * @returns {TextStream}
   */
  stream(input, options = {}) {
    const { own, rest } = this.#apart(options),
      { return_full_text = true } = own;
    const prepared = this.#prepare(input, own),
      run = this.#begin([prepared], rest);
    if (run.tokens.length > 1 || run.settings.num_beams > 1) {
      throw new InputError('A stream writes one text: num_return_sequences and num_beams must be 1.', {
        code: 'contradiction',
        field: run.tokens.length > 1 ? 'num_return_sequences' : 'num_beams',
      });
    }
    const text = new Continuation(this.tokenizer, prepared.ids, { skip_special_tokens: true });
    return new TextStream(run, text, () => this.#result(prepared, run, 0, return_full_text));
  }

  /** @returns {import('../models/causal-lm.js').PreTrainedCausalLM} */
  get #writer() {
    return /** @type {any} */ (this.model);
  }

  /**
   * What is the pipeline's and what the loop's.
   * @param {Json} options
   */
  #apart({
    return_full_text,
    tools,
    documents,
    chat_template,
    add_special_tokens,
    tokenizer_encode_kwargs,
    batch_size,
    continue_final_message,
    ...rest
  }) {
    const { config } = this.#writer,
      tokenizer = rest.tokenizer ?? this.tokenizer,
      eos = this.tokenizer.eos_token_id,
      generation_config = { ...this.#writer.generation_config, ...said(rest.generation_config) };
    return {
      own: {
        return_full_text,
        tools,
        documents,
        chat_template,
        add_special_tokens,
        tokenizer_encode_kwargs,
        batch_size,
        continue_final_message,
      },
      rest: {
        ...(generation_config.max_length === undefined &&
        generation_config.max_new_tokens === undefined &&
        rest.max_length === undefined
          ? { max_new_tokens: 256 }
          : {}),
        ...(generation_config.eos_token_id === undefined && config.eos_token_id === undefined && eos !== undefined
          ? { eos_token_id: eos }
          : {}),
        ...rest,
        tokenizer,
      },
    };
  }

  /**
   * @param {any} prompt
   * @param {Json} options
   * @returns {Prepared}
   */
  #prepare(
    prompt,
    {
      tools = null,
      documents = null,
      chat_template = null,
      add_special_tokens = true,
      tokenizer_encode_kwargs = {},
      continue_final_message,
    },
  ) {
    if (typeof prompt === 'string') {
      const ids = this.tokenizer.encode(prompt, {
        add_special_tokens,
        truncation: false,
        padding: false,
        ...tokenizer_encode_kwargs,
      });
      if (ids.length) return { prompt, ids, continues: false };
      // Nothing to go on with: the text begins.
      const begin = this.tokenizer.bos_token_id ?? this.#writer.generation_config.bos_token_id;
      if (begin === undefined)
        throw new InputError('The prompt is empty, and this model has no token that begins a text.', {
          code: 'empty_input',
          field: 'text',
        });
      return { prompt, ids: [begin], continues: false };
    }
    if (!isChat(prompt)) {
      throw new InputError('A prompt must be a text, or a conversation: a list of messages { role, content }.', {
        code: 'bad_prompt',
        field: 'text',
      });
    }
    // Where the assistant spoke last, it goes on.
    const continues = continue_final_message ?? prompt[prompt.length - 1].role === 'assistant';
    const text = this.tokenizer.apply_chat_template(prompt, {
      tools,
      documents,
      chat_template,
      add_generation_prompt: !continues,
      continue_final_message: continues,
      ...tokenizer_encode_kwargs,
      tokenize: false,
    });
    return {
      prompt,
      ids: this.tokenizer.encode(text, { add_special_tokens: false, truncation: false, padding: false }),
      continues,
    };
  }

  /**
   * @param {Prepared[]} batch
   * @param {Json} options
   */
  #begin(batch, options) {
    return new Generation(
      this.#writer,
      batch.map(({ ids }) => ids),
      options,
    );
  }

  /**
   * @param {Prepared} prepared
   * @param {Generation} run
   * @param {number} row
   * @param {boolean} whole
   * @returns {Generated}
   */
  #result({ prompt, ids, continues }, run, row, whole) {
    const text = new Continuation(this.tokenizer, ids, { skip_special_tokens: true });
    const answer = text.push(run.tokens[row]) + text.end();
    const more = run.settings.logprobs ? { logprobs: run.logprobs[row] } : {};
    if (!whole) return { generated_text: answer, ...more };
    if (typeof prompt === 'string') return { generated_text: prompt + answer, ...more };
    if (!continues) return { generated_text: [...prompt, { role: 'assistant', content: answer }], ...more };
    const last = prompt[prompt.length - 1],
      { content } = last;
    const longer = Array.isArray(content) ? [...content, { type: 'text', text: answer }] : (content ?? '') + answer;
    return { generated_text: [...prompt.slice(0, -1), { ...last, content: longer }], ...more };
  }
}
