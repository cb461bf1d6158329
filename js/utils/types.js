// Types that several folders need. No code: nothing imports this file at run time.

/**
 * @typedef {Record<string, any>} Json any: parsed JSON; its fields are checked where they are read
 */

export {};
