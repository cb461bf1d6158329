// Llama's kind of class: the configuration's add_bos_token and add_eos_token go before what tokenizer.json says, and
// texts are padded on the left where no one says otherwise.

import { PreTrainedTokenizer } from '../pre-trained-tokenizer.js';

export class FlaggedTokenizer extends PreTrainedTokenizer {
  /** @param {ConstructorParameters<typeof PreTrainedTokenizer>} parts */
  constructor(...parts) {
    super(...parts);
    const [, config] = parts;
    this.padding_side = config.padding_side ?? 'left';
    if (config.add_bos_token === undefined && config.add_eos_token === undefined) return;
    const wanted = [this.add_bos_token && this.bos_token_id, this.add_eos_token && this.eos_token_id].filter(
      (id) => typeof id === 'number',
    );
    if (String(this.encode('')) !== String(wanted)) this.add_bos_token = this.add_bos_token; // writes the template anew
  }
}
