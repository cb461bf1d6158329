// What the pages share: short names for the DOM, numbers in words, errors in words, and the theme.

export const $ = (id) => document.getElementById(id);
export const element = (tag, text, className = '') =>
  Object.assign(document.createElement(tag), { textContent: text, className });
export const ms = (t) =>
  (t < 1000 ? `${t.toFixed(t < 10 ? 1 : 0)} ms` : `${(t / 1000).toFixed(1)} s`).replace(' ', '\u00a0');

/**
 * Shows an error in the box `${where}-error`, or hides it.
 * @param {Record<string, string>} advice by the error's code
 */
export function showErrorIn(where, error, advice) {
  const box = $(`${where}-error`);
  box.hidden = !error;
  box.replaceChildren();
  if (!error) return box;
  box.append(element('p', error.message));
  if (advice[error.code]) box.append(element('p', advice[error.code]));
  box.append(element('p', `${error.name} · ${error.code}`, 'code'));
  return box;
}

/** The theme: the system's, until someone chooses, on all pages. */
export function startTheme() {
  const remember = (value) => {
    try {
      localStorage.setItem('theme', value);
    } catch {
      /* no storage, no memory */
    }
  };
  const remembered = () => {
    try {
      return localStorage.getItem('theme');
    } catch {
      return null;
    }
  };
  const system = matchMedia('(prefers-color-scheme: dark)');
  function show() {
    const { theme } = document.documentElement.dataset;
    $('theme').setAttribute('aria-pressed', String(theme ? theme === 'dark' : system.matches));
  }
  if (remembered()) document.documentElement.dataset.theme = remembered();
  system.addEventListener('change', show);
  $('theme').onclick = () => {
    remember(
      (document.documentElement.dataset.theme = $('theme').getAttribute('aria-pressed') === 'true' ? 'light' : 'dark'),
    );
    show();
  };
  show();
}
