// What to do about a file that does not parse: its copy in the cache is deleted and it is fetched again, once. Loaded
// with the first such file; imports nothing, so that a bundler's chunk of it waits for no other.

/** Codes of errors that a file cut short, or its wrong bytes, lead to. */
const DAMAGE = new Set(
  (
    'cut_cache invalid_json html_instead_of_json html_instead_of_weights truncated too_long header_too_small ' +
    'header_too_large header_not_an_object bad_header_entry bad_offsets size_mismatch hole overlap duplicate_tensor ' +
    'bad_sentencepiece_model bad_tiktoken_ranks'
  ).split(' '),
);

/**
 * Whether another copy of the file may be better. A copy that was in the cache before may have been changed there.
 * @param {any} error any: of every class of errors.js
 * @param {import('./types.js').CacheEntry} entry
 */
const isDamage = ({ name, code }, { old }) =>
  DAMAGE.has(code) ||
  (old && (/^(Tokenizer|Weights)Error$/.test(name) || (name === 'ConfigError' && /^(bad|wrong|invalid)_/.test(code))));

/**
 * @template T
 * @param {any} error any: what the first try was rejected with; names a file
 * @param {{ opened: Map<string, import('./types.js').CacheEntry>, refetch: Set<string>, signal?: AbortSignal | null }}
 *   state of the load
 * @param {() => Promise<T>} load tries again
 * @returns {Promise<T>} rejects with an error that says where the damaged file lies
 */
export async function repair(error, { opened, refetch, signal }, load) {
  for (;;) {
    const entry = opened.get(error?.file);
    if (!entry || !isDamage(error, entry)) throw error;
    const { key } = entry,
      again = refetch.has(key);
    await entry.remove().catch(() => {}); // what does not parse is not kept
    if (again) {
      error.message += ` It was fetched again from ${key}, with the same result.`;
      throw error;
    }
    refetch.add(key);
    try {
      return await load();
    } catch (/** @type {any} any: of every class */ next) {
      if (signal?.aborted) throw next;
      if (next?.name === 'HubError' && next.code !== 'cut_cache') {
        error.message += ` It could not be fetched again from ${key}: ${next.message}`;
        throw error;
      }
      error = next;
    }
  }
}
