// Many random cases of one tokenizer, ours against the reference. Each difference is shrunk to a small case.
import { Tokenizer } from 'wasmformers/tokenizers';
import { differs, forReference } from './compare.js';
import { configuration } from './configurations.js';
import { textLines, tokenizerJson } from './files.js';
import { Generator } from './generate.js';

/**
 * @typedef {import('./reference.js').Case} Case
 * @typedef {import('./reference.js').Reference} Reference
 * @typedef {import('./compare.js').Difference} Difference
 * @typedef {{ name: string, case: Case, answer: import('./reference.js').Answer, difference: Difference }} Found
 * @typedef {[string, string] | [null, null]} Texts of decoding, without special tokens and with them; null: it crashed
 * @typedef {{ name: string, ids: number[], reference: Texts, ours: Texts }} FoundText
 */

const BATCH = 64;

/**
 * The file without truncation and padding: each case sets its own.
 * @param {string} name also "configuration-7"
 * @returns {string | null}
 */
export function plainJson(name) {
  const made = /^configuration-(\d+)$/.exec(name);
  if (made) return configuration(Number(made[1])).json;
  const bytes = tokenizerJson(name);
  return bytes && JSON.stringify({ ...JSON.parse(bytes.toString()), truncation: null, padding: null });
}

/**
 * @param {Reference} reference
 * @param {string} name
 * @param {{ strings: number | 'truncations', seed: number, most?: number, seconds?: number }} how 'truncations':
 *   every kind of truncation once; most: differences after which it stops
 * @returns {Promise<{ strings: number, refused: number, crashed: number, found: Found[], texts: FoundText[],
 *   skipped?: string }>} refused: cases that the reference refused; crashed: cases in which it crashed;
 *   skipped: why no case was run
 */
export async function compareMany(reference, name, { strings: asked, seed, most = 10, seconds = Infinity }) {
  const nothing = { strings: 0, refused: 0, crashed: 0, found: [], texts: [] },
    json = plainJson(name);
  if (!json) return { ...nothing, skipped: 'the file is not on this machine' };
  const reason = await reference.load(json);
  if (reason) return { ...nothing, skipped: `the reference refuses it: ${reason}` };
  const tokenizer = await Tokenizer.fromJSON(json);
  const generator = new Generator(seed, {
    prose: textLines('prose'),
    scripts: textLines('scripts'),
    ...reference.known,
  });
  const every = asked === 'truncations' ? generator.everyTruncation() : null,
    strings = every ? every.length : Number(asked);
  const end = performance.now() + seconds * 1000;
  /** @type {Found[]} */
  const found = [];
  /** @type {FoundText[]} */
  const texts = [];
  const kinds = new Set();
  let done = 0,
    refused = 0,
    crashed = 0;
  try {
    while (done < strings && found.length + texts.length < most && performance.now() < end) {
      const cases =
        every?.slice(done, done + BATCH) ??
        Array.from({ length: Math.min(BATCH, strings - done) }, () => generator.next());
      const answers = await reference.answers(cases.map(forReference));
      for (const { error } of answers) {
        if (error?.startsWith('PanicException')) crashed++;
        else if (error !== undefined) refused++;
      }
      for (let i = 0; i < cases.length; i++) {
        if (!differs(tokenizer, cases[i], answers[i])) continue;
        const shrunk = await shrink(reference, tokenizer, cases[i]);
        const kind = JSON.stringify([shrunk.case, shrunk.difference.field.replaceAll(/\d+/g, '')]);
        if (!kinds.has(kind)) found.push({ name, ...shrunk });
        kinds.add(kind);
        if (found.length >= most) break;
      }
      texts.push(...(await decoding(reference, tokenizer, name, generator, answers)));
      done += cases.length;
    }
  } finally {
    tokenizer.dispose();
  }
  return { strings: done, refused, crashed, found, texts };
}

/**
 * Compares the decoding of what was encoded.
 * @param {Reference} reference
 * @param {Tokenizer} tokenizer
 * @param {string} name
 * @param {Generator} generator
 * @param {import('./reference.js').Answer[]} answers
 */
