// The page for search: what people see and press. worker.js does the work; reading.js shows the text and the results.
import {
  CANCELLED,
  FROM_HUB,
  LOAD_ADVICE,
  MB,
  beginLoading,
  busyLoading,
  idOf,
  offerModels,
  showFacts,
  showOther,
  showPreparing,
  showProgress,
  simdOf,
} from '../shared/loading.js';
import { listen, plainError } from '../shared/messages.js';
import { acceptDrops, acceptFiles, button, byId, ms, showErrorIn, startTheme } from '../shared/page.js';
import { MODELS } from './models.js';
import { Reading } from './reading.js';

/**
 * @typedef {object} SearchElements
 * @property {HTMLInputElement} file
 * @property {HTMLTextAreaElement} text
 * @property {HTMLButtonElement} index
 * @property {HTMLProgressElement} index-progress
 * @property {HTMLInputElement} query
 * @property {HTMLDetailsElement} model-step
 * @property {HTMLDetailsElement} text-step
 */
const $ =
  /** @type {import('../shared/page.js').ById<import('../shared/loading.js').LoadElements & SearchElements>} */ (byId);

const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
const send = (/** @type {import('./worker.js').Request} */ request) => worker.postMessage(request);

const IDEAS = [
  'how insects find their way',
  'rights of people who rent',
  'keeping accounts safe',
  'a childhood long ago',
];
const LARGEST = 4e6; // bytes of a text file

let ready = false,
  indexed = false,
  /** whether the text is being read */ reading = false,
  /** the number of the newest query */ asked = 0,
  answered = '';
const text = new Reading($('reading'), $('results'), $('query'));

startTheme();

const ADVICE = {
  ...LOAD_ADVICE,
  not_found:
    'Is the id spelled as on the Hub? The repository must hold config.json, tokenizer.json and model.safetensors.',
};
/**
 * @param {'load' | 'text'} where
 * @param {import('../shared/messages.js').PlainError} [error]
 * @param {() => void} [retry]
 */
const showError = (where, error, retry) => showErrorIn(where, error, ADVICE, retry);

// --- 1 model
offerModels(MODELS);
$('choice').onchange = () => {
  if (showOther()) $('other').focus();
};

function load() {
  // First of all: FormData leaves disabled fields out, and they are disabled while a model loads.
  const dtype = new FormData($('load-form')).get('dtype') === 'fp32' ? 'fp32' : 'q8';
  ready = indexed = false;
  showError('load');
  showError('text');
  beginLoading();
  refresh();
  send({ type: 'load', model: $('choice').value || idOf($('other').value), dtype });
}
$('load-form').onsubmit = (event) => {
  event.preventDefault();
  load();
};
$('quick').onclick = () => {
  $('sample').click();
  load();
};
$('cancel-load').onclick = () => send({ type: 'cancel' });

// --- 2 text
/**
 * @param {string} name
 * @param {Blob} source
 */
async function open(name, source) {
  try {
    if (source.size > LARGEST)
      throw {
        name: 'File',
        code: 'too_large',
        message: `${name} has ${MB(source.size)}; a text may have up to ${MB(LARGEST)}.`,
      };
    const content = await source.text();
    if (content.includes('\0'))
      throw { name: 'File', code: 'not_text', message: `${name} is not plain text. Open a file like .txt or .md.` };
    showError('text');
    $('text').value = content;
    $('ideas').hidden = name !== 'sample.txt';
    refresh();
    if (ready) index();
    else $('index-status').textContent = `${name} is here; it is read once a model is loaded.`;
  } catch (error) {
    unreadable(error);
  }
}
/**
 * @param {unknown} error
 * @param {() => void} [retry]
 */
function unreadable(error, retry) {
  const plain = plainError(error);
  showError('text', { ...plain, code: plain.code === 'unknown' ? 'unreadable' : plain.code }, retry);
}
acceptFiles($('open'), $('file'), (file) => open(file.name, file));
acceptDrops($('text-card'), (file) => open(file.name, file));
async function openSample() {
  try {
    const response = await fetch(new URL('sample.txt', import.meta.url));
    if (!response.ok) throw new Error(`sample.txt could not be loaded (status ${response.status}).`);
    await open('sample.txt', await response.blob());
  } catch (error) {
    unreadable(error, openSample);
  }
}
$('sample').onclick = openSample;
$('text').oninput = () => {
  $('ideas').hidden = true;
  refresh();
};

