// Whose turn it is, where one holder at a time works for long and rests between its steps, while somebody reads what it
// made. The next in line waits while the holder works, but not for a reader who stays away: a holder that rests too
// long is parked, and takes another turn later.

/** How long a holder may rest while others wait, in milliseconds: longer than a page takes to show a token. */
const IDLE_MS = 50;

export class Turn {
  /** Whether another holder has had a turn since the last take(). */ parked = false;
  /** How often it has rested. */ rests = 0;
  resting = false;
  /** @type {() => void} */ begin = () => {};
  /** @param {() => void} park keeps what is needed to go on later */
  constructor(park) {
    this.park = park;
  }
}

export class Turns {
  /** @type {Turn | null} */ #holder = null;
  /** @type {Turn[]} */ #waiting = [];
  #timed = false;

  /**
   * Begins, or goes on after rest().
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
   * The holder waits for its reader.
   * @param {Turn} turn
   */
  rest(turn) {
    turn.resting = true;
    turn.rests++;
    this.#next();
  }

  /**
   * The holder has ended, or no longer waits.
   * @param {Turn} turn
   */
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
    } else if (holder.resting && !this.#timed) {
      const { rests } = holder;
      this.#timed = true;
      setTimeout(() => {
        this.#timed = false;
        if (this.#holder === holder && holder.resting && holder.rests === rests && this.#waiting.length) {
          holder.parked = true;
          holder.park();
          this.#holder = null;
        }
        this.#next();
      }, IDLE_MS);
    }
  }
}
