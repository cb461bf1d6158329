// Objects that can be called: `await model(inputs)` is `await model._call(inputs)`. They are made without the Function
// constructor, which a page's Content-Security-Policy may forbid.

export class Callable {
  constructor() {
    /** @type {any} any: a function that stands for an instance of new.target */
    const self = (/** @type {unknown[]} */ ...args) => self._call(...args);
    return Object.setPrototypeOf(self, new.target.prototype);
  }
}
