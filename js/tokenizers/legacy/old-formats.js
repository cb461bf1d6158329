// Repositories without a tokenizer.json: finds the files of an older format and has them converted. The class, or the
// model's family, says which files are likely; those are tried first.

import { getBytes, getJSON, getText } from '../../hub/index.js';
import { InputError, TokenizerError } from '../../errors.js';
import { WasmTokenizer } from '../../engines/tokenizer.js';
import { fromVocab } from './from-vocab.js';
import * as parts from './old-parts.js';

/**
 * @typedef {import('../../utils/types.js').Json} Json
 * @typedef {object} Made
 * @property {Json} json a tokenizer.json
 * @property {Json} config
 * @property {{ json: Json, config: Json }} [target] of a Marian model whose target language has a vocabulary of its
 *   own
 * @property {(tokenizer: import('../pre-trained-tokenizer.js').PreTrainedTokenizer) => void} [finish] what the class
 *   does beyond its files
 */

// model_type → class, for repositories whose files name no class.
const FAMILIES = /** @type {Record<string, string>} */ ({
  albert: 'Albert',
  bart: 'Bart',
  barthez: 'Barthez',
  big_bird: 'BigBird',
  blenderbot: 'Blenderbot',
  'blenderbot-small': 'BlenderbotSmall',
  camembert: 'Camembert',
  clip: 'CLIP',
  codegen: 'CodeGen',
  deberta: 'Deberta',
  'deberta-v2': 'DebertaV2',
  esm: 'Esm',
  gemma: 'Gemma',
  gemma2: 'Gemma',
  gpt2: 'GPT2',
  gpt_neo: 'GPT2',
  hubert: 'Wav2Vec2CTC',
  led: 'LED',
  llama: 'Llama',
  longformer: 'Longformer',
  m2m_100: 'M2M100',
  marian: 'Marian',
  mbart: 'MBart',
  mistral: 'Llama',
  mixtral: 'Llama',
  mt5: 'T5',
  pegasus: 'Pegasus',
  phi3: 'Phi3',
  qwen2: 'Qwen2',
  reformer: 'Reformer',
  rembert: 'RemBert',
  roberta: 'Roberta',
  siglip: 'Siglip',
  speecht5: 'SpeechT5',
  t5: 'T5',
  umt5: 'T5',
  wav2vec2: 'Wav2Vec2CTC',
  whisper: 'Whisper',
  xglm: 'XGLM',
  xlm: 'XLM',
  'xlm-roberta': 'XLMRoberta',
  xlnet: 'XLNet',
});
const MODELS = [
  'tokenizer.model',
  'spiece.model',
  'sentencepiece.bpe.model',
  'spm.model',
  'sentencepiece.model',
  'spm_char.model',
];
const RANKS = ['qwen.tiktoken', 'tiktoken.model', 'cl100k_base.tiktoken', 'o200k_base.tiktoken'];
// Classes (without Tokenizer) with vocab.txt, and with merges.txt.
const WITH_VOCAB =
  /^(Bert|Esm|DistilBert|Electra|MobileBert|ConvBert|MPNet|SqueezeBert|Splinter|Funnel|Lxmert|DPR.*|)$/;
const WITH_MERGES =
  /^(GPT2|CodeGen|Bart|Roberta|LED|Longformer|Mvp|LayoutLMv3|Whisper|Deberta|Blenderbot.*|CLIP|Qwen2|Herbert|XLM)$/;
/** The first byte of a SentencePiece model: its first piece is a field with this tag. Ranks are text. */
const PIECE_TAG = 10;

/**
 * @param {string} id
 * @param {Json} config tokenizer_config.json with special_tokens_map.json behind it
 * @param {import('../../hub/index.js').HubOptions} options
 * @returns {Promise<Made | null>} null where there is nothing to read
 */
export async function fromOldFiles(id, config, options) {
  const named = String(config.tokenizer_class ?? '').replace(/Tokenizer(Fast)?$/, '');
  const kind = named || (FAMILIES[(await getJSON(id, 'config.json', options))?.model_type ?? ''] ?? '');
  const ways = [
    async () => {
      const vocab = await getText(id, 'vocab.txt', options);
      if (vocab !== null && kind === 'Esm') return (await import('./from-words.js')).fromResidues(vocab, config);
      return vocab === null ? null : fromVocab(vocab, config);
    },
    async () => {
      const merges = await getText(id, 'merges.txt', options);
      if (merges === null) return null;
      const vocab = await getJSON(id, 'vocab.json', options);
      if (vocab === null || typeof vocab !== 'object' || Array.isArray(vocab)) {
        throw new TokenizerError(
          `${id} has merges.txt, and vocab.json ${vocab === null ? 'is missing' : 'is no object'}.`,
          { code: vocab === null ? 'missing_file' : 'wrong_type', file: 'vocab.json' },
        );
      }
      if (kind === 'BlenderbotSmall' || kind === 'XLM') {
        const { fromBlenderbotSmall, fromXlm } = await import('./from-pieces.js');
        return (kind === 'XLM' ? fromXlm : fromBlenderbotSmall)(vocab, merges, config, { ...parts, InputError });
      }
      return (await import('./from-merges.js')).fromMerges(vocab, merges, config, kind);
    },
    async () => {
      for (const file of [...new Set([config.vocab_file, ...MODELS, ...RANKS])]) {
        if (typeof file !== 'string' || !/^[\w.-]+\.(model|tiktoken)$/.test(file)) continue;
        const bytes = await getBytes(id, file, options);
        if (!bytes) continue;
        if (bytes[0] === PIECE_TAG)
          return (await import('./from-sentencepiece.js')).fromSentencePiece(
            await WasmTokenizer.convert(bytes, 'sentencepiece', file, id),
            config,
            kind,
          );
        return (await import('./from-merges.js')).fromTiktoken(
          await WasmTokenizer.convert(bytes, 'tiktoken', file, id),
          config,
          kind,
        );
      }
      return null;
    },
  ];
  if (kind === 'Wav2Vec2CTC') {
    const vocab = await getJSON(id, 'vocab.json', options);
    return vocab === null ? null : (await import('./from-words.js')).fromLetters(vocab, config);
  }
  if (kind === 'Marian' || kind === 'M2M100') {
    const file = kind === 'Marian' ? 'source.spm' : 'sentencepiece.bpe.model';
    const read = async (/** @type {string} */ spm, /** @type {string} */ numbers) => {
      const [bytes, vocab] = await Promise.all([getBytes(id, spm, options), getJSON(id, numbers, options)]);
      return bytes && vocab
        ? (await import('./from-spm-vocab.js')).fromSpmAndVocab(
            await WasmTokenizer.convert(bytes, 'sentencepiece', spm, id),
            vocab,
            config,
            kind,
            numbers,
          )
        : null;
    };
    const separate = kind === 'Marian' && config.separate_vocabs === true,
      [made, target] = await Promise.all([
        read(file, 'vocab.json'),
        separate ? read('target.spm', 'target_vocab.json') : null,
      ]);
    if (separate && made && !target)
      throw new TokenizerError(`${id} has separate_vocabs, and target.spm or target_vocab.json is missing.`, {
        code: 'missing_file',
        file: 'target_vocab.json',
      });
    if (made) return target ? { ...made, target } : made;
  }
  // The likeliest files first: every missing one costs a request.
  const first = WITH_VOCAB.test(kind) ? 0 : WITH_MERGES.test(kind) ? 1 : 2;
  for (const way of [ways[first], ...ways.filter((_, i) => i !== first)]) {
    const made = await way();
    if (made) return made;
  }
  return null;
}
