// The first step of the pages that load a model: the form, the progress bar, the list of files, the facts.
import { byId, element } from './page.js';

/**
 * @typedef {object} LoadElements
 * @property {HTMLFormElement} load-form
 * @property {HTMLSelectElement} choice
 * @property {HTMLInputElement} other
 * @property {HTMLButtonElement} quick
 * @property {HTMLProgressElement} progress
 *
 * @typedef {{ loaded: number, total: number }} Progress bytes
 */
const $ = /** @type {import('./page.js').ById<LoadElements>} */ (byId);

/** Advice for errors while a model is loaded, by their codes. */
export const LOAD_ADVICE = {
  unreachable: 'Is this device online? Some networks block the Hub.',
  unauthorized: 'Is the id spelled as on the Hub? Private and gated models cannot be loaded here.',
  bad_id: 'An id looks like organisation/name.',
  cut_download: 'The connection was lost; files that were downloaded completely are kept.',
};
export const CANCELLED = 'Cancelled. Files that were downloaded completely are kept.';
export const FROM_HUB = 'The files come from the Hub the first time, and from this browser’s cache afterwards.';

/** @param {number} bytes */
export const MB = (bytes) =>
  bytes < 1e6
    ? `${Math.max(1, Math.round(bytes / 1e3))} kB`
    : bytes < 1e9
      ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
      : `${(bytes / 1e9).toFixed(2)} GB`;

/**
 * @param {HTMLFormElement} form
 * @param {string} except the id of the control that stays as it is
 * @param {boolean} disabled
 */
export function disableControls(form, except, disabled) {
  for (const control of /** @type {Iterable<HTMLInputElement>} */ (form.elements))
    if (control.id !== except) control.disabled = disabled;
}

/**
 * Fills the list of models; its last entry shows the field for any other id.
 * @param {{ id: string, name?: string, about: string, megabytes: number }[]} models
 */
export function offerModels(models) {
  for (const { id, name, about, megabytes } of models)
    $('choice').append(new Option(`${name ?? id.split('/')[1]} · ${megabytes} MB · ${about}`, id));
  $('choice').append(new Option('Another one from the Hub…', ''));
}

/** What stands behind the id in the address of a model's page. */
const TAB = /^(tree|blob|resolve|raw|discussions|commits?|edit)$/;
/**
 * The id that was entered, also where it is the address of the model's page on the Hub.
 * @param {string} entered
 * @returns {string}
 */
export function idOf(entered) {
  const id = entered.trim(),
    path = /^(?:https?:\/\/)?(?:www\.)?(?:huggingface\.co|hf\.co)\/([^?#]+)/i.exec(id)?.[1];
  if (!path) return id;
  const [owner, name] = path.split('/');
  return name && !TAB.test(name) ? `${owner}/${name}` : owner; // old models have no owner
}

/**
 * Shows the field for an id if the last entry is chosen.
 * @returns {boolean} whether it is
 */
export function showOther() {
  const other = !$('choice').value;
  $('other-field').hidden = !other;
  $('other').required = other;
  return other;
}

/** @param {boolean} loading */
export function busyLoading(loading) {
  disableControls($('load-form'), 'cancel-load', loading);
  $('cancel-load').hidden = $('progress-box').hidden = !loading;
  $('quick').disabled = loading;
}

/** Clears what an earlier load has left, and gives the focus to the button that cancels this one. */
export function beginLoading() {
  busyLoading(true);
  $('cancel-load').focus();
  $('progress').removeAttribute('value');
  $('progress-text').textContent = 'Requesting the files…';
  $('files').replaceChildren();
  $('facts').replaceChildren();
  $('status').textContent = 'Loading the model.';
}

/**
 * @param {Record<string, Progress>} files
 * @param {Progress} [whole] where it is known better than by the files' sum
 */
export function showProgress(files, whole) {
  const list = Object.entries(files);
  // Before the size of the weights is known there is no total: the bar would jump back.
  if (list.some(([name]) => name.endsWith('.safetensors'))) {
    const sum = (/** @type {keyof Progress} */ of) => list.reduce((all, [, file]) => all + file[of], 0);
    const { loaded, total } = whole ?? { loaded: sum('loaded'), total: sum('total') };
    $('progress').value = loaded / total;
    $('progress-text').textContent = `${MB(loaded)} of ${MB(total)}`;
  }
  list.forEach(([name, { loaded, total }], i) => {
    const item = $('files').children[i] ?? $('files').appendChild(element('li', ''));
    item.classList.toggle('whole', loaded === total);
    item.textContent = `${name}  ${loaded === total ? MB(total) : `${MB(loaded)} of ${MB(total)}`}`;
  });
}

export function showPreparing() {
  $('progress').removeAttribute('value');
  $('progress-text').textContent = 'All files are here; the model is starting.';
}

/** @param {string[]} facts about what was loaded */
export function showFacts(facts) {
  $('facts').replaceChildren(...facts.map((fact) => element('li', fact)));
}

/** @param {import('../../js/types.js').PreTrainedModel['stats']} stats */
export const simdOf = ({ variant }) => `${variant === 'relaxed' ? 'relaxed' : 'plain'} SIMD`;
