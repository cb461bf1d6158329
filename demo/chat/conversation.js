// The turns of a conversation and how they are shown. A model with a chat template gets messages; one without goes
// on with a text, and then all turns are one story.
import { element } from '../shared/page.js';

/**
 * @typedef {{ role: 'user' | 'assistant', text: string, item: HTMLElement, words: HTMLElement, about: HTMLElement
 *   }} Turn
 */

/** Characters of what someone wrote that are shown: pages and pages would only keep the browser busy. */
const SHOWN = 20_000;

export class Conversation {
  /** @type {Turn[]} */ turns = [];
  /** Does the model know messages? */ chat = true;
  #log;
  #act;
  #pinned = true;
  #put = 0;

  /**
   * @param {HTMLElement} log
   * @param {{ edit: (turn: Turn, text: string) => void, retry: (turn: Turn) => void }} act
   */
  constructor(log, act) {
    this.#log = log;
    this.#act = act;
    log.addEventListener('scroll', () => this.#look());
    new ResizeObserver(() => this.toEnd()).observe(log); // as what is written below it grows
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
    if (text.length > SHOWN)
      about.textContent = `The model is given all ${text.length.toLocaleString('en')} characters; the first ${SHOWN.toLocaleString('en')} are shown.`;
    const who = this.chat ? { user: 'You', assistant: 'Model' } : { user: 'You wrote', assistant: 'The model went on' };
    item.append(element('p', who[role], 'who'), words, about);
    const turn = { role, text, item, words, about };
    if (!this.turns.length) this.#log.replaceChildren();
    this.turns.push(turn);
    this.#log.append(item);
    this.toEnd(true);
    return turn;
  }

  /**
   * Someone goes up: nothing drags him down again, until he comes back to the end. That the text has grown since is
   * no going up.
   */
  #look() {
    const { scrollTop, clientHeight, scrollHeight } = this.#log;
    if (scrollTop < this.#put - 1) this.#pinned = false;
    if (scrollTop + clientHeight > scrollHeight - 40) this.#pinned = true;
    this.#put = scrollTop;
  }

  /**
   * More of a turn: only the new text is touched.
   * @param {Turn} turn
   * @param {string} more
   */
  write(turn, more) {
    this.#look(); // before it grows: the event comes later
    turn.text += more;
    if (turn.words.lastChild) turn.words.lastChild.appendData(more);
    else if (more.trim()) turn.words.append(more.trimStart()); // the space before its first word stays in its text
    this.toEnd();
  }

  /** Follows what is written, unless someone has scrolled away. */
  toEnd(anyway = false) {
    if (anyway) this.#pinned = true;
    if (!this.#pinned) return;
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#put = this.#log.scrollTop;
  }

  /**
   * What may be done with the turns while nothing is written.
   * @param {boolean} idle
   */
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
      if (i === this.turns.length - 1)
        turn.role === 'user'
          ? add('Answer', 'Answer this', () => this.#act.retry(turn))
          : add('Retry', 'Retry: write this once more', () => this.#act.retry(turn));
      if (actions.childElementCount) turn.item.append(actions);
    });
  }

  /** @param {Turn} turn */
  #edit(turn) {
    const area = element('textarea', ''),
      actions = element('div', '', 'actions'),
      save = element('button', 'Write anew'),
      leave = element('button', 'Leave it');
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

  /**
   * Forgets a turn and all behind it.
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
   * What the model reads: messages, or the story so far.
   * @param {string} system
   */
  prompt(system) {
    if (this.chat) {
      const said = this.turns.map(({ role, text }) => ({ role, content: text }));
      return system ? [{ role: 'system', content: system }, ...said] : said;
    }
    return this.turns.reduce(
      (story, { text }) => story + (story && !/\s$/.test(story) && !/^[\s.,;:!?’'”"]/.test(text) ? ' ' : '') + text,
      '',
    );
  }
}
