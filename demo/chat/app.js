// The page for chat: what people see and press. worker.js does the work; conversation.js shows the turns.
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
import { listen } from '../shared/messages.js';
import { button, byId, element, ms, showErrorIn, startTheme } from '../shared/page.js';
import { Conversation } from './conversation.js';
import { recall, remember } from './keeping.js';
import { IDEAS, MODELS } from './models.js';

/**
 * @typedef {object} ChatElements
 * @property {HTMLSelectElement} dtype
 * @property {HTMLFormElement} settings
 * @property {HTMLDetailsElement} model-step
 * @property {HTMLDetailsElement} settings-step
 * @property {HTMLTextAreaElement} system
 * @property {HTMLInputElement} sample
 * @property {HTMLInputElement} temperature
 * @property {HTMLInputElement} top_p
 * @property {HTMLInputElement} top_k
 * @property {HTMLInputElement} seed
 * @property {HTMLInputElement} repetition_penalty
 * @property {HTMLInputElement} max_new_tokens
 * @property {HTMLFormElement} talk-form
 * @property {HTMLTextAreaElement} message
 * @property {HTMLButtonElement} send
 */
const $ = /** @type {import('../shared/page.js').ById<import('../shared/loading.js').LoadElements & ChatElements>} */ (
  byId
);

const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
const send = (/** @type {import('./worker.js').Request} */ request) => worker.postMessage(request);
const ADVICE = {
  ...LOAD_ADVICE,
  not_found: 'Is the id spelled as on the Hub? The repository must hold config.json, tokenizer files and safetensors.',
  out_of_memory: 'A smaller model or a lower precision may fit.',
  prompt_too_long: 'Start over, or edit an earlier message.',
};
/** The longest message, in characters: the browser itself takes long over more. */
const LARGEST = 200_000;
/** Bytes that WebAssembly can address. */
const ROOM = 2 ** 32;
const NUMBERS = /** @type {const} */ ([
  'temperature',
  'top_p',
  'top_k',
  'seed',
  'repetition_penalty',
  'max_new_tokens',
]);

let ready = false,
  /** the number of the newest request to write */ asked = 0,
  /** the number of the newest plan */ planned = 0,
  /** new tokens that were asked for, 0: as many as the library gives */ most = 0,
  /** the story to begin with once the model is loaded */ wanted = '';
/**
 * The answer that is being written.
 * @type {import('./conversation.js').Turn | null}
 */
let writing = null;
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

/**
 * @param {'load' | 'talk'} where
 * @param {import('../shared/messages.js').PlainError} [error]
 * @param {() => void} [retry]
 */
const showError = (where, error, retry) => showErrorIn(where, error, ADVICE, retry);

// --- 1 model
offerModels(MODELS);
const chosen = () => ({
  model: $('choice').value || idOf($('other').value),
  dtype: /** @type {import('./worker.js').Dtype} */ ($('dtype').value),
});

/** Asks how much the model needs, before anything is downloaded. */
function plan() {
  const choice = chosen();
  planned++;
  $('plan').textContent = choice.model ? 'Checking the size…' : '';
  if (choice.model) send({ type: 'plan', id: planned, ...choice });
}
function choose() {
  const other = showOther();
  showError('load');
  plan();
  if (other) $('other').focus();
}
$('choice').onchange = choose;
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
  send({ type: 'load', ...chosen() });
}
$('load-form').onsubmit = (event) => {
  event.preventDefault();
  load();
};
$('cancel-load').onclick = () => send({ type: 'cancel' });
$('quick').onclick = () => {
  $('choice').value = MODELS[0].id;
  choose();
  wanted = IDEAS.story[0];
  load();
};

// --- 2 settings
$('settings').onsubmit = (event) => event.preventDefault();
$('sample').onchange = () => {
  $('sampling').hidden = !$('sample').checked;
};
/** The name of a field that holds something else than a number; the browser gives no value for it. */
const noNumber = () => NUMBERS.find((name) => $(name).validity.badInput);
function options() {
  const sample = $('sample').checked;
  /** @type {import('./worker.js').Settings} */
  const out = { do_sample: sample };
  for (const name of NUMBERS) {
    const value = $(name).valueAsNumber;
    if (Number.isFinite(value) && (sample || !$('sampling').contains($(name)))) out[name] = value;
  }
  return out;
}
/**
 * Takes over what the model's repository recommends.
 * @param {Record<string, unknown>} defaults
 */
