// WhisperTokenizer: prompts that name the language and the task, and texts with timestamps. After Transformers' class;
// the languages are those of OpenAI's model, in the order of their tokens. _decode_asr belongs to the audio pipeline.

import { InputError } from '../../errors.js';
import { idList } from '../options.js';
import { PreTrainedTokenizer } from '../pre-trained-tokenizer.js';
import { surroundBy } from '../post-processor.js';

/** @typedef {import('../../utils/types.js').Json} Json */

const NAMES =
  'en english,zh chinese,de german,es spanish,ru russian,ko korean,fr french,ja japanese,pt portuguese,tr turkish,' +
  'pl polish,ca catalan,nl dutch,ar arabic,sv swedish,it italian,id indonesian,hi hindi,fi finnish,vi vietnamese,' +
  'he hebrew,uk ukrainian,el greek,ms malay,cs czech,ro romanian,da danish,hu hungarian,ta tamil,no norwegian,' +
  'th thai,ur urdu,hr croatian,bg bulgarian,lt lithuanian,la latin,mi maori,ml malayalam,cy welsh,sk slovak,' +
  'te telugu,fa persian,lv latvian,bn bengali,sr serbian,az azerbaijani,sl slovenian,kn kannada,et estonian,' +
  'mk macedonian,br breton,eu basque,is icelandic,hy armenian,ne nepali,mn mongolian,bs bosnian,kk kazakh,' +
  'sq albanian,sw swahili,gl galician,mr marathi,pa punjabi,si sinhala,km khmer,sn shona,yo yoruba,so somali,' +
  'af afrikaans,oc occitan,ka georgian,be belarusian,tg tajik,sd sindhi,gu gujarati,am amharic,yi yiddish,lo lao,' +
  'uz uzbek,fo faroese,ht haitian creole,ps pashto,tk turkmen,nn nynorsk,mt maltese,sa sanskrit,lb luxembourgish,' +
  'my myanmar,bo tibetan,tl tagalog,mg malagasy,as assamese,tt tatar,haw hawaiian,ln lingala,ha hausa,ba bashkir,' +
  'jw javanese,su sundanese,yue cantonese';
const OTHER_NAMES =
  'my burmese,ca valencian,nl flemish,ht haitian,lb letzeburgesch,ps pushto,pa panjabi,ro moldavian,ro moldovan,' +
  'si sinhalese,es castilian,zh mandarin';
const pairs = (/** @type {string} */ list) =>
  list.split(',').map((one) => [one.slice(0, one.indexOf(' ')), one.slice(one.indexOf(' ') + 1)]);

/**
 * Code → English name.
 * @type {ReadonlyMap<string, string>}
 */
export const WHISPER_LANGUAGES = new Map(/** @type {[string, string][]} */ (pairs(NAMES)));
const CODES = new Map([...pairs(NAMES), ...pairs(OTHER_NAMES)].map(([code, name]) => [name, code]));
const TASKS = ['transcribe', 'translate'];
const END = '<|endoftext|>';
/** The class's own, where no file names them. */
const NAMED = { unk_token: END, bos_token: END, eos_token: END };

/**
 * The code of a language, by its code, name or token.
 * @param {string} language
 * @returns {string}
 */
export function whisperLanguageCode(language) {
  const name = String(language)
      .toLowerCase()
      .replace(/^<\|(.*)\|>$/, '$1'),
    code = WHISPER_LANGUAGES.has(name) ? name : CODES.get(name);
  if (code === undefined) {
    throw new InputError(
      `Whisper does not know the language ${JSON.stringify(language)}; ` +
        `it knows ${[...WHISPER_LANGUAGES.values()].join(', ')}.`,
      { code: 'unknown_language', field: 'language' },
    );
  }
  return code;
}

