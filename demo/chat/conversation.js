// The turns of a conversation and how they are shown. A model with a chat template gets messages; one without goes on with a
// text, and then all turns are one story.
import { element } from '../page.js';

/** @typedef {{ role: 'user' | 'assistant', text: string, about: string, item: HTMLElement, words: HTMLElement }} Turn */

export class Conversation {
  /** @type {Turn[]} */ turns = [];
  /** Does the model know messages? */ chat = true;
  #log; #act; #pinned = true;

  /** @param {HTMLElement} log @param {{ edit: (turn: Turn, text: string) => void, retry: (turn: Turn) => void }} act */
  constructor(log, act) {
    this.#log = log;
    this.#act = act;
    log.addEventListener('scroll', () => { this.#pinned = log.scrollTop + log.clientHeight > log.scrollHeight - 40; });
  }

  /** @param {'user' | 'assistant'} role @param {string} text @returns {Turn} */
  add(role, text) {
    const item = element('div', '', `turn ${role}`), words = element('p', text, 'words');
    const who = this.chat ? { user: 'You', assistant: 'Model' } : { user: 'You wrote', assistant: 'The model went on' };
    item.append(element('p', who[role], 'who'), words);
    const turn = { role, text, about: '', item, words };
    if (!this.turns.length) this.#log.replaceChildren();
    this.turns.push(turn);
    this.#log.append(item);
    this.toEnd(true);
    return turn;
  }

  /** More of a turn: only the new text is touched. @param {Turn} turn @param {string} more */
  write(turn, more) {
    turn.text += more;
    if (turn.words.lastChild) turn.words.lastChild.appendData(more);
    else if (more.trim()) turn.words.append(more.trimStart()); // the space before its first word stays in its text
    this.toEnd();
  }

  /** Follows what is written, unless someone has scrolled away. */
  toEnd(anyway = false) {
    if (anyway) this.#pinned = true;
    if (this.#pinned) this.#log.scrollTop = this.#log.scrollHeight;
  }

  /** What may be done with the turns while nothing is written. @param {boolean} idle */
  offer(idle) {
    for (const { item } of this.turns) item.querySelector('.actions')?.remove();
    if (!idle) return;
    this.turns.forEach((turn, i) => {
      const actions = element('div', '', 'actions');
      const add = (name, label, act) => {
        const button = element('button', name);
        button.type = 'button';
        button.setAttribute('aria-label', label);
        button.onclick = act;
        actions.append(button);
      };
      if (turn.role === 'user') add('Edit', `Edit: ${turn.text.slice(0, 40)}`, () => this.#edit(turn));
      else if (i === this.turns.length - 1) add('Retry', 'Retry: write this once more', () => this.#act.retry(turn));
      if (actions.childElementCount) turn.item.append(actions);
    });
  }

  /** @param {Turn} turn */
  #edit(turn) {
    const area = element('textarea', ''), actions = element('div', '', 'actions'), save = element('button', 'Write anew'), leave = element('button', 'Leave it');
    area.value = turn.text;
    area.setAttribute('aria-label', 'The text, to be changed');
    save.type = leave.type = 'button';
    const back = () => {
      area.remove();
      actions.remove();
      turn.words.hidden = false;
      this.offer(true);
    };
    save.onclick = () => {
      const text = area.value.trim();
      back();
      if (text) this.#act.edit(turn, text);
    };
    leave.onclick = back;
    area.onkeydown = (event) => {
      if (event.key === 'Escape') back();
    };
    this.offer(false);
    turn.words.hidden = true;
    actions.append(save, leave);
    turn.item.append(area, actions);
    area.focus();
  }

  /** Forgets a turn and all behind it. @param {Turn} turn */
  cut(turn) {
    const at = this.turns.indexOf(turn);
    for (const { item } of this.turns.splice(at)) item.remove();
  }

  clear() {
    this.turns = [];
    this.#log.replaceChildren();
  }

  /** What the model reads: messages, or the story so far. @param {string} system */
  prompt(system) {
    if (this.chat) {
      const said = this.turns.map(({ role, text }) => ({ role, content: text }));
      return system ? [{ role: 'system', content: system }, ...said] : said;
    }
    return this.turns.reduce((story, { text }) => story + (story && !/\s$/.test(story) && !/^[\s.,;:!?’'”"]/.test(text) ? ' ' : '') + text, '');
  }
}
