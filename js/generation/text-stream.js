// An answer while it is written: pieces of text to iterate over or as a ReadableStream, the whole as a promise. The
// model goes on only as fast as the stream is read. A reader that stops ends the generation; its result is what was
// written until then.

import { InputError } from '../errors.js';

export class TextStream {
  #run;
  #text;
  #finish;
  #isRead = false;
  /** @type {Promise<any>} */ #output;
  /** @type {(value: any) => void} */ #resolve = () => {};
  /** @type {(error: any) => void} */ #reject = () => {};

  /**
   * @param {import('./generate.js').GenerationRun} run
   * @param {import('./continuation.js').Continuation} text
   * @param {(answer: string) => any} finish makes the whole result of the answer's text
   */
  constructor(run, text, finish) {
    this.#run = run;
    this.#text = text;
    this.#finish = finish;
    this.#output = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#output.catch(() => {}); // a failure is thrown to the reader as well
  }

  /**
   * Tokens and milliseconds so far; the reason is null until the end. The rate is of what came after the first
   * tokens, where that is enough to tell.
   */
  get stats() {
    const {
        prompts,
        tokens,
        times: { first, firstTokens, all },
        reasons,
      } = this.#run,
      n = tokens[0].length;
    const rate = n > firstTokens && all > first ? (n - firstTokens) / (all - first) : all ? n / all : 0;
    return {
      prompt_tokens: prompts[0].length,
      new_tokens: n,
      first_token_ms: first,
      total_ms: all,
      tokens_per_second: rate * 1000,
      finish_reason: reasons[0],
    };
  }

  /**
   * What the pipeline would have answered: [{ generated_text }]. Reads the rest where nobody does.
   * @returns {Promise<any>}
   */
  get output() {
    if (!this.#isRead) {
      (async () => {
        for await (const _ of this);
      })().catch(() => {});
    }
    return this.#output;
  }

  /** @returns {AsyncGenerator<string, void>} */
  async *[Symbol.asyncIterator]() {
    if (this.#isRead) throw new InputError('This stream has been read; begin another one.', { code: 'stream_used' });
    this.#isRead = true;
    let answer = '',
      ended = false;
    try {
      for await (const step of this.#run.steps()) {
        const piece = step[0] < 0 ? '' : this.#text.push(step[0]);
        answer += piece;
        if (piece) yield piece;
      }
      ended = true;
      const rest = this.#text.end();
      answer += rest;
      if (rest) yield rest;
    } catch (error) {
      this.#reject(error);
      throw error;
    } finally {
      try {
        if (!ended) answer += this.#text.end();
        this.#resolve([this.#finish(answer)]); // after a failure it is rejected already
      } catch (error) {
        this.#reject(error);
      }
    }
  }

  /** @returns {ReadableStream<string>} */
  toReadableStream() {
    const pieces = this[Symbol.asyncIterator]();
    return new ReadableStream(
      {
        async pull(controller) {
          const { done, value } = await pieces.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        async cancel() {
          await pieces.return();
        },
      },
      { highWaterMark: 0 },
    );
  }
}
