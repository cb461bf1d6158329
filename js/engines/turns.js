// Whose turn it is, where one at a time may work for long and between its steps waits for somebody to read: the
// next in line waits while work is done, but not for a reader who has left. Who does not come back within a moment
// is put aside, and gets another turn when he does.

/** How long a reader may do nothing while others wait: longer than a page takes to show a token. */
const IDLE_MS = 50;

export class Turn {
  /** Whether somebody else has had a turn meanwhile. */ displaced = false;
  /** Grows with each rest. */ rests = 0;
  resting = false;
  /** @type {() => void} */ begin = () => {};
  /** @param {() => void} aside keeps what is needed to go on later */
  constructor(aside) {
    this.aside = aside;
  }
}

export class Turns {
  /** @type {Turn | null} */ #holder = null;
  /** @type {Turn[]} */ #waiting = [];
  #watching = false;

  /**
   * Begins, or comes back after rest().
   * @param {Turn} turn
   * @param {AbortSignal | null} [signal] ends the waiting
   * @returns {Promise<void>}
   */
  async take(turn, signal) {
    turn.resting = false;
    if (this.#holder === turn) return;
    signal?.throwIfAborted();
    let abort = () => {};
    try {
      await new Promise((resolve, reject) => {
        abort = () => reject(signal?.reason);
        signal?.addEventListener('abort', abort, { once: true });
        turn.begin = () => resolve(undefined);
        this.#waiting.push(turn);
        this.#next();
      });
    } catch (cause) {
      this.leave(turn);
      throw cause;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /**
   * Somebody reads what was made.
   * @param {Turn} turn
   */
  rest(turn) {
    turn.resting = true;
    turn.rests++;
    this.#next();
  }

  /** @param {Turn} turn */
  leave(turn) {
    this.#waiting = this.#waiting.filter((other) => other !== turn);
    if (this.#holder !== turn) return;
    this.#holder = null;
    this.#next();
  }

  #next() {
    const holder = this.#holder;
    if (!this.#waiting.length) return;
    if (!holder) {
      this.#holder = /** @type {Turn} */ (this.#waiting.shift());
      this.#holder.begin();
      this.#next();
    } else if (holder.resting && !this.#watching) {
      const { rests } = holder;
      this.#watching = true;
      setTimeout(() => {
        this.#watching = false;
        if (this.#holder === holder && holder.resting && holder.rests === rests && this.#waiting.length) {
          holder.displaced = true;
          holder.aside();
          this.#holder = null;
        }
        this.#next();
      }, IDLE_MS);
    }
  }
}
