// Module hooks (node:module) of a process that runs the peer's code: imports of its source give this package's names,
// with stands-in for those that are missing (missing.js). onnxruntime and jest are replaced by the little that is used.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

/** @typedef {{ url: string, format?: string, shortCircuit?: boolean }} Resolved */
/** @typedef {{ parentURL?: string }} Context */
/** @typedef {{ format: string, source: string, shortCircuit: boolean }} Loaded */

const HERE = import.meta.url;
const PACKAGE = new URL('../../js/index.js', HERE).href;
const MATHS = new URL('../../js/tensor/maths.js', HERE).href;
const NAME = '@huggingface/transformers';

/** Where the peer's code lies, as a URL that ends with a slash. */
let peer = '';

/** @param {{ peer: string }} data */
export function initialize(data) {
  peer = data.peer;
}

/**
 * The names that a file imports from the peer.
 * @param {string} text
 * @returns {string[]}
 */
export function importedNames(text) {
  const bare = text.replace(/\/\/.*|\/\*[^]*?\*\//g, '');
  const from = `["'](?:[^"']*/src/[^"']*|${NAME})["']`;
  const patterns = [
    new RegExp(`import\\s*\\{([^}]*)\\}\\s*from\\s*${from}`, 'g'),
    new RegExp(`const\\s*\\{([^}]*)\\}\\s*=\\s*(?:await\\s+import|require)\\(\\s*${from}`, 'g'),
  ];
  const names = patterns.flatMap((pattern) => [...bare.matchAll(pattern)].flatMap((match) => match[1].split(',')));
  return [...new Set(names.map((name) => name.trim().split(/\s+as\s+|\s*:/)[0]).filter((name) => /^\w+$/.test(name)))];
}

/**
 * @param {string} specifier
 * @param {Context} context
 * @param {(specifier: string, context: Context) => Promise<Resolved>} next
 * @returns {Promise<Resolved>}
 */
export async function resolve(specifier, context, next) {
  const parent = context.parentURL ?? '';
  if (!parent.startsWith(peer)) return next(specifier, context);
  if (specifier === NAME || /(^|\/)src\/(?!.*\/src\/)/.test(specifier))
    return { url: `peer:names?${new URLSearchParams({ specifier, from: parent })}`, shortCircuit: true };
  if (specifier.startsWith('onnxruntime-')) return { url: 'peer:onnxruntime', shortCircuit: true };
  if (specifier === '@jest/globals') return { url: new URL('jest.js', HERE).href, shortCircuit: true };
  if (specifier === 'typescript') return { url: new URL('types.js', HERE).href, shortCircuit: true };
  if (specifier === '@sveltejs/kit') return { url: 'peer:svelte', shortCircuit: true };
  return next(specifier, context);
}

const STUBS = /** @type {Record<string, string>} */ ({
  'peer:onnxruntime':
    'export const onnxruntimeBackend = { init() {} }, env = { wasm: {} }, registerBackend = () => {};',
  'peer:svelte': 'export const json = Response.json, error = (status, text) => { throw new Error(status + text); };',
});

/**
 * @param {string} url
 * @param {Context} context
 * @param {(url: string, context: Context) => Promise<Loaded>} next
 * @returns {Promise<Loaded>}
 */
export async function load(url, context, next) {
  const module = (/** @type {string} */ source) => ({ format: 'module', source, shortCircuit: true });
  if (STUBS[url]) return module(STUBS[url]);
  if (url.startsWith(peer) && url.endsWith('.ts')) {
    const { code } = await transform(readFileSync(fileURLToPath(url), 'utf8'), { loader: 'ts' });
    return module(code.replaceAll('import.meta.main', 'true')); // Deno's
  }
  if (!url.startsWith('peer:names?')) return next(url, context);
  const query = new URLSearchParams(url.slice('peer:names?'.length));
  const inside = query.get('specifier')?.endsWith('/utils/maths.js');
  const names = importedNames(readFileSync(fileURLToPath(/** @type {string} */ (query.get('from'))), 'utf8'));
  return module(`
    import * as ours from '${PACKAGE}';
    ${inside ? `import * as more from '${MATHS}';` : 'const more = {};'}
    import { missing } from '${new URL('missing.js', HERE).href}';
    const pick = (name) => ours[name] ?? more[name] ?? missing(name);
    ${names.map((name) => `export const ${name} = pick('${name}');`).join('\n')}
  `);
}
