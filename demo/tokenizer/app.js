// The tokenizer playground: what people choose, type and see. worker.js loads and encodes; tokens.js draws.
import { LOAD_ADVICE, MB, disableControls, idOf, showFacts } from '../shared/loading.js';
import { listen, plainError } from '../shared/messages.js';
import { acceptDrops, acceptFiles, byId, element, ms, showErrorIn, startTheme } from '../shared/page.js';
import { Tokens } from './tokens.js';

/**
 * @typedef {object} TokenizerElements
 * @property {HTMLFormElement} load-form
 * @property {HTMLSelectElement} choice
 * @property {HTMLInputElement} other
 * @property {HTMLInputElement} file
 * @property {HTMLTextAreaElement} text
 * @property {HTMLInputElement} special
 * @property {HTMLInputElement} price
 * @property {HTMLSelectElement} currency
 * @property {HTMLInputElement} system
 * @property {HTMLInputElement} prompt
 * @property {HTMLInputElement} through-chat
 * @property {HTMLDetailsElement} list-step
 */
const $ = /** @type {import('../shared/page.js').ById<TokenizerElements>} */ (byId);

const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
/**
 * @param {import('./worker.js').Request} request
 * @param {Transferable[]} [transfer]
 */
const send = (request, transfer = []) => worker.postMessage(request, transfer);

const SMALL = [
  ['bytelevel', 'Byte-level BPE, as in GPT-2 · 6,000 tokens'],
  ['wordpiece', 'WordPiece, as in BERT · 6,000 tokens'],
  ['unigram', 'Unigram, as in T5 · 6,000 tokens'],
];
const HUB = [
  'sentence-transformers/all-MiniLM-L6-v2',
  'openai-community/gpt2',
  'FacebookAI/roberta-base',
  'FacebookAI/xlm-roberta-base',
  'google-t5/t5-small',
  'openai/whisper-tiny',
  'Qwen/Qwen3-0.6B',
  'deepseek-ai/DeepSeek-V3',
  'HuggingFaceTB/SmolLM2-135M-Instruct',
];
const SAMPLE = `The Mole had been working very hard all the morning, spring-cleaning his little home.
Donaudampfschifffahrt, l’été à Meung-sur-Loire, ¿qué tal?
言語モデルは文をトークンに切る。 Привет, мир! 👩‍🚀🚀
for (let i = 0; i < 10; i++) total += price[i] * 1.19;`;
const LARGEST = 80e6; // bytes of a file

/** @typedef {{ value: string, other: string, status: string, facts: string[], chat: boolean }} InUse */
/**
 * The tokenizer that was loaded last, and how the form stood: a switch that fails comes back to it.
 * @type {InUse | null}
 */
let inUse = null;
let ready = false,
  /** the number of the newest request to encode */ asked = 0,
  /** whether the tokenizer has a chat template */ chat = false;
/** @type {import('./worker.js').Encoded | null} */
let last = null;
const tokens = new Tokens($('tokens'), $('current'), $('list'));

startTheme();

const ADVICE = {
  ...LOAD_ADVICE,
  unreachable: `${LOAD_ADVICE.unreachable} The small tokenizers of this page work offline.`,
  not_found: 'Is the id spelled as on the Hub? The repository must hold a tokenizer.',
};
/**
 * @param {'load' | 'text' | 'chat'} where
 * @param {import('../shared/messages.js').PlainError} [error]
 */
const showError = (where, error) => showErrorIn(where, error, ADVICE);

// --- 1 tokenizer
/**
 * @param {string} label
 * @param {string[][]} options value and text of each
 */
const group = (label, options) => {
  const made = Object.assign(document.createElement('optgroup'), { label });
  made.append(...options.map(([value, text]) => new Option(text, value)));
  $('choice').append(made);
};
group(
  'In this page',
  SMALL.map(([name, about]) => [`small:${name}`, about]),
);
group('From the Hub', [...HUB.map((id) => [`hub:${id}`, id]), ['other', 'Another one…']]);

/** @param {boolean} loading */
function busy(loading) {
  disableControls($('load-form'), 'cancel', loading);
  $('cancel').hidden = !loading;
}
/**
 * @param {import('./worker.js').Source} source
 * @param {string} name
 * @param {Transferable[]} [transfer]
 */
function load(source, name, transfer) {
  ready = false;
  showError('load');
  showError('text');
  busy(true);
  showFacts([]);
  $('status').textContent = `Loading ${name}…`;
  send({ type: 'load', source }, transfer);
}
/**
 * Shows the field for an id if the last entry is chosen.
 * @returns {boolean} whether it is
 */
function showOther() {
  const other = $('choice').value === 'other';
  $('other-field').hidden = !other;
  $('other').required = other;
  $('load').hidden = !other;
  return other;
}
function choose() {
  const { value } = $('choice');
  if (showOther()) return $('other').focus();
  const name = value.slice(value.indexOf(':') + 1);
  load(value.startsWith('hub:') ? { hub: name } : { small: name }, name);
}
$('choice').onchange = choose;
$('load-form').onsubmit = (event) => {
  event.preventDefault();
  const id = idOf($('other').value);
  load({ hub: id }, id);
};
$('cancel').onclick = () => send({ type: 'cancel' });

