// A folder with a model that writes nonsense (random weights), a tokenizer and a chat template: fixtures/lm/llama-lm
// with a vocabulary of letters and pairs of letters.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { emptyFolder } from './server.js';

export const LLAMA = fileURLToPath(new URL('../../fixtures/lm/llama-lm', import.meta.url));

/** Byte-level BPE of 199 tokens: special ones, printable ASCII, pairs. */
export function letters() {
  /** @type {Record<string, number>} */
  const vocab = { '<pad>': 0, '<s>': 1, '</s>': 2 };
  const add = (/** @type {string} */ token) => {
    vocab[token] ??= Object.keys(vocab).length;
  };
  for (let c = 33; c < 127; c++) add(String.fromCharCode(c));
  add('Ġ');
  add('Ċ');
  /** @type {string[]} */
  const merges = [];
  for (const a of 'Ġeatoinshrdlu') {
    for (const b of 'eatoinshr') {
      if (Object.keys(vocab).length === 199) break;
      merges.push(`${a} ${b}`);
      add(a + b);
    }
  }
  const special = (/** @type {string} */ content) => ({
    id: vocab[content],
    content,
    special: true,
    normalized: false,
    lstrip: false,
    rstrip: false,
    single_word: false,
  });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: ['<pad>', '<s>', '</s>'].map(special),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  };
}

/** The same in size; what such a model writes looks like Markdown: headings, lists, tables, code, long addresses. */
export function markdown() {
  const tokenizer = letters(),
    { vocab } = tokenizer.model,
    kept = Object.keys(vocab).filter((token) => token.length === 1 || vocab[token] < 3);
  const marks = [
    'ĊĊ##Ġ',
    'Ċ-Ġ',
    'Ċ1.Ġ',
    'Ċ```pythonĊ',
    'Ċ```ĊĊ',
    'Ċ|Ġa|Ġ',
    '|---|',
    '**',
    '`x`',
    'Ġ$x^2$',
    '[link](https://example.org/a/b?c=d)',
    '<b>',
    'ĊĠĠĠĠreturnĠ',
    'Ċ>Ġ',
  ];
  tokenizer.model.vocab = Object.fromEntries(
    Object.keys(vocab).map((_, i) => [
      kept[i] ?? (i % 5 ? `Ġword${i}` : `${marks[((i / 5) % marks.length) | 0]}${i}`),
      i,
    ]),
  );
  tokenizer.model.merges = [];
  return tokenizer;
}

export const TEMPLATE =
  '{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}' +
  '{% if tools %}{{ tools | length }} tools\n{% endif %}{% if add_generation_prompt %}[assistant]{% endif %}';

/**
 * @param {import('node:test').TestContext} t
 * @param {{ template?: string | null, generation?: object | null, context?: number, tokenizer?: object }} [options]
 *   generation: generation_config.json; context: tokens
 */
export function writerFolder(t, { template = TEMPLATE, generation = null, context = 64, tokenizer = letters() } = {}) {
  const dir = emptyFolder(t);
  cpSync(path.join(LLAMA, 'model.safetensors'), path.join(dir, 'model.safetensors'));
  const json = (/** @type {string} */ name, /** @type {object} */ value) =>
    writeFileSync(path.join(dir, name), JSON.stringify(value));
  json('config.json', {
    ...JSON.parse(readFileSync(path.join(LLAMA, 'config.json'), 'utf8')),
    max_position_embeddings: context,
  });
  json('tokenizer.json', tokenizer);
  json('tokenizer_config.json', {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: '<s>',
    eos_token: '</s>',
    pad_token: '<pad>',
    clean_up_tokenization_spaces: false,
    ...(template ? { chat_template: template } : {}),
  });
  json('generation_config.json', generation ?? { eos_token_id: 2, bos_token_id: 1, pad_token_id: 0 });
  return dir;
}
