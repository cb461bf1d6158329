// The table of models. One line per family: model_type of config.json, name of its classes in Transformers, endings of
// its classes (the heads), Wasm program. Everything else about classes is made from it: the classes and what the Auto
// classes give (model.js), the exports (index.js) and the class list of types.d.ts (tools/generate-models.js).

/** @typedef {import('../engines/engine.js').Family} Family */

/**
 * Each Auto class, and the endings of the classes that it gives.
 * @type {Record<string, string[]>}
 */
export const AUTO_CLASSES = {
  AutoModel: ['Model'],
  AutoModelForCausalLM: ['ForCausalLM', 'LMHeadModel'],
  AutoModelForMaskedLM: ['ForMaskedLM'],
  AutoModelForMultipleChoice: ['ForMultipleChoice'],
  AutoModelForQuestionAnswering: ['ForQuestionAnswering'],
  AutoModelForSequenceClassification: ['ForSequenceClassification'],
  AutoModelForTokenClassification: ['ForTokenClassification'],
};

/** Endings of classes that generate. */
export const GENERATES = ['ForCausalLM', 'LMHeadModel'];

const ENCODER = [
  'Model',
  'ForMaskedLM',
  'ForSequenceClassification',
  'ForTokenClassification',
  'ForQuestionAnswering',
  'ForMultipleChoice',
];
const DECODER = ['ForCausalLM'];

/**
 * By model_type.
 * @type {Record<string, Family>}
 */
export const FAMILIES = {
  albert: { name: 'Albert', heads: ENCODER, program: 'encoder' }, // ALBERT
  bert: { name: 'Bert', heads: ENCODER, program: 'encoder' }, // BERT
  camembert: { name: 'Camembert', heads: ENCODER, program: 'encoder' }, // CamemBERT
  'deberta-v2': { name: 'DebertaV2', heads: ENCODER, program: 'encoder' }, // DeBERTa-v2/v3
  distilbert: { name: 'DistilBert', heads: ENCODER, program: 'encoder' }, // DistilBERT
  electra: { name: 'Electra', heads: ENCODER, program: 'encoder' }, // ELECTRA
  modernbert: { name: 'ModernBert', heads: ENCODER, program: 'encoder' }, // ModernBERT
  mpnet: { name: 'MPNet', heads: ENCODER, program: 'encoder' }, // MPNet
  roberta: { name: 'Roberta', heads: ENCODER, program: 'encoder' }, // RoBERTa
  'xlm-roberta': { name: 'XLMRoberta', heads: ENCODER, program: 'encoder' }, // XLM-RoBERTa

  bloom: { name: 'Bloom', heads: DECODER, program: 'decoder' }, // BLOOM
  falcon: { name: 'Falcon', heads: DECODER, program: 'decoder' }, // Falcon
  gemma: { name: 'Gemma', heads: DECODER, program: 'decoder' }, // Gemma
  gemma2: { name: 'Gemma2', heads: DECODER, program: 'decoder' }, // Gemma 2
  gemma3_text: { name: 'Gemma3', heads: DECODER, program: 'decoder' }, // Gemma 3 (text)
  gpt2: { name: 'GPT2', heads: ['LMHeadModel'], program: 'decoder' }, // GPT-2
  gpt_neox: { name: 'GPTNeoX', heads: DECODER, program: 'decoder' }, // GPT-NeoX
  granite: { name: 'Granite', heads: DECODER, program: 'decoder' }, // Granite
  llama: { name: 'Llama', heads: DECODER, program: 'decoder' }, // Llama
  mistral: { name: 'Mistral', heads: DECODER, program: 'decoder' }, // Mistral
  olmo2: { name: 'Olmo2', heads: DECODER, program: 'decoder' }, // OLMo 2
  opt: { name: 'OPT', heads: DECODER, program: 'decoder' }, // OPT
  phi3: { name: 'Phi3', heads: DECODER, program: 'decoder' }, // Phi-3
  qwen2: { name: 'Qwen2', heads: DECODER, program: 'decoder' }, // Qwen2
  qwen2_moe: { name: 'Qwen2Moe', heads: DECODER, program: 'decoder' }, // Qwen2-MoE
  qwen3: { name: 'Qwen3', heads: DECODER, program: 'decoder' }, // Qwen3
  smollm3: { name: 'SmolLM3', heads: DECODER, program: 'decoder' }, // SmolLM3
  stablelm: { name: 'StableLm', heads: DECODER, program: 'decoder' }, // StableLM
};

/**
 * The head of a family for an Auto class; undefined where it has none.
 * @param {Family} family
 * @param {string} auto
 */
export const headFor = (family, auto) => family.heads.find((head) => AUTO_CLASSES[auto]?.includes(head));

/**
 * The Auto class for a class that config.json names, by its longest ending that is known; '' where none is.
 * @param {string} architecture
 */
export function autoFor(architecture) {
  let [auto, length] = ['', 0];
  for (const [name, heads] of Object.entries(AUTO_CLASSES)) {
    for (const head of heads)
      if (head.length > length && architecture.endsWith(head)) [auto, length] = [name, head.length];
  }
  return auto;
}
