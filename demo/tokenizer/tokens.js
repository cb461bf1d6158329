// Tokens over their text: a span for each by its offsets, details of the current one, and the table. Several tokens can
// come from the same characters (the bytes of one emoji): they share a span. Nothing here knows a tokenizer.
import { element } from '../shared/page.js';

/**
 * The first tokens of an encoding.
 * @typedef {object} Encoded
 * @property {Int32Array} ids
 * @property {string[]} tokens
 * @property {Int32Array} offsets begin and end of each, in UTF-16 units
 * @property {Uint8Array} special 1: added by the tokenizer
 * @property {number} total tokens of the whole encoding
 */
const HUES = 5;
/** Rows that the table has at first, and that it gets when its end is near. */
const ROWS = 200;
/**
 * Makes white space visible.
 * @param {string} text
 */
const visible = (text) => text.replaceAll('\n', '⏎').replaceAll('\t', '⇥').replaceAll(' ', '␣');

export class Tokens {
  #area;
  #current;
  #list;
  /** @type {Encoded | null} */ #encoded = null;
  #text = '';
  /** @type {HTMLElement[]} by token */ #spans = [];
  #now = -1;

  /**
   * @param {HTMLElement} area
   * @param {HTMLElement} current
   * @param {HTMLElement} list
   */
  constructor(area, current, list) {
    this.#area = area;
    this.#current = current;
    this.#list = list;
    const frame = /** @type {HTMLElement} */ (list.closest('.table'));
    frame.addEventListener('scroll', () => {
      if (frame.scrollTop + 2 * frame.clientHeight > frame.scrollHeight) this.#rows();
    });
    area.addEventListener('pointerover', (event) => this.#point(event));
    area.addEventListener('click', (event) => this.#point(event));
    area.addEventListener('keydown', (event) => this.#key(event));
  }

  /** @param {Event} event */
  #point(event) {
    const span = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest('.t'));
    if (span) this.select(Number(span.dataset.first));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const last = this.#spans.length - 1;
    /** @type {Record<string, number>} */
    const keys = { ArrowRight: this.#now + 1, ArrowLeft: this.#now - 1, Home: 0, End: last };
    const to = keys[event.key];
    if (to === undefined || last < 0) return;
    event.preventDefault();
    this.select(Math.max(0, Math.min(last, to)));
    this.#spans[this.#now].scrollIntoView({ block: 'nearest' });
  }

  /** @param {number} i of the token */
  select(i) {
    if (!this.#encoded || i === this.#now) return;
    this.#spans[this.#now]?.classList.remove('now');
    this.#now = i;
    this.#spans[i].classList.add('now');
    const { ids, tokens, offsets, special } = this.#encoded,
      [begin, end] = offsets.subarray(2 * i, 2 * i + 2);
    const where = special[i]
      ? 'added by the tokenizer'
      : begin === end
        ? 'covers no characters'
        : `characters ${begin} to ${end}`;
    this.#current.replaceChildren(`Token ${i + 1}: `, element('code', tokens[i]), ` · id ${ids[i]} · ${where}`);
    if (!special[i] && end > begin) this.#current.append(' · ', element('code', visible(this.#text.slice(begin, end))));
  }

  /**
   * @param {string} text
   * @param {Encoded} encoded
   */
  show(text, encoded) {
    this.#text = text;
    this.#encoded = encoded;
    this.#spans = [];
    this.#now = -1;
    this.#current.textContent = '';
    const { ids, tokens, offsets, special } = encoded,
      shown = document.createDocumentFragment();
    let at = 0,
      hue = 0;
    for (let i = 0; i < ids.length; ) {
      let begin = offsets[2 * i],
        end = offsets[2 * i + 1],
        next = i + 1;
      if (special[i] || end <= at) {
        // over no characters, or over ones that have been shown: a chip of its own
        const chip = element('span', special[i] || begin === end ? tokens[i] : '·', 't special');
        chip.dataset.first = String(i);
        this.#spans.push(chip);
        shown.append(chip);
        i++;
        continue;
      }
      while (next < ids.length && !special[next] && offsets[2 * next] < end)
        end = Math.max(end, offsets[2 * next++ + 1]);
      begin = Math.max(begin, at);
      if (begin > at) shown.append(element('span', text.slice(at, begin), 'unseen'));
      const span = element('span', '', 't');
      // A line break is kept, with a sign in front of it.
      text
        .slice(begin, end)
        .split(/(?<=\n)/)
        .forEach((line) => {
          if (line.endsWith('\n')) span.append(line.slice(0, -1), element('span', '⏎', 'break'), '\n');
          else span.append(line);
        });
      span.dataset.hue = String(hue++ % HUES);
      span.dataset.first = String(i);
      if (next - i > 1) span.dataset.many = String(next - i);
      for (; i < next; i++) this.#spans.push(span);
      shown.append(span);
      at = end;
    }
    if (encoded.total === ids.length && at < text.length) shown.append(element('span', text.slice(at), 'unseen'));
    this.#area.replaceChildren(shown);
  }

  /** Fills the table. Call it once the table is open: until then it costs nothing. */
  table() {
    this.#list.replaceChildren();
    this.#rows();
  }

  /** Adds the next rows of the table, few enough that nobody waits for them. */
  #rows() {
    if (!this.#encoded) return;
    const { ids, tokens, offsets, special } = this.#encoded,
      rows = document.createDocumentFragment(),
      from = this.#list.childElementCount;
    for (let i = from; i < Math.min(from + ROWS, ids.length); i++) {
      const row = document.createElement('tr'),
        token = document.createElement('td');
      token.append(element('code', tokens[i]));
      row.append(
        element('td', String(i + 1)),
        token,
        element('td', String(ids[i])),
        element('td', special[i] ? 'special' : `${offsets[2 * i]}–${offsets[2 * i + 1]}`),
      );
      rows.append(row);
    }
    this.#list.append(rows);
  }
}
