// The first step of the pages that load a model: the form while it loads, the bar, the files.
import { $, element } from './page.js';

export const MB = (bytes) =>
  bytes < 1e6
    ? `${Math.max(1, Math.round(bytes / 1e3))} kB`
    : bytes < 1e9
      ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
      : `${(bytes / 1e9).toFixed(2)} GB`;

export function busyLoading(loading) {
  for (const control of $('load-form').elements) if (control.id !== 'cancel-load') control.disabled = loading;
  $('cancel-load').hidden = $('progress-box').hidden = !loading;
  $('quick').disabled = loading;
}

/** Clears what an earlier load has left, and gives the focus to the button that ends this one. */
export function beginLoading() {
  busyLoading(true);
  $('cancel-load').focus();
  $('progress').removeAttribute('value');
  $('progress-text').textContent = 'Asking for the files…';
  $('files').replaceChildren();
  $('facts').replaceChildren();
  $('status').textContent = 'Loading the model.';
}

/**
 * @param {Record<string, { loaded: number, total: number }>} files
 * @param {{ loaded: number, total: number }} [whole] where it is known better than by the files' sum
 */
export function showProgress(files, whole) {
  const list = Object.entries(files);
  // Before the weights are known the whole is not: a bar that jumps back would tell nothing.
  if (list.some(([name]) => name.endsWith('.safetensors'))) {
    const sum = (of) => list.reduce((all, [, file]) => all + file[of], 0);
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
  $('progress-text').textContent = 'All files are here; the model takes its first breath.';
}
