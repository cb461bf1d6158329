// TypeScript for the peer's tests of types: `types/transformers.js` of its checkout is this package's types.d.ts.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const OURS = fileURLToPath(new URL('../../js/types.js', import.meta.url));
const THEIRS = path.join('packages', 'transformers', 'types', 'transformers.d.ts');
const SOURCE = `export * from ${JSON.stringify(OURS)};`;

/**
 * The file in which a test's "../../types/transformers.js" ends.
 * @param {string} file
 */
const isTheirs = (file) => path.resolve(file).endsWith(THEIRS);

/**
 * Declarations are parsed once, not for each of forty programs.
 * @type {Map<string, ts.SourceFile | undefined>}
 */
const parsed = new Map();

/** @param {ts.CompilerHost} host @returns {ts.CompilerHost} */
const mapped = (host) => ({
  ...host,
  directoryExists: (folder) =>
    path.resolve(folder).endsWith(path.dirname(THEIRS)) || (host.directoryExists?.(folder) ?? true),
  fileExists: (file) => isTheirs(file) || host.fileExists(file),
  readFile: (file) => (isTheirs(file) ? SOURCE : host.readFile(file)),
  getSourceFile(file, language, ...rest) {
    if (isTheirs(file)) return ts.createSourceFile(file, SOURCE, language, true);
    if (!file.endsWith('.d.ts')) return host.getSourceFile(file, language, ...rest);
    if (!parsed.has(file)) parsed.set(file, host.getSourceFile(file, language, ...rest));
    return parsed.get(file);
  },
});

/**
 * @param {readonly string[]} files
 * @param {ts.CompilerOptions} options
 * @param {ts.CompilerHost} [host]
 */
const createProgram = (files, options, host) =>
  ts.createProgram(files, options, mapped(host ?? ts.createCompilerHost(options)));

export default { ...ts, createProgram };
