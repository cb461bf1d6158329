// TypeScript for the peer's tests of types: every module in `src/` and `types/` of its checkout declares what this
// package's types.d.ts declares.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const OURS = fileURLToPath(new URL('../../js/types.js', import.meta.url));
const SOURCE = `export * from ${JSON.stringify(OURS)};`;

/**
 * Whether a file is the declaration of one of the peer's modules, where a test's imports of its types end.
 * @param {string} file
 */
const isTheirs = (file) => /[\\/]packages[\\/]transformers[\\/](src|types)[\\/].*\.d\.ts$/.test(path.resolve(file));

/**
 * Declarations are parsed once, not for each of forty programs.
 * @type {Map<string, ts.SourceFile | undefined>}
 */
const parsed = new Map();

/** @param {ts.CompilerHost} host @returns {ts.CompilerHost} */
const mapped = (host) => ({
  ...host,
  directoryExists: (folder) => isTheirs(path.join(folder, 'x.d.ts')) || (host.directoryExists?.(folder) ?? true),
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
