// Types of the hub. No code: nothing imports this file at run time.

/**
 * @typedef {object} ProgressEvent
 * @property {string} status 'initiate', 'download', 'progress', 'done' of a file, 'not_cached' of one that the
 *   cache could not keep; 'progress_total' of a load
 * @property {string} [name] the repository's
 * @property {string} [file]
 * @property {number} [progress] percent
 * @property {number} [loaded] bytes
 * @property {number} [total] bytes
 * @property {string} [reason] why it was not kept
 * @property {string} [task]
 * @property {string} [model]
 * @property {Record<string, { loaded: number, total: number }>} [files]
 *
 * @typedef {object} HubOptions
 * @property {string} [revision] branch, tag or commit
 * @property {string} [subfolder]
 * @property {((event: ProgressEvent) => void) | null} [progress_callback]
 * @property {AbortSignal} [signal]
 * @property {boolean} [local_files_only] ask local files and the cache, not the network
 * @property {string | null} [cache_dir] a folder for this call (Node)
 * @property {string} [token] of the Hub
 * @property {Record<string, string>} [headers] of each request
 * @property {string | null} [gguf] name of a GGUF file of the repository, which stands for all of its files
 * @property {Map<string, CacheEntry>} [opened] of one load: what the cache has, by the file's name
 * @property {Set<string>} [refetch] of one load: keys that are not read from the cache
 *
 * @typedef {object} OpenFile a file that can be read once
 * @property {string} name
 * @property {number} size bytes, 0 where it is not known
 * @property {AsyncIterable<Uint8Array>} chunks
 * @property {boolean} [local] no network is needed to read it
 * @property {CacheEntry} [entry] what the cache knows of it, where it keeps it
 * @property {string} [plan] of a GGUF file: where which tensor lies (js/gguf/plan.js)
 *
 * @typedef {Map<string, Promise<{ close: () => Promise<void> }>>} Shared files by name
 *
 * @typedef {{ folder: string, path: string }} FolderPlace a file on disk
 *
 * @typedef {object} UrlPlace
 * @property {string} url
 * @property {boolean} cached downloads from there are kept in the cache
 * @property {string} [path] in the repository
 * @property {string} [list] address of the list of the repository's files
 * @property {boolean} [skipWebPage] a web page counts as a missing file: the next place is tried
 *
 * @typedef {FolderPlace | UrlPlace} Place where a file may be
 *
 * @typedef {object} Writer
 * @property {(chunk: Uint8Array) => Promise<void>} write
 * @property {() => Promise<void>} close keeps what was written
 * @property {() => Promise<void>} abort drops it
 * @property {string} [stamp] the file's, once it is closed
 *
 * @typedef {object} Cache its keys are the files' URLs
 * @property {(key: string) => Promise<null | { stream: AsyncIterable<Uint8Array>, size: number, stamp: string }>} get
 *   A stamp changes whenever the file is written anew, by any program and whatever its size; '' is unknown.
 * @property {(key: string, size: number) => Promise<Writer>} put rejects where there is no room
 * @property {(key: string) => Promise<unknown>} remove
 *
 * @typedef {object} CacheEntry a file in the cache
 * @property {string} key
 * @property {() => string} stamp '' until a download is read to its end
 * @property {() => Promise<unknown>} remove
 * @property {boolean} [old] it was there before this load
 */

export {};