export class Whisper extends PreTrainedTokenizer {
  /** @param {ConstructorParameters<typeof PreTrainedTokenizer>} parts */
  constructor(...parts) {
    const [core, config, map] = parts;
    super(core, config, { ...NAMED, ...map });
    /** @type {string | null} */ this.language = config.language ?? null;
    /** @type {string | null} */ this.task = config.task ?? null;
    /** @type {boolean} */ this.predict_timestamps = config.predict_timestamps ?? false;
    if (this.#id('<|startoftranscript|>') !== undefined) this.set_prefix_tokens();
  }

  /**
   * @param {string} token
   * @returns {number | undefined}
   */
  #id(token) {
    return this._.core.tokenToId(token);
  }
  /**
   * @param {string} token
   * @returns {number}
   */
  #needed(token) {
    const id = this.#id(token);
    if (id === undefined)
      throw new InputError(`This Whisper tokenizer has no ${token}: it is for one language and one task.`, {
        code: 'no_such_token',
        field: token,
      });
    return id;
  }

  /**
   * The first timestamp's id.
   * @returns {number}
   */
  get timestamp_begin() {
    const last = this.#id('<|notimestamps|>');
    return (last ?? Math.max(...this.all_special_ids)) + 1;
  }

  /**
   * Tokens before a text: start, language, task, and whether there are timestamps.
   * @returns {number[]}
   */
  get prefix_tokens() {
    const ids = [this.#needed('<|startoftranscript|>')];
    if (this.language !== null) ids.push(this.#needed(`<|${whisperLanguageCode(this.language)}|>`));
    if (this.task !== null) {
      if (!TASKS.includes(this.task))
        throw new InputError(`task ${JSON.stringify(this.task)} must be "transcribe" or "translate".`, {
          code: 'bad_option',
          field: 'task',
        });
      ids.push(this.#needed(`<|${this.task}|>`));
    }
    if (!this.predict_timestamps) ids.push(this.#needed('<|notimestamps|>'));
    return ids;
  }
  /**
   * Sets the tokens before texts.
   * @param {{ language?: string | null, task?: string | null, predict_timestamps?: boolean | null }} [options] an
   *   option that is left out stays as it is
   */
  set_prefix_tokens({ language = null, task = null, predict_timestamps = null } = {}) {
    const before = { language: this.language, task: this.task, predict_timestamps: this.predict_timestamps };
    this.language = language ?? this.language;
    this.task = task ?? this.task;
    this.predict_timestamps = predict_timestamps ?? this.predict_timestamps;
    try {
      surroundBy(this, this.convert_ids_to_tokens(this.prefix_tokens), [String(this.eos_token)], 1);
    } catch (error) {
      Object.assign(this, before);
      throw error;
    }
  }
  /**
   * Ids that generation begins with, each with its index.
   * @param {{ language?: string | null, task?: string | null, no_timestamps?: boolean }} [options]
   * @returns {[number, number][]}
   */
  get_decoder_prompt_ids({ language = null, task = null, no_timestamps = true } = {}) {
    this.set_prefix_tokens({ language, task, predict_timestamps: !no_timestamps });
    return this.prefix_tokens.slice(1).map((id, i) => [i + 1, id]);
  }
  /**
   * Ids of an earlier text, for generate's prompt_ids.
   * @param {string} text
   * @returns {number[]}
   */
  get_prompt_ids(text) {
    const ids = this.encode(`<|startofprev|> ${text.trim()}`, { add_special_tokens: false });
    const special = ids.slice(1).find((id) => id >= this.all_special_ids[0]);
    if (special !== undefined)
      throw new InputError(`A prompt cannot hold the special token ${this.convert_ids_to_tokens([special])[0]}.`, {
        code: 'special_token',
        field: 'text',
      });
    return ids;
  }
  /**
   * Ids of the timestamps from 0 to 30 seconds.
   * @param {number} [time_precision]
   * @returns {number[]}
   */
  timestamp_ids(time_precision = 0.02) {
    return Array.from({ length: 1501 }, (_, i) => this.convert_tokens_to_ids(`<|${(i * time_precision).toFixed(2)}|>`));
  }

  /**
   * @param {any} batch lists of ids, or a Tensor. any: checked by idList()
   * @param {Json} [options] also decode_with_timestamps (the text contains timestamps), output_offsets (results are
   *   { text, offsets }), time_precision (seconds)
   * @returns {any[]} texts. any: with output_offsets objects
   */
  batch_decode(
    batch,
    { decode_with_timestamps = false, output_offsets = false, time_precision = 0.02, ...options } = {},
  ) {
    /** @type {number[][]} */
    const lists = Array.from(
      typeof batch?.tolist === 'function' ? batch.tolist() : batch,
      (/** @type {unknown} */ ids) => Array.from(idList(ids)),
    );
    const kept = options.skip_special_tokens ? lists.map((ids) => this.#withoutPrompt(ids)) : lists;
    const plain = (/** @type {number[]} */ ids) => withoutTimestamps(super.batch_decode([ids], options)[0]);
    const texts = kept.map((ids) =>
      decode_with_timestamps ? this.#withTimestamps(ids, options, time_precision) : plain(ids),
    );
    return output_offsets
      ? texts.map((text, i) => ({ text, offsets: this.#offsets(lists[i], time_precision) }))
      : texts;
  }

  /**
   * The ids without a prompt of earlier text.
   * @param {number[]} ids
   */
  #withoutPrompt(ids) {
    if (!ids.length || ids[0] !== this.#id('<|startofprev|>')) return ids;
    const start = ids.indexOf(/** @type {number} */ (this.#id('<|startoftranscript|>')));
    return start < 0 ? [] : ids.slice(start);
  }

  // In the next two methods, a timestamp that is smaller than the last one begins a new window of 30 seconds (1500
  // frames). If the window before ended with a single timestamp it was full; else it ended where its last segment
  // began.

  /**
   * @param {number[]} ids
   * @param {Json} options
   * @param {number} precision
   * @returns {string}
   */
  #withTimestamps(ids, options, precision) {
    const begin = this.timestamp_begin;
    /** @type {(string | number[])[]} */
    let parts = [[]];
    let latest = 0,
      before = 0,
      previous = 0;
    ids.forEach((id, i) => {
      if (id < begin) return void (/** @type {number[]} */ (parts[parts.length - 1]).push(id));
      const time = (id - begin) * precision;
      if (time < latest) {
        if (i >= 2 && !(ids[i - 1] >= begin && ids[i - 2] >= begin)) {
          before += precision * 1500;
        } else {
          latest = previous;
          before += previous;
          parts = parts.slice(0, -2);
        }
      }
      previous = latest;
      latest = time;
      parts.push(`<|${(time + before).toFixed(2)}|>`, []);
    });
    return parts
      .map((part) =>
        typeof part === 'string'
          ? part
          : part.length
            ? super.batch_decode([part], { skip_special_tokens: options.skip_special_tokens })[0]
            : '',
      )
      .join('');
  }

  /**
   * Segments with begin and end in seconds.
   * @param {number[]} ids
   * @param {number} precision
   * @returns {{ text: string, timestamp: [number, number] }[]}
   */
  #offsets(ids, precision) {
    const begin = this.timestamp_begin,
      is = ids.map((id) => id >= begin);
    const ends = ids.map((_, i) => i).filter((i) => i > 0 && is[i] && is[i - 1]);
    if (!ends.length && is.filter(Boolean).length <= 1) return [];
    const last = is.lastIndexOf(true) + 1;
    if (!ends.includes(last)) ends.push(last);
    const out = [];
    let from = is.indexOf(true),
      latest = 0,
      before = 0;
    for (const to of ends) {
      const part = ids.slice(from, to);
      if (part.length > 1) {
        const [first, end] = [part[0] - begin, part[part.length - 1] - begin];
        if (first < latest) before += from >= 2 && !(is[from - 2] && is[from - 1]) ? 1500 : latest;
        latest = end;
        const text = withoutTimestamps(super.batch_decode([part], {})[0]);
        out.push({
          text,
          timestamp: /** @type {[number, number]} */ ([
            first * precision + before * precision,
            end * precision + before * precision,
          ]),
        });
      }
      from = to;
    }
    return out;
  }
}

/**
 * In newer files the timestamps are tokens of the vocabulary.
 * @param {string} text
 */
const withoutTimestamps = (text) => text.replace(/<\|\d+\.\d+\|>/g, '');
