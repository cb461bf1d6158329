// What takes time, away from the page: loading tokenizers and encoding.
//   in:  load { source: { hub } | { small } | { name, file } } | encode { id, text, special, chat } | cancel
//   out: progress { loaded, total } | loaded { name, ms, facts, chat } | encoded { id, … } | cancelled | failed { during, … }
// chat of encode: null, or { system, prompt, whole }: the conversation is rendered too, and with `whole` it is what
// is cut.
import { AutoTokenizer, PreTrainedTokenizer } from '../../js/tokenizers/auto-tokenizer.js';
import { chooseShelf } from '../shared/shelf.js';

/** Tokens that are shown; further ones are counted. */
const SHOWN = 1000;

let tokenizer = null,
  loading = new AbortController();
const send = (type, more = {}, transfer = []) => self.postMessage({ type, ...more }, transfer);

async function small(name, signal) {
  const [file, config] = await Promise.all(
    ['tokenizer.json', 'tokenizer_config.json'].map(async (file) => {
      const response = await fetch(new URL(`small/${name}/${file}`, import.meta.url), { signal });
      if (!response.ok) throw new Error(`${file} could not be had (status ${response.status}).`);
      return file === 'tokenizer.json' ? response.arrayBuffer() : response.json();
    }),
  );
  return PreTrainedTokenizer.fromFiles(file, config);
}

async function hub(id, signal) {
  await chooseShelf(id, 'tokenizer.json');
  return AutoTokenizer.from_pretrained(id, {
    signal,
    progress_callback: ({ status, file, loaded, total }) => {
      if (status === 'progress' && file === 'tokenizer.json') send('progress', { loaded, total });
    },
  });
}

/**
 * The kind of the model and what else the file tells.
 * @param {ArrayBuffer} bytes
 */
function configOf(bytes) {
  const { model } = JSON.parse(new TextDecoder().decode(bytes));
  return model?.type ? { kind: model.type } : {};
}

async function load({ source }) {
  loading.abort();
  loading = new AbortController();
  const { signal } = loading,
    began = performance.now();
  const { hub: id, small: shipped, name, file } = source;
  const made = id
    ? await hub(id, signal)
    : shipped
      ? await small(shipped, signal)
      : await PreTrainedTokenizer.fromFiles(file);
  if (signal.aborted) {
    made.dispose();
    signal.throwIfAborted();
  }
  tokenizer?.dispose();
  tokenizer = made;
  const took = performance.now() - began;
  const entries = made.get_vocab().size,
    special = made.all_special_tokens;
  const facts = [
    `${entries.toLocaleString('en')} tokens`,
    `${special.length} special`,
    ...(file ? [configOf(file).kind].filter(Boolean) : []),
  ];
  if (Number.isFinite(made.model_max_length))
    facts.push(`at most ${made.model_max_length.toLocaleString('en')} at a time`);
  send('loaded', {
    name: id ?? name ?? shipped,
    ms: took,
    facts,
    chat: Boolean(made.chat_template && made.apply_chat_template),
  });
}

function render(text, { system, prompt }) {
  const messages = [...(system ? [{ role: 'system', content: system }] : []), { role: 'user', content: text }];
  return tokenizer.apply_chat_template(messages, { tokenize: false, add_generation_prompt: prompt });
}

async function encode({ id, text, special, chat }) {
  if (!tokenizer) return;
  let rendered = null,
    chatError = null;
  if (chat) {
    try {
      rendered = render(text, chat);
    } catch (error) {
      chatError = { name: error.name, code: error.code ?? 'unknown', message: error.message };
    }
  }
  const whole = chat?.whole && rendered !== null,
    cut = whole ? rendered : text,
    began = performance.now();
  const [encoding] = tokenizer(cut, {
    return_tensor: false,
    return_offsets_mapping: true,
    add_special_tokens: special && !whole,
    truncation: false,
  }).encodings;
  const ms = performance.now() - began,
    { tokens } = encoding;
  const first = (values, width = 1) => values.slice(0, SHOWN * width);
  send('encoded', {
    id,
    ms,
    cut,
    rendered,
    chatError,
    total: encoding.length,
    special: encoding.special_tokens_mask.reduce((sum, one) => sum + one, 0),
    ids: first(encoding.ids),
    offsets: first(encoding.offsets, 2),
    mask: first(encoding.special_tokens_mask),
    tokens: tokens.slice(0, SHOWN),
  });
}

const jobs = { load, encode };
self.onmessage = async ({ data }) => {
  if (data.type === 'cancel') return loading.abort();
  try {
    await jobs[data.type](data);
  } catch (error) {
    if (error?.name === 'AbortError') send('cancelled');
    else
      send('failed', {
        during: data.type,
        id: data.id,
        name: error?.name ?? 'Error',
        code: error?.code ?? 'unknown',
        message: error?.message ?? String(error),
      });
  }
};
