// The page: what people see and press. All work is done in worker.js; conversation.js shows the turns.
import { MB, beginLoading, busyLoading, showPreparing, showProgress } from '../shared/loading.js';
import { $, element, ms, showErrorIn, startTheme } from '../shared/page.js';
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
  prompt_too_long: 'Begin anew, or edit an earlier message.',
};
/** Characters that a message holds; more would be no message, and the browser itself takes its time over it. */
const LARGEST = 200_000;
/** Bytes that WebAssembly can address. */
const ROOM = 2 ** 32;
const NUMBERS = ['temperature', 'top_p', 'top_k', 'seed', 'repetition_penalty', 'max_new_tokens'];

let ready = false,
  writing = null,
  asked = 0,
  planned = 0,
  most = 0,
  wanted = '';
const talk = new Conversation($('log'), {
  edit(turn, text) {
    talk.cut(turn);
    say(text);
  },
  retry(turn) {
    if (turn.role === 'assistant') talk.cut(turn);
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
for (const { id, name, about, megabytes } of MODELS)
  $('choice').append(new Option(`${name ?? id.split('/')[1]} · ${megabytes} MB · ${about}`, id));
$('choice').append(new Option('Another one from the Hub…', ''));
/** The page's address on the Hub does as well as the id. */
const chosen = () => ({
  model:
    $('choice').value ||
    $('other')
      .value.trim()
      .replace(/^https:\/\/(huggingface\.co|hf\.co)\/([^/]+\/[^/?#]+).*$/, '$2'),
  dtype: $('dtype').value,
});

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
$('sample').onchange = () => {
  $('sampling').hidden = !$('sample').checked;
};
/** A field that holds something that is no number, which the browser gives no value for. */
const noNumber = () => NUMBERS.find((name) => $(name).validity.badInput);
function options() {
  const sample = $('sample').checked,
    out = { do_sample: sample };
  for (const name of NUMBERS) {
    const value = $(name).valueAsNumber;
    if (Number.isFinite(value) && (sample || !$('sampling').contains($(name)))) out[name] = value;
  }
  return out;
}
/** The model's own wishes, where its repository has some. */
function adopt(defaults) {
  for (const name of ['temperature', 'top_p', 'top_k', 'repetition_penalty'])
    if (typeof defaults[name] === 'number') $(name).value = defaults[name];
}

// --- the conversation
function say(text) {
  if (text) talk.add('user', text);
  answer();
}
function answer() {
  if (!ready || writing || !talk.turns.length) return;
  showError('talk');
  const wrong = noNumber();
  if (wrong)
    return handlers.failed({
      during: 'write',
      id: asked,
      name: 'InputError',
      code: 'bad_option',
      field: wrong,
      message: `${$(wrong).parentElement.firstChild.data.trim()} is not a number.`,
    });
  const settings = options();
  const prompt = talk.prompt($('system').value.trim());
  writing = talk.add('assistant', '');
  writing.item.classList.add('writing');
  $('talk-status').textContent = 'The model reads…';
  most = settings.max_new_tokens;
  refresh();
  $('talk-form').scrollIntoView({ block: 'nearest' });
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
  // 229: the Enter that ends a composition, where the browser has ended it before (Safari).
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  submit();
};
$('message').oninput = refresh;
$('talk-title')
  .closest('.card')
  .addEventListener('beforeinput', (event) => {
    const more = event.data ?? event.dataTransfer?.getData('text/plain') ?? '',
      length = event.target.value.length + more.length;
    if (length <= LARGEST || !more) return;
    event.preventDefault();
    showError('talk', {
      name: 'InputError',
      code: 'too_long',
      message: `That would be a message of ${length.toLocaleString('en')} characters; ${LARGEST.toLocaleString('en')} are the most.`,
    });
  });
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
  const { chat, turns } = talk,
    idle = ready && !writing;
  $('message').disabled = !ready;
  $('message').placeholder = !ready
    ? 'Load a model first'
    : chat
      ? 'Write to the model…'
      : turns.length
        ? 'Write on, or let the model go on…'
        : 'Begin a story…';
  $('message-label').textContent = chat ? 'Your message' : 'Your part of the story';
  $('talk-title').textContent = chat ? 'Conversation' : 'Story';
  $('log').classList.toggle('story', !chat);
  $('send').textContent = chat ? 'Send' : $('message').value.trim() || !turns.length ? 'Write' : 'Go on';
  $('send').disabled = !idle || (!$('message').value.trim() && (chat || !turns.length));
  $('send').hidden = !!writing;
  $('stop').hidden = !writing;
  $('clear').hidden = !turns.length;
  $('talk-title').closest('.card').classList.toggle('talking', !!turns.length);
  $('system-field').hidden = !chat;
  $('ideas').hidden = !ready || !!turns.length;
  if (!turns.length && !$('log').childElementCount)
    $('log').append(
      element(
        'p',
        ready
          ? chat
            ? 'Say something.'
            : 'Write the beginning of a story; the model goes on.'
          : 'Load a model; then write to it here.',
        'empty',
      ),
    );
  talk.offer(idle);
}

function offerIdeas() {
  $('ideas').replaceChildren(
    ...(talk.chat ? IDEAS.chat : IDEAS.story).map((idea) => {
      const button = element('button', idea);
      button.type = 'button';
      button.onclick = () => {
        if (!writing) say(idea);
      };
      return button;
    }),
  );
}
const aboutWriting = ({ new_tokens: tokens, tokens_per_second: rate, first_token_ms: first }) =>
  `${tokens} tokens · ${rate.toFixed(rate < 10 ? 1 : 0)} tokens/s · the first after ${ms(first)}`;
const ENDS = {
  length: 'stopped at the most new tokens',
  full: 'the model can hold no more',
  stopped: 'stopped',
  time: 'out of time',
};

// --- what the worker says
const handlers = {
  planned({ id, plan: { download, files, weights, cache, tokens } }) {
    if (id !== planned) return;
    const whole = files.every(({ cached }) => cached),
      parts = files.length > 1 ? ` in ${files.length} files` : '';
    $('plan').textContent =
      `${whole ? 'Already here' : download ? `Download: ${MB(download)}${parts}` : 'The server does not tell the size'}. Memory: about ${MB(weights + cache)} (weights ${MB(weights)}, ${tokens.toLocaleString('en')} tokens of conversation ${MB(cache)}).${weights + cache > ROOM ? ' More than a page can use: a smaller model or precision may fit.' : ''}`;
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
    const facts = [
      `loaded in ${ms(time)}`,
      `${stats.variant === 'relaxed' ? 'relaxed' : 'plain'} SIMD`,
      stats.dtype,
      `${MB(stats.memoryBytes)} of memory`,
      ...(context ? [`reads up to ${context.toLocaleString('en')} tokens`] : []),
      chat ? 'made for conversations' : 'goes on with a text',
    ];
    $('facts').replaceChildren(...facts.map((fact) => element('li', fact)));
    const here = $('model-card').contains(document.activeElement) || document.activeElement === document.body;
    $('model-step').open = false;
    if (here) $('message').focus();
    if (wanted && !chat && !talk.turns.length) say(wanted);
    wanted = '';
  },
  piece({ id, text, stats }) {
    if (id !== asked || !writing) return;
    // Said once; the figures below the words are no news to be read out.
    if (stats.new_tokens) {
      if (!writing.about.textContent) $('talk-status').textContent = 'The model writes…';
      writing.about.textContent = aboutWriting(stats);
    }
    talk.write(writing, text);
  },
  written({ id, reason, stats }) {
    if (id !== asked || !writing) return;
    writing.item.classList.remove('writing');
    const end = ENDS[reason === 'length' && stats.new_tokens < most ? 'full' : reason],
      there = document.activeElement === $('stop'),
      nothing = !writing.text;
    if (stats.new_tokens) writing.about.textContent = [aboutWriting(stats), ...(end ? [end] : [])].join(' · ');
    if (nothing) talk.cut(writing);
    writing = null;
    $('talk-status').textContent =
      reason === 'stopped' ? 'Stopped.' : nothing ? 'The model had nothing to say.' : 'The model has written.';
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
      if (NUMBERS.includes(error.field)) $('settings-step').open = true;
      refresh();
      showError('talk', error, answer);
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
plan();
