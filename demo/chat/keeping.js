// The conversation over a reload: in this tab's own storage (sessionStorage), which ends with the tab. Nothing is kept
// where the browser forbids storage, or the conversation is larger than it allows.

/**
 * @typedef {{ chat: boolean, turns: import('./conversation.js').KeptTurn[], model: string,
 *   dtype: import('./worker.js').Dtype, system: string, draft: string }} Kept
 */

const KEY = 'conversation';

/** @param {Kept} kept */
export function remember(kept) {
  try {
    if (kept.turns.length || kept.draft) sessionStorage.setItem(KEY, JSON.stringify(kept));
    else sessionStorage.removeItem(KEY);
  } catch {
    // without storage, or room in it, the conversation lasts as long as the page
  }
}

/** @returns {Kept | null} */
export function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
  } catch {
    return null;
  }
}
