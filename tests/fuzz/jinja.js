// Long fuzzing of chat templates. Templates are generated from a grammar, or are seeds with changes. Each is checked
// for the properties of properties.js and compared with Python's jinja2, which pip installs. A template that breaks a
// property or takes long is printed: fix the bug, then add the template to tests/fuzz/templates. Texts that differ are
// printed, too, except where they only show an object's address.
//   node tests/fuzz/jinja.js [--seconds=600] [--seed=1]
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { loadTemplateEngine } from '../../js/chat/chat-template.js';
import { cached } from '../../tools/cache.js';
import { command, run } from '../../tools/run.js';
import { check, checkNext } from './properties.js';
import { TemplateGenerator, VALUES } from './templates.js';

const option = (/** @type {string} */ name, /** @type {number} */ fallback) =>
  Number(process.argv.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback);
const BATCH = 200,
  LONG = 20_000;
/**
 * Texts in which Python prints its own objects: generators, methods, ranges, loops, and escaped texts, which have a
 * class of their own.
 */
const OTHERS =
  /generator object|iterator object|built-in|reversed object|bound method|range\(|Markup|LoopContext|dict_|0x7f|0X7F/;

/** @returns {Promise<((templates: string[]) => Promise<Untyped[]>) | null>} */
async function jinja() {
  try {
    const folder = await cached('reference/jinja2-3.1.6', async (target) => {
      await run('python3', [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--target',
        target,
        'jinja2==3.1.6',
      ]);
    });
    const process_ = spawn('python3', [fileURLToPath(new URL('jinja.py', import.meta.url))], {
      env: { ...process.env, PYTHONPATH: folder },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    process_.unref();
    const lines = createInterface({ input: process_.stdout })[Symbol.asyncIterator]();
    return async (templates) => {
      process_.stdin.write(JSON.stringify({ values: VALUES, templates }) + '\n');
      return JSON.parse((await lines.next()).value);
    };
  } catch (error) {
    console.log(`no jinja2 to compare with: ${/** @type {Error} */ (error).message.split('\n').at(-1)}`);
    return null;
  }
}

await command(async () => {
  await loadTemplateEngine();
  const reference = await jinja(),
    seed = option('seed', 1),
    end = performance.now() + option('seconds', 600) * 1000;
  const generator = new TemplateGenerator(seed),
    count = {
      templates: 0,
      broken: 0,
      long: 0,
      same: 0,
      'both fail': 0,
      'only ours fails': 0,
      'only the reference fails': 0,
      different: 0,
    };
  while (performance.now() < end) {
    const made = Array.from({ length: BATCH }, () =>
        /** @type {string & { toWellFormed(): string }} */ (generator.made()).toWellFormed(),
      ),
      answers = reference && (await reference(made));
    const changed = Array.from({ length: BATCH }, () => generator.changed());
    [...made, ...changed].forEach((template, i) => {
      const began = performance.now();
      /** @type {Untyped} */
      let ours;
      try {
        ours = check(template);
        checkNext();
      } catch (error) {
        count.broken++;
        console.log(`broken: ${/** @type {Error} */ (error).message}\n  ${JSON.stringify(template)}`);
        return;
      }
      count.templates++;
      if (performance.now() - began > LONG) {
        count.long++;
        console.log(`took ${(performance.now() - began).toFixed(0)} ms\n  ${JSON.stringify(template)}`);
      }
      const want = i < BATCH ? answers?.[i] : undefined;
      if (!want) return;
      const kind =
        ours.error && want.error
          ? 'both fail'
          : ours.error
            ? 'only ours fails'
            : want.error
              ? 'only the reference fails'
              : ours.text === want.text
                ? 'same'
                : 'different';
      if (kind === 'different' && OTHERS.test(want.text)) return;
      count[kind]++;
      if (kind === 'different')
        console.log(
          `different\n  template  ${JSON.stringify(template)}\n  ours      ${JSON.stringify(ours.text)}\n` +
            `  reference ${JSON.stringify(want.text)}`,
        );
    });
  }
  console.log(
    Object.entries(count)
      .map(([what, n]) => `${what}: ${n}`)
      .join(', '),
  );
  process.exit(count.broken || count.long ? 1 : 0);
});
