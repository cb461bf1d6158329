// The span of a text that answers a question. A context longer than the model's input is split into overlapping windows
// (doc_stride); the best span of all is the answer, as in Transformers' QuestionAnsweringPipeline.

import { InputError } from '../errors.js';
import { checkOptions, checkWhole } from '../utils/options.js';
import { Pipeline, listOf } from './pipeline.js';

/** @typedef {import('../types.js').Answer} Answer */

const OPTIONS = 'top_k doc_stride max_answer_len max_seq_len max_question_len handle_impossible_answer signal';

/**
 * Softmax over the allowed places, 0 elsewhere.
 * @param {Float32Array} logits
 * @param {boolean[]} allowed
 */
function masked(logits, allowed) {
  let max = -Infinity,
    sum = 0;
  logits.forEach((v, i) => {
    if (allowed[i] && v > max) max = v;
  });
  const p = Float64Array.from(logits, (v, i) => (allowed[i] ? Math.exp(v - max) : 0));
  for (const v of p) sum += v;
  return sum ? p.map((v) => v / sum) : p;
}

export class QuestionAnsweringPipeline extends Pipeline {
  static task = 'question-answering';
  static model = 'AutoModelForQuestionAnswering';
  static defaultModel = 'distilbert/distilbert-base-cased-distilled-squad';

