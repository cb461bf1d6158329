// The page: what people see and press. All work is done in worker.js; reading.js shows the text and the results.
import { MB, beginLoading, busyLoading, showPreparing, showProgress } from '../shared/loading.js';
import { MODELS } from './models.js';
import { $, element, ms, showErrorIn, startTheme } from '../shared/page.js';
import { Reading } from './reading.js';

const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
const send = (type, more = {}) => worker.postMessage({ type, ...more });

const IDEAS = [
  'how insects find their way',
  'rights of people who rent',
  'keeping accounts safe',
  'a childhood long ago',
];
const LARGEST = 4e6; // bytes of a text file

let ready = false,
  indexed = false,
  reading = 'idle',
  asked = 0,
  answered = '';
const text = new Reading($('reading'), $('results'), $('query'));

startTheme();

// --- errors, in words, each with a way on
const ADVICE = {
  unreachable: 'Is this machine online? Some networks block the Hub.',
  unauthorized: 'Is the id written as on the Hub? Private and gated models cannot be loaded here.',
  not_found:
    'Is the id written as on the Hub? The repository must hold config.json, tokenizer.json and model.safetensors.',
  bad_id: 'An id looks like organisation/name.',
  cut_download: 'The connection broke off; what had arrived whole is kept.',
};
function showError(where, error, retry) {
  const box = showErrorIn(where, error, ADVICE);
  if (error && retry) {
    const button = element('button', 'Try again');
    button.type = 'button';
    button.onclick = retry;
    box.append(button);
  }
}

// --- 1 model
for (const { id, about, megabytes } of MODELS)
  $('choice').append(new Option(`${id.split('/')[1]} · ${megabytes} MB · ${about}`, id));
$('choice').append(new Option('Another one from the Hub…', ''));
$('choice').onchange = () => {
  const other = !$('choice').value;
  $('other-field').hidden = !other;
  $('other').required = other;
  if (other) $('other').focus();
};

function load() {
  ready = indexed = false;
  showError('load');
  showError('text');
  beginLoading();
  refresh();
  send('load', { model: $('choice').value || $('other').value.trim(), dtype: $('load-form').elements.dtype.value });
}
$('load-form').onsubmit = (event) => {
  event.preventDefault();
  load();
};
$('quick').onclick = () => {
  $('sample').click();
  load();
};
$('cancel-load').onclick = () => send('cancel');

// --- 2 text
async function open(name, source) {
  try {
    if (source.size > LARGEST)
      throw {
        name: 'File',
        code: 'too_large',
        message: `${name} has ${MB(source.size)}; a text of up to ${MB(LARGEST)} can be read here.`,
      };
    const content = await source.text();
    if (content.includes('\0'))
      throw {
        name: 'File',
        code: 'not_text',
        message: `${name} is not a plain text. Files like .txt and .md can be opened.`,
      };
    showError('text');
    $('text').value = content;
    $('ideas').hidden = name !== 'sample.txt';
    refresh();
    if (ready) index();
    else $('index-status').textContent = `${name} is here; it is read once a model is loaded.`;
  } catch (error) {
    showError('text', { name: error.name, code: error.code ?? 'unreadable', message: error.message });
  }
}
$('open').onclick = () => $('file').click();
$('file').onchange = () => {
  const [file] = $('file').files;
  if (file) open(file.name, file);
  $('file').value = ''; // so that the same file can be opened again
};
$('sample').onclick = async () => {
  try {
    const response = await fetch(new URL('sample.txt', import.meta.url));
    if (!response.ok) throw new Error(`sample.txt could not be had (status ${response.status}).`);
    await open('sample.txt', await response.blob());
  } catch (error) {
    showError('text', { name: error.name, code: 'unreadable', message: error.message }, $('sample').onclick);
  }
};
addEventListener('dragover', (event) => {
  event.preventDefault();
  $('text-card').classList.add('dropping');
});
addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) $('text-card').classList.remove('dropping');
});
addEventListener('drop', (event) => {
  event.preventDefault();
  $('text-card').classList.remove('dropping');
  const [file] = event.dataTransfer.files;
  if (file) open(file.name, file);
});
$('text').oninput = () => {
  $('ideas').hidden = true;
  refresh();
};

function index() {
  indexed = false;
  reading = 'running';
  showError('text');
  refresh();
  $('index-progress').value = 0;
  $('cancel-index').focus();
  send('index', { text: $('text').value });
}
$('index').onclick = index;
$('cancel-index').onclick = () => send('cancel');

