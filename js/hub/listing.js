// What lies in a repository of the Hub, by its API: optional files that are not there are not asked for, so that a
// page's console shows no 404. Loaded with the first file of the Hub; imports nothing, so that a bundler's chunk of it
// waits for no other.

/** Each load needs these at once: asked for without waiting for the list. */
const AT_ONCE = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];
/** Entries of one answer. A longer list has more pages: it says nothing of what it lacks. */
const PAGE = 1000;
/** How long a list is believed, in ms. */
const FRESH = 60_000;

/** @type {Map<string, Promise<Set<string> | null>>} */
const lists = new Map();

/**
 * @param {() => Promise<Response>} get
 * @returns {Promise<Set<string> | null>} names in the repository's folder; null: not known
 */
async function read(get) {
  try {
    const response = await get(),
      /** @type {{ path: string }[]} */
      entries = response.ok ? await response.json() : null;
    return entries.length < PAGE ? new Set(entries.map(({ path }) => path)) : null;
  } catch {
    return null;
  }
}

/**
 * Whether the Hub says that a file is not there.
 * @param {string} url of the list
 * @param {string} path in the repository
 * @param {() => Promise<Response>} get requests the list
 * @returns {Promise<boolean>} false also where the Hub does not say
 */
export async function isUnlisted(url, path, get) {
  let list = lists.get(url);
  if (!list) {
    list = read(get);
    lists.set(url, list);
    const forget = () => lists.delete(url);
    list.then((names) =>
      names ? /** @type {any} any: a number in browsers */ (setTimeout(forget, FRESH)).unref?.() : forget(),
    );
  }
  if (AT_ONCE.includes(path)) return false;
  const names = await list;
  return !!names && !names.has(path.split('/')[0]);
}
