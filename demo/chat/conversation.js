// The turns of a conversation and how they are shown. A model with a chat template gets messages; one without continues
// a text, and then all turns are one story.
import { button, element } from '../shared/page.js';

/**
 * @typedef {object} Turn
 * @property {'user' | 'assistant'} role
 * @property {string} text
 * @property {HTMLElement} item
 * @property {HTMLElement} words the text, as far as it is shown
 * @property {HTMLElement} about what is said about it in small print
 */

/** @typedef {{ role: Turn['role'], text: string, about: string }} KeptTurn */

/** Characters of a message that are shown: a very long one would only keep the browser busy. */
const SHOWN = 20_000;

export class Conversation {
  /** @type {Turn[]} */ turns = [];
  /** whether the model reads messages, not a story */ chat = true;
  #log;
  #act;
  /** whether the log scrolls along with what is written */ #pinned = true;
  /** where the log was scrolled to, or seen last */ #seen = 0;

  /**
   * @param {HTMLElement} log
   * @param {{ edit: (turn: Turn, text: string) => void, retry: (turn: Turn) => void }} act
   */
  constructor(log, act) {
    this.#log = log;
    this.#act = act;
    log.addEventListener('scroll', () => this.#look());
    new ResizeObserver(() => this.toEnd()).observe(log); // what stands below the log may grow
  }

  /**
   * @param {'user' | 'assistant'} role
   * @param {string} text
   * @returns {Turn}
   */
  add(role, text) {
    const item = element('div', '', `turn ${role}`),
      words = element('p', text.slice(0, SHOWN), 'words'),
      about = element('p', '', 'about');
    if (text.length > SHOWN) {
      const [all, shown] = [text.length, SHOWN].map((count) => count.toLocaleString('en'));
      about.textContent = `The model reads all ${all} characters; only the first ${shown} are shown.`;
    }
    const who = this.chat ? { user: 'You', assistant: 'Model' } : { user: 'You wrote', assistant: 'The model wrote' };
    item.append(element('p', who[role], 'who'), words, about);
    const turn = { role, text, item, words, about };
    if (!this.turns.length) this.#log.replaceChildren();
    this.turns.push(turn);
    this.#log.append(item);
    this.toEnd(true);
    return turn;
  }

  /** Who scrolls up is left there, until they come back to the end. Growing text alone is not scrolling up. */
  #look() {
    const { scrollTop, clientHeight, scrollHeight } = this.#log;
    if (scrollTop < this.#seen - 1) this.#pinned = false;
    if (scrollTop + clientHeight > scrollHeight - 40) this.#pinned = true;
    this.#seen = scrollTop;
  }

  /**
   * Adds to a turn; only the new text is touched.
   * @param {Turn} turn
   * @param {string} more
   */
  write(turn, more) {
    this.#look(); // before the log grows: the scroll event comes later
    turn.text += more;
    const { lastChild } = turn.words;
    if (lastChild) /** @type {Text} */ (lastChild).appendData(more);
    else if (more.trim()) turn.words.append(more.trimStart()); // the space before the first word is not shown
    this.toEnd();
  }

  /** Scrolls to the end, unless someone has scrolled up and `anyway` is false. */
  toEnd(anyway = false) {
    if (anyway) this.#pinned = true;
    if (!this.#pinned) return;
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#seen = this.#log.scrollTop;
  }

  /**
   * Shows what can be done with the turns while nothing is written.
   * @param {boolean} idle
   */
  offer(idle) {
    for (const { item } of this.turns) item.querySelector('.actions')?.remove();
    if (!idle) return;
    this.turns.forEach((turn, i) => {
      const actions = element('div', '', 'actions');
      const add = (/** @type {string} */ name, /** @type {string} */ label, /** @type {() => void} */ act) => {
        const action = button(name, act);
        action.setAttribute('aria-label', label);
        actions.append(action);
      };
      if (turn.role === 'user') add('Edit', `Edit: ${turn.text.slice(0, 40)}`, () => this.#edit(turn));
      if (i === this.turns.length - 1) {
        if (turn.role === 'user') add('Answer', 'Answer this message', () => this.#act.retry(turn));
        else add('Retry', 'Retry: write this answer again', () => this.#act.retry(turn));
      }
      if (actions.childElementCount) turn.item.append(actions);
    });
  }

  /** @param {Turn} turn */
  #edit(turn) {
    const area = element('textarea', ''),
      actions = element('div', '', 'actions');
    area.value = turn.text;
    area.setAttribute('aria-label', 'Your message');
    const close = () => {
      area.remove();
      actions.remove();
      turn.words.hidden = false;
      this.offer(true);
    };
    const save = button('Send again', () => {
      const text = area.value.trim();
      close();
      if (text) this.#act.edit(turn, text);
    });
    area.onkeydown = (event) => {
      if (event.key === 'Escape') close();
    };
    this.offer(false);
    turn.words.hidden = true;
    actions.append(save, button('Cancel', close));
    turn.item.append(area, actions);
    area.focus();
  }

  /**
   * Removes a turn and all after it.
   * @param {Turn} turn
   */
  cut(turn) {
    const at = this.turns.indexOf(turn);
    for (const { item } of this.turns.splice(at)) item.remove();
  }

  clear() {
    this.turns = [];
    this.#log.replaceChildren();
  }

  /**
   * What a reload keeps of it.
   * @returns {{ chat: boolean, turns: KeptTurn[] }}
   */
  kept() {
    const turns = this.turns.map(({ role, text, about }) => ({ role, text, about: about.textContent ?? '' }));
    return { chat: this.chat, turns: turns.filter(({ text }) => text) };
  }

  /** @param {{ chat: boolean, turns: KeptTurn[] }} kept */
  restore({ chat, turns }) {
    this.clear();
    this.chat = chat;
    for (const { role, text, about } of turns) this.add(role, text).about.textContent = about;
  }

  /**
   * What the model reads: messages, or the story so far.
   * @param {string} system
   * @returns {import('./worker.js').Prompt}
   */
  prompt(system) {
    if (this.chat) {
      const said = this.turns.map(({ role, text }) => ({ role: String(role), content: text }));
      return system ? [{ role: 'system', content: system }, ...said] : said;
    }
    return this.turns.reduce(
      (story, { text }) => story + (story && !/\s$/.test(story) && !/^[\s.,;:!?’'”"]/.test(text) ? ' ' : '') + text,
      '',
    );
  }
}
