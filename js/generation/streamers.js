// Transformers.js' streamers: text while it is generated. A streamer is given the prompt first, then each step's
// tokens, then end(). What it prints is final: characters come when no later token can change them
// (tokenizers/decode-stream.js). A skipped prompt still counts, so that the first word keeps its space.

import { InputError } from '../errors.js';
import { isNode } from '../env.js';
import { Continuation } from './continuation.js';

/** @typedef {import('./continuation.js').Decoding} Decoding */

export class BaseStreamer {
  /** @param {bigint[][]} value the prompt's ids, then the ids of one step; a row each */
  put(value) {
    throw new InputError(`A streamer needs put(); it was given ${value.length} rows.`, {
      code: 'not_implemented',
      field: 'streamer',
    });
  }
  /** Nothing more comes. */
  end() {
    throw new InputError('A streamer needs end().', { code: 'not_implemented', field: 'streamer' });
  }
}

const print = (/** @type {string} */ text) => (isNode ? process.stdout.write(text) : console.log(text));

export class TextStreamer extends BaseStreamer {
  /** @type {Continuation | null} */ #text = null;

  /**
   * @param {Decoding} tokenizer
   * @param {{
   *   skip_prompt?: boolean, skip_special_tokens?: boolean, callback_function?: ((text: string) => void) | null,
   *   token_callback_function?: ((tokens: bigint[]) => void) | null, decode_kwargs?: Record<string, any>,
   * }} [options] callback_function: stdout where none is given (pages: the console); others are the decoder's
   */
  constructor(
    tokenizer,
    {
      skip_prompt = false,
      skip_special_tokens = true,
      callback_function = null,
      token_callback_function = null,
      decode_kwargs = {},
      ...more
    } = {},
  ) {
    super();
    this.tokenizer = tokenizer;
    this.skip_prompt = skip_prompt;
    this.callback_function = callback_function ?? print;
    this.token_callback_function = token_callback_function;
    this.decode_kwargs = { skip_special_tokens, ...decode_kwargs, ...more };
    this.next_tokens_are_prompt = true;
  }

  /** @param {bigint[][]} value */
  put(value) {
    if (value.length !== 1)
      throw new InputError(`A TextStreamer writes one text, not ${value.length}.`, {
        code: 'streamer_batch',
        field: 'streamer',
      });
    const [ids] = value,
      skipped = this.next_tokens_are_prompt && this.skip_prompt;
    this.next_tokens_are_prompt = false;
    this.#text ??= new Continuation(this.tokenizer, skipped ? ids : [], this.decode_kwargs);
    if (skipped) return;
    this.token_callback_function?.(ids);
    const text = this.#text.push(ids);
    if (text) this.on_finalized_text(text, false);
  }

  end() {
    const text = this.#text?.end() ?? '';
    this.#text = null;
    this.next_tokens_are_prompt = true;
    this.on_finalized_text(text, true);
  }

  /**
   * For subclasses: text that will not change any more.
   * @param {string} text
   * @param {boolean} stream_end
   */
  on_finalized_text(text, stream_end) {
    if (text) this.callback_function(text);
    if (stream_end && this.callback_function === print && isNode) print('\n');
  }
}