async function decoding(reference, tokenizer, name, generator, answers) {
  const lists = answers.flatMap((a) =>
    a.error !== undefined ? [] : a.encodings ? a.encodings.map((e) => e.ids) : [/** @type {Untyped} */ (a).ids],
  );
  lists.push(...lists.slice(0, 8).map((ids) => generator.shuffled(ids)));
  const want = await reference.decode(lists),
    skipping = tokenizer.decodeBatch(lists, { skip_special_tokens: true }),
    all = tokenizer.decodeBatch(lists);
  /** @type {FoundText[]} */
  const texts = [];
  for (let i = 0; i < lists.length && texts.length < 3; i++) {
    if (want[i][0] === null || (skipping[i] === want[i][0] && all[i] === want[i][1])) continue;
    let ids = lists[i];
    let at = 0,
      size = ids.length >> 1;
    while (size >= 1) {
      const fewer = [...ids.slice(0, at), ...ids.slice(at + size)];
      const [reply] = await reference.decode([fewer]);
      if (
        reply[0] !== null &&
        (reply[0] !== tokenizer.decode(fewer, { skip_special_tokens: true }) || reply[1] !== tokenizer.decode(fewer))
      )
        ids = fewer;
      else at += size;
      if (at >= ids.length) {
        size >>= 1;
        at = 0;
      }
    }
    texts.push({
      name,
      ids,
      reference: (await reference.decode([ids]))[0],
      ours: [tokenizer.decode(ids, { skip_special_tokens: true }), tokenizer.decode(ids)],
    });
  }
  return texts;
}

/**
 * Shrinks a case greedily while it still differs: drops options, cuts texts.
 * @param {Reference} reference
 * @param {Tokenizer} tokenizer
 * @param {Case} start
 */
async function shrink(reference, tokenizer, start) {
  /** @param {Case} c */
  const look = async (c) => {
    const [answer] = await reference.answers([forReference(c)]);
    const difference = differs(tokenizer, c, answer);
    return difference && { case: c, answer, difference };
  };
  let best = /** @type {NonNullable<Awaited<ReturnType<typeof look>>>} */ (await look(start));
  let asked = 0;
  /** @param {Case} c */
  const keep = async (c) => {
    if (asked++ > 600) return false;
    const smaller = await look(c);
    if (smaller) best = smaller;
    return smaller !== null;
  };
  /**
   * @param {Case} c
   * @param {keyof Case} key
   */
  const without = (c, key) => {
    const { [key]: _, ...rest } = c;
    return /** @type {Case} */ (rest);
  };
  for (let i = 0; best.case.batch && i < best.case.batch.length; i++) {
    const { batch, pairs } = best.case;
    if (
      await keep({
        ...without(without(best.case, 'batch'), 'pairs'),
        text: batch[i],
        ...(pairs ? { pair: pairs[i] } : {}),
      })
    )
      break;
    const fewer = (/** @type {Untyped[]} */ list) => list.filter((_, k) => k !== i);
    if (
      batch.length > 1 &&
      (await keep({ ...best.case, batch: fewer(batch), ...(pairs ? { pairs: fewer(pairs) } : {}) }))
    )
      i--;
  }
  for (const key of /** @type {(keyof Case)[]} */ (['pair', 'pairs', 'padding', 'truncation']))
    if (best.case[key] !== undefined) await keep(without(best.case, key));
  if (best.case.special) await keep({ ...best.case, special: false });
  if (Array.isArray(best.case.text) && best.case.pair === undefined)
    await keep({ ...best.case, text: best.case.text.join(' ') });
  for (const key of /** @type {('text' | 'pair')[]} */ (['text', 'pair'])) {
    const value = best.case[key];
    if (value === undefined) continue;
    const whole = Array.isArray(value);
    /** @type {string[]} */
    let parts = whole ? value : [...value];
    for (let size = Math.max(1, parts.length >> 1); size >= 1; size >>= 1) {
      for (let at = 0; at < parts.length; ) {
        const fewer = [...parts.slice(0, at), ...parts.slice(at + size)];
        if (await keep({ ...best.case, [key]: whole ? fewer : fewer.join('') })) parts = fewer;
        else at += size;
      }
    }
  }
  return best;
}
