// CLIP's class decodes further than its file: where the file's decoder leaves the mark of a word's end, it puts a
// space (tokenization_clip.py). It cleans nothing up unless it is asked to: its model is a BPE, and Transformers
// cleans up no BPE.

import { cleanUp } from '../config.js';
import { DecodeStream, spaced } from '../decode-stream.js';
import { PreTrainedTokenizer } from '../pre-trained-tokenizer.js';

/** @typedef {import('../pre-trained-tokenizer.js').DecodeOptions} DecodeOptions */

export class CLIP extends PreTrainedTokenizer {
  /** @param {ConstructorParameters<typeof PreTrainedTokenizer>} parts */
  constructor(...parts) {
    super(...parts);
    this._.cleanUp = this.config.clean_up_tokenization_spaces ?? false;
  }

  /**
   * @param {Parameters<PreTrainedTokenizer['batch_decode']>[0]} batch
   * @param {DecodeOptions} [options]
   */
  batch_decode(batch, { clean_up_tokenization_spaces = this._.cleanUp, ...options } = {}) {
    return super
      .batch_decode(batch, { ...options, clean_up_tokenization_spaces: false })
      .map((text) => spaced(text).trim())
      .map((text) => (clean_up_tokenization_spaces ? cleanUp(text) : text));
  }

  /** @param {DecodeOptions} [options] */
  decodeStream(options) {
    return new DecodeStream(this._.core, {
      clean_up_tokenization_spaces: this._.cleanUp,
      ...options,
      words: true,
    });
  }
}
