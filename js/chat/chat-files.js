// Chat templates that lie beside tokenizer_config.json: chat_template.jinja, and further ones in
// additional_chat_templates/. Folders of the Hub cannot be listed without its API, so their usual names are asked for.

import { getText } from '../hub/index.js';

/** Names that Transformers' documentation gives. */
const NAMES = ['tool_use', 'rag'];

/**
 * @param {string} id
 * @param {Record<string, any>} config tokenizer_config.json
 * @param {any} options of the Hub
 * @returns {Promise<Record<string, any>>} the configuration, with the templates of the files where it has none itself
 */
export async function withChatTemplates(id, config, options) {
  // A class of Transformers that never had chats is not asked; nor is a repository that says nothing of a class.
  if (config.chat_template || !config.tokenizer_class || WITHOUT.test(config.tokenizer_class)) return config;
  const main = await getText(id, 'chat_template.jinja', options);
  if (main === null) return config;
  const more = await Promise.all(
    NAMES.map(async (name) => [name, await getText(id, `additional_chat_templates/${name}.jinja`, options)]),
  );
  const found = more.filter(([, template]) => template !== null);
  return { ...config, chat_template: found.length ? { default: main, ...Object.fromEntries(found) } : main };
}

const WITHOUT =
  /^(Albert|Bart|Barthez|Bert|BertJapanese|Bertweet|BigBird|Camembert|Canine|CLIP|ConvBert|DPR|Deberta|DebertaV2|DistilBert|Electra|Ernie|Funnel|Herbert|LayoutLM|LED|Longformer|MBart|MBart50|MPNet|M2M100|Marian|MobileBert|MT5|Nllb|Pegasus|Rembert|RoFormer|Roberta|SplinterTokenizer|SqueezeBert|T5|Wav2Vec2CTC|Whisper|XLM|XLMRoberta|XLNet)/;
