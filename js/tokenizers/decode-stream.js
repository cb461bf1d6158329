// Decodes ids as they arrive. push() returns final text in whole characters; together with end()'s text it is what
// decode() returns for all ids. The state is in Wasm (decode_stream.cpp): an id costs the same however many came
// before.

import { InputError } from '../errors.js';
import { cleanUp } from './config.js';
import { idList } from './options.js';

// An end that further text may turn into something that the clean-up changes. All of them begin with a space. A round
// takes one space only: with several ways to share out a run of spaces, its time would double with every space.
const OPEN = /(?: (?:'|n'?|'[vr])?)+$/;
// The same where marks of word ends become spaces, and the text is trimmed.
const OPEN_WORDS = /(?:(?:\s|<\/w>)(?:'|n'?|'[vr])?)*(?:<\/?w?)?$/;

/**
 * Makes spaces of the marks of word ends that a decoder leaves (tokenization_clip.py, new_decode_method).
 * @param {string} text
 */
export const spaced = (text) => text.replaceAll('</w>', ' ');

/**
 * Closes streams that were neither ended nor disposed of.
 * @type {FinalizationRegistry<{ core: import('../engines/tokenizer.js').WasmTokenizer, stream: number }>}
 */
const abandoned = new FinalizationRegistry(({ core, stream }) => core.closeStream(stream));

export class DecodeStream {
  #core;
  #stream;
  #cleanUp;
  #words;
  #held = '';
  #begun = false;

  /**
   * Use tokenizer.decodeStream().
   * @param {import('../engines/tokenizer.js').WasmTokenizer} core
   * @param {{ skip_special_tokens?: boolean, clean_up_tokenization_spaces?: boolean, words?: boolean }} options words:
   *   as spaced(), and trimmed
   */
  constructor(core, { skip_special_tokens = false, clean_up_tokenization_spaces = false, words = false }) {
    this.#core = core;
    this.#cleanUp = clean_up_tokenization_spaces;
    this.#words = words;
    this.#stream = core.openStream(skip_special_tokens);
    abandoned.register(this, { core, stream: this.#stream }, this);
  }

  /**
   * @param {Int32Array | Uint32Array} ids
   * @param {boolean} ends
   */
  #decode(ids, ends) {
    if (!this.#stream) throw new InputError('This stream was disposed of.', { code: 'disposed' });
    return this.#core.stream(this.#stream, ids, ends);
  }

  /**
   * Gives ids to the stream.
   * @param {number | bigint | Iterable<number | bigint> | ArrayLike<number>} ids one or several
   * @returns {string} the text that is final now
   */
  push(ids) {
    const text = this.#decode(idList(typeof ids === 'number' || typeof ids === 'bigint' ? [ids] : ids), false);
    if (!this.#cleanUp && !this.#words) return text;
    const all = this.#held + text,
      at = (this.#words ? OPEN_WORDS : OPEN).exec(all)?.index ?? all.length;
    this.#held = all.slice(at);
    return this.#finished(all.slice(0, at));
  }

  /** @param {string} text */
  #finished(text) {
    let out = this.#words ? spaced(text) : text;
    if (this.#words && !this.#begun) out = out.trimStart();
    this.#begun ||= out !== '';
    return this.#cleanUp ? cleanUp(out) : out;
  }

  /**
   * The rest of the text. The next push begins a new one.
   * @returns {string}
   */
  end() {
    const all = this.#held + this.#decode(new Uint32Array(0), true);
    this.#held = '';
    const text = this.#finished(all);
    this.#begun = false;
    return this.#words ? text.trimEnd() : text;
  }

  /** Disposes of the stream; the tokenizer stays. */
  dispose() {
    abandoned.unregister(this);
    this.#core.closeStream(this.#stream);
    this.#stream = 0;
  }
}
if (Symbol.dispose) Object.assign(DecodeStream.prototype, { [Symbol.dispose]: DecodeStream.prototype.dispose });