  /**
   * @param {string | string[] | { question: string, context: string } | { question: string, context: string }[]}
   *   question
   * @param {string | string[] | Record<string, any>} [context]
   * @param {import('../types.js').QuestionAnsweringOptions} [options]
   * @returns {Promise<any>} Answer; Answer[] for top_k > 1; a list of those for lists
   */
  async _call(question, context, options = {}) {
    if (typeof (Array.isArray(question) ? question[0] : question) === 'object') {
      options = context === undefined ? {} : /** @type {any} */ (context);
      const [items, many] = listOf(/** @type {any} */ (question));
      const all = await this.#answer(
        items.map((i) => i?.question),
        items.map((i) => i?.context),
        options,
      );
      return many ? all : all[0];
    }
    const [questions, many] = listOf(/** @type {string | string[]} */ (question));
    const [contexts] = listOf(/** @type {string | string[]} */ (context));
    if (questions.length !== contexts.length) {
      throw new InputError(`There are ${questions.length} questions but ${contexts.length} contexts.`, {
        code: 'length_mismatch',
        field: 'context',
      });
    }
    const all = await this.#answer(questions, contexts, options);
    return many ? all : all[0];
  }

  /**
   * @param {string[]} questions
   * @param {string[]} contexts
   * @param {any} options
   */
  async #answer(questions, contexts, options) {
    checkOptions(options, OPTIONS);
    const { doc_stride, max_seq_len, max_question_len, handle_impossible_answer = false, signal } = options,
      top_k = options.top_k ?? 1,
      max_answer_len = options.max_answer_len ?? 15;
    for (const [field, value] of Object.entries({ top_k, max_answer_len, max_seq_len, max_question_len }))
      checkWhole(field, value ?? 1);
    contexts.forEach((c) => {
      if (typeof c !== 'string')
        throw new InputError(`The context must be a string, not ${typeof c}.`, {
          code: 'not_a_string',
          field: 'context',
        });
      if (!c) throw new InputError('The context is empty.', { code: 'empty_input', field: 'context' });
    });
    const length = Math.min(max_seq_len ?? 384, this.maxLength);
    const stride = doc_stride ?? Math.min(Math.floor(length / 2), 128);
    const cut = this.#cut(questions, max_question_len ?? Math.max(1, Math.min(length >> 1, length - stride - 8)));
    const rows = this.encode(cut, {
      text_pair: contexts,
      details: true,
      truncation: 'only_second',
      max_length: length,
      stride,
      return_overflowing_tokens: true,
    });
    /** @type {{ start: Float32Array, end: Float32Array }[]} */
    const logits = [];
    await this.run(
      rows,
      ({ start_logits, end_logits }, at, row) => {
        const t = start_logits.dims[1],
          n = rows.lengthOf(row);
        logits[row] = {
          start: start_logits.data.subarray(at * t, at * t + n),
          end: end_logits.data.subarray(at * t, at * t + n),
        };
      },
      { signal },
    );

    /** @type {Map<string, Answer>[]} */
    const found = questions.map(() => new Map());
    const noAnswer = questions.map(() => 1);
    for (let row = 0; row < rows.count; row++) {
      const text = rows.textOf(row);
      this.#spans(
        rows,
        row,
        logits[row],
        { top_k, max_answer_len, handle_impossible_answer, context: contexts[text] },
        found[text],
        (p) => {
          noAnswer[text] = Math.min(noAnswer[text], p);
        },
      );
    }
    return found.map((spans, i) => {
      const answers = [...spans.values()];
      if (handle_impossible_answer) answers.push({ answer: '', score: noAnswer[i], start: 0, end: 0 });
      answers.sort((a, b) => b.score - a.score);
      return top_k === 1 ? (answers[0] ?? { answer: '', score: 0, start: 0, end: 0 }) : answers.slice(0, top_k);
    });
  }

  /**
   * Cuts the ends of questions that leave no room for the context.
   * @param {string[]} questions
   * @param {number} tokens at most
   */
  #cut(questions, tokens) {
    return questions.map((question) => {
      if (typeof question !== 'string' || question.length <= tokens) return question;
      const rows = this.encode([question], { details: true, add_special_tokens: false, max_length: tokens }),
        n = rows.lengthOf(0);
      return n ? question.slice(0, rows.offsetsOf(0, n - 1)[1]) : question;
    });
  }

  /**
   * The best spans of one window.
   * @param {import('./pipeline.js').TokenRows} rows
   * @param {number} row
   * @param {{ start: Float32Array, end: Float32Array }} logits
   * @param {{ top_k: number, max_answer_len: number, handle_impossible_answer: boolean, context: string }} options
   * @param {Map<string, Answer>} found
   * @param {(p: number) => void} noAnswer
   */
  #spans(rows, row, logits, { top_k, max_answer_len, handle_impossible_answer, context }, found, noAnswer) {
    const n = rows.lengthOf(row);
    const inContext = Array.from({ length: n }, (_, i) => rows.sequenceOf(row, i) === 1);
    // [CLS] counts in the softmax: models that may give no answer point at it.
    const cls = this.tokenizer.cls_token_id;
    const allowed = inContext.map((c, i) => c || rows.idOf(row, i) === cls);
    const start = masked(logits.start, allowed),
      end = masked(logits.end, allowed);
    if (handle_impossible_answer) noAnswer(start[0] * end[0]);
    // An answer begins and ends with whole words.
    const words = inContext.map((c, i) => (c ? rows.wordSpan(row, i) : [0, 0]));
    // Only the top_k best spans are kept, not all n².
    /** @type {Answer[]} */
    const spans = [];
    for (let i = 0; i < n; i++) {
      if (!inContext[i]) continue;
      for (let j = i; j < Math.min(n, i + max_answer_len); j++) {
        const score = start[i] * end[j];
        if (!inContext[j] || (spans.length >= top_k && score <= spans[spans.length - 1].score)) continue;
        const from = words[i][0],
          to = words[j][1],
          same = spans.findIndex((s) => s.start === from && s.end === to);
        if (same >= 0 && spans[same].score >= score) continue;
        if (same >= 0) spans.splice(same, 1);
        const at = spans.findIndex((s) => score > s.score);
        spans.splice(at < 0 ? spans.length : at, 0, { answer: '', score, start: from, end: to });
        if (spans.length > top_k) spans.pop();
      }
    }
    for (const span of spans) {
      const key = span.start + ':' + span.end,
        known = found.get(key);
      if (!known || known.score < span.score) found.set(key, { ...span, answer: context.slice(span.start, span.end) });
    }
  }
}