function refresh() {
  const running = reading === 'running';
  $('index').disabled = !ready || running || !$('text').value.trim();
  $('cancel-index').hidden = $('index-progress').hidden = !running;
  $('query').disabled = !indexed;
  $('query').placeholder = indexed
    ? 'Say it in your own words…'
    : running
      ? 'The text is being read…'
      : ready
        ? 'Choose a text first'
        : 'Load a model and a text first';
  for (const idea of $('ideas').children) idea.disabled = !indexed;
  if (!indexed) forget();
}

/**
 * Closes a step that is done and hands the focus on, if it was in there.
 * @param {'model' | 'text'} step
 */
function done(step, next) {
  const here = $(`${step}-card`).contains(document.activeElement) || document.activeElement === document.body;
  $(`${step}-step`).open = false;
  if (here) next.focus();
}

// --- 3 search
let waiting;
function ask() {
  const query = $('query').value.trim();
  if (query === answered) return;
  clearTimeout(waiting);
  if (query) {
    answered = query;
    send('query', { id: ++asked, query });
  } else forget();
}
$('query').oninput = () => {
  clearTimeout(waiting);
  waiting = setTimeout(ask, 100);
};
$('query').onsearch = ask; // Enter, and the cross
for (const idea of IDEAS) {
  const button = element('button', idea);
  button.type = 'button';
  button.onclick = () => {
    $('query').value = idea;
    ask();
  };
  $('ideas').append(button);
}
function forget() {
  asked++;
  answered = '';
  text.clear();
  $('search-status').textContent = '';
}

// --- what the worker says
const handlers = {
  progress: ({ files }) => showProgress(files),
  preparing: showPreparing,
  loaded({ ms: time, stats, model }) {
    busyLoading(false);
    ready = true;
    $('quick').hidden = true;
    refresh();
    $('status').textContent = `${model} is ready.`;
    const dot = stats.int8Dot === 'dot16' ? '16-bit' : '8-bit';
    const facts = [
      `loaded in ${ms(time)}`,
      `${stats.variant === 'relaxed' ? 'relaxed' : 'plain'} SIMD`,
      stats.dtype === 'q8' ? `q8, ${dot} dot product` : stats.dtype,
      `${MB(stats.memoryBytes)} of memory`,
    ];
    $('facts').replaceChildren(...facts.map((fact) => element('li', fact)));
    done('model', $('sample'));
    if ($('text').value.trim()) index();
  },
  indexing({ done: sofar, total }) {
    $('index-progress').max = Math.max(1, total);
    $('index-progress').value = sofar;
    // Said once, not at every step: the bar shows the rest.
    if (sofar === 0) $('index-status').textContent = `Reading ${total} passages…`;
  },
  async indexed({ passages, ms: time }) {
    await text.show(passages);
    indexed = true;
    reading = 'idle';
    refresh();
    $('index-status').textContent = `${passages.length} passages read in ${ms(time)}.`;
    done('text', $('query'));
    if (innerWidth < 896) $('search').scrollIntoView(); // below each other: what comes next is out of sight
    ask();
  },
  answer({ id, results, marked, compared, embedMs, searchMs }) {
    if (id !== asked) return; // an older question
    showError('text');
    text.answer(results, marked);
    const near = results[0].score >= 0.2 ? '' : 'Nothing comes close; these are the nearest. ';
    $('search-status').textContent =
      `${near}Understood in ${ms(embedMs)} · ${compared} passages compared in ${ms(searchMs)}`;
  },
  sentences({ id, best }) {
    if (id === asked) text.point(best);
  },
  cancelled({ during }) {
    if (during === 'load') {
      busyLoading(false);
      $('status').textContent = 'Cancelled. Files that had arrived whole are kept.';
      $('load').focus();
    } else if (during === 'index' && reading === 'running') {
      reading = 'idle';
      refresh();
      $('index-status').textContent = 'Cancelled.';
      $('index').focus();
    }
  },
  failed(error) {
    if (error.during === 'load') {
      busyLoading(false);
      $('status').textContent = '';
      showError('load', error, load);
    } else {
      reading = 'idle';
      refresh();
      $('index-status').textContent = '';
      showError('text', error, ready ? index : undefined);
    }
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
$('status').textContent = 'The files come from the Hub the first time and from this browser’s cache afterwards.';
refresh();
