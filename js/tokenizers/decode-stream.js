// Text as ids arrive: what push() gives is final and whole characters only; together with end()'s it is what
// decode() gives of all ids. The state is in Wasm (decode_stream.cpp), so that an id costs the same however many
// came before.

import { InputError } from '../errors.js';
import { cleanUp } from './config.js';
import { idList } from './options.js';

// What stands at the end and could still become part of something that the clean-up changes: all begin with a space.
const OPEN = /(?: +(?:'|n'?|'[vr])?)+$/;

/**
 * Streams that were forgotten before their end.
 * @type {FinalizationRegistry<{ core: import('../engines/tokenizer.js').WasmTokenizer, stream: number }>}
 */
const forgotten = new FinalizationRegistry(({ core, stream }) => core.closeStream(stream));

export class DecodeStream {
  #core;
  #stream;
  #cleanUp;
  #held = '';

  /**
   * Use tokenizer.decodeStream().
   * @param {import('../engines/tokenizer.js').WasmTokenizer} core
   * @param {{ skip_special_tokens?: boolean, clean_up_tokenization_spaces?: boolean }} options
   */
  constructor(core, { skip_special_tokens = false, clean_up_tokenization_spaces = false }) {
    this.#core = core;
    this.#cleanUp = clean_up_tokenization_spaces;
    this.#stream = core.openStream(skip_special_tokens);
    forgotten.register(this, { core, stream: this.#stream }, this);
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
   * The text that these ids settle.
   * @param {number | bigint | Iterable<number | bigint> | ArrayLike<number>} ids one or several
   * @returns {string}
   */
  push(ids) {
    const text = this.#decode(idList(typeof ids === 'number' || typeof ids === 'bigint' ? [ids] : ids), false);
    if (!this.#cleanUp) return text;
    const all = this.#held + text,
      at = OPEN.exec(all)?.index ?? all.length;
    this.#held = all.slice(at);
    return cleanUp(all.slice(0, at));
  }

  /**
   * The rest; the next push begins a new text.
   * @returns {string}
   */
  end() {
    const all = this.#held + this.#decode(new Uint32Array(0), true);
    this.#held = '';
    return this.#cleanUp ? cleanUp(all) : all;
  }

  /** Lets go of the stream; the tokenizer stays. */
  dispose() {
    forgotten.unregister(this);
    this.#core.closeStream(this.#stream);
    this.#stream = 0;
  }
}
if (Symbol.dispose) /** @type {any} */ (DecodeStream.prototype)[Symbol.dispose] = DecodeStream.prototype.dispose;