function index() {
  indexed = false;
  reading = true;
  showError('text');
  refresh();
  $('index-progress').value = 0;
  $('cancel-index').focus();
  send({ type: 'index', text: $('text').value });
}
$('index').onclick = index;
$('cancel-index').onclick = () => send({ type: 'cancel' });

function refresh() {
  $('index').disabled = !ready || reading || !$('text').value.trim();
  $('cancel-index').hidden = $('index-progress').hidden = !reading;
  $('query').disabled = !indexed;
  $('query').placeholder = indexed
    ? 'Say it in your own words…'
    : reading
      ? 'The text is being read…'
      : ready
        ? 'Choose a text first'
        : 'Load a model and a text first';
  for (const idea of $('ideas').querySelectorAll('button')) idea.disabled = !indexed;
  if (!indexed) forget();
}

/**
 * Closes a step that is done. If the focus was in it, it moves on.
 * @param {'model' | 'text'} step
 * @param {HTMLElement} next
 */
function done(step, next) {
  const here = $(`${step}-card`).contains(document.activeElement) || document.activeElement === document.body;
  $(/** @type {'model-step' | 'text-step'} */ (`${step}-step`)).open = false;
  if (here) next.focus();
}

// --- 3 search
let waiting = 0;
function ask() {
  const query = $('query').value.trim();
  if (query === answered) return;
  clearTimeout(waiting);
  if (query) {
    answered = query;
    send({ type: 'query', id: ++asked, query });
  } else forget();
}
$('query').oninput = () => {
  clearTimeout(waiting);
  waiting = window.setTimeout(ask, 100);
};
$('query').addEventListener('search', ask); // Enter, and the cross
for (const idea of IDEAS) {
  $('ideas').append(
    button(idea, () => {
      $('query').value = idea;
      ask();
    }),
  );
}
function forget() {
  asked++;
  answered = '';
  text.clear();
  $('search-status').textContent = '';
}

// --- what the worker says
/** @type {import('../shared/messages.js').Handlers<import('./worker.js').Response>} */
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
    showFacts([
      `loaded in ${ms(time)}`,
      simdOf(stats),
      stats.dtype === 'q8' ? `q8, ${dot} dot product` : stats.dtype,
      `${MB(stats.memoryBytes)} of memory`,
    ]);
    done('model', $('sample'));
    if ($('text').value.trim()) index();
  },
  indexing({ done: sofar, total }) {
    $('index-progress').max = Math.max(1, total);
    $('index-progress').value = sofar;
    // A screen reader announces it once; the bar shows the rest.
    if (sofar === 0) $('index-status').textContent = `Reading ${total} passages…`;
  },
  async indexed({ passages, ms: time }) {
    await text.show(passages);
    indexed = true;
    reading = false;
    refresh();
    $('index-status').textContent = `${passages.length} passages read in ${ms(time)}.`;
    done('text', $('query'));
    if (innerWidth < 896) $('search').scrollIntoView(); // one column: the next step is out of sight
    ask();
  },
  answer({ id, results, near, marked, compared, embedMs, searchMs }) {
    if (id !== asked) return; // an older query
    showError('text');
    text.answer(results, marked);
    $('results').classList.toggle('far', !near);
    const none = near ? '' : 'Nothing in this text comes close; the nearest passages are shown. ';
    $('search-status').textContent =
      `${none}Query read in ${ms(embedMs)} · ${compared} passages compared in ${ms(searchMs)}`;
  },
  sentences({ id, best }) {
    if (id === asked) text.point(best);
  },
  cancelled({ during }) {
    if (during === 'load') {
      busyLoading(false);
      $('status').textContent = CANCELLED;
      $('load').focus();
    } else if (during === 'index' && reading) {
      reading = false;
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
      reading = false;
      refresh();
      $('index-status').textContent = '';
      showError('text', error, ready ? index : undefined);
    }
  },
};
listen(worker, handlers);
$('status').textContent = FROM_HUB;
refresh();
