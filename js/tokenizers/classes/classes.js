// The tokenizers by the names of Transformers' classes. Most are what their files say; a few add something of their
// own.

import { PreTrainedTokenizer } from '../pre-trained-tokenizer.js';
import { M2M100Tokenizer, MBart50Tokenizer, MBartTokenizer, MarianTokenizer, NllbTokenizer } from './translation.js';
import { WhisperTokenizer } from './whisper.js';

/** Of these the configuration says whether a text begins and ends with special tokens, whatever tokenizer.json says. */
class FlaggedTokenizer extends PreTrainedTokenizer {
  /**
   * @param {any} core
   * @param {Record<string, any>} config
   * @param {Record<string, any>} map
   */
  constructor(core, config, map) {
    super(core, config, map);
    if (config.add_bos_token === undefined && config.add_eos_token === undefined) return;
    const wanted = [this.add_bos_token && this.bos_token_id, this.add_eos_token && this.eos_token_id].filter(
      (id) => typeof id === 'number',
    );
    if (String(this.encode('')) !== String(wanted)) this.add_bos_token = this.add_bos_token; // writes the template anew
  }
}
export class LlamaTokenizer extends FlaggedTokenizer {}
export class CodeLlamaTokenizer extends FlaggedTokenizer {}
export class GemmaTokenizer extends FlaggedTokenizer {}
export class CohereTokenizer extends FlaggedTokenizer {}

export class AlbertTokenizer extends PreTrainedTokenizer {}
export class BartTokenizer extends PreTrainedTokenizer {}
export class BertTokenizer extends PreTrainedTokenizer {}
export class BlenderbotSmallTokenizer extends PreTrainedTokenizer {}
export class BlenderbotTokenizer extends PreTrainedTokenizer {}
export class BloomTokenizer extends PreTrainedTokenizer {}
export class CLIPTokenizer extends PreTrainedTokenizer {}
export class CamembertTokenizer extends PreTrainedTokenizer {}
export class CodeGenTokenizer extends PreTrainedTokenizer {}
export class ConvBertTokenizer extends PreTrainedTokenizer {}
export class DebertaTokenizer extends PreTrainedTokenizer {}
export class DebertaV2Tokenizer extends PreTrainedTokenizer {}
export class DistilBertTokenizer extends PreTrainedTokenizer {}
export class ElectraTokenizer extends PreTrainedTokenizer {}
export class EsmTokenizer extends PreTrainedTokenizer {}
export class FalconTokenizer extends PreTrainedTokenizer {}
export class GPT2Tokenizer extends PreTrainedTokenizer {}
export class GPTNeoXTokenizer extends PreTrainedTokenizer {}
export class HerbertTokenizer extends PreTrainedTokenizer {}
export class MPNetTokenizer extends PreTrainedTokenizer {}
export class MobileBertTokenizer extends PreTrainedTokenizer {}
export class NougatTokenizer extends PreTrainedTokenizer {}
export class Qwen2Tokenizer extends PreTrainedTokenizer {}
export class RoFormerTokenizer extends PreTrainedTokenizer {}
export class RobertaTokenizer extends PreTrainedTokenizer {}
export class SiglipTokenizer extends PreTrainedTokenizer {}
export class SpeechT5Tokenizer extends PreTrainedTokenizer {}
export class SqueezeBertTokenizer extends PreTrainedTokenizer {}
export class T5Tokenizer extends PreTrainedTokenizer {}
export class Wav2Vec2CTCTokenizer extends PreTrainedTokenizer {}
export class XLMRobertaTokenizer extends PreTrainedTokenizer {}

/** @type {Record<string, typeof PreTrainedTokenizer>} */
const CLASSES = {
  AlbertTokenizer,
  BartTokenizer,
  BertTokenizer,
  BlenderbotSmallTokenizer,
  BlenderbotTokenizer,
  BloomTokenizer,
  CLIPTokenizer,
  CamembertTokenizer,
  CodeGenTokenizer,
  CodeLlamaTokenizer,
  CohereTokenizer,
  ConvBertTokenizer,
  DebertaTokenizer,
  DebertaV2Tokenizer,
  DistilBertTokenizer,
  ElectraTokenizer,
  EsmTokenizer,
  FalconTokenizer,
  GPT2Tokenizer,
  GPTNeoXTokenizer,
  GemmaTokenizer,
  HerbertTokenizer,
  LlamaTokenizer,
  M2M100Tokenizer,
  MBart50Tokenizer,
  MBartTokenizer,
  MPNetTokenizer,
  MarianTokenizer,
  MobileBertTokenizer,
  NllbTokenizer,
  NougatTokenizer,
  PreTrainedTokenizer,
  Qwen2Tokenizer,
  RoFormerTokenizer,
  RobertaTokenizer,
  SiglipTokenizer,
  SpeechT5Tokenizer,
  SqueezeBertTokenizer,
  T5Tokenizer,
  Wav2Vec2CTCTokenizer,
  WhisperTokenizer,
  XLMRobertaTokenizer,
};

/**
 * The class that tokenizer_config.json names, or the base where it is none of these.
 * @param {Record<string, any>} config
 * @returns {typeof PreTrainedTokenizer}
 */
export function classOf(config) {
  const name = String(config?.tokenizer_class ?? '').replace(/Fast$/, '');
  return Object.hasOwn(CLASSES, name) ? CLASSES[name] : PreTrainedTokenizer;
}

export { M2M100Tokenizer, MBart50Tokenizer, MBartTokenizer, MarianTokenizer, NllbTokenizer, WhisperTokenizer };
