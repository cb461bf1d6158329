// What writes chats is loaded with the first tokenizer that has a template. Nothing else in this file may load it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PreTrainedTokenizer } from 'wasmformers';

const json = readFileSync(
  new URL('../../fixtures/tokenizers/wordpiece-uncased.tokenizer.json', import.meta.url),
  'utf8',
);
const chat = [{ role: 'user', content: 'the man' }];
const chat_template = '{{ messages[0].content }}';

test('a tokenizer without a template says what is missing, and what to call', async () => {
  const tokenizer = await PreTrainedTokenizer.fromFiles(json);
  assert.throws(() => tokenizer.apply_chat_template(chat), { name: 'InputError', code: 'no_chat_template' });
  const write = () => tokenizer.apply_chat_template(chat, { chat_template, tokenize: false });
  assert.throws(write, { name: 'InputError', code: 'templates_not_loaded', field: 'chat_template' });
  await tokenizer.load_chat_templates();
  assert.equal(write(), 'the man');
  tokenizer.dispose();
});
