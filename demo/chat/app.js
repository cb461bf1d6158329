// The page: what people see and press. All work is done in worker.js; conversation.js shows the turns.
import { MB, beginLoading, busyLoading, showPreparing, showProgress } from '../loading.js';
import { $, element, ms, showErrorIn, startTheme } from '../page.js';
import { Conversation } from './conversation.js';
import { IDEAS, MODELS } from './models.js';

const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
const send = (type, more = {}) => worker.postMessage({ type, ...more });
const ADVICE = {
  unreachable: 'Is this machine online? Some networks block the Hub.',
  unauthorized: 'Is the id written as on the Hub? Private and gated models cannot be loaded here.',
  not_found: 'Is the id written as on the Hub? The repository must hold config.json, tokenizer files and safetensors.',
  bad_id: 'An id looks like organisation/name.',
  cut_download: 'The connection broke off; what had arrived whole is kept.',
  out_of_memory: 'A smaller model or precision may fit.',
  too_large: 'A smaller model or precision may fit.',
  prompt_too_long: 'Begin anew, or edit an earlier message.',
};
const NUMBERS = ['temperature', 'top_p', 'top_k', 'seed', 'repetition_penalty', 'max_new_tokens'];

let ready = false, writing = null, asked = 0, planned = 0, wanted = '';
const talk = new Conversation($('log'), {
  edit(turn, text) {
    talk.cut(turn);
    say(text);
  },
  retry(turn) {
    talk.cut(turn);
    answer();
  },
});
startTheme();

function showError(where, error, retry) {
  const box = showErrorIn(where, error, ADVICE);
  if (!error || !retry) return;
  const button = element('button', 'Try again');
  button.type = 'button';
  button.onclick = retry;
  box.append(button);
}

// --- 1 model
for (const { id, name, about, megabytes } of MODELS) $('choice').append(new Option(`${name ?? id.split('/')[1]} · ${megabytes} MB · ${about}`, id));
$('choice').append(new Option('Another one from the Hub…', ''));
const chosen = () => ({ model: $('choice').value || $('other').value.trim(), dtype: $('dtype').value });

/** What it would take, before anything is downloaded. */
function plan() {
  const choice = chosen();
  planned++;
  $('plan').textContent = choice.model ? 'Asking for the size…' : '';
  if (choice.model) send('plan', { id: planned, ...choice });
}
$('choice').onchange = () => {
  const other = !$('choice').value;
  $('other-field').hidden = !other;
  $('other').required = other;
  showError('load');
  plan();
  if (other) $('other').focus();
};
$('other').onchange = $('dtype').onchange = () => {
  showError('load');
  plan();
};

function load() {
  ready = false;
  showError('load');
  showError('talk');
  beginLoading();
  refresh();
  send('load', chosen());
}
$('load-form').onsubmit = (event) => {
  event.preventDefault();
  load();
};
$('cancel-load').onclick = () => send('cancel');
$('quick').onclick = () => {
  $('choice').value = MODELS[0].id;
  $('choice').onchange();
  wanted = IDEAS.story[0];
  load();
};

// --- 2 settings
$('settings').onsubmit = (event) => event.preventDefault();
$('sample').onchange = () => { $('sampling').hidden = !$('sample').checked; };
function options() {
  const sample = $('sample').checked, out = { do_sample: sample };
  for (const name of NUMBERS) {
    const value = $(name).valueAsNumber;
    if (Number.isFinite(value) && (sample || !$('sampling').contains($(name)))) out[name] = value;
  }
  return out;
}
/** The model's own wishes, where its repository has some. */
function adopt(defaults) {
  for (const name of ['temperature', 'top_p', 'top_k', 'repetition_penalty']) if (typeof defaults[name] === 'number') $(name).value = defaults[name];
}

// --- the conversation
function say(text) {
  if (text) talk.add('user', text);
  answer();
}
function answer() {
  if (!ready || writing || !talk.turns.length) return;
  const settings = options();
  showError('talk');
  const prompt = talk.prompt($('system').value.trim());
  writing = talk.add('assistant', '');
  writing.item.classList.add('writing');
  $('talk-status').textContent = 'The model reads…';
  refresh();
  send('write', { id: ++asked, prompt, options: settings });
}
function submit() {
  const text = $('message').value.trim();
  // A story goes on without a word; a conversation does not.
  if (!ready || writing || (!text && (talk.chat || !talk.turns.length))) return;
  $('message').value = '';
  say(text);
}
$('talk-form').onsubmit = (event) => {
  event.preventDefault();
  submit();
};
$('message').onkeydown = (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
};
$('message').oninput = refresh;
$('stop').onclick = () => send('stop');
$('clear').onclick = () => {
  send('stop');
  writing = null;
  asked++;
  talk.clear();
  $('talk-status').textContent = '';
  showError('talk');
  refresh();
  $('message').focus();
};

