// Writes chats as a model was trained to read them: apply_chat_template after Transformers 5 (chat_template_utils.py).
// It prepares what the template reads, leaves the last message open, and marks the assistant's tokens.

import { InputError } from '../errors.js';
import { int64 } from '../tensor/int64.js';
import { renderTemplate } from './template-engine.js';

/** @typedef {import('../utils/types.js').Json} Json */

/**
 * @param {string} message
 * @param {string} code
 * @param {string} field
 */
const wrong = (message, code, field) => new InputError(message, { code, field });

/**
 * A copy of plain data. A value of another kind becomes the name of its kind.
 * @param {any} x any: a caller's value of any kind
 * @param {string} field
 * @param {number} [depth]
 * @returns {any} any: of the same kind
 */
function plainData(x, field, depth = 0) {
  if (depth > 100) throw wrong(`${field} is nested too deeply.`, 'too_deep', field);
  if (x === null || x === undefined || typeof x === 'string' || typeof x === 'number' || typeof x === 'boolean')
    return x;
  if (typeof x === 'bigint') return Number(x);
  if (Array.isArray(x)) return x.map((one) => plainData(one ?? null, field, depth + 1));
  if (x instanceof Map) return plainData(Object.fromEntries(x), field, depth);
  // An instance of a class becomes its name, unless it is a message or a tool itself.
  const plain = typeof x === 'object' && [null, Object.prototype].includes(Object.getPrototypeOf(x));
  if (!plain && (typeof x !== 'object' || depth > 0)) return `<${x.constructor?.name ?? typeof x}>`;
  /** @type {Json} */
  const copy = Object.create(null);
  for (const [key, value] of Object.entries(x)) {
    if (value !== undefined) copy[key] = plainData(value, field, depth + 1);
  }
  return copy;
}

// Fields of a message's reasoning. Templates read the first; gpt-oss' reads "thinking".
const REASONING = ['reasoning_content', 'thinking', 'reasoning'];

/**
 * Copies a chat for templates.
 * @param {unknown[]} chat
 * @returns {Json[]}
 */
function readChat(chat) {
  return chat.map((message) => {
    if (message === null || typeof message !== 'object' || Array.isArray(message))
      throw wrong(
        'Every message of a conversation must be an object with role and content.',
        'bad_message',
        'conversation',
      );
    const copy = plainData(message, 'conversation');
    // `content: null` means that there is none.
    for (const [key, value] of Object.entries(copy)) if (value === null) delete copy[key];
    const reasoning = REASONING.map((name) => copy[name]).find((x) => x !== undefined);
    return reasoning === undefined ? copy : { thinking: reasoning, ...copy, reasoning_content: reasoning };
  });
}

const TAG = 'CONTINUE_FINAL_MESSAGE_TAG ';

/**
 * Marks the end of the last message, so that cutAtTag() finds it in the rendered text.
 * @param {Json[]} chat
 * @param {string} field
 * @param {string} template
 * @returns {string} the text so far
 */
function openLastMessage(chat, field, template) {
  const last = chat[chat.length - 1],
    final = last[field];
  if (final === undefined)
    throw wrong(
      `continue_final_message: the last message has no ${field}.`,
      'nothing_to_continue',
      'continue_final_message',
    );
  const fields = REASONING.includes(field) ? REASONING.filter((name) => last[name] === final) : [field];
  if (!fields.some((name) => template.includes(name)))
    throw wrong(
      `continue_final_message: the chat template does not read ${field}.`,
      'nothing_to_continue',
      'continue_final_message',
    );
  if (Array.isArray(final)) {
    const block = final.findLast((/** @type {{ text?: unknown } | null} */ one) => typeof one?.text === 'string');
    if (!block)
      throw wrong(
        'continue_final_message: the last message has no text.',
        'nothing_to_continue',
        'continue_final_message',
      );
    const { text } = block;
    block.text += TAG;
    return text;
  }
  for (const name of fields) last[name] += TAG;
  return String(final);
}

/**
 * @param {string} rendered
 * @param {string} final
 */
function cutAtTag(rendered, final) {
  const at = rendered.lastIndexOf(TAG.trim());
  if (at < 0 || !rendered.includes(final.trim())) {
    throw wrong(
      'continue_final_message: the chat template leaves out the last message, or changes it.',
      'nothing_to_continue',
      'continue_final_message',
    );
  }
  // A template that trims messages has trimmed the tag's space, too.
  return rendered.startsWith(TAG, at) ? rendered.slice(0, at) : rendered.slice(0, at).trimEnd();
}

/**
 * Two characters that no input contains. Unicode reserves U+FDD0 … U+FDEF for such uses.
 * @param {string} all
 * @returns {[string, string]}
 */
function freeMarks(all) {
  const free = Array.from({ length: 32 }, (_, i) => String.fromCharCode(0xfdd0 + i)).filter((c) => !all.includes(c));
  if (free.length < 2)
    throw wrong(
      'The conversation holds characters that Unicode reserves (U+FDD0 to U+FDEF).',
      'reserved_characters',
      'conversation',
    );
  return [free[0], free[1]];
}

/**
 * Removes the marks, and tells what they enclosed.
 * @param {string} marked
 * @param {[string, string]} marks
 * @returns {{ text: string, ranges: [number, number][] }}
 */
