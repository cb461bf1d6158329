// The page: what people see and press. All work is done in worker.js.

const $ = (id) => document.getElementById(id);
const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
const send = (type, more = {}) => worker.postMessage({ type, ...more });
const MB = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
const ms = (t) => (t < 1000 ? `${t.toFixed(t < 10 ? 1 : 0)} ms` : `${(t / 1000).toFixed(2)} s`);

let ready = false, indexed = false, spans = [], latest = 0, passages = [];

// --- theme: the system's, until someone chooses
const stored = localStorage.getItem('theme');
if (stored) document.documentElement.dataset.theme = stored;
$('theme').onclick = () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  localStorage.setItem('theme', (root.dataset.theme = dark ? 'light' : 'dark'));
};

// --- 1 model
function busy(loading) {
  $('load').disabled = loading;
  $('cancel').hidden = !loading;
  $('progress-box').hidden = !loading;
}
$('load-form').onsubmit = (event) => {
  event.preventDefault();
  ready = indexed = false;
  refresh();
  showError();
  busy(true);
  $('progress').removeAttribute('value');
  $('progress-text').textContent = '';
  $('facts').replaceChildren();
  $('status').textContent = 'Loading the model…';
  send('load', { model: $('model').value.trim(), dtype: $('dtype').value });
};
$('cancel').onclick = () => send('cancel');

function showError(error) {
  const box = $('error');
  box.hidden = !error;
  box.textContent = error ? `${error.name} (${error.code ?? 'unknown'}): ${error.message}` : '';
}

// --- 2 text
async function open(file) {
  $('text').value = await file.text();
  $('text').dispatchEvent(new Event('input'));
}
$('file').onchange = ({ target }) => target.files[0] && open(target.files[0]);
$('sample').onclick = async () => open(await fetch(new URL('sample.txt', import.meta.url)));
const drop = $('text').closest('.card');
drop.ondragover = (event) => { event.preventDefault(); drop.classList.add('dropping'); };
drop.ondragleave = () => drop.classList.remove('dropping');
drop.ondrop = (event) => {
  event.preventDefault();
  drop.classList.remove('dropping');
  const [file] = event.dataTransfer.files;
  if (file) open(file);
};
$('text').oninput = refresh;
$('index').onclick = () => {
  indexed = false;
  refresh();
  $('index-progress').hidden = false;
  send('index', { text: $('text').value });
};

function refresh() {
  $('index').disabled = !ready || !$('text').value.trim();
  $('query').disabled = !indexed;
}

/** The text as paragraphs of passages, each a span that can be marked. */
function show(list) {
  passages = list;
  spans = [];
  const paragraphs = new Map();
  for (const passage of list) {
    if (!paragraphs.has(passage.paragraph)) paragraphs.set(passage.paragraph, document.createElement('p'));
    const span = document.createElement('span');
    span.className = 'passage';
    span.textContent = passage.text;
    paragraphs.get(passage.paragraph).append(span);
    spans.push(span);
  }
  $('reading').replaceChildren(...paragraphs.values());
}

// --- 3 search
let waiting;
$('query').oninput = () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const query = $('query').value.trim();
    if (query) send('query', { id: ++latest, query });
    else clear();
  }, 120);
};
function clear() {
  latest++;
  $('results').replaceChildren();
  $('search-status').textContent = '';
  for (const span of spans) { span.style.removeProperty('--heat'); span.classList.remove('best'); }
}

function answer({ id, scores, embedMs, searchMs }) {
  if (id !== latest) return; // an older question
  const order = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const top = scores[order[0]];
  spans.forEach((span, i) => {
    // Only what comes near the best is marked, the nearer the stronger.
    const heat = Math.max(0, (scores[i] - Math.max(0.15, top - 0.3)) / (top - Math.max(0.15, top - 0.3) || 1));
    span.style.setProperty('--heat', Math.min(1, heat).toFixed(3));
    span.classList.toggle('best', i === order[0]);
  });
  $('results').replaceChildren(...order.slice(0, 6).map((i) => {
    const item = document.createElement('li'), button = document.createElement('button');
    const score = document.createElement('span'), text = document.createElement('span');
    button.type = 'button';
    score.className = 'score';
    score.textContent = scores[i].toFixed(2);
    text.textContent = passages[i].text;
    button.append(score, text);
    button.onclick = () => jump(i);
    item.append(button);
    return item;
  }));
  $('search-status').textContent = `Understood in ${ms(embedMs)}, ${scores.length} passages compared in ${ms(searchMs)}.`;
  jump(order[0]);
}

/** Brings a passage into view inside the text, without moving the page under a reader's fingers. */
function jump(i) {
  const box = $('reading');
  if (box.scrollHeight > box.clientHeight + 4) {
    box.scrollTo({ top: spans[i].offsetTop - box.offsetTop - box.clientHeight / 3, behavior: 'smooth' });
  }
}

// --- what the worker says
const handlers = {
  progress({ files }) {
    const list = Object.values(files), loaded = list.reduce((s, f) => s + f.loaded, 0), total = list.reduce((s, f) => s + f.total, 0);
    $('progress').value = (loaded / total) * 100;
    $('progress-text').textContent = `${MB(loaded)} of ${MB(total)}`;
  },
  loaded({ ms: time, stats, model }) {
    busy(false);
    ready = true;
    refresh();
    $('status').textContent = `${model} is ready.`;
    const dot = { unsigned: '8-bit dot product', signed: '8-bit dot product', dot16: '16-bit dot product' }[stats.int8Dot];
    const facts = [`loaded in ${ms(time)}`, `Wasm: ${stats.variant} SIMD`, stats.dtype === 'q8' ? `q8, ${dot}` : stats.dtype, `memory ${MB(stats.memoryBytes)}`];
    $('facts').replaceChildren(...facts.map((fact) => Object.assign(document.createElement('li'), { textContent: fact })));
    if ($('text').value.trim()) $('index').click();
  },
  indexing({ done, total }) {
    $('index-progress').max = total;
    $('index-progress').value = done;
    $('index-status').textContent = `${done} of ${total} passages read`;
  },
  indexed({ passages: list, ms: time }) {
    indexed = true;
    refresh();
    show(list);
    $('index-progress').hidden = true;
    $('index-status').textContent = `${list.length} passages read in ${ms(time)}.`;
    if ($('query').value.trim()) $('query').dispatchEvent(new Event('input'));
    else $('query').focus({ preventScroll: true });
  },
  answer,
  cancelled({ during }) {
    if (during === 'load') {
      busy(false);
      $('status').textContent = 'Cancelled. What had arrived whole is kept.';
    }
  },
  failed(error) {
    busy(false);
    $('index-progress').hidden = true;
    $('status').textContent = error.during === 'load' ? 'The model could not be loaded; change it or try again.' : '';
    showError(error);
  },
};
worker.onmessage = ({ data }) => handlers[data.type](data);
worker.onerror = (event) => handlers.failed({ name: 'Error', code: 'worker', message: event.message ?? 'the worker stopped' });
refresh();
