// The errors of the package. Each has a class and a stable code, and names the file and the field that are wrong where
// there are such. A failure in C++ arrives as a handle's status; checkStatus() makes it one of these errors.

/**
 * @typedef {{ code?: string, file?: string, field?: string, status?: number, url?: string, cause?: unknown }}
 *   ErrorDetails
 */

/** Base of this package's errors. */
export class WasmformersError extends Error {
  /**
   * @param {string} message a sentence that says what is wrong
   * @param {ErrorDetails} [details]
   */
  constructor(message, details = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    /**
     * Stable, lower_snake_case.
     * @type {string}
     */
    this.code = details.code ?? 'error';
    /**
     * The file that is wrong, "" where there is none.
     * @type {string}
     */
    this.file = details.file ?? '';
    /**
     * The field, tensor, input or option in it.
     * @type {string}
     */
    this.field = details.field ?? '';
  }
}

/** config.json, an option, an unknown task, dtype or model type. */
export class ConfigError extends WasmformersError {}
/** A safetensors or GGUF file: its header, its size, a missing tensor or a wrong shape. */
export class WeightsError extends WasmformersError {}
/** tokenizer.json and its companions. */
export class TokenizerError extends WasmformersError {}
/** What a caller passed to a model, tokenizer or pipeline. */
export class InputError extends WasmformersError {}
/** Memory ran out. A smaller input may work. */
export class MemoryError extends WasmformersError {}
/** A defect of this package: please report it. */
export class InternalError extends WasmformersError {}

/** A file that could not be read: missing, forbidden, offline, cut off, or a web page in its place. */
export class HubError extends WasmformersError {
  /**
   * @param {string} message
   * @param {ErrorDetails} [details]
   */
  constructor(message, details = {}) {
    super(message, details);
    /**
     * HTTP status, 0 where there was no answer.
     * @type {number}
     */
    this.status = details.status ?? 0;
    /** @type {string} */
    this.url = details.url ?? '';
  }
}

/** @type {Record<string, typeof WasmformersError>} */
const CLASSES = {
  ConfigError,
  WeightsError,
  TokenizerError,
  InputError,
  MemoryError,
  InternalError,
  HubError,
  WasmformersError,
};
// Minifiers rename classes, so the names are set.
for (const name in CLASSES) CLASSES[name].prototype.name = name;

/**
 * The status of a handle's last call, as every Embind handle of ours has it.
 * @typedef {{ ok(): boolean, errorClass(): string, errorCode(): string, errorMessage(): string, errorFile():
 *   string, errorField(): string }} StatusHandle
 */

/**
 * Throws the error of the handle's last call, if that failed.
 * @param {StatusHandle} handle
 * @param {string} [where] put before the file's name, e.g. the repository
 */
export function checkStatus(handle, where = '') {
  if (handle.ok()) return;
  const Class = CLASSES[handle.errorClass()] ?? InternalError;
  throw new Class((where ? where + ': ' : '') + handle.errorMessage(), {
    code: handle.errorCode(),
    file: handle.errorFile(),
    field: handle.errorField(),
  });
}

/**
 * An error about a field of a file that the caller has given in its place is the caller's: it names the option config.
 * @template T
 * @param {T} error
 * @param {object | null | undefined} given in place of, or over, the file
 * @param {string} file
 * @returns {T} the same
 */
export function blameCaller(error, given, file) {
  if (given && error instanceof WasmformersError && error.file === file) {
    const [head] = error.field.split(/[.[]/);
    if (Object.hasOwn(given, head)) {
      error.message = error.message.replaceAll(file, 'the option config');
      error.file = '';
    }
  }
  return error;
}

/**
 * Throws the signal's reason where it is aborted. InputError: no signal at all.
 * @param {AbortSignal | null | undefined} signal
 */
export function throwIfAborted(signal) {
  if (signal && typeof signal.addEventListener !== 'function')
    throw new InputError('signal must be an AbortSignal.', { code: 'bad_signal', field: 'signal' });
  if (signal?.aborted) throw signal.reason ?? new DOMException('The operation was aborted.', 'AbortError');
}
