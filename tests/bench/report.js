// Tables in Markdown, on the console as they come and in a file at the end.
import { writeFileSync } from 'node:fs';

/** @type {string[]} */
const lines = [];

/** @param {string} text */
export function say(text) {
  lines.push(text);
  console.log(text);
}

/**
 * @param {string[]} head
 * @param {(string | number)[][]} rows
 */
export function table(head, rows) {
  say(`| ${head.join(' | ')} |`);
  say(`|${head.map(() => '---').join('|')}|`);
  for (const row of rows) say(`| ${row.join(' | ')} |`);
  say('');
}

/**
 * All that was said.
 * @param {string} file
 */
export const save = (file) => writeFileSync(file, lines.join('\n'));