function takeMarks(marked, [open, close]) {
  /** @type {[number, number][]} */
  const ranges = [];
  /** @type {number[]} */
  const opened = [];
  let text = '',
    from = 0;
  for (let i = 0; i < marked.length; i++) {
    if (marked[i] !== open && marked[i] !== close) continue;
    text += marked.slice(from, i);
    from = i + 1;
    if (marked[i] === open) opened.push(text.length);
    else ranges.push([/** @type {number} */ (opened.pop()), text.length]);
  }
  return { text: text + marked.slice(from), ranges };
}

/**
 * Renders chats, and tells which ranges of each text are the assistant's.
 * @param {unknown[]} chats lists of messages
 * @param {{ template: string, file: string, tools: unknown, documents: unknown, add_generation_prompt: boolean,
 *   continue_final_message: boolean | string, mask: boolean, variables: Json }} options
 * @returns {{ text: string, ranges: [number, number][] }[]}
 */
export function renderChats(
  chats,
  { template, file, tools, documents, add_generation_prompt, continue_final_message, mask, variables },
) {
  const lists = { tools, documents };
  for (const [field, list] of Object.entries(lists)) {
    if (list !== null && !(Array.isArray(list) && list.every((one) => one !== null && typeof one === 'object')))
      throw wrong(`${field} must be a list of objects.`, `bad_${field}`, field);
  }
  const shared = {
    ...plainData(variables, 'chat template variables'),
    ...plainData(lists, 'tools or documents'),
    add_generation_prompt,
  };
  return chats.map((chat) => {
    if (!Array.isArray(chat) || !chat.length)
      throw wrong('A conversation must be a list of messages, at least one.', 'bad_conversation', 'conversation');
    const messages = readChat(chat);
    const final = continue_final_message
      ? openLastMessage(messages, continue_final_message === true ? 'content' : continue_final_message, template)
      : null;
    const marks = mask ? freeMarks(template + JSON.stringify({ messages, shared })) : null;
    const rendered = renderTemplate(template, { ...shared, messages }, { file, marks });
    if (marks) return takeMarks(rendered, marks);
    return { text: final === null ? rendered : cutAtTag(rendered, final), ranges: [] };
  });
}

/**
 * 1 for each token of the assistant's text.
 * @param {import('../tokenizers/encodings/encoding.js').Encoding} encoding
 * @param {[number, number][]} ranges of characters
 * @returns {Int32Array}
 */
export function assistantMask(encoding, ranges) {
  const mask = new Int32Array(encoding.length);
  for (const [begin, end] of ranges) {
    const first = encoding.char_to_token(begin),
      last = encoding.char_to_token(end - 1);
    if (first === null) break; // truncated
    mask.fill(1, first, last ? last + 1 : undefined);
  }
  return mask;
}

/**
 * What PreTrainedTokenizer.apply_chat_template does.
 * @param {import('../tokenizers/pre-trained-tokenizer.js').PreTrainedTokenizer} tokenizer
 * @param {unknown} conversation one chat, or a list of chats
 * @param {Json} options
 * @returns {any} with tokenize: false a text (or texts), with return_dict: false input_ids, else a BatchEncoding.
 *   any: depends on the options
 */
export function applyChatTemplate(
  tokenizer,
  conversation,
  {
    tools = null,
    documents = null,
    chat_template = null,
    add_generation_prompt = false,
    continue_final_message = false,
    tokenize = true,
    padding = false,
    truncation = false,
    max_length = null,
    return_tensor = true,
    return_dict = true,
    return_assistant_tokens_mask = false,
    tokenizer_kwargs = {},
    ...variables
  },
) {
  if (return_assistant_tokens_mask && !(tokenize && return_dict))
    throw wrong(
      'return_assistant_tokens_mask needs tokenize and return_dict.',
      'bad_option',
      'return_assistant_tokens_mask',
    );
  if (continue_final_message && add_generation_prompt)
    throw wrong(
      'continue_final_message and add_generation_prompt exclude each other.',
      'bad_option',
      'continue_final_message',
    );
  if (continue_final_message && return_assistant_tokens_mask)
    throw wrong(
      'continue_final_message and return_assistant_tokens_mask exclude each other.',
      'bad_option',
      'continue_final_message',
    );
  const template = tokenizer.get_chat_template({ chat_template, tools });
  const many = Array.isArray(conversation) && Array.isArray(conversation[0]);
  const rendered = renderChats(many ? conversation : [conversation], {
    template,
    file: template === chat_template ? '' : 'tokenizer_config.json',
    tools,
    documents,
    add_generation_prompt,
    continue_final_message,
    mask: return_assistant_tokens_mask,
    variables: { ...tokenizer.special_tokens_map, ...variables },
  });
  const texts = rendered.map(({ text }) => text);
  if (!tokenize) return many ? texts : texts[0];
  const out = tokenizer._call(many ? texts : texts[0], {
    add_special_tokens: false,
    padding,
    truncation,
    max_length,
    return_tensor,
    ...tokenizer_kwargs,
  });
  if (return_assistant_tokens_mask) {
    const masks = rendered.map(({ ranges }, row) => assistantMask(out.encodings[row], ranges));
    if (return_tensor)
      out.assistant_masks = int64(
        masks.flatMap((mask) => Array.from(mask)),
        [masks.length, masks[0].length],
      );
    else out.assistant_masks = many ? masks.map((mask) => Array.from(mask)) : Array.from(masks[0]);
  }
  return return_dict ? out : out.input_ids;
}
