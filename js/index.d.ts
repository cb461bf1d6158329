// What js/index.js exports, with the types of the package: for files of this repository that import it by its path.
export * from './types.js';
