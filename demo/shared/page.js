// What the pages share: short names for the DOM, numbers and errors in words, and the theme.

/**
 * Type of byId for a page. Known: its elements that are more than an HTMLElement.
 * @template {object} Known
 * @typedef {<Id extends string>(id: Id) => Id extends keyof Known ? Known[Id] : HTMLElement} ById
 */

/** Finds an element by an id that the page certainly has. */
export const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} text
 * @param {string} [className]
 */
export const element = (tag, text, className = '') =>
  Object.assign(document.createElement(tag), { textContent: text, className });

/**
 * @param {string} text
 * @param {() => void} onclick
 */
export const button = (text, onclick) => Object.assign(element('button', text), { type: 'button', onclick });

/** @param {number} t in milliseconds */
export const ms = (t) =>
  (t < 1000 ? `${t.toFixed(t < 10 ? 1 : 0)} ms` : `${(t / 1000).toFixed(1)} s`).replace(' ', '\u00a0');

/**
 * Shows an error in the box `${where}-error`, or hides the box.
 * @param {string} where
 * @param {import('./messages.js').PlainError | undefined} error
 * @param {Record<string, string>} advice by the error's code
 * @param {() => void} [retry] for a button "Try again"
 */
export function showErrorIn(where, error, advice, retry) {
  const box = byId(`${where}-error`);
  box.hidden = !error;
  box.replaceChildren();
  if (!error) return;
  box.append(element('p', error.message));
  if (advice[error.code]) box.append(element('p', advice[error.code]));
  box.append(element('p', `${error.name} · ${error.code}`, 'code'));
  if (retry) box.append(button('Try again', retry));
}

/**
 * Opens the first file that is dropped on the page; meanwhile the card looks like a place to drop it.
 * @param {HTMLElement} card
 * @param {(file: File) => void} open
 */
export function acceptDrops(card, open) {
  addEventListener('dragover', (event) => {
    event.preventDefault();
    card.classList.add('dropping');
  });
  addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) card.classList.remove('dropping');
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    card.classList.remove('dropping');
    const file = event.dataTransfer?.files[0];
    if (file) open(file);
  });
}

/**
 * Opens a file by a button and a hidden input.
 * @param {HTMLElement} button
 * @param {HTMLInputElement} input
 * @param {(file: File) => void} open
 */
export function acceptFiles(button, input, open) {
  button.onclick = () => input.click();
  input.onchange = () => {
    const file = input.files?.[0];
    if (file) open(file);
    input.value = ''; // so that the same file can be opened again
  };
}

/** The theme: the system's, until someone chooses one for all pages. */
export function startTheme() {
  const remember = (/** @type {string} */ value) => {
    try {
      localStorage.setItem('theme', value);
    } catch {
      // without storage the choice lasts as long as the page
    }
  };
  const remembered = () => {
    try {
      return localStorage.getItem('theme') ?? '';
    } catch {
      return '';
    }
  };
  const system = matchMedia('(prefers-color-scheme: dark)'),
    { dataset } = document.documentElement,
    toggle = byId('theme');
  function show() {
    const dark = dataset.theme ? dataset.theme === 'dark' : system.matches;
    toggle.setAttribute('aria-pressed', String(dark));
  }
  if (remembered()) dataset.theme = remembered();
  system.addEventListener('change', show);
  toggle.onclick = () => {
    dataset.theme = toggle.getAttribute('aria-pressed') === 'true' ? 'light' : 'dark';
    remember(dataset.theme);
    show();
  };
  show();
}
