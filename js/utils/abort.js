// Stops several tasks together: a controller of our own that also follows the caller's signal. (AbortSignal.any is
// younger than the browsers that this package supports.)

/**
 * Runs f with a signal that is aborted when the caller's signal is, and when f fails: then all that f began stops.
 * @template T
 * @param {AbortSignal | null | undefined} signal
 * @param {(signal: AbortSignal) => Promise<T>} f
 * @returns {Promise<T>}
 */
export async function withLinkedAbort(signal, f) {
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await f(controller.signal);
  } catch (error) {
    controller.abort(error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}
