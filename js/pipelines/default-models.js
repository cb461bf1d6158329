// The model that a task takes when none is named: well-known repositories of the Hub that hold safetensors and a
// tokenizer that this version reads (WordPiece).

/** @type {Record<string, string>} */
export const DEFAULT_MODELS = {
  'feature-extraction': 'sentence-transformers/all-MiniLM-L6-v2',
  'fill-mask': 'distilbert/distilbert-base-uncased',
  'question-answering': 'distilbert/distilbert-base-cased-distilled-squad',
  'text-classification': 'distilbert/distilbert-base-uncased-finetuned-sst-2-english',
  'text-generation': 'HuggingFaceTB/SmolLM2-135M-Instruct',
  'text-ranking': 'cross-encoder/ms-marco-MiniLM-L6-v2',
  'token-classification': 'dslim/bert-base-NER',
  'zero-shot-classification': 'typeform/distilbert-base-uncased-mnli',
};
