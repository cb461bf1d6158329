// Everything that takes time, off the page's thread: loading tokenizers and encoding.
import { AutoTokenizer } from '../../js/tokenizers/auto-tokenizer.js';
import { PreTrainedTokenizer } from '../../js/tokenizers/classes/classes.js';
import { answer, plainError } from '../shared/messages.js';
import { chooseShelf } from '../shared/shelf.js';

/**
 * @typedef {import('../../js/types.js').PreTrainedTokenizer} Tokenizer
 *
 * @typedef {{ hub: string } | { small: string } | { name: string, file: ArrayBuffer }} Source a repository of the Hub,
 *   a tokenizer of this page, or a file
 * @typedef {{ type: 'load', source: Source }} Load
 * @typedef {{ system: string, prompt: boolean, whole: boolean }} Chat prompt: with the generation prompt; whole: the
 *   rendered conversation is encoded, not the text alone
 * @typedef {{ type: 'encode', id: number, text: string, special: boolean, chat: Chat | null }} Encode
 * @typedef {Load | Encode | { type: 'cancel' }} Request
 *
 * @typedef {{ type: 'progress', loaded: number, total: number }} Progress
 * @typedef {{ type: 'loaded', name: string, ms: number, facts: string[], chat: boolean }} Loaded
 * @typedef {import('./tokens.js').Encoded & { type: 'encoded', id: number, ms: number, text: string, count: number,
 *   rendered: string | null, chatError?: import('../shared/messages.js').PlainError }} Encoded text: what was encoded;
 *   count: its special tokens
 * @typedef {Progress | Loaded | Encoded | import('../shared/messages.js').Cancelled
 *   | import('../shared/messages.js').Failed} Response
 */

/** Tokens that are shown; further ones are counted. */
const SHOWN = 1000;

/** @type {Tokenizer | null} */
let tokenizer = null;
let loading = new AbortController();
const send = (/** @type {Response} */ message) => self.postMessage(message);

/**
 * @param {string} name
 * @param {AbortSignal} signal
 */
async function small(name, signal) {
  const [file, config] = await Promise.all(
    ['tokenizer.json', 'tokenizer_config.json'].map(async (file) => {
      const response = await fetch(new URL(`small/${name}/${file}`, import.meta.url), { signal });
      if (!response.ok) throw new Error(`${file} could not be loaded (status ${response.status}).`);
      return file === 'tokenizer.json' ? response.arrayBuffer() : response.json();
    }),
  );
  return PreTrainedTokenizer.fromFiles(file, config);
}

/**
 * @param {string} id
 * @param {AbortSignal} signal
 */
async function fromHub(id, signal) {
  await chooseShelf(id, 'tokenizer.json');
  return AutoTokenizer.from_pretrained(id, {
    signal,
    progress_callback: ({ status, file, loaded = 0, total = 0 }) => {
      if (status === 'progress' && file === 'tokenizer.json') send({ type: 'progress', loaded, total });
    },
  });
}

/**
 * The kind of a tokenizer.json's model, '' where it names none.
 * @param {ArrayBuffer} bytes
 * @returns {string}
 */
const kindOf = (bytes) => JSON.parse(new TextDecoder().decode(bytes)).model?.type ?? '';

/** @param {Load} request */
async function load({ source }) {
  loading.abort();
  loading = new AbortController();
  const { signal } = loading,
    began = performance.now();
  const made = /** @type {Tokenizer} */ (
    /** @type {unknown} */ (
      await ('hub' in source
        ? fromHub(source.hub, signal)
        : 'small' in source
          ? small(source.small, signal)
          : PreTrainedTokenizer.fromFiles(source.file))
    )
  );
  if (signal.aborted) {
    made.dispose();
    signal.throwIfAborted();
  }
  tokenizer?.dispose();
  tokenizer = made;
  const took = performance.now() - began;
  const entries = made.get_vocab().size,
    special = made.all_special_tokens,
    kind = 'file' in source ? kindOf(source.file) : '';
  const facts = [`${entries.toLocaleString('en')} tokens`, `${special.length} special`, ...(kind ? [kind] : [])];
  if (Number.isFinite(made.model_max_length))
    facts.push(`up to ${made.model_max_length.toLocaleString('en')} at a time`);
  const name = 'hub' in source ? source.hub : 'small' in source ? source.small : source.name;
  send({ type: 'loaded', name, ms: took, facts, chat: !!made.chat_template });
}

/**
 * @param {Tokenizer} by
 * @param {string} text
 * @param {Chat} chat
 */
function render(by, text, { system, prompt }) {
  const messages = [...(system ? [{ role: 'system', content: system }] : []), { role: 'user', content: text }];
  return String(by.apply_chat_template(messages, { tokenize: false, add_generation_prompt: prompt }));
}

/** @param {Encode} request */
function encode({ id, text, special, chat }) {
  if (!tokenizer) return;
  let rendered = null,
    chatError;
  if (chat) {
    try {
      rendered = render(tokenizer, text, chat);
    } catch (error) {
      chatError = plainError(error);
    }
  }
  const whole = chat?.whole ? rendered : null,
    encoded = whole ?? text,
    began = performance.now();
  const [encoding] = tokenizer(encoded, {
    return_tensor: false,
    return_offsets_mapping: true,
    add_special_tokens: special && whole === null,
    truncation: false,
  }).encodings;
  const took = performance.now() - began;
  const { ids, offsets, tokens, special_tokens_mask: mask } = encoding;
  send({
    type: 'encoded',
    id,
    ms: took,
    text: encoded,
    rendered,
    chatError,
    total: encoding.length,
    count: mask.reduce((sum, one) => sum + one, 0),
    ids: ids.slice(0, SHOWN),
    offsets: offsets.slice(0, 2 * SHOWN),
    special: mask.slice(0, SHOWN),
    tokens: tokens.slice(0, SHOWN),
  });
}

/** @type {import('../shared/messages.js').Handlers<Request>} */
const handlers = { load, encode, cancel: () => loading.abort() };
answer(handlers);
