// The text with its marks, and the list of results. Only what changes is touched, and a long text is added in portions,
// so that the page stays responsive.

const PORTION = 60; // paragraphs that are added at a time
const pause = () =>
  new Promise((resolve) => {
    setTimeout(resolve);
  });

/**
 * Adds an element for each sentence. The spaces between them are outside, so that no mark ends in one.
 * @param {HTMLElement} parent
 * @param {string[]} sentences
 */
function write(parent, sentences) {
  for (const sentence of sentences) {
    const words = sentence.trimEnd();
    parent.append(Object.assign(document.createElement('span'), { textContent: words }), sentence.slice(words.length));
  }
}

export class Reading {
  #box;
  #list;
  #query;
  /**
   * Their elements.
   * @type {HTMLElement[]}
   */
  #passages = [];
  /**
   * Their sentences.
   * @type {string[][]}
   */
  #texts = [];
  /**
   * The heat of marked passages.
   * @type {Map<number, number>}
   */
  #marked = new Map();
  /**
   * The sentences that match best.
   * @type {Element[]}
   */
  #pointed = [];
  #shows = 0;

  /**
   * @param {HTMLElement} box of the text
   * @param {HTMLElement} list of the results
   * @param {HTMLElement} query its input; Escape goes back to it
   */
  constructor(box, list, query) {
    this.#box = box;
    this.#list = list;
    this.#query = query;
    query.addEventListener('keydown', (event) => {
      if (event.key === 'ArrowDown') this.#step(event, 0);
    });
    list.addEventListener('keydown', (event) => {
      const at = this.#buttons().indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
      if (event.key === 'ArrowDown') this.#step(event, at + 1);
      if (event.key === 'ArrowUp') this.#step(event, at - 1);
      if (event.key === 'Escape') query.focus();
    });
    box.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') query.focus();
    });
  }

  #buttons() {
    return [...this.#list.querySelectorAll('button')];
  }

  /**
   * Moves the focus to a result, or from the first one up to the query.
   * @param {KeyboardEvent} event
   * @param {number} at
   */
  #step(event, at) {
    const target = at < 0 ? this.#query : this.#buttons()[at];
    if (!target) return;
    event.preventDefault();
    target.focus();
  }

  /** @param {import('./passages.js').Passage[]} passages */
  async show(passages) {
    const mine = ++this.#shows;
    this.clear();
    this.#passages = [];
    this.#texts = passages.map((p) => p.sentences);
    this.#box.replaceChildren();
    let paragraph = document.createElement('p'),
      at = -1;
    for (const passage of passages) {
      if (passage.paragraph !== at) {
        at = passage.paragraph;
        if (at && at % PORTION === 0) await pause();
        if (mine !== this.#shows) return;
        paragraph = this.#box.appendChild(document.createElement('p'));
      }
      const span = paragraph.appendChild(document.createElement('span'));
      span.className = 'passage';
      write(span, passage.sentences);
      this.#passages.push(span);
    }
  }

  clear() {
    for (const i of this.#marked.keys()) this.#heat(i, 0);
    this.#marked.clear();
    this.point([]);
    this.#list.replaceChildren();
  }

  /**
   * @param {number} i the passage
   * @param {number} heat 0: no mark
   */
  #heat(i, heat) {
    const passage = this.#passages[i];
    if (!passage) return;
    if (heat) passage.style.setProperty('--heat', heat.toFixed(3));
    else passage.style.removeProperty('--heat');
    passage.classList.toggle('marked', heat > 0);
  }

  /**
   * @param {{ passage: number, score: number }[]} results best first
   * @param {[number, number][]} marked passage and heat (0…1]
   */
  answer(results, marked) {
    const next = new Map(marked);
    for (const i of this.#marked.keys()) if (!next.has(i)) this.#heat(i, 0);
    for (const [i, heat] of next) this.#heat(i, heat);
    this.#marked = next;
    this.point([]);
    this.#list.replaceChildren(
      ...results.map(({ passage, score }) => {
        const item = document.createElement('li'),
          button = document.createElement('button');
        const number = document.createElement('span'),
          text = document.createElement('span');
        button.type = 'button';
        button.style.setProperty('--score', Math.max(0, Math.min(1, score)).toFixed(3));
        number.className = 'score';
        number.textContent = score.toFixed(2);
        text.className = 'excerpt';
        write(text, this.#texts[passage]);
        button.append(number, text);
        button.dataset.passage = String(passage);
        button.onclick = () => this.go(passage);
        item.append(button);
        return item;
      }),
    );
    if (marked.length) this.#bring(results[0].passage);
  }

  /**
   * Marks the sentences that match best, in the text and in the results.
   * @param {{ passage: number, sentence: number }[]} best
   */
  point(best) {
    for (const element of this.#pointed) element.classList.remove('best');
    this.#pointed = best.flatMap(({ passage, sentence }) => {
      const result = this.#list.querySelector(`button[data-passage="${passage}"] .excerpt`);
      return [this.#passages[passage]?.children[sentence], result?.children[sentence]].filter((found) => !!found);
    });
    for (const element of this.#pointed) element.classList.add('best');
  }

  /**
   * Scrolls to a passage inside the text's own box, if it has one; the page itself does not move.
   * @param {number} i
   */
  #bring(i) {
    const box = this.#box,
      passage = this.#passages[i];
    if (!passage || box.scrollHeight <= box.clientHeight + 4) return;
    const top = passage.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
    box.scrollTo({ top: top - box.clientHeight / 3, behavior: 'auto' });
  }

  /**
   * Goes to a passage with the focus, when its result is chosen.
   * @param {number} i
   */
  go(i) {
    const passage = this.#passages[i];
    if (!passage) return;
    passage.tabIndex = -1;
    passage.focus({ preventScroll: true });
    this.#bring(i);
    const { top, bottom } = passage.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) passage.scrollIntoView({ block: 'center' });
  }
}
