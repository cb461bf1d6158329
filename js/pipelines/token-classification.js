// Labels for tokens, and tokens grouped to entities: the strategies of Transformers' TokenClassificationPipeline
// (pipelines/token_classification.py), with character offsets.

import { InputError } from '../errors.js';
import { softmax } from '../tensor/maths.js';
import { checkOptions } from '../utils/options.js';
import { Pipeline, listOf } from './pipeline.js';

/**
 * @typedef {import('../types.js').TokenEntity} TokenEntity
 * @typedef {import('../types.js').EntityGroup} EntityGroup
 * @typedef {{ scores: Float32Array, ids: number[], index: number, start: number, end: number, subword: boolean,
 *   parts?: Piece[] }} Piece one token, or one word of several
 */

const STRATEGIES = ['none', 'simple', 'first', 'average', 'max'];
const best = (/** @type {Float32Array} */ s) => s.reduce((b, v, i) => (v > s[b] ? i : b), 0);
const mean = (/** @type {number[]} */ x) => x.reduce((a, b) => a + b, 0) / x.length;

export class TokenClassificationPipeline extends Pipeline {
  static task = 'token-classification';
  static aliases = ['ner'];
  static model = 'AutoModelForTokenClassification';
  static defaultModel = 'dslim/bert-base-NER';

  /**
   * @param {string | string[]} texts
   * @param {import('../types.js').TokenClassificationOptions} [options]
   * @returns {Promise<any>} TokenEntity[] (none) or EntityGroup[]; a list of them for a list of texts
   */
  async _call(texts, options = {}) {
    checkOptions(options, 'aggregation_strategy ignore_labels signal');
    const { aggregation_strategy = 'none', signal } = options,
      ignore_labels = options.ignore_labels ?? ['O'];
    if (!Array.isArray(ignore_labels))
      throw new InputError('ignore_labels must be a list of labels.', { code: 'not_a_list', field: 'ignore_labels' });
    if (!STRATEGIES.includes(aggregation_strategy)) {
      throw new InputError(
        `The aggregation_strategy "${aggregation_strategy}" is unknown; there are ${STRATEGIES.join(', ')}.`,
        { code: 'unknown_strategy', field: 'aggregation_strategy' },
      );
    }
    const [list, many] = listOf(texts);
    const rows = this.encode(list, { details: true });
    const logits = await this.outputs(rows, { signal });
    const all = list.map((text, row) => {
      const pieces = this.#pieces(text, rows, row, logits[row]);
      if (aggregation_strategy === 'none') {
        return pieces.map((p) => this.#entity(p, text)).filter((e) => !ignore_labels.includes(e.entity));
      }
      const units = aggregation_strategy === 'simple' ? pieces : words(pieces, aggregation_strategy);
      return this.#groups(units, text).filter((g) => !ignore_labels.includes(g.entity_group));
    });
    return many ? all : all[0];
  }

  /**
   * @param {string} text
   * @param {import('./pipeline.js').TokenRows} rows
   * @param {number} row
   * @param {Float32Array} logits
   * @returns {Piece[]}
   */
  #pieces(text, rows, row, logits) {
    const n = rows.lengthOf(row),
      labels = logits.length / n;
    const pieces = [];
    for (let i = 0; i < n; i++) {
      if (rows.isSpecial(row, i)) continue;
      const [start, end] = rows.offsetsOf(row, i),
        id = rows.idOf(row, i);
      pieces.push({
        scores: softmax(logits.subarray(i * labels, (i + 1) * labels)),
        ids: [id],
        index: i,
        start,
        end,
        subword: this.#isSubword(text, id, start, end),
      });
    }
    return pieces;
  }

  // WordPiece marks the tokens that continue a word. Elsewhere a token continues one if no space comes before it.
  /**
   * @param {string} text
   * @param {number} id
   * @param {number} start
   * @param {number} end
   */
  #isSubword(text, id, start, end) {
    if (id === this.tokenizer.unk_token_id) return false;
    const token = this.tokenizer.convert_ids_to_tokens([id])[0] ?? '';
    const prefix = this.tokenizer.continuing_subword_prefix;
    if (prefix) return token.length !== end - start && token.startsWith(prefix);
    return start > 0 && !/\s/.test(text.slice(start - 1, start + 1));
  }

  /**
   * @param {Piece} p
   * @param {string} text
   * @returns {TokenEntity}
   */
  #entity({ scores, ids, index, start, end }, text) {
    const id = best(scores),
      unknown = ids[0] === this.tokenizer.unk_token_id;
    return {
      entity: this.label(id),
      score: scores[id],
      index,
      word: unknown ? text.slice(start, end) : this.tokenizer.convert_ids_to_tokens(ids)[0],
      start,
      end,
    };
  }

  // The text of tokens; for unknown tokens the part of the input.
  /**
   * @param {Piece[]} pieces
   * @param {string} text
   */
  #word(pieces, text) {
    const unk = this.tokenizer.unk_token_id;
    /** @type {(number[] | string)[]} */
    const parts = [];
    for (const p of pieces.flatMap((u) => u.parts ?? [u])) {
      const last = parts.at(-1);
      if (p.ids[0] === unk) parts.push(text.slice(p.start, p.end));
      else if (Array.isArray(last)) last.push(p.ids[0]);
      else parts.push([p.ids[0]]);
    }
    return parts
      .map((p) =>
        typeof p === 'string'
          ? p
          : this.tokenizer.decode(p, { skip_special_tokens: false, clean_up_tokenization_spaces: false }).trim(),
      )
      .join(' ');
  }

  // Neighbours of the same type form one group; "B-" begins a new one.
  /**
   * @param {Piece[]} units
   * @param {string} text
   * @returns {EntityGroup[]}
   */
  #groups(units, text) {
    /** @type {{ label: string, tag: string, units: Piece[] }[]} */
    const groups = [];
    for (const unit of units) {
      const label = this.label(best(unit.scores));
      const [, begins, tag] = /^(?:([BI])-)?(.*)$/s.exec(label) ?? [];
      const last = groups.at(-1);
      if (last && last.tag === tag && begins !== 'B') last.units.push(unit);
      else groups.push({ label, tag, units: [unit] });
    }
    return groups.map(({ label, units: g }) => ({
      entity_group: label.slice(label.indexOf('-') + 1),
      score: mean(g.map((u) => u.scores[best(u.scores)])),
      word: this.#word(g, text),
      start: g[0].start,
      end: g[g.length - 1].end,
    }));
  }
}

/**
 * Joins the tokens of each word; the strategy decides on its scores.
 * @param {Piece[]} pieces
 * @param {string} strategy
 * @returns {Piece[]}
 */
function words(pieces, strategy) {
  /** @type {Piece[][]} */
  const list = [];
  for (const p of pieces) {
    if (p.subword && list.length) list[list.length - 1].push(p);
    else list.push([p]);
  }
  return list.map((word) => {
    let { scores } = word[0];
    if (strategy === 'average') scores = scores.map((_, i) => mean(word.map((p) => p.scores[i])));
    if (strategy === 'max')
      ({ scores } = word.reduce((a, b) => (b.scores[best(b.scores)] > a.scores[best(a.scores)] ? b : a)));
    return { ...word[0], scores, parts: word, end: word[word.length - 1].end };
  });
}