/** @param {File} file */
async function open(file) {
  try {
    if (file.size > LARGEST)
      throw {
        name: 'File',
        code: 'too_large',
        message: `${file.name} has ${MB(file.size)}; a tokenizer may have up to ${MB(LARGEST)}.`,
      };
    const bytes = await file.arrayBuffer();
    load({ name: file.name, file: bytes }, file.name, [bytes]);
  } catch (error) {
    const plain = plainError(error);
    showError('load', { ...plain, code: plain.code === 'unknown' ? 'unreadable' : plain.code });
  }
}
acceptFiles($('open'), $('file'), open);
acceptDrops($('tokenizer-card'), open);

// --- 2 text, 3 chat
let waiting = 0,
  encoding = false,
  again = false;
function encode() {
  clearTimeout(waiting);
  if (!ready) return;
  again = encoding; // one at a time: the newest text is encoded when the worker is free
  if (encoding) return;
  encoding = true;
  send({
    type: 'encode',
    id: ++asked,
    text: $('text').value,
    special: $('special').checked,
    chat: chat ? { system: $('system').value, prompt: $('prompt').checked, whole: $('through-chat').checked } : null,
  });
}
function soon() {
  clearTimeout(waiting);
  waiting = window.setTimeout(encode, $('text').value.length > 20_000 ? 250 : 40);
}
$('text').oninput = soon;
$('system').oninput = soon;
for (const id of /** @type {const} */ (['special', 'prompt', 'through-chat'])) $(id).onchange = encode;
$('price').oninput = $('currency').onchange = showCounts;
$('list-step').ontoggle = () => {
  if ($('list-step').open) tokens.table();
};

/** An amount in the chosen currency, to three digits. @param {number} amount */
function money(amount) {
  const style = { style: /** @type {const} */ ('currency'), currency: $('currency').value };
  return new Intl.NumberFormat('en', { ...style, maximumSignificantDigits: 3 }).format(amount);
}

function showCounts() {
  if (!last) return;
  const price = Number($('price').value),
    characters = [...last.text].length,
    count = last.total;
  const cost = Number.isFinite(price) && price > 0 ? (count / 1000) * price : 0;
  const shown = [
    [count.toLocaleString('en'), count === 1 ? 'token' : 'tokens'],
    [characters.toLocaleString('en'), 'characters'],
    [count ? (characters / count).toFixed(2) : '–', 'characters per token'],
    [last.count.toLocaleString('en'), 'special'],
    [cost ? money(cost) : '–', 'cost at your price'],
    [ms(last.ms), 'to encode'],
  ];
  $('counts').replaceChildren(
    ...shown.map(([value, name]) => {
      const item = element('li', '');
      item.append(element('b', value), name);
      return item;
    }),
  );
}

/**
 * After a switch that failed: the worker still has the tokenizer from before, and the form shows it again. The id that
 * was entered stays, so that it can be put right.
 * @param {string} why
 */
function restore(why) {
  const { value } = $('choice'),
    entered = $('other').value;
  if (inUse) {
    ready = true;
    if (value !== 'other') $('choice').value = inUse.value;
    showFacts(inUse.facts);
    showOther();
    $('other').value = entered;
    encode();
  }
  $('status').textContent = [why, ...(inUse ? [`${inUse.status} is still in use.`] : [])].filter(Boolean).join(' ');
}

// --- what the worker says
/** @type {import('../shared/messages.js').Handlers<import('./worker.js').Response>} */
const handlers = {
  progress({ loaded, total }) {
    $('status').textContent = total ? `tokenizer.json: ${MB(loaded)} of ${MB(total)}` : `tokenizer.json: ${MB(loaded)}`;
  },
  loaded({ name, ms: time, facts, chat: has }) {
    const here = document.activeElement === $('cancel');
    busy(false);
    ready = true;
    chat = has;
    $('chat-card').hidden = !has;
    const shown = [`loaded in ${ms(time)}`, ...facts];
    inUse = { value: $('choice').value, other: $('other').value, status: name, facts: shown, chat: has };
    $('status').textContent = `${name} is ready.`;
    showFacts(shown);
    if (here) $('text').focus();
    encode();
  },
  encoded(message) {
    encoding = false;
    if (again) return encode();
    if (message.id !== asked) return;
    last = message;
    showError('text');
    showError('chat', message.chatError);
    $('rendered').textContent = message.rendered ?? '';
    tokens.show(message.text, message);
    if ($('list-step').open) tokens.table();
    $('cut').hidden = message.ids.length === message.total;
    $('cut').textContent = `The first ${message.ids.length.toLocaleString('en')} tokens are shown; all are counted.`;
    showCounts();
  },
  cancelled() {
    busy(false);
    restore('Cancelled.');
    $('choice').focus();
  },
  failed(error) {
    if (error.during === 'encode') {
      encoding = false;
      return showError('text', error);
    }
    busy(false);
    restore('');
    showError('load', error);
  },
};
listen(worker, handlers);

$('text').value = SAMPLE;
choose();
