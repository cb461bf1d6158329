// The playground's page: what people choose, type and see. Loading and encoding are done in worker.js; tokens.js draws.
import { $, element, ms, showErrorIn, startTheme } from '../shared/page.js';
import { Tokens } from './tokens.js';

const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
const send = (type, more = {}, transfer = []) => worker.postMessage({ type, ...more }, transfer);
const MB = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

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
const SAMPLE =
  'The Mole had been working very hard all the morning, spring-cleaning his little home.\nDonaudampfschifffahrt, l’été à Meung-sur-Loire, ¿qué tal?\n言語モデルは文をトークンに切る。 Привет, мир! 👩‍🚀🚀\nfor (let i = 0; i < 10; i++) total += price[i] * 1.19;';
const LARGEST = 80e6; // bytes of a file

let ready = false,
  asked = 0,
  chat = false,
  count = 0,
  last = null;
const tokens = new Tokens($('tokens'), $('current'), $('list'));

startTheme();

// --- errors, in words
const ADVICE = {
  unreachable: 'Is this machine online? Some networks block the Hub. The small tokenizers of this page need no net.',
  unauthorized: 'Is the id written as on the Hub? Private and gated models cannot be loaded here.',
  not_found: 'Is the id written as on the Hub? The repository must hold a tokenizer.',
  bad_id: 'An id looks like organisation/name.',
};
const showError = (where, error) => {
  showErrorIn(where, error, ADVICE);
};

// --- 1 tokenizer
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

function busy(loading) {
  for (const control of $('load-form').elements) if (control.id !== 'cancel') control.disabled = loading;
  $('cancel').hidden = !loading;
}
function load(source, name, transfer = []) {
  ready = false;
  showError('load');
  showError('text');
  busy(true);
  $('facts').replaceChildren();
  $('status').textContent = `Loading ${name}…`;
  send('load', { source }, transfer);
}
function choose() {
  const value = $('choice').value,
    other = value === 'other';
  $('other-field').hidden = !other;
  $('other').required = other;
  $('load').hidden = !other;
  if (other) return $('other').focus();
  const [kind, name] = [value.slice(0, value.indexOf(':')), value.slice(value.indexOf(':') + 1)];
  load({ [kind]: name }, name);
}
$('choice').onchange = choose;
$('load-form').onsubmit = (event) => {
  event.preventDefault();
  const id = $('other').value.trim();
  load({ hub: id }, id);
};
$('cancel').onclick = () => send('cancel');

async function open(file) {
  try {
    if (file.size > LARGEST)
      throw {
        name: 'File',
        code: 'too_large',
        message: `${file.name} has ${MB(file.size)}; up to ${MB(LARGEST)} can be read here.`,
      };
    const bytes = await file.arrayBuffer();
    load({ name: file.name, file: bytes }, file.name, [bytes]);
  } catch (error) {
    showError('load', { name: error.name, code: error.code ?? 'unreadable', message: error.message });
  }
}
$('open').onclick = () => $('file').click();
$('file').onchange = () => {
  const [file] = $('file').files;
  if (file) open(file);
  $('file').value = ''; // so that the same file can be opened again
};
addEventListener('dragover', (event) => {
  event.preventDefault();
  $('tokenizer-card').classList.add('dropping');
});
addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) $('tokenizer-card').classList.remove('dropping');
});
addEventListener('drop', (event) => {
  event.preventDefault();
  $('tokenizer-card').classList.remove('dropping');
  const [file] = event.dataTransfer.files;
  if (file) open(file);
});

// --- 2 text, 3 chat
let waiting,
  busyEncoding = false,
  again = false;
function encode() {
  clearTimeout(waiting);
  if (!ready) return;
  if (busyEncoding) return void (again = true); // one at a time: the newest text is taken when the worker is free
  busyEncoding = true;
  again = false;
  send('encode', {
    id: ++asked,
    text: $('text').value,
    special: $('special').checked,
    chat: chat ? { system: $('system').value, prompt: $('prompt').checked, whole: $('through-chat').checked } : null,
  });
}
function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(encode, $('text').value.length > 20_000 ? 250 : 40);
}
$('text').oninput = soon;
$('system').oninput = soon;
for (const id of ['special', 'prompt', 'through-chat']) $(id).onchange = encode;
$('price').oninput = showCounts;
$('list-step').ontoggle = () => {
  if ($('list-step').open) tokens.table();
};

function showCounts() {
  if (!last) return;
  const price = Number($('price').value),
    characters = [...last.cut].length;
  const cost = Number.isFinite(price) && price > 0 ? (count / 1000) * price : 0;
  const shown = [
    [count.toLocaleString('en'), count === 1 ? 'token' : 'tokens'],
    [characters.toLocaleString('en'), 'characters'],
    [count ? (characters / count).toFixed(2) : '–', 'characters a token'],
    [last.special.toLocaleString('en'), 'special'],
    [cost ? cost.toPrecision(3).replace(/e-?\d+$/, (e) => ` × 10^${e.slice(1)}`) : '–', 'cost at your price'],
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

// --- what the worker says
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
    $('status').textContent = `${name} is ready.`;
    $('facts').replaceChildren(...[`loaded in ${ms(time)}`, ...facts].map((fact) => element('li', fact)));
    if (here) $('text').focus();
    encode();
  },
  encoded(message) {
    busyEncoding = false;
    if (again) return encode();
    if (message.id !== asked) return;
    last = message;
    count = message.total;
    showError('text');
    showError('chat', message.chatError);
    $('rendered').textContent = message.rendered ?? '';
    tokens.show(message.cut, {
      ids: message.ids,
      tokens: message.tokens,
      offsets: message.offsets,
      special: message.mask,
      total: message.total,
    });
    if ($('list-step').open) tokens.table();
    $('cut').hidden = message.ids.length === message.total;
    $('cut').textContent = `The first ${message.ids.length.toLocaleString('en')} tokens are shown; all are counted.`;
    showCounts();
  },
  cancelled() {
    busy(false);
    $('status').textContent = 'Cancelled.';
    $('choice').focus();
  },
  failed(error) {
    if (error.during === 'encode') {
      busyEncoding = false;
      return showError('text', error);
    }
    busy(false);
    $('status').textContent = '';
    showError('load', error);
  },
};
worker.onmessage = ({ data }) => handlers[data.type](data);
worker.onerror = (event) =>
  handlers.failed({
    during: 'load',
    name: 'Error',
    code: 'worker',
    message: event.message || 'The page’s own scripts could not be loaded; reload the page.',
  });

$('text').value = SAMPLE;
choose();
