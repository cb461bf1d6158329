// How a page and its worker talk: plain messages with a type, one handler for each type, errors as plain data.

/**
 * One handler for each type of message.
 * @template {{ type: string }} Message
 * @typedef {{ [Type in Message['type']]: (message: Extract<Message, { type: Type }>) => unknown }} Handlers
 */
/**
 * @typedef {{ name: string, code: string, message: string, field?: string }} PlainError
 *
 * @typedef {object} Cancelled
 * @property {'cancelled'} type
 * @property {string} during the type of the request
 *
 * @typedef {{ type: 'failed', during: string, id?: number } & PlainError} Failed
 */

/** @type {(error: unknown) => PlainError} */
export function plainError(error) {
  const {
    name = 'Error',
    code = 'unknown',
    message = String(error),
    field = '',
  } = /** @type {Partial<PlainError>} */ (error ?? {});
  return { name, code, message, field };
}

/**
 * For the page: gives the worker's messages to their handlers. If the worker's scripts cannot be loaded, the load has
 * failed.
 * @template {{ type: string }} Message
 * @param {Worker} worker
 * @param {Handlers<Message> & { failed: (error: Failed) => unknown }} handlers
 */
export function listen(worker, handlers) {
  worker.onmessage = ({ data }) => /** @type {Record<string, Function>} */ (handlers)[data.type](data);
  worker.onerror = (event) =>
    handlers.failed({
      type: 'failed',
      during: 'load',
      name: 'Error',
      code: 'worker',
      message: event.message || 'The scripts of this page could not be loaded. Reload the page.',
    });
}

/**
 * For the worker: gives the page's requests to their handlers, and tells the page how those ended that were aborted or
 * failed.
 * @template {{ type: string }} Message
 * @param {Handlers<Message>} handlers
 */
export function answer(handlers) {
  self.onmessage = async ({ data }) => {
    const during = data.type;
    try {
      await /** @type {Record<string, Function>} */ (handlers)[during](data);
    } catch (error) {
      const plain = plainError(error);
      if (plain.name === 'AbortError') self.postMessage({ type: 'cancelled', during });
      else self.postMessage({ type: 'failed', during, id: data.id, ...plain });
    }
  };
}
