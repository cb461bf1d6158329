// The names that the peer exports (src/transformers.js and what it re-exports), and which kind of model brings them.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * @param {string} file
 * @returns {Map<string, string>} name → the file that declares it
 */
export function exportsOf(file) {
  const text = readFileSync(file, 'utf8').replace(/\/\*[^]*?\*\//g, '');
  /** @type {Map<string, string>} */
  const names = new Map();
  for (const [, name] of text.matchAll(/^export\s+(?:async\s+)?(?:function\*?|class|const|let|var)\s+(\w+)/gm))
    names.set(name, file);
  for (const [, list, from] of text.matchAll(/^export\s*\{([^}]*)\}(?:\s*from\s*['"]([^'"]+)['"])?/gm)) {
    for (const item of list.split(',').map((part) => part.trim())) {
      const name = item.split(/\s+as\s+/).at(-1) ?? '';
      if (/^\w+$/.test(name) && name !== 'default') names.set(name, from ? path.join(path.dirname(file), from) : file);
    }
  }
  for (const [, from] of text.matchAll(/^export\s*\*\s*from\s*['"]([^'"]+)['"]/gm)) {
    const next = path.join(path.dirname(file), from);
    if (existsSync(next)) for (const [name, at] of exportsOf(next)) names.set(name, at);
  }
  return names;
}

/** Folders of the peer's src/models by what goes in; all others read text. */
const FAMILIES = {
  vision: `beit bit chmv2 clipseg convnext convnextv2 d_fine deit depth_anything depth_pro detr dinov2
    dinov2_with_registers dinov3_convnext dinov3_vit donut_swin dpt efficientnet fastvit glpn groupvit hiera ijepa
    mask2former maskformer metric3d metric3dv2 mgp_str mobilenet_v1 mobilenet_v2 mobilenet_v3 mobilenet_v4 mobilevit
    mobilevitv2 nougat owlv2 owlvit pvt resnet rf_detr rt_detr rt_detr_v2 sam sam2 sam3 sapiens segformer swin swin2sr
    table_transformer trocr vision_encoder_decoder vit vit_mae vit_msn vitmatte vitpose yolos grounding_dino donut`,
  audio: `audio_spectrogram_transformer chatterbox clap cohere_asr dac encodec granite_speech hubert mimi moonshine
    musicgen parakeet pyannote seamless_m4t snac speecht5 style_text_to_speech_2 supertonic unispeech unispeech_sat
    vits wav2vec2 wav2vec2_bert wav2vec2_with_lm wavlm wespeaker wespeaker_resnet whisper`,
  multimodal: `chinese_clip clip florence2 gemma3n gemma4 glm46v glm_ocr idefics3 janus jina_clip lfm2_vl lighton_ocr
    llava llava_onevision mistral3 multi_modality paligemma phi3_v pixtral qwen2_5_vl qwen2_vl qwen3_vl qwen3_vl_moe
    siglip smolvlm ultravox voxtral voxtral_realtime llama4 qwen3_5 qwen3_5_moe`,
  'time series and control': 'decision_transformer patchtsmixer patchtst',
};
/** @type {Map<string, string>} */
const FAMILY = new Map(
  Object.entries(FAMILIES).flatMap(([theme, list]) => list.split(/\s+/).map((family) => [family, theme])),
);

const SEQ2SEQ = new RegExp(
  'ConditionalGeneration|Seq2Seq|MTModel|Summarization|Translation|Text2Text|' +
    '^(MT5|M2M|LongT5|T5|MBart|Bart|Marian|Blenderbot)',
);
const VISION = /Image(?!Text)|Vision|Object|Depth|Segmentation|Mask(?!ed)|Pose|Matting|Video|Background|Normal/;
const AUDIO = /Audio|Speech|CTC|Whisper|XVector|Frame|Codec|Waveform|Spectrogram/;
const BOTH = /ImageTextToText|Vision2Seq|DocumentQuestion|ImageToText|AudioTextToText/;

/**
 * The theme of a name, by the file that declares it and by the name.
 * @param {string} name
 * @param {string} file
 * @returns {string}
 */
export function themeOf(name, file) {
  if (/PreTrainedModel$|PretrainedModel$/.test(name)) return 'base classes';
  if (/Tokenizer/.test(name)) return 'text';
  if (/(ImageProcessor|ImageFeatureExtractor)/.test(name)) return 'vision';
  const family = /models\/(\w+)\//.exec(file.replaceAll('\\', '/'))?.[1] ?? '';
  const byFamily = FAMILY.get(family);
  if (/FeatureExtractor$/.test(name)) return byFamily ?? 'audio';
  if (/(?<!Logits)Processor$/.test(name)) return byFamily ?? 'multimodal';
  if (byFamily) return byFamily;
  if (/utils\/(audio|image|video)\.js$/.test(file)) return file.includes('audio') ? 'audio' : 'vision';
  if (BOTH.test(name)) return 'multimodal';
  if (AUDIO.test(name)) return 'audio';
  if (VISION.test(name)) return 'vision';
  if (family && family !== 'auto') return SEQ2SEQ.test(name) ? 'encoder–decoders' : 'text models';
  if (SEQ2SEQ.test(name)) return 'encoder–decoders';
  if (/Registry|LogLevel|^env$|Config$/.test(name)) return 'loading';
  return /tensor|maths|random/.test(file) ? 'tensors' : 'text';
}

/**
 * Shared and missing names, the missing ones by theme.
 * @param {string} entry the peer's src/transformers.js
 * @param {Record<string, unknown>} ours the exports of this package
 * @returns {{ shared: string[], missing: Record<string, string[]> }}
 */
export function compareNames(entry, ours) {
  const theirs = [...exportsOf(entry)].sort(([a], [b]) => (a < b ? -1 : 1));
  const shared = theirs.filter(([name]) => name in ours).map(([name]) => name);
  /** @type {Record<string, string[]>} */
  const missing = {};
  for (const [name, file] of theirs) if (!(name in ours)) (missing[themeOf(name, file)] ??= []).push(name);
  return { shared, missing };
}
