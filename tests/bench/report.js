// Reports in Markdown: printed while a benchmark runs, written to a file at its end.
import { writeFileSync } from 'node:fs';
import os from 'node:os';

/** @type {string[]} */
const lines = [];

/** When and on what a benchmark runs. */
export const machine = () =>
  `${new Date().toISOString().slice(0, 10)}, ${os.cpus().length} × ${os.cpus()[0].model.trim()}, ` +
  `load ${os.loadavg()[0].toFixed(1)} at the start`;

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
 * Writes the whole report.
 * @param {string} file
 */
export const save = (file) => writeFileSync(file, lines.join('\n'));