function refresh() {
  const { chat, turns } = talk, idle = ready && !writing;
  $('message').disabled = !ready;
  $('message').placeholder = !ready ? 'Load a model first' : chat ? 'Write to the model…' : turns.length ? 'Write on, or let the model go on…' : 'Begin a story…';
  $('message-label').textContent = chat ? 'Your message' : 'Your part of the story';
  $('talk-title').textContent = chat ? 'Conversation' : 'Story';
  $('log').classList.toggle('story', !chat);
  $('send').textContent = chat ? 'Send' : $('message').value.trim() || !turns.length ? 'Write' : 'Go on';
  $('send').disabled = !idle || (!$('message').value.trim() && (chat || !turns.length));
  $('send').hidden = !!writing;
  $('stop').hidden = !writing;
  $('clear').hidden = !turns.length;
  $('system-field').hidden = !chat;
  $('ideas').hidden = !ready || !!turns.length;
  if (!turns.length && !$('log').childElementCount) $('log').append(element('p', ready ? chat ? 'Say something.' : 'Write the beginning of a story; the model goes on.' : 'Load a model; then write to it here.', 'empty'));
  talk.offer(idle);
}

function offerIdeas() {
  $('ideas').replaceChildren(...(talk.chat ? IDEAS.chat : IDEAS.story).map((idea) => {
    const button = element('button', idea);
    button.type = 'button';
    button.onclick = () => {
      if (!writing) say(idea);
    };
    return button;
  }));
}
const aboutWriting = ({ new_tokens: tokens, tokens_per_second: rate, first_token_ms: first }) => `${tokens} tokens · ${rate.toFixed(rate < 10 ? 1 : 0)} tokens/s · the first after ${ms(first)}`;
const ENDS = { length: 'stopped at the most new tokens', stopped: 'stopped', time: 'out of time' };

// --- what the worker says
const handlers = {
  planned({ id, plan: { download, files, weights, cache, tokens } }) {
    if (id !== planned) return;
    const whole = files.every(({ cached }) => cached), parts = files.length > 1 ? ` in ${files.length} files` : '';
    $('plan').textContent = `${whole ? 'Already here' : download ? `Download: ${MB(download)}${parts}` : 'The server does not tell the size'}. Memory: about ${MB(weights + cache)} (weights ${MB(weights)}, ${tokens.toLocaleString('en')} tokens of conversation ${MB(cache)}).`;
  },
  progress: ({ files, ...whole }) => showProgress(files, whole),
  preparing: showPreparing,
  loaded({ model, stats, defaults, ms: time, chat, context }) {
    busyLoading(false);
    ready = true;
    if (talk.chat !== chat || !talk.turns.length) talk.clear();
    talk.chat = chat;
    adopt(defaults);
    $('quick').hidden = true;
    offerIdeas();
    refresh();
    $('status').textContent = `${MODELS.find(({ id }) => id === model)?.name ?? model} is ready.`;
    const facts = [`loaded in ${ms(time)}`, `${stats.variant === 'relaxed' ? 'relaxed' : 'plain'} SIMD`, stats.dtype, `${MB(stats.memoryBytes)} of memory`,
      ...(context ? [`reads up to ${context.toLocaleString('en')} tokens`] : []), chat ? 'made for conversations' : 'goes on with a text'];
    $('facts').replaceChildren(...facts.map((fact) => element('li', fact)));
    const here = $('model-card').contains(document.activeElement) || document.activeElement === document.body;
    $('model-step').open = false;
    if (here) $('message').focus();
    if (wanted && !chat && !talk.turns.length) say(wanted);
    wanted = '';
  },
  piece({ id, text, stats }) {
    if (id !== asked || !writing) return;
    talk.write(writing, text);
    if (stats.new_tokens) $('talk-status').textContent = aboutWriting(stats);
  },
  written({ id, reason, stats }) {
    if (id !== asked || !writing) return;
    writing.item.classList.remove('writing');
    if (stats.new_tokens) writing.item.append(element('p', [aboutWriting(stats), ...(ENDS[reason] ? [ENDS[reason]] : [])].join(' · '), 'about'));
    const there = document.activeElement === $('stop');
    if (!writing.text) talk.cut(writing);
    writing = null;
    $('talk-status').textContent = reason === 'stopped' ? 'Stopped.' : 'The model has written.';
    refresh();
    talk.toEnd();
    if (there) $('message').focus();
  },
  cancelled({ during }) {
    if (during !== 'load') return;
    busyLoading(false);
    $('status').textContent = 'Cancelled. Files that had arrived whole are kept.';
    $('load').focus();
  },
  failed(error) {
    if (error.during === 'plan') {
      if (error.id !== planned) return;
      $('plan').textContent = '';
      showError('load', error, plan);
    } else if (error.during === 'load') {
      busyLoading(false);
      $('status').textContent = '';
      showError('load', error, load);
    } else {
      if (error.id !== asked) return;
      if (writing) talk.cut(writing);
      writing = null;
      $('talk-status').textContent = '';
      refresh();
      showError('talk', error, answer);
    }
  },
};
worker.onmessage = ({ data }) => handlers[data.type](data);
worker.onerror = (event) => handlers.failed({ during: 'load', name: 'Error', code: 'worker', message: event.message || 'The page’s own scripts could not be loaded; reload the page.' });
$('status').textContent = 'The files come from the Hub the first time and from this browser’s cache afterwards.';
refresh();
plan();
