// What stands for a name that the peer exports and this package does not: using it in any way is a MissingExport.

export class MissingExport extends Error {
  name = 'MissingExport';
  /** @param {string} exported */
  constructor(exported) {
    super(`${exported} is not exported`);
    this.exported = exported;
  }
}

/** @type {WeakMap<object, string>} */
const names = new WeakMap();

/**
 * A class and function of that name.
 * @param {string} name
 */
export function missing(name) {
  const fail = () => {
    throw new MissingExport(name);
  };
  const stand = new Proxy(class {}, {
    // Tests read a class' name to make their titles, and modules of promises read `then`.
    get: (target, key) => {
      if (key === 'name') return name;
      return typeof key === 'symbol' || key === 'prototype' || key === 'then' ? Reflect.get(target, key) : fail();
    },
    apply: fail,
    construct: fail,
  });
  names.set(stand, name);
  return stand;
}

/**
 * The name that a value stands for.
 * @param {unknown} value
 * @returns {string | undefined}
 */
export const missingName = (value) => (typeof value === 'function' ? names.get(value) : undefined);
