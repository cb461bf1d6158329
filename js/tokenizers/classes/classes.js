// The tokenizers by the names of Transformers' classes, a line each. Most do what their files say; a few add something
// of their own. js/types.d.ts lists them: node tools/generate-tokenizers.js.

import { PreTrainedTokenizer as Base } from '../pre-trained-tokenizer.js';
import { CLIP } from './clip.js';
import { setFacts } from './facts.js';
import { FlaggedTokenizer } from './flagged.js';
import { M2M100, MBart, MBart50, Marian, Nllb } from './translation.js';
import { Whisper } from './whisper.js';

/** @typedef {import('./facts.js').Facts} Facts */

/**
 * @template {typeof Base} [T=typeof Base]
 * @param {string} kind the name without Tokenizer
 * @param {Facts} [facts]
 * @param {T} [Class]
 * @returns {T}
 */
function define(kind, facts = {}, Class = /** @type {T} */ (class extends Base {})) {
  setFacts(kind, facts);
  Object.defineProperty(Class, 'name', { value: `${kind}Tokenizer` });
  return Class;
}

const TYPE_IDS = { typeIds: true };
const NO_CHATS = { chats: false };
const BERT = { typeIds: true, chats: false };

export const AlbertTokenizer = define('Albert', BERT);
export const BartTokenizer = define('Bart', NO_CHATS);
export const BertTokenizer = define('Bert', BERT);
export const BlenderbotSmallTokenizer = define('BlenderbotSmall');
export const BlenderbotTokenizer = define('Blenderbot');
export const BloomTokenizer = define('Bloom');
export const CLIPTokenizer = define('CLIP', NO_CHATS, CLIP);
export const CamembertTokenizer = define('Camembert', NO_CHATS);
export const CodeGenTokenizer = define('CodeGen');
export const CodeLlamaTokenizer = define('CodeLlama', {}, class extends FlaggedTokenizer {});
export const CohereTokenizer = define('Cohere', {}, class extends FlaggedTokenizer {});
export const ConvBertTokenizer = define('ConvBert', BERT);
export const DebertaTokenizer = define('Deberta', BERT);
export const DebertaV2Tokenizer = define('DebertaV2', BERT);
export const DistilBertTokenizer = define('DistilBert', NO_CHATS);
export const ElectraTokenizer = define('Electra', BERT);
export const EsmTokenizer = define('Esm');
export const FalconTokenizer = define('Falcon');
export const GPT2Tokenizer = define('GPT2');
export const GPTNeoXTokenizer = define('GPTNeoX');
export const GemmaTokenizer = define('Gemma', {}, class extends FlaggedTokenizer {});
export const HerbertTokenizer = define('Herbert', BERT);
export const LlamaTokenizer = define('Llama', {}, class extends FlaggedTokenizer {});
export const M2M100Tokenizer = define('M2M100', NO_CHATS, M2M100);
export const MBart50Tokenizer = define('MBart50', NO_CHATS, MBart50);
export const MBartTokenizer = define('MBart', NO_CHATS, MBart);
export const MPNetTokenizer = define('MPNet', NO_CHATS);
export const MarianTokenizer = define('Marian', NO_CHATS, Marian);
export const MobileBertTokenizer = define('MobileBert', BERT);
export const NllbTokenizer = define('Nllb', NO_CHATS, Nllb);
export const NougatTokenizer = define('Nougat');
export const PreTrainedTokenizer = define('PreTrained', TYPE_IDS, Base);
export const Qwen2Tokenizer = define('Qwen2');
export const RoFormerTokenizer = define('RoFormer', BERT);
export const RobertaTokenizer = define('Roberta', NO_CHATS);
export const SiglipTokenizer = define('Siglip');
export const SpeechT5Tokenizer = define('SpeechT5');
export const SqueezeBertTokenizer = define('SqueezeBert', BERT);
export const T5Tokenizer = define('T5', NO_CHATS);
export const Wav2Vec2CTCTokenizer = define('Wav2Vec2CTC', NO_CHATS);
export const WhisperTokenizer = define('Whisper', NO_CHATS, Whisper);
export const XLMTokenizer = define('XLM', NO_CHATS);
export const XLMRobertaTokenizer = define('XLMRoberta', NO_CHATS);

// Classes that do not differ from PreTrainedTokenizer here, but in these facts.
for (const kind of ['BertJapanese', 'Ernie', 'Funnel', 'LayoutLM', 'XLNet']) setFacts(kind, BERT);
for (const kind of ['Nezha']) setFacts(kind, TYPE_IDS);
for (const kind of [
  ...['Barthez', 'Bartpho', 'BertGeneration', 'Bertweet', 'BigBird', 'Canine', 'DPRContextEncoder', 'DPRReader'],
  ...['DPRQuestionEncoder', 'ErnieM', 'LayoutLMv2', 'LayoutLMv3', 'LED', 'Longformer', 'MT5', 'NllbMoe', 'Pegasus'],
  ...['RemBert', 'Splinter', 'XLMProphetNet'],
])
  setFacts(kind, NO_CHATS);