function adopt(defaults) {
  for (const name of /** @type {const} */ (['temperature', 'top_p', 'top_k', 'repetition_penalty']))
    if (typeof defaults[name] === 'number') $(name).value = String(defaults[name]);
}

// --- the conversation
/** @param {string} text */
function say(text) {
  if (text) talk.add('user', text);
  answer();
}
function answer() {
  if (!ready || writing || !talk.turns.length) return;
  showError('talk');
  const wrong = noNumber();
  if (wrong) {
    const label = $(wrong).parentElement?.firstChild?.textContent?.trim();
    return handlers.failed({
      type: 'failed',
      during: 'write',
      id: asked,
      name: 'InputError',
      code: 'bad_option',
      field: wrong,
      message: `${label} is not a number.`,
    });
  }
  const settings = options();
  const prompt = talk.prompt($('system').value.trim());
  writing = talk.add('assistant', '');
  writing.item.classList.add('writing');
  $('talk-status').textContent = 'The model is reading…';
  most = settings.max_new_tokens ?? 0;
  refresh();
  keep();
  (talkCard.clientHeight < innerHeight ? talkCard : $('talk-form')).scrollIntoView({ block: 'nearest' });
  send({ type: 'write', id: ++asked, prompt, options: settings });
}
function submit() {
  const text = $('message').value.trim();
  // A story can continue without a new text; a conversation cannot.
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
const talkCard = /** @type {HTMLElement} */ ($('talk-title').closest('.card'));
talkCard.addEventListener('beforeinput', (event) => {
  const more = event.data ?? event.dataTransfer?.getData('text/plain') ?? '',
    length = /** @type {HTMLTextAreaElement} */ (event.target).value.length + more.length;
  if (length <= LARGEST || !more) return;
  event.preventDefault();
  const [would, limit] = [length, LARGEST].map((count) => count.toLocaleString('en'));
  showError('talk', {
    name: 'InputError',
    code: 'too_long',
    message: `The message would have ${would} characters; the limit is ${limit}.`,
  });
});
$('stop').onclick = () => send({ type: 'stop' });
addEventListener('keydown', (event) => {
  // An Escape that ends a composition, or closes a list of choices, is not meant for the answer.
  if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented || !writing) return;
  event.preventDefault();
  send({ type: 'stop' });
});
$('clear').onclick = () => {
  send({ type: 'stop' });
  writing = null;
  asked++;
  talk.clear();
  $('talk-status').textContent = '';
  showError('talk');
  refresh();
  keep();
  $('message').focus();
};

/** Keeps the conversation for a reload of this tab. */
function keep() {
  remember({ ...talk.kept(), ...chosen(), system: $('system').value, draft: $('message').value });
}
/** Shows the conversation that this tab had before it was loaded again; its model is chosen, not loaded. */
function resume() {
  const kept = recall();
  if (!kept) return;
  talk.restore(kept);
  $('system').value = kept.system;
  $('message').value = kept.draft;
  $('dtype').value = kept.dtype;
  $('choice').value = kept.model;
  if ($('choice').value !== kept.model) {
    $('choice').value = '';
    $('other').value = kept.model;
  }
  showOther();
  if (talk.turns.length) $('talk-status').textContent = 'Load the model to go on with this conversation.';
}
addEventListener('pagehide', keep);

function refresh() {
  const { chat, turns } = talk,
    idle = ready && !writing,
    typed = !!$('message').value.trim();
  $('message').disabled = !ready;
  $('message').placeholder = !ready
    ? 'Load a model first'
    : chat
      ? 'Write to the model…'
      : turns.length
        ? 'Write more, or let the model continue…'
        : 'Begin a story…';
  $('message-label').textContent = chat ? 'Your message' : 'Your part of the story';
  $('talk-title').textContent = chat ? 'Conversation' : 'Story';
  $('log').classList.toggle('story', !chat);
  $('send').textContent = chat ? 'Send' : typed || !turns.length ? 'Write' : 'Continue';
  $('send').disabled = !idle || (!typed && (chat || !turns.length));
  $('send').hidden = !!writing;
  $('stop').hidden = !writing;
  $('clear').hidden = !turns.length;
  talkCard.classList.toggle('talking', !!turns.length);
  $('system-field').hidden = !chat;
  $('ideas').hidden = !ready || !!turns.length;
  if (!turns.length && !$('log').childElementCount) $('log').append(element('p', invitation(), 'empty'));
  talk.offer(idle);
}

