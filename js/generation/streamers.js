// Transformers.js' streamers: text while it is generated. A streamer is given the prompt first, then each step's
// tokens, then end(). What it prints is final, and comes in whole words as in Python's TextStreamer
// (generation/streamers.py). A skipped prompt still counts, so that the first word keeps its space.

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

/** A text that is written as it is: a line's end, or a character of Chinese, which has no spaces. */
const COMPLETE =
  /[\n\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2ceaf}\u{2f800}-\u{2fa1f}]$/u;

const print = (/** @type {string} */ text) => (isNode ? process.stdout.write(text) : console.log(text));

export class TextStreamer extends BaseStreamer {
  /** @type {Continuation | null} */ #text = null;
  /** The word that has no end yet. */
  #word = '';

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
    const text = this.#word + this.#text.push(ids),
      end = COMPLETE.test(text) ? text.length : text.lastIndexOf(' ') + 1;
    this.#word = text.slice(end);
    this.on_finalized_text(text.slice(0, end), false);
  }

  end() {
    const text = this.#word + (this.#text?.end() ?? '');
    this.#text = null;
    this.#word = '';
    this.next_tokens_are_prompt = true;
    this.on_finalized_text(text, true);
  }

  /**
   * For subclasses: words that will not change any more, also none.
   * @param {string} text
   * @param {boolean} stream_end
   */
  on_finalized_text(text, stream_end) {
    if (text) this.callback_function(text);
    if (stream_end && this.callback_function === print && isNode) print('\n');
  }
}
