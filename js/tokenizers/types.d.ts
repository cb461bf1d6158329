// Types of 'wasmformers/tokenizers' for TypeScript. index.js carries the same ones as JSDoc.

/// <reference lib="esnext.disposable" />

export { InputError, MemoryError, TokenizerError } from '../types.js';

/** What is left out is as the file's truncation and padding sections say. */
export interface EncodeOptions {
  add_special_tokens?: boolean;
  padding?: boolean | 'longest' | 'max_length' | 'do_not_pad' | null;
  truncation?: boolean | 'longest_first' | 'only_first' | 'only_second' | 'do_not_truncate' | null;
  max_length?: number | null;
  stride?: number;
  truncation_side?: 'left' | 'right';
  padding_side?: 'left' | 'right';
  pad_to_multiple_of?: number | null;
  return_overflowing_tokens?: boolean;
  is_split_into_words?: boolean;
  /** encodeBatch: one for each text. */
  text_pair?: string | string[] | (string | string[])[] | null;
}

export interface AddedToken {
  content: string;
  special?: boolean;
  single_word?: boolean;
  lstrip?: boolean;
  rstrip?: boolean;
  normalized?: boolean;
}

export class Encoding {
  private constructor();
  ids: Int32Array;
  type_ids: Int32Array;
  attention_mask: Int32Array;
  /** 1: added by the tokenizer. */
  special_tokens_mask: Uint8Array;
  /** Begin and end of every token in the text that it came from, as JavaScript counts: [b0, e0, b1, e1, …]. */
  offsets: Int32Array;
  /** Index of the word, -1 where there is none. */
  word_ids: Int32Array;
  /** 0: the text, 1: its pair, -1: neither. */
  sequence_ids: Int8Array;
  /** What truncation cut off, in pieces. */
  overflowing: Encoding[];
  get length(): number;
  get tokens(): string[];
  /** The token that covers a character; sequence 1: of the pair. */
  char_to_token(position: number, sequence?: number): number | null;
  token_to_chars(token: number): [number, number] | null;
  token_to_word(token: number): number | null;
  /** First and one past the last token of a word. */
  word_to_tokens(word: number, sequence?: number): [number, number] | null;
  word_to_chars(word: number, sequence?: number): [number, number] | null;
  char_to_word(position: number, sequence?: number): number | null;
}

/** Text as ids arrive; together it is what decode() gives of all of them. */
export class DecodeStream {
  private constructor();
  /** The text that these ids settle: final, whole characters. */
  push(ids: number | bigint | Ids): string;
  /** The rest; the next push begins a new text. */
  end(): string;
  dispose(): void;
  [Symbol.dispose](): void;
}

type Ids = Iterable<number | bigint> | ArrayLike<number>;

export class Tokenizer {
  private constructor();
  /** What was given as tokenizer_config.json. */
  readonly config: Record<string, any>;
  /** Reads a tokenizer.json: its text, its bytes or what JSON.parse made of it. Rejects with a TokenizerError. */
  static fromJSON(json: string | Uint8Array | ArrayBuffer | object, config?: Record<string, any>): Promise<Tokenizer>;
  /** The binary form: loads in milliseconds, with this version of the library only. */
  toBinary(): Uint8Array;
  /** Reads what toBinary() gave. Rejects with a TokenizerError where it is another version's, cut or damaged. */
  static fromBinary(form: Uint8Array | ArrayBuffer, config?: Record<string, any>): Promise<Tokenizer>;
  /** With is_split_into_words the text is a list of words. */
  encode(text: string | string[], options?: EncodeOptions): Encoding;
  encodeBatch(texts: (string | string[])[], options?: EncodeOptions): Encoding[];
  /** Ids alone, the fast way: those of text i are ids.subarray(starts[i], starts[i + 1]). */
  encodeIds(texts: string[], options?: EncodeOptions): { ids: Int32Array; starts: Uint32Array };
  decode(ids: Ids, options?: { skip_special_tokens?: boolean }): string;
  decodeStream(options?: { skip_special_tokens?: boolean }): DecodeStream;
  decodeBatch(lists: Ids[], options?: { skip_special_tokens?: boolean }): string[];
  tokenToId(token: string): number | undefined;
  idToToken(id: number): string | undefined;
  /** Token → id, added tokens too. */
  get vocabulary(): Map<string, number>;
  /** Adds tokens; ones that the vocabulary has keep their id. */
  addTokens(tokens: (AddedToken | string)[]): void;
  /**
   * What BPE's dropout does from now on is the same for the same number; a loaded tokenizer begins at one of its
   * own.
   */
  seed(number: number): void;
  /** Lets go of the Wasm memory. Later calls throw. */
  dispose(): void;
  [Symbol.dispose](): void;
}
