// The work of TextGenerationPipeline: prompts become ids, the loop of tokens runs, results are put together. The class
// imports it when it is needed.

import { InputError } from '../errors.js';
import { Continuation } from '../generation/continuation.js';
import { GenerationRun } from '../generation/generate.js';
import { TextStream } from '../generation/text-stream.js';
import { checkOptions, checkWhole } from '../utils/options.js';

/**
 * @typedef {Record<string, any>} Json
 * @typedef {{ role: string, content?: any, [more: string]: any }} Message
 * @typedef {string | Message[]} Prompt
 * @typedef {{ generated_text: any, [more: string]: any }} Generated
 * @typedef {{ prompt: Prompt, ids: number[], continues: boolean }} Prepared continues: the last message is the
 *   assistant's own, and the answer goes on with it
 * @typedef {{ model: import('../models/model.js').PreTrainedCausalLM, tokenizer: any }} Pipe
 */

/** Prompts that are run at once; each row needs a cache of its own. */
const ROWS = 8;

const isMessage = (/** @type {any} */ x) => x !== null && typeof x === 'object' && !Array.isArray(x) && 'role' in x;
const isChat = (/** @type {any} */ x) => Array.isArray(x) && isMessage(x[0]);

/**
 * @param {Pipe} pipe
 * @param {Prompt | string[] | Message[][]} inputs a text, a conversation, or a list of such
 * @param {Json} [options] of model.generate(), and: return_full_text (true; false: only what is new), tools,
 *   documents, chat_template, add_special_tokens,
 *   tokenizer_encode_kwargs (for a chat template also its variables), batch_size
 * @returns {Promise<any>} [{ generated_text }]: for a conversation its messages and the answer; a list of those
 *   for a list
 */
export async function call(pipe, inputs, options = {}) {
  const many = Array.isArray(inputs) && !isChat(inputs);
  const { own, rest } = splitOptions(pipe, options),
    { return_full_text = true, batch_size = ROWS } = own;
  checkWhole('batch_size', batch_size);
  const prepared = /** @type {Prompt[]} */ (many ? inputs : [inputs]).map((prompt) => prepare(pipe, prompt, own));
  /** @type {Generated[][]} */
  const results = [];
  for (let from = 0; from < prepared.length; from += batch_size) {
    const batch = prepared.slice(from, from + batch_size),
      run = begin(pipe, batch, rest);
    for await (const _ of run.steps());
    const each = run.tokens.length / batch.length;
    batch.forEach((one, i) =>
      results.push(
        Array.from({ length: each }, (_, k) => {
          const row = i * each + k,
            text = textAfter(pipe, one);
          return result(one, run, row, text.push(run.tokens[row]) + text.end(), return_full_text);
        }),
      ),
    );
  }
  return many ? results : results[0];
}

/**
 * The answer while it is written: `for await (const piece of pipe.stream(messages))`.
 * @param {Pipe} pipe
 * @param {Prompt} input a text or a conversation
 * @param {Json} [options] as for a call; one answer at a time
 * @returns {TextStream}
 */
export function stream(pipe, input, options = {}) {
  const { own, rest } = splitOptions(pipe, options),
    { return_full_text = true } = own,
    prepared = prepare(pipe, input, own),
    run = begin(pipe, [prepared], rest);
  if (run.tokens.length > 1 || run.settings.num_beams > 1) {
    throw new InputError('A stream writes one text: num_return_sequences and num_beams must be 1.', {
      code: 'contradiction',
      field: run.tokens.length > 1 ? 'num_return_sequences' : 'num_beams',
    });
  }
  return new TextStream(run, textAfter(pipe, prepared), (answer) => result(prepared, run, 0, answer, return_full_text));
}

/**
 * The options of the pipeline itself, and those of the loop.
 * @param {Pipe} pipe
 * @param {Json} options
 */
function splitOptions({ model, tokenizer: own }, options) {
  checkOptions(options, null); // generate() knows the names
  const {
    return_full_text,
    tools,
    documents,
    chat_template,
    add_special_tokens,
    tokenizer_encode_kwargs,
    batch_size,
    continue_final_message,
    ...rest
  } = options;
  const { config } = model,
    tokenizer = rest.tokenizer ?? own,
    eos = own.eos_token_id,
    inFiles = (/** @type {string} */ name) =>
      rest.generation_config?.[name] ?? model.generation_config[name] ?? undefined;
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
      ...(inFiles('max_length') === undefined &&
      inFiles('max_new_tokens') === undefined &&
      rest.max_length === undefined
        ? { max_new_tokens: 256 }
        : {}),
      ...(inFiles('eos_token_id') === undefined && config.eos_token_id === undefined && eos !== undefined
        ? { eos_token_id: eos }
        : {}),
      ...rest,
      tokenizer,
    },
  };
}

/**
 * @param {Pipe} pipe
 * @param {any} prompt
 * @param {Json} options
 * @returns {Prepared}
 */
function prepare(
  { model, tokenizer },
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
    const ids = tokenizer.encode(prompt, {
      add_special_tokens,
      truncation: false,
      padding: false,
      ...tokenizer_encode_kwargs,
    });
    if (ids.length) return { prompt, ids, continues: false };
    // An empty prompt: the answer is a text from its beginning.
    const begin = tokenizer.bos_token_id ?? model.generation_config.bos_token_id;
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
  // Where the last message is the assistant's, the answer goes on with it.
  const continues = continue_final_message ?? prompt[prompt.length - 1].role === 'assistant';
  const text = tokenizer.apply_chat_template(prompt, {
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
    ids: tokenizer.encode(text, { add_special_tokens: false, truncation: false, padding: false }),
    continues,
  };
}

/**
 * Decodes what comes after a prompt.
 * @param {Pipe} pipe
 * @param {Prepared} prepared
 */
const textAfter = ({ tokenizer }, { ids }) => new Continuation(tokenizer, ids, { skip_special_tokens: true });

/**
 * @param {Pipe} pipe
 * @param {Prepared[]} batch
 * @param {Json} options
 */
const begin = ({ model }, batch, options) =>
  new GenerationRun(
    model,
    batch.map(({ ids }) => ids),
    options,
  );

/**
 * @param {Prepared} prepared
 * @param {GenerationRun} run
 * @param {number} row
 * @param {string} answer
 * @param {boolean} whole with the prompt
 * @returns {Generated}
 */
function result({ prompt, continues }, run, row, answer, whole) {
  const more = run.settings.logprobs ? { logprobs: run.logprobs[row] } : {};
  if (!whole) return { generated_text: answer, ...more };
  if (typeof prompt === 'string') return { generated_text: prompt + answer, ...more };
  if (!continues) return { generated_text: [...prompt, { role: 'assistant', content: answer }], ...more };
  const last = prompt[prompt.length - 1],
    { content } = last;
  const longer = Array.isArray(content) ? [...content, { type: 'text', text: answer }] : (content ?? '') + answer;
  return { generated_text: [...prompt.slice(0, -1), { ...last, content: longer }], ...more };
}