function invitation() {
  if (!ready) return 'Load a model, then write to it here.';
  return talk.chat ? 'Say something.' : 'Write the beginning of a story; the model continues it.';
}

function offerIdeas() {
  const ideas = talk.chat ? IDEAS.chat : IDEAS.story;
  $('ideas').replaceChildren(
    ...ideas.map((idea) =>
      button(idea, () => {
        if (!writing) say(idea);
      }),
    ),
  );
}
/** @param {import('./worker.js').Stats} stats */
const aboutWriting = ({ new_tokens: tokens, tokens_per_second: rate, first_token_ms: first }) =>
  `${tokens} tokens · ${rate.toFixed(rate < 10 ? 1 : 0)} tokens/s · first token after ${ms(first)}`;
/** @type {Record<string, string>} */
const ENDS = {
  length: 'stopped at the limit of new tokens',
  full: 'the model’s context is full',
  stopped: 'stopped',
  time: 'out of time',
};
/** @param {import('./worker.js').Planned['plan']} plan */
function describePlan({ download, files, weights, cache, tokens }) {
  const parts = files.length > 1 ? ` in ${files.length} files` : '';
  const size = files.every(({ cached }) => cached)
    ? 'Already downloaded'
    : download
      ? `Download: ${MB(download)}${parts}`
      : 'The server does not report the size';
  const need =
    `Memory: about ${MB(weights + cache)} (weights ${MB(weights)}, ` +
    `${tokens.toLocaleString('en')} tokens of conversation ${MB(cache)}).`;
  const warning =
    weights + cache > ROOM ? ' This is more than a page can use; a smaller model or a lower precision may fit.' : '';
  return `${size}. ${need}${warning}`;
}

// --- what the worker says
/** @type {import('../shared/messages.js').Handlers<import('./worker.js').Response>} */
const handlers = {
  planned({ id, plan }) {
    if (id === planned) $('plan').textContent = describePlan(plan);
  },
  progress: ({ files, ...whole }) => showProgress(files, whole),
  preparing: showPreparing,
  loaded({ model, stats, defaults, ms: time, chat, context }) {
    busyLoading(false);
    ready = true;
    if (talk.chat !== chat || !talk.turns.length) talk.clear();
    $('talk-status').textContent = '';
    talk.chat = chat;
    adopt(defaults);
    $('quick').hidden = true;
    offerIdeas();
    refresh();
    $('status').textContent = `${MODELS.find(({ id }) => id === model)?.name ?? model} is ready.`;
    showFacts([
      `loaded in ${ms(time)}`,
      simdOf(stats),
      stats.dtype,
      `${MB(stats.memoryBytes)} of memory`,
      ...(context ? [`reads up to ${context.toLocaleString('en')} tokens`] : []),
      chat ? 'made for chat' : 'continues a text',
    ]);
    const here = $('model-card').contains(document.activeElement) || document.activeElement === document.body;
    $('model-step').open = false;
    if (here) $('message').focus();
    if (wanted && !chat && !talk.turns.length) say(wanted);
    wanted = '';
  },
  piece({ id, text, stats }) {
    if (id !== asked || !writing) return;
    // Announced once; the figures below the words change too often to be read out.
    if (stats.new_tokens) {
      if (!writing.about.textContent) $('talk-status').textContent = 'The model is writing…';
      writing.about.textContent = aboutWriting(stats);
    }
    talk.write(writing, text);
  },
  written({ id, reason, stats }) {
    if (id !== asked || !writing) return;
    writing.item.classList.remove('writing');
    const end = ENDS[reason === 'length' && stats.new_tokens < most ? 'full' : (reason ?? '')],
      there = document.activeElement === $('stop'),
      nothing = !writing.text;
    if (stats.new_tokens) writing.about.textContent = [aboutWriting(stats), ...(end ? [end] : [])].join(' · ');
    if (nothing) talk.cut(writing);
    writing = null;
    keep();
    $('talk-status').textContent =
      reason === 'stopped' ? 'Stopped.' : nothing ? 'The model’s answer is empty.' : 'The model has finished.';
    refresh();
    talk.toEnd();
    if (there) $('message').focus();
  },
  cancelled({ during }) {
    if (during !== 'load') return;
    busyLoading(false);
    $('status').textContent = CANCELLED;
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
      if (NUMBERS.some((name) => name === error.field)) $('settings-step').open = true;
      refresh();
      showError('talk', error, answer);
    }
  },
};
listen(worker, handlers);
$('status').textContent = FROM_HUB;
resume();
refresh();
plan();
