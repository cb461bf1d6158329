// The package's types for TypeScript. The modules themselves carry the same types as JSDoc; a test holds the names here
// and there equal.

/// <reference lib="esnext.disposable" />

// --- settings -----------------------------------------------------------------------------------------------------

export const env: {
  version: string;
  /** true: what only warns, such as a device that no engine has, is an error. */
  strict: boolean;
  /** Of LogLevel: WARNING lets warnings through, ERROR and NONE do not. */
  logLevel: number;
  /** May files come from the network? */
  allowRemoteModels: boolean;
  /** May files come from localModelPath? Off in browsers. */
  allowLocalModels: boolean;
  localModelPath: string;
  /** May files come from folders (Node)? */
  useFS: boolean;
  /** The Hub or a mirror of it. */
  remoteHost: string;
  remotePathTemplate: string;
  /** Keep downloads in the browser's Cache API (under cacheKey). */
  useBrowserCache: boolean;
  cacheKey: string;
  /** Keep downloads in cacheDir (Node); "": the user's cache folder. */
  useFSCache: boolean;
  cacheDir: string;
  customCache: null | {
    match(key: string): Promise<Response | undefined>;
    put(key: string, response: Response): Promise<void>;
    /** Without it, a copy that proves to be damaged stays until put() replaces it. */
    delete?(key: string): Promise<unknown>;
  };
  /** false: customCache is not used; true: there must be one; null: it is used where there is one. */
  useCustomCache: boolean | null;
  /** Nothing follows from these two; setting them warns. */
  useWasmCache?: boolean;
  experimental_useCrossOriginStorage?: boolean;
  /** In ms: a request without an answer, or a download without a byte, for so long is tried again. 0: never. */
  stallTimeout: number;
  /** Where the .wasm files lie: their folder (a URL or path), or a function of a file's name. null: in the package. */
  wasmPaths: null | string | URL | ((file: string) => string | URL | null | undefined | Promise<string | URL>);
  /** Every request for a repository's files goes through this. */
  fetch: typeof fetch;
  /** There is one backend; what is set here for ONNX Runtime does nothing. */
  backends: { onnx: { wasm: Record<string, any>; webgpu: Record<string, any> } };
  /** 'simd' or 'relaxed' forces a variant; '' chooses by what the engine validates. */
  wasm: { variant: '' | 'simd' | 'relaxed' };
};

/** Values of env.logLevel. */
export const LogLevel: Readonly<{ DEBUG: 10; INFO: 20; WARNING: 30; ERROR: 40; NONE: 50 }>;

// --- errors -------------------------------------------------------------------------------------------------------

export interface ErrorDetails {
  code?: string;
  file?: string;
  field?: string;
  status?: number;
  url?: string;
  cause?: unknown;
}
/** Base of all errors that this package makes. */
export class WasmformersError extends Error {
  constructor(message: string, details?: ErrorDetails);
  /** Stable, lower_snake_case. */
  code: string;
  /** The file that is wrong, "" if there is none. */
  file: string;
  /** The field, tensor, input or option in it. */
  field: string;
}
/** config.json, an option, an unknown task, dtype or model type. */
export class ConfigError extends WasmformersError {}
/** A safetensors or GGUF file: its header, its size, a missing tensor or a wrong shape. */
export class WeightsError extends WasmformersError {}
/** tokenizer.json and its companions. */
export class TokenizerError extends WasmformersError {}
/** What was passed to a model, tokenizer or pipeline. */
export class InputError extends WasmformersError {}
/** Memory that could not be had. */
export class MemoryError extends WasmformersError {}
/** A broken promise of the package. */
export class InternalError extends WasmformersError {}
/** A file that could not be had. */
export class HubError extends WasmformersError {
  /** HTTP status, 0 where there was no answer. */
  status: number;
  url: string;
}

// --- loading ------------------------------------------------------------------------------------------------------

export interface InitiateProgressInfo {
  status: 'initiate';
  name: string;
  file: string;
}
export interface DownloadProgressInfo {
  status: 'download';
  name: string;
  file: string;
  total?: number;
}
export interface FileLoadingProgress {
  loaded: number;
  total: number;
}
/** progress: percent; loaded, total: bytes. */
export interface ProgressStatusInfo extends FileLoadingProgress {
  status: 'progress';
  name: string;
  file: string;
  progress: number;
}
export type FilesLoadingMap = Record<string, FileLoadingProgress>;
export interface TotalProgressInfo extends FileLoadingProgress {
  status: 'progress_total';
  name: string;
  progress: number;
  files: FilesLoadingMap;
}
export interface DoneProgressInfo {
  status: 'done';
  name: string;
  file: string;
}
/** The cache could not keep the file, e.g. for want of room. */
export interface NotCachedProgressInfo {
  status: 'not_cached';
  name: string;
  file: string;
  reason: string;
}
export interface ReadyProgressInfo {
  status: 'ready';
  task: string;
  model: string;
}
/** What progress_callback hears, by Transformers.js' names. */
export type ProgressInfo =
  | InitiateProgressInfo
  | DownloadProgressInfo
  | ProgressStatusInfo
  | TotalProgressInfo
  | DoneProgressInfo
  | NotCachedProgressInfo
  | ReadyProgressInfo;
export type ProgressEvent = ProgressInfo;
export type ProgressCallback = (event: ProgressInfo) => void;

export interface HubOptions {
  /** Branch, tag or commit; "main". */
  revision?: string;
  /** Folder inside of the repository; "". */
  subfolder?: string;
  /**
   * Name of a GGUF file of the repository. It stands for all others: weights, configuration, tokenizer and chat
   * template come from it. An id may also end in .gguf.
   */
  gguf?: string | null;
  progress_callback?: ProgressCallback | null;
  signal?: AbortSignal;
  /** Only what lies here already. */
  local_files_only?: boolean;
  /** Where downloads are kept (Node). */
  cache_dir?: string | null;
  token?: string;
  headers?: Record<string, string>;
}
export type DtypeOption = 'auto' | 'q8' | 'int8' | 'uint8' | 'q4' | 'q4f16' | 'bnb4' | 'fp16' | 'fp32';
/** Of weights, by Transformers.js' name; a tensor's is a TensorType. */
export type DataType = DtypeOption;
/** Transformers.js' devices. Models run on the CPU, in Wasm. */
export type DeviceType =
  | 'auto'
  | 'gpu'
  | 'cpu'
  | 'wasm'
  | 'webgpu'
  | 'cuda'
  | 'dml'
  | 'coreml'
  | 'webnn'
  | 'webnn-npu'
  | 'webnn-gpu'
  | 'webnn-cpu';
export interface ModelOptions extends HubOptions {
  /**
   * Of the packed weights: 8 bits (q8, the default), 4 with a scale per 32 (q4), 16 (fp16) or 32 (fp32); also of those
   * that come quantized, which fp32 keeps exactly. Also { model: dtype }, as Transformers.js takes it.
   */
  dtype?: DtypeOption | Record<string, DtypeOption> | null;
  /** Models run in Wasm; other devices, such as "webgpu", warn once. */
  device?: DeviceType | Record<string, DeviceType> | null;
  /** Its fields go over those of config.json. */
  config?: Record<string, any> | null;
  /** "model": name of the safetensors file without its ending. */
  model_file_name?: string;
}
export interface CallOptions {
  signal?: AbortSignal;
}
/** Transformers.js' names of options. */
export type PretrainedOptions = HubOptions & { config?: Record<string, any> | null };
export type PretrainedModelOptions = ModelOptions;
export type PretrainedTokenizerOptions = PretrainedOptions;

// --- tensors ------------------------------------------------------------------------------------------------------

export type TensorType =
  | 'float32'
  | 'float64'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool'
  | 'string';
export type AnyTypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;
/** any: of strings, or what a caller's array holds. */
export type DataArray = AnyTypedArray | any[];
/** An array in so many arrays. */
export type NestArray<T, Depth extends number, Acc extends never[] = []> = Acc['length'] extends Depth
  ? T
  : NestArray<T[], Depth, [...Acc, never]>;
type Other = number | bigint | Tensor;

/** A typed array with a shape, row-major. Names that end in "_" change the tensor itself. */
export class Tensor {
  constructor(type: TensorType, data: ArrayLike<number | bigint | boolean | string>, dims: number[]);
  type: TensorType;
  /** A typed array of that type (an array of strings for "string"). */
  data: DataArray;
  dims: number[];
  readonly size: number;
  readonly location: 'cpu';
  /** The i-th part along the first dimension. */
  readonly [index: number]: Tensor;
  dispose(): void;
  item(): number | bigint;
  /** any: as many arrays deep as the tensor has dimensions. */
  tolist(): any;
  clone(): Tensor;
  to(type: TensorType): Tensor;
  view(...dims: number[]): Tensor;
  reshape(...dims: number[]): Tensor;
  flatten(start?: number, end?: number): Tensor;
  flatten_(start?: number, end?: number): this;
  squeeze(dim?: number | number[] | null): Tensor;
  squeeze_(dim?: number | number[] | null): this;
  unsqueeze(dim?: number): Tensor;
  unsqueeze_(dim?: number): this;
  /** Per dimension: null (all), a number (that one) or [from, to]. */
  slice(...ranges: (number | [number | null, number | null] | null)[]): Tensor;
  permute(...order: number[]): Tensor;
  transpose(...order: number[]): Tensor;
  repeat(...times: number[]): Tensor;
  tile(...times: number[]): Tensor;
  stride(): number[];
  map(f: (value: any, index: number) => any): Tensor;
  map_(f: (value: any, index: number) => any): this;
  add(other: Other): Tensor;
  add_(other: Other): this;
  sub(other: Other): Tensor;
  sub_(other: Other): this;
  mul(other: Other): Tensor;
  mul_(other: Other): this;
  div(other: Other): Tensor;
  div_(other: Other): this;
  remainder(other: Other): Tensor;
  remainder_(other: Other): this;
  neg(): Tensor;
  neg_(): this;
  sigmoid(): Tensor;
  sigmoid_(): this;
  round(): Tensor;
  round_(): this;
  clamp(low: number, high: number): Tensor;
  clamp_(low: number, high: number): this;
  gt(x: number): Tensor;
  lt(x: number): Tensor;
  sum(dim?: number | null, keepdim?: boolean): Tensor;
  mean(dim?: number | null, keepdim?: boolean): Tensor;
  max(dim?: number | null, keepdim?: boolean): Tensor;
  min(dim?: number | null, keepdim?: boolean): Tensor;
  norm(p?: number, dim?: number | null, keepdim?: boolean): Tensor;
  argmax(dim?: number | null, keepdim?: boolean): Tensor;
  argmin(dim?: number | null, keepdim?: boolean): Tensor;
  normalize(p?: number, dim?: number): Tensor;
  normalize_(p?: number, dim?: number): this;
  softmax(dim?: number): Tensor;
  log_softmax(dim?: number): Tensor;
  [Symbol.iterator](): Generator<any, void, unknown>;
}

export function cat(tensors: Tensor[], dim?: number): Tensor;
export function stack(tensors: Tensor[], dim?: number): Tensor;
/** A number makes a float32 tensor, a bigint int64, true or false bool. */
export function full(dims: number[], value: number | bigint | boolean): Tensor;
export function full_like(x: Tensor, value: number | bigint | boolean): Tensor;
export function ones(dims: number[]): Tensor;
export function ones_like(x: Tensor): Tensor;
export function zeros(dims: number[]): Tensor;
export function zeros_like(x: Tensor): Tensor;
export function permute(x: Tensor, axes: number[]): Tensor;
export function mean(x: Tensor, dim?: number | null, keepdim?: boolean): Tensor;
export function std_mean(x: Tensor, dim?: number | null, correction?: number, keepdim?: boolean): [Tensor, Tensor];
export function matmul(a: Tensor, b: Tensor): Tensor;
/** Means over the tokens that the mask shows: [B, T, H] with mask [B, T] → [B, H]. */
export function mean_pooling(hidden: Tensor, mask: Tensor | { data: ArrayLike<number | bigint> }): Tensor;
export function layer_norm(x: Tensor, shape: number[], options?: { eps?: number }): Tensor;
/** One bit per value: [B, H] → [B, H/8]. */
export function quantize_embeddings(x: Tensor, precision: 'binary' | 'ubinary'): Tensor;
/** The kind of array that was given; for typed arrays of whole numbers, and for what is no array, a Float64Array. */
export type Like<T> = T extends readonly unknown[] ? number[] : T extends Float32Array ? Float32Array : Float64Array;
type Numbers = ArrayLike<number> | DataArray;
export function rand(dims: number[]): Tensor;
export function randn(dims: number[]): Tensor;
/** The k largest values along the last dimension, best first, and their places; without k, all sorted. */
export function topk(x: Tensor, k?: number | null): Promise<[Tensor, Tensor]>;
export function topk<T extends ArrayLike<number>>(
  x: T,
  k?: number | null,
): Promise<T extends readonly unknown[] ? [number[], number[]] : [T, Int32Array]>;
/** Ranges of the axes, with steps; negative numbers count from the end. */
export function slice(x: Tensor, starts: number[], ends: number[], axes?: number[], steps?: number[]): Promise<Tensor>;
/** The Fourier transform of real numbers: [.., n, ..] → [.., n / 2 + 1, .., 2], real and imaginary parts. */
export function rfft(x: Tensor, dim?: Tensor | number): Promise<Tensor>;
export type InterpolationMode = 'nearest' | 'bilinear' | 'bicubic';
/** [C, H, W] with another height and width. */
export function interpolate(
  x: Tensor,
  size: [number, number],
  mode?: InterpolationMode,
  align_corners?: boolean,
): Tensor;
/** [B, C, H, W] with another height and width. */
export function interpolate_4d(
  x: Tensor,
  options: {
    size: [number, number] | [number, number, number] | [number, number, number, number];
    mode?: InterpolationMode;
  },
): Promise<Tensor>;
/** Random numbers as Python's module of that name gives them for the same seed. */
interface Random {
  /** A whole number; none: another sequence each time. */
  seed(seed?: number | null): void;
  /** From 0 on, below 1. */
  random(): number;
  gauss(mu?: number, sigma?: number): number;
  /** In place. */
  shuffle(list: unknown[]): void;
  /** One of the population, each as often as its weight says. */
  choices<T>(population: ArrayLike<T>, weights: ArrayLike<number>): T;
}
export const random: Random & { Random: new (seed?: number | null) => Random };
export function softmax<T extends Numbers>(x: T): Like<T>;
export function log_softmax<T extends Numbers>(x: T): Like<T>;
/** Of vectors of one length. */
export function dot(a: Numbers, b: Numbers): number;
export function cos_sim(a: Numbers, b: Numbers): number;

import type { AddedToken, Encoding } from './tokenizers/types.js';

// --- tokenizers ---------------------------------------------------------------------------------------------------

/** What a tokenizer takes: a text, texts, or texts in words (is_split_into_words). */
type Texts = string | string[] | string[][];
export interface TokenizerCallOptions<TText extends Texts = Texts, TReturnTensor extends boolean = boolean> {
  text_pair?: (TText extends string ? Texts : string[] | string[][]) | null;
  add_special_tokens?: boolean;
  padding?: boolean | 'longest' | 'max_length' | 'do_not_pad' | null;
  truncation?: boolean | 'longest_first' | 'only_first' | 'only_second' | 'do_not_truncate' | null;
  max_length?: number | null;
  stride?: number;
  padding_side?: 'left' | 'right';
  truncation_side?: 'left' | 'right';
  pad_to_multiple_of?: number | null;
  is_split_into_words?: boolean;
  /** false: arrays of numbers in place of int64 tensors. */
  return_tensor?: TReturnTensor;
  return_token_type_ids?: boolean | null;
  return_offsets_mapping?: boolean;
  return_special_tokens_mask?: boolean;
  return_overflowing_tokens?: boolean;
  return_attention_mask?: boolean;
  /** length: tokens of each row. */
  return_length?: boolean;
}
export type BatchEncodingArrayItem<TText extends Texts> = TText extends string ? number[] : number[][];
export type BatchEncodingItem<TText extends Texts, TReturnTensor extends boolean = true> = TReturnTensor extends true
  ? Tensor
  : BatchEncodingArrayItem<TText>;
/** input_ids and what goes with them: tensors [batch, length], or arrays with return_tensor: false. */
export interface BatchEncoding<TItem = Tensor> {
  input_ids: TItem;
  attention_mask: TItem;
  token_type_ids?: TItem;
  /** Begin and end of each token. */
  offset_mapping?: TItem extends Tensor ? Tensor : TItem[];
  special_tokens_mask?: TItem;
  overflow_to_sample_mapping?: TItem extends Tensor ? Tensor : number[];
  length?: TItem extends Tensor ? Tensor : number[];
  /** One per row, with everything about it. */
  readonly encodings: Encoding[];
  tokens(row?: number): string[];
  word_ids(row?: number): (number | null)[];
  sequence_ids(row?: number): (number | null)[];
  char_to_token(row: number, position: number, sequence?: number): number | null;
  token_to_chars(row: number, token: number): [number, number] | null;
  token_to_word(row: number, token: number): number | null;
  word_to_tokens(row: number, word: number, sequence?: number): [number, number] | null;
  word_to_chars(row: number, word: number, sequence?: number): [number, number] | null;
  char_to_word(row: number, position: number, sequence?: number): number | null;
  /** With return_assistant_tokens_mask: 1 for the assistant's tokens. */
  assistant_masks?: TItem;
}
export interface Message {
  role: string;
  content?: string | object[] | null;
  [field: string]: any;
}
export interface ApplyChatTemplateOptions<
  TTokenize extends boolean = true,
  TReturnTensor extends boolean = true,
  TReturnDict extends boolean = true,
> {
  /** Functions as JSON schemas. */
  tools?: object[] | null;
  documents?: object[] | null;
  /** A template, or the name of one of the tokenizer's. */
  chat_template?: string | null;
  add_generation_prompt?: boolean;
  /** The last message stays open; a string names its field. */
  continue_final_message?: boolean | string;
  /** assistant_masks: 1 for what the template marks with {% generation %}. */
  return_assistant_tokens_mask?: boolean;
  tokenize?: TTokenize;
  padding?: TokenizerCallOptions['padding'];
  truncation?: TokenizerCallOptions['truncation'];
  max_length?: number | null;
  return_tensor?: TReturnTensor;
  return_dict?: TReturnDict;
  tokenizer_kwargs?: TokenizerCallOptions;
  /** Everything else is for the template. */
  [variable: string]: any;
}
export type ChatTemplateOptions = ApplyChatTemplateOptions<boolean, boolean, boolean>;
/** Of one conversation (TText: string) or of several. */
export type ApplyChatTemplateReturn<
  TTokenize extends boolean = true,
  TReturnTensor extends boolean = true,
  TReturnDict extends boolean = true,
  TText extends string | string[] = string,
> = TTokenize extends false
  ? TText
  : TReturnDict extends false
    ? BatchEncodingItem<TText, TReturnTensor>
    : BatchEncoding<BatchEncodingItem<TText, TReturnTensor>>;
export interface DecodeOptions {
  skip_special_tokens?: boolean;
  clean_up_tokenization_spaces?: boolean;
}
type Ids = ArrayLike<number | bigint> | Iterable<number | bigint> | Tensor;

export type PreTrainedTokenizerCallback = <TText extends Texts, TReturnTensor extends boolean = true>(
  text: TText,
  options?: TokenizerCallOptions<TText, TReturnTensor>,
) => BatchEncoding<BatchEncodingItem<TText, TReturnTensor>>;
export interface PreTrainedTokenizer extends PreTrainedTokenizerCallback {}
export class PreTrainedTokenizer {
  _call<TText extends Texts, TReturnTensor extends boolean = true>(
    text: TText,
    options?: TokenizerCallOptions<TText, TReturnTensor>,
  ): BatchEncoding<BatchEncodingItem<TText, TReturnTensor>>;
  protected constructor();
  static fromFiles<T extends PreTrainedTokenizer>(
    this: { prototype: T },
    tokenizerJson: string | Uint8Array | object,
    config?: Record<string, any>,
    map?: Record<string, any>,
    where?: string,
  ): Promise<T>;
  /** The tokenizer of a repository, a folder or a URL, as this class. */
  static from_pretrained<T extends PreTrainedTokenizer>(
    this: { prototype: T },
    id: string,
    options?: HubOptions & { config?: Record<string, any> | null },
  ): Promise<T>;
  config: Record<string, any>;
  /** The same by Transformers.js' name. */
  readonly _tokenizer_config: PreTrainedTokenizer['config'];
  /** Does a text begin with bos_token, end with eos_token? Setting one sets both, in place of what the file says. */
  add_bos_token: boolean;
  add_eos_token: boolean;
  padding_side: 'left' | 'right';
  truncation_side: 'left' | 'right';
  model_max_length: number;
  /** A template, or several by name. */
  chat_template: string | Record<string, string> | undefined;
  /** The text (tokenize: false), the ids (return_dict: false) or the inputs of a conversation. */
  apply_chat_template<
    TTokenize extends boolean = true,
    TReturnTensor extends boolean = true,
    TReturnDict extends boolean = true,
  >(
    conversation: Message[],
    options?: ApplyChatTemplateOptions<TTokenize, TReturnTensor, TReturnDict>,
  ): ApplyChatTemplateReturn<TTokenize, TReturnTensor, TReturnDict>;
  apply_chat_template<
    TTokenize extends boolean = true,
    TReturnTensor extends boolean = true,
    TReturnDict extends boolean = true,
  >(
    conversations: Message[][],
    options?: ApplyChatTemplateOptions<TTokenize, TReturnTensor, TReturnDict>,
  ): ApplyChatTemplateReturn<TTokenize, TReturnTensor, TReturnDict, string[]>;
  get_chat_template(options?: { chat_template?: string | null; tools?: object[] | null }): string;
  /** Gets the library for templates, which a tokenizer without one of its own lacks. */
  load_chat_templates(): Promise<void>;
  readonly special_tokens_map: Record<string, string | string[]>;
  encode(text: string, options?: TokenizerCallOptions): number[];
  /** Everything about texts, in typed arrays; text_pair: one for each. */
  encodeBatch(
    texts: (string | string[])[],
    options?: Omit<TokenizerCallOptions, 'text_pair'> & { text_pair?: (string | string[])[] | null },
  ): Encoding[];
  tokenize(text: string, options?: { pair?: string | null; add_special_tokens?: boolean }): string[];
  decode(ids: Ids, options?: DecodeOptions): string;
  batch_decode(batch: Ids[] | Tensor, options?: DecodeOptions): string[];
  /** Decodes ids as they arrive. */
  decodeStream(options?: DecodeOptions): DecodeStream;
  convert_tokens_to_ids(token: string): number;
  convert_tokens_to_ids(tokens: string[]): number[];
  convert_ids_to_tokens(ids: Iterable<number | bigint>): string[];
  get_vocab(): Map<string, number>;
  /** How many are new. */
  add_tokens(tokens: string | AddedToken | (string | AddedToken)[], options?: { special_tokens?: boolean }): number;
  /** Adds special tokens and names them: { pad_token: '<pad>' }. */
  add_special_tokens(tokens: Record<string, string | AddedToken | (string | AddedToken)[]>): number;
  decode_single(ids: Ids, options?: DecodeOptions): string;
  readonly all_special_ids: number[];
  readonly all_special_tokens: string[];
  readonly additional_special_tokens: string[];
  bos_token: string | undefined;
  bos_token_id: number | undefined;
  eos_token: string | undefined;
  eos_token_id: number | undefined;
  unk_token: string | undefined;
  unk_token_id: number | undefined;
  sep_token: string | undefined;
  sep_token_id: number | undefined;
  pad_token: string | undefined;
  pad_token_id: number | undefined;
  cls_token: string | undefined;
  cls_token_id: number | undefined;
  mask_token: string | undefined;
  mask_token_id: number | undefined;
  dispose(): void;
  [Symbol.dispose](): void;
}
/** Text as ids arrive; together it is what decode() gives of all of them. */
export class DecodeStream {
  private constructor();
  /** The text that these ids settle: final, whole characters. */
  push(ids: number | bigint | Ids): string;
  /** The rest; the next push begins a new text. */
  end(): string;
  dispose(): void;
}
export { PreTrainedTokenizer as TokenizersBackend };
export class AutoTokenizer {
  static from_pretrained(
    id: string,
    options?: HubOptions & { config?: Record<string, any> | null },
  ): Promise<PreTrainedTokenizer>;
}

interface Translation {
  /** Codes that the vocabulary has. */
  readonly language_codes: string[];
  readonly languageRegex: RegExp;
  src_lang: string;
  tgt_lang: string | null;
  /** Texts are in the target language from now on. */
  _switch_to_target_mode(): void;
  _switch_to_input_mode(): void;
  lang_to_token(lang: string): string;
  get_lang_id(lang: string): number;
  set_src_lang_special_tokens(lang: string): void;
  set_tgt_lang_special_tokens(lang?: string): void;
  /** Puts forced_bos_token_id into generate_kwargs. */
  _build_translation_inputs(
    raw_inputs: string | string[],
    tokenizer_options: TokenizerCallOptions,
    generate_kwargs: Record<string, any>,
  ): BatchEncoding;
}

// Classes by the names of Transformers'. These have members of their own.
export interface M2M100Tokenizer extends Translation {}
export class M2M100Tokenizer extends PreTrainedTokenizer {}
export interface MBart50Tokenizer extends Translation {}
export class MBart50Tokenizer extends PreTrainedTokenizer {}
export interface MBartTokenizer extends Translation {}
export class MBartTokenizer extends PreTrainedTokenizer {}
export interface NllbTokenizer extends Translation {}
export class NllbTokenizer extends PreTrainedTokenizer {}
export class MarianTokenizer extends PreTrainedTokenizer {
  /** Such as ">>fra<<"; a text may begin with one. */
  readonly supported_language_codes: string[];
  readonly languageRegex: RegExp;
  /** With separate_vocabs, the target language's: it decodes, unless use_source_tokenizer says otherwise. */
  target: MarianTokenizer | null;
  /** Texts are in the target language from now on; with separate_vocabs it has a vocabulary of its own. */
  _switch_to_target_mode(): void;
  _switch_to_input_mode(): void;
  decode(ids: Ids, options?: DecodeOptions & { use_source_tokenizer?: boolean }): string;
}
export interface WhisperDecodeOptions extends DecodeOptions {
  /** Timestamps stand in the text. */
  decode_with_timestamps?: boolean;
  /** { text, offsets } in place of the text. */
  output_offsets?: boolean;
  time_precision?: number;
}
export interface WhisperDecoded {
  text: string;
  offsets: { text: string; timestamp: [number, number] }[];
}
export class WhisperTokenizer extends PreTrainedTokenizer {
  language: string | null;
  task: 'transcribe' | 'translate' | null;
  predict_timestamps: boolean;
  readonly timestamp_begin: number;
  readonly prefix_tokens: number[];
  set_prefix_tokens(options?: {
    language?: string | null;
    task?: string | null;
    predict_timestamps?: boolean | null;
  }): void;
  get_decoder_prompt_ids(options?: {
    language?: string | null;
    task?: string | null;
    no_timestamps?: boolean;
  }): [number, number][];
  get_prompt_ids(text: string): number[];
  timestamp_ids(time_precision?: number): number[];
  decode(ids: Ids, options: WhisperDecodeOptions & { output_offsets: true }): WhisperDecoded;
  decode(ids: Ids, options?: WhisperDecodeOptions): string;
}

// --- Made by tools/generate-tokenizers.js from js/tokenizers/classes/classes.js: node tools/generate-tokenizers.js
export class AlbertTokenizer extends PreTrainedTokenizer {}
export class BartTokenizer extends PreTrainedTokenizer {}
export class BertTokenizer extends PreTrainedTokenizer {}
export class BlenderbotSmallTokenizer extends PreTrainedTokenizer {}
export class BlenderbotTokenizer extends PreTrainedTokenizer {}
export class BloomTokenizer extends PreTrainedTokenizer {}
export class CLIPTokenizer extends PreTrainedTokenizer {}
export class CamembertTokenizer extends PreTrainedTokenizer {}
export class CodeGenTokenizer extends PreTrainedTokenizer {}
export class CodeLlamaTokenizer extends PreTrainedTokenizer {}
export class CohereTokenizer extends PreTrainedTokenizer {}
export class ConvBertTokenizer extends PreTrainedTokenizer {}
export class DebertaTokenizer extends PreTrainedTokenizer {}
export class DebertaV2Tokenizer extends PreTrainedTokenizer {}
export class DistilBertTokenizer extends PreTrainedTokenizer {}
export class ElectraTokenizer extends PreTrainedTokenizer {}
export class EsmTokenizer extends PreTrainedTokenizer {}
export class FalconTokenizer extends PreTrainedTokenizer {}
export class GPT2Tokenizer extends PreTrainedTokenizer {}
export class GPTNeoXTokenizer extends PreTrainedTokenizer {}
export class GemmaTokenizer extends PreTrainedTokenizer {}
export class HerbertTokenizer extends PreTrainedTokenizer {}
export class LlamaTokenizer extends PreTrainedTokenizer {}
export class MPNetTokenizer extends PreTrainedTokenizer {}
export class MobileBertTokenizer extends PreTrainedTokenizer {}
export class NougatTokenizer extends PreTrainedTokenizer {}
export class Qwen2Tokenizer extends PreTrainedTokenizer {}
export class RoFormerTokenizer extends PreTrainedTokenizer {}
export class RobertaTokenizer extends PreTrainedTokenizer {}
export class SiglipTokenizer extends PreTrainedTokenizer {}
export class SpeechT5Tokenizer extends PreTrainedTokenizer {}
export class SqueezeBertTokenizer extends PreTrainedTokenizer {}
export class T5Tokenizer extends PreTrainedTokenizer {}
export class Wav2Vec2CTCTokenizer extends PreTrainedTokenizer {}
export class XLMRobertaTokenizer extends PreTrainedTokenizer {}
export class XLMTokenizer extends PreTrainedTokenizer {}
// --- end of the tokenizer classes

// --- generation ---------------------------------------------------------------------------------------------------

/** Hears the prompt's ids, then each step's, a row each, and the end. */
export class BaseStreamer {
  put(value: bigint[][]): void;
  end(): void;
}
export interface TextStreamerOptions extends DecodeOptions {
  skip_prompt?: boolean;
  /** Final pieces of text; standard output (the console) where none is given. */
  callback_function?: ((text: string) => void) | null;
  token_callback_function?: ((tokens: bigint[]) => void) | null;
  decode_kwargs?: DecodeOptions;
}
export class TextStreamer extends BaseStreamer {
  constructor(tokenizer: PreTrainedTokenizer, options?: TextStreamerOptions);
  tokenizer: PreTrainedTokenizer;
  skip_prompt: boolean;
  /** For subclasses: text that will not change any more. */
  on_finalized_text(text: string, stream_end: boolean): void;
}
/**
 * Called after each step with all ids so far; true: that row (or every row) ends. The ids have Transformers.js' type;
 * as there they are bigints when they come: compare them with == or Number().
 */
export type Criterion = (input_ids: number[][], scores?: number[][]) => boolean | boolean[];
export interface StoppingCriteria {
  (input_ids: number[][], scores?: number[][]): boolean | boolean[];
}
export class StoppingCriteria {
  _call(input_ids: number[][], scores?: number[][]): boolean | boolean[];
}
export interface StoppingCriteriaList {
  (input_ids: number[][], scores?: number[][]): boolean[];
}
export class StoppingCriteriaList {
  constructor(...items: (Criterion | Iterable<Criterion>)[]);
  items: Criterion[];
  push(item: Criterion): void;
  extend(items: Criterion | Iterable<Criterion>): void;
  [Symbol.iterator](): Iterator<Criterion>;
}
export class MaxLengthCriteria extends StoppingCriteria {
  constructor(max_length: number, max_position_embeddings?: number | null);
}
export class EosTokenCriteria extends StoppingCriteria {
  constructor(eos_token_id: number | number[]);
}
/** Ends everything once interrupt() was called, until reset(). */
export class InterruptableStoppingCriteria extends StoppingCriteria {
  interrupted: boolean;
  interrupt(): void;
  reset(): void;
}
type Tokens = number | number[];
/** Options of generate() do the same, faster; these are for chains of one's own. */
export class ForcedBOSTokenLogitsProcessor extends LogitsProcessor {
  constructor(bos_token_id: number);
}
export class ForcedEOSTokenLogitsProcessor extends LogitsProcessor {
  constructor(max_length: number, eos_token_id: Tokens);
}
export class SuppressTokensLogitsProcessor extends LogitsProcessor {
  constructor(suppress_tokens: number[]);
}
export class SuppressTokensAtBeginLogitsProcessor extends LogitsProcessor {
  constructor(begin_suppress_tokens: number[], begin_index: number);
}
export class MinLengthLogitsProcessor extends LogitsProcessor {
  constructor(min_length: number, eos_token_id: Tokens);
}
export class MinNewTokensLengthLogitsProcessor extends LogitsProcessor {
  constructor(prompt_length_to_skip: number, min_new_tokens: number, eos_token_id: Tokens);
}
export class RepetitionPenaltyLogitsProcessor extends LogitsProcessor {
  constructor(penalty: number);
}
export class NoBadWordsLogitsProcessor extends LogitsProcessor {
  constructor(bad_words_ids: number[][], eos_token_id: Tokens);
}
export class NoRepeatNGramLogitsProcessor extends LogitsProcessor {
  constructor(no_repeat_ngram_size: number);
}
/** Half of the rows of the logits are with a condition, half without: what it adds counts guidance_scale times. */
export class ClassifierFreeGuidanceLogitsProcessor extends LogitsProcessor {
  constructor(guidance_scale: number);
}
export class LogitsWarper extends LogitsProcessor {}
export class TemperatureLogitsWarper extends LogitsWarper {
  constructor(temperature: number);
}
export class TopKLogitsWarper extends LogitsProcessor {
  constructor(top_k: number, options?: { filter_value?: number; min_tokens_to_keep?: number });
}
export class TopPLogitsWarper extends LogitsProcessor {
  constructor(top_p: number, options?: { filter_value?: number; min_tokens_to_keep?: number });
}
/** Options of generate(), as its generation_config. */
export class GenerationConfig {
  constructor(options?: GenerationOptions);
  [name: string]: any;
}
/** Changes a step's logits [rows, vocabulary], or gives others. */
export type Processor = (input_ids: bigint[][], logits: Tensor) => Tensor | void;
export interface LogitsProcessor {
  (input_ids: bigint[][], logits: Tensor): Tensor | void;
}
export class LogitsProcessor {
  _call(input_ids: bigint[][], logits: Tensor): Tensor | void;
  /** True: it looks at each row by itself, and rows of a batch that have ended need not be shown. */
  rowwise?: boolean;
}
export interface LogitsProcessorList {
  (input_ids: bigint[][], logits: Tensor): Tensor;
}
export class LogitsProcessorList {
  constructor(...items: (Processor | Iterable<Processor>)[]);
  items: Processor[];
  push(item: Processor): void;
  extend(items: Processor | Iterable<Processor>): void;
  [Symbol.iterator](): Iterator<Processor>;
}

// --- models -------------------------------------------------------------------------------------------------------

type Input =
  | Tensor
  | { data: ArrayLike<number | bigint>; dims: number[] }
  | ArrayLike<number | bigint>
  | number[][]
  | number[][][]
  | null
  | undefined;
/** Named inputs of whole numbers; attention_mask and token_type_ids may be left out. */
export interface ModelInputs {
  input_ids?: Input;
  attention_mask?: Input;
  token_type_ids?: Input;
  [name: string]: any;
}
/** Outputs by PyTorch's names: last_hidden_state, pooler_output, logits, start_logits, … */
export class ModelOutput {
  constructor(outputs: Record<string, Tensor>);
  [name: string]: Tensor;
}
export type ModelOutputs = ModelOutput;
export class BaseModelOutput extends ModelOutput {
  last_hidden_state: Tensor;
}
export class MaskedLMOutput extends ModelOutput {
  logits: Tensor;
}
export class SequenceClassifierOutput extends ModelOutput {
  logits: Tensor;
}
export class TokenClassifierOutput extends ModelOutput {
  logits: Tensor;
}
export class QuestionAnsweringModelOutput extends ModelOutput {
  start_logits: Tensor;
  end_logits: Tensor;
}
export class MultipleChoiceModelOutput extends ModelOutput {
  logits: Tensor;
}
export class CausalLMOutput extends ModelOutput {
  logits: Tensor;
}
export class CausalLMOutputWithPast extends ModelOutput {
  logits: Tensor;
}
export class Seq2SeqLMOutput extends ModelOutput {
  logits: Tensor;
}
/** The fields of a config.json. */
export class PretrainedConfig {
  constructor(json: Record<string, any>);
  static from_pretrained(id: string, options?: PretrainedOptions): Promise<PretrainedConfig>;
  model_type: string | null;
  is_encoder_decoder: boolean;
  max_position_embeddings?: number;
  /** any: as the file has it. */
  [field: string]: any;
}
export class AutoConfig extends PretrainedConfig {}

export interface PreTrainedModel {
  (inputs: ModelInputs, options?: CallOptions): Promise<ModelOutputs>;
}
/** A model. PreTrainedModel.from_pretrained gives the class that config.json names, an Auto class the family's own. */
export class PreTrainedModel {
  constructor(config: Record<string, any>, engine: unknown);
  static from_pretrained<T extends PreTrainedModel>(
    this: new (
      ...args: any[]
    ) => T,
    id: string,
    options?: ModelOptions,
  ): Promise<T>;
  /** config.json. */
  config: Record<string, any>;
  dtype: 'fp32' | 'fp16' | 'q8' | 'q4';
  main_input_name: string;
  /** Whether it has generate(). */
  can_generate: boolean;
  /** The one that a model has here, with the names of its tensors. */
  readonly sessions: { model: { inputNames: string[]; outputNames: string[] } };
  /** Wasm variant, 8-bit product, bytes of Wasm memory and of the packed weights in it. */
  readonly stats: {
    variant: 'simd' | 'relaxed';
    int8Dot: string;
    memoryBytes: number;
    bytesNeeded: number;
    dtype: string;
  };
  forward(inputs: ModelInputs, options?: CallOptions): Promise<ModelOutputs>;
  dispose(): void;
  [Symbol.dispose](): void;
}
/**
 * What a call may ask of generation, by transformers' names; the repository's generation_config.json says what else
 * holds.
 */
export interface GenerationOptions {
  max_new_tokens?: number | null;
  /** Of prompt and new tokens together; max_new_tokens goes before it. */
  max_length?: number | null;
  min_new_tokens?: number | null;
  min_length?: number | null;
  /** Seconds. */
  max_time?: number | null;
  do_sample?: boolean | null;
  temperature?: number | null;
  top_k?: number | null;
  top_p?: number | null;
  min_p?: number | null;
  typical_p?: number | null;
  epsilon_cutoff?: number | null;
  eta_cutoff?: number | null;
  /** The same seed, the same text. */
  seed?: number | null;
  num_beams?: number | null;
  num_return_sequences?: number | null;
  length_penalty?: number | null;
  early_stopping?: boolean | 'never' | null;
  repetition_penalty?: number | null;
  presence_penalty?: number | null;
  frequency_penalty?: number | null;
  no_repeat_ngram_size?: number | null;
  /** Above 1 the prompt's own tokens become likelier. */
  encoder_repetition_penalty?: number | null;
  /** No sequence of so many tokens of the prompt comes again. */
  encoder_no_repeat_ngram_size?: number | null;
  /**
   * Other than 1: what the prompt adds to the scores, against a negative prompt (none: its last token alone),
   * counts so often.
   */
  guidance_scale?: number | null;
  negative_prompt_ids?: ModelInputs['input_ids'] | number[] | number[][] | null;
  negative_prompt_attention_mask?: ModelInputs['attention_mask'] | number[][] | null;
  /** The tokens that may come next, by prompt and all ids of a row. */
  prefix_allowed_tokens_fn?: ((batch: number, ids: bigint[]) => Iterable<number>) | null;
  /**
   * One prompt: up to so many tokens are guessed from the text so far and checked in one pass. The same text but
   * for rounding (q8 and q4 round more), sooner where it repeats.
   */
  prompt_lookup_num_tokens?: number | null;
  max_matching_ngram_size?: number | null;
  bad_words_ids?: number[][] | null;
  suppress_tokens?: number[] | null;
  begin_suppress_tokens?: number[] | null;
  forced_bos_token_id?: number | null;
  forced_eos_token_id?: number | number[] | null;
  sequence_bias?: [number[], number][] | null;
  logit_bias?: Record<number, number> | null;
  exponential_decay_length_penalty?: [number, number] | null;
  remove_invalid_values?: boolean | null;
  renormalize_logits?: boolean | null;
  bos_token_id?: number | null;
  eos_token_id?: number | number[] | null;
  pad_token_id?: number | null;
  /**
   * A row ends with the token that ends one of these texts, also where the prompt began it; they need the
   * tokenizer.
   */
  stop_strings?: string | string[] | null;
  tokenizer?: PreTrainedTokenizer | null;
  /** Log-probabilities of each new token, and of so many likeliest ones. */
  logprobs?: boolean | number | null;
  return_dict_in_generate?: boolean | null;
  /** With return_dict_in_generate. */
  output_scores?: boolean | null;
  output_logits?: boolean | null;
  /** f16 where nothing is said; f32 with dtype fp32. */
  cache_dtype?: CacheType | null;
  /** Of a call before, or a new one; several conversations may each have their own. */
  past_key_values?: DynamicCache | null;
  generation_config?: Record<string, any> | null;
  streamer?: BaseStreamer | null;
  stopping_criteria?: Criterion | Iterable<Criterion> | null;
  logits_processor?: Processor | Iterable<Processor> | null;
  /** Heard between tokens. */
  signal?: AbortSignal;
  [name: string]: any;
}
export type FinishReason = 'eos' | 'length' | 'stop' | 'criteria' | 'time' | 'cut';
export interface TokenLogprob {
  token: number;
  logprob: number;
  top: { token: number; logprob: number }[];
}
export interface GenerateOutput {
  /** int64, [rows, length]. */
  sequences: Tensor;
  finish_reasons: FinishReason[];
  /** Of beams. */
  sequences_scores?: Tensor;
  /** A list per row, an entry per new token. */
  logprobs?: TokenLogprob[][];
  /**
   * With output_scores: what each step picked from, [rows, vocabulary] (beams: rows of running beams); zeros where
   * a row had ended.
   */
  scores?: Tensor[];
  /** With output_logits: the model's own. */
  logits?: Tensor[];
  /** Holds the keys and values; passed to the next call it goes on from there. */
  past_key_values: DynamicCache;
}
interface CachedText {
  /** Sets tensors by their names: a caller's own. generate() takes no cache that has any. */
  update(entries: Record<string, Tensor>): void;
  /** Tokens that it holds. */
  get_seq_length(): number;
  /** Keeps the first tokens only. */
  crop(tokens: number): Promise<void>;
  /** As bytes, for the same model and dtype. */
  save(): Promise<Uint8Array>;
  dispose(): Promise<void>;
}
/**
 * A conversation's keys and values. A cache changes no result: what it lost is computed anew. "past_key_values.0.key",
 * … are read from the model when they are asked for, [rows, heads, tokens, head size]: InputError "cache_away" where
 * another text took the cache's place.
 */
export type DynamicCache = Record<string, Tensor> & CachedText;
/** Empty, what save() gave, or tensors by name. */
export const DynamicCache: new (saved?: Uint8Array | Record<string, Tensor> | null) => DynamicCache;
/** How keys and values are kept. */
export type CacheType = 'f32' | 'f16' | 'q8';
export interface Estimate {
  /** Bytes, of all files of weights; 0 where the server does not say. */
  download: number;
  files: { file: string; size: number; cached: boolean }[];
  /**
   * Bytes of the packed weights, of the cache for so many tokens, of all that the model takes when it has written
   * them.
   */
  weights: number;
  cache: number;
  memory: number;
  tokens: number;
  /** The most tokens that the model takes. */
  context: number;
}
/** A model that writes: a forward pass gives logits [rows, length, vocabulary]. */
export class PreTrainedCausalLM extends PreTrainedModel {
  /** generation_config.json. */
  generation_config: Record<string, any>;
  generate(
    inputs: Input | (ModelInputs & GenerationOptions),
    options: GenerationOptions & { return_dict_in_generate: true },
  ): Promise<GenerateOutput>;
  /** Prompts and what follows: int64, [rows, length]. */
  generate(inputs: Input | (ModelInputs & GenerationOptions), options?: GenerationOptions): Promise<Tensor>;
  /**
   * What loading would take, before anything is downloaded. max_length: tokens that the cache is to hold, 2048
   * where nothing is said.
   */
  static estimate(
    id: string,
    options?: ModelOptions & { max_length?: number; rows?: number; cache_dtype?: CacheType },
  ): Promise<Estimate>;
}

// --- Made by tools/generate-models.js from js/models/catalog.js: node tools/generate-models.js
export class AutoModel extends PreTrainedModel {}
export class AutoModelForCausalLM extends PreTrainedCausalLM {}
export class AutoModelForMaskedLM extends PreTrainedModel {}
export class AutoModelForMultipleChoice extends PreTrainedModel {}
export class AutoModelForQuestionAnswering extends PreTrainedModel {}
export class AutoModelForSequenceClassification extends PreTrainedModel {}
export class AutoModelForTokenClassification extends PreTrainedModel {}

export class AlbertModel extends PreTrainedModel {}
export class AlbertForMaskedLM extends PreTrainedModel {}
export class AlbertForSequenceClassification extends PreTrainedModel {}
export class AlbertForTokenClassification extends PreTrainedModel {}
export class AlbertForQuestionAnswering extends PreTrainedModel {}
export class AlbertForMultipleChoice extends PreTrainedModel {}

export class BertModel extends PreTrainedModel {}
export class BertForMaskedLM extends PreTrainedModel {}
export class BertForSequenceClassification extends PreTrainedModel {}
export class BertForTokenClassification extends PreTrainedModel {}
export class BertForQuestionAnswering extends PreTrainedModel {}
export class BertForMultipleChoice extends PreTrainedModel {}

export class CamembertModel extends PreTrainedModel {}
export class CamembertForMaskedLM extends PreTrainedModel {}
export class CamembertForSequenceClassification extends PreTrainedModel {}
export class CamembertForTokenClassification extends PreTrainedModel {}
export class CamembertForQuestionAnswering extends PreTrainedModel {}
export class CamembertForMultipleChoice extends PreTrainedModel {}

export class DebertaV2Model extends PreTrainedModel {}
export class DebertaV2ForMaskedLM extends PreTrainedModel {}
export class DebertaV2ForSequenceClassification extends PreTrainedModel {}
export class DebertaV2ForTokenClassification extends PreTrainedModel {}
export class DebertaV2ForQuestionAnswering extends PreTrainedModel {}
export class DebertaV2ForMultipleChoice extends PreTrainedModel {}

export class DistilBertModel extends PreTrainedModel {}
export class DistilBertForMaskedLM extends PreTrainedModel {}
export class DistilBertForSequenceClassification extends PreTrainedModel {}
export class DistilBertForTokenClassification extends PreTrainedModel {}
export class DistilBertForQuestionAnswering extends PreTrainedModel {}
export class DistilBertForMultipleChoice extends PreTrainedModel {}

export class ElectraModel extends PreTrainedModel {}
export class ElectraForMaskedLM extends PreTrainedModel {}
export class ElectraForSequenceClassification extends PreTrainedModel {}
export class ElectraForTokenClassification extends PreTrainedModel {}
export class ElectraForQuestionAnswering extends PreTrainedModel {}
export class ElectraForMultipleChoice extends PreTrainedModel {}

export class ModernBertModel extends PreTrainedModel {}
export class ModernBertForMaskedLM extends PreTrainedModel {}
export class ModernBertForSequenceClassification extends PreTrainedModel {}
export class ModernBertForTokenClassification extends PreTrainedModel {}
export class ModernBertForQuestionAnswering extends PreTrainedModel {}
export class ModernBertForMultipleChoice extends PreTrainedModel {}

export class MPNetModel extends PreTrainedModel {}
export class MPNetForMaskedLM extends PreTrainedModel {}
export class MPNetForSequenceClassification extends PreTrainedModel {}
export class MPNetForTokenClassification extends PreTrainedModel {}
export class MPNetForQuestionAnswering extends PreTrainedModel {}
export class MPNetForMultipleChoice extends PreTrainedModel {}

export class RobertaModel extends PreTrainedModel {}
export class RobertaForMaskedLM extends PreTrainedModel {}
export class RobertaForSequenceClassification extends PreTrainedModel {}
export class RobertaForTokenClassification extends PreTrainedModel {}
export class RobertaForQuestionAnswering extends PreTrainedModel {}
export class RobertaForMultipleChoice extends PreTrainedModel {}

export class XLMRobertaModel extends PreTrainedModel {}
export class XLMRobertaForMaskedLM extends PreTrainedModel {}
export class XLMRobertaForSequenceClassification extends PreTrainedModel {}
export class XLMRobertaForTokenClassification extends PreTrainedModel {}
export class XLMRobertaForQuestionAnswering extends PreTrainedModel {}
export class XLMRobertaForMultipleChoice extends PreTrainedModel {}

export class BloomForCausalLM extends PreTrainedCausalLM {}

export class FalconForCausalLM extends PreTrainedCausalLM {}

export class GemmaForCausalLM extends PreTrainedCausalLM {}

export class Gemma2ForCausalLM extends PreTrainedCausalLM {}

export class Gemma3ForCausalLM extends PreTrainedCausalLM {}

export class GPT2LMHeadModel extends PreTrainedCausalLM {}

export class GPTNeoXForCausalLM extends PreTrainedCausalLM {}

export class GraniteForCausalLM extends PreTrainedCausalLM {}

export class LlamaForCausalLM extends PreTrainedCausalLM {}

export class MistralForCausalLM extends PreTrainedCausalLM {}

export class Olmo2ForCausalLM extends PreTrainedCausalLM {}

export class OPTForCausalLM extends PreTrainedCausalLM {}

export class Phi3ForCausalLM extends PreTrainedCausalLM {}

export class Qwen2ForCausalLM extends PreTrainedCausalLM {}

export class Qwen2MoeForCausalLM extends PreTrainedCausalLM {}

export class Qwen3ForCausalLM extends PreTrainedCausalLM {}

export class SmolLM3ForCausalLM extends PreTrainedCausalLM {}

export class StableLmForCausalLM extends PreTrainedCausalLM {}
// --- end of what is made

// --- pipelines ----------------------------------------------------------------------------------------------------

export class Pipeline {
  static task: string;
  static aliases: string[];
  static model: string;
  static defaultModel: string;
  static needs: ('tokenizer' | 'decoder')[];
  static load(): Promise<unknown>;
  /** pipeline() makes one with what it loads; so may a caller. */
  constructor(parts: { task: string; model: PreTrainedModel; tokenizer?: PreTrainedTokenizer; processor?: unknown });
  task: string;
  model: PreTrainedModel;
  tokenizer: PreTrainedTokenizer;
  /** null: no task needs one yet. */
  processor: unknown;
  dispose(): Promise<void>;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface FeatureExtractionOptions extends CallOptions {
  /**
   * "none", the default, gives [B, T, H] with zeros after shorter texts; every other one [B, H] over the text's own
   * tokens.
   */
  pooling?: 'none' | 'mean' | 'max' | 'cls' | 'first_token' | 'eos' | 'last_token';
  normalize?: boolean;
  /** Cuts the vectors of Matryoshka models before they are normalized. */
  dimensions?: number;
  /** precision "binary", where none is given. */
  quantize?: boolean;
  /** binary and ubinary: a bit for each number; int8 and uint8, of normalized vectors: a byte. */
  precision?: 'float32' | 'int8' | 'uint8' | 'binary' | 'ubinary';
}
export interface FeatureExtractionPipeline {
  (texts: string | string[], options?: FeatureExtractionOptions): Promise<Tensor>;
}
export class FeatureExtractionPipeline extends Pipeline {}

export type FeatureExtractionPipelineOptions = FeatureExtractionOptions;
/** What a pipeline is made of. */
export interface TextPipelineConstructorArgs {
  task: string;
  model: PreTrainedModel;
  tokenizer: PreTrainedTokenizer;
}

export interface Classification {
  label: string;
  score: number;
}
export type TextClassificationSingle = Classification;
export type TextClassificationOutput = TextClassificationSingle[];
/** Whether an option top_k other than 1 asks for a list. */
type IsTopK<O> = O extends { top_k: infer K } ? (1 extends K ? false : true) : false;
export interface TextClassificationOptions extends CallOptions {
  text_pair?: string | string[];
  /** null: all labels. */
  top_k?: number | null;
  function_to_apply?: 'softmax' | 'sigmoid' | 'none';
}
export type TextClassificationPipelineOptions = TextClassificationOptions;
export interface TextClassificationPipeline {
  <T extends string | string[], const O extends TextClassificationOptions = object>(
    texts: T,
    options?: O,
  ): Promise<
    T extends string[]
      ? IsTopK<O> extends true
        ? TextClassificationOutput[]
        : TextClassificationOutput
      : TextClassificationOutput
  >;
}
export class TextClassificationPipeline extends Pipeline {}

export interface TokenEntity {
  entity: string;
  score: number;
  index: number;
  word: string;
  start: number;
  end: number;
  entity_group?: undefined;
}
export interface EntityGroup {
  entity_group: string;
  score: number;
  word: string;
  start: number;
  end: number;
  entity?: undefined;
  index?: undefined;
}
export type AggregationStrategy = 'none' | 'simple' | 'first' | 'average' | 'max';
export interface TokenClassificationOptions extends CallOptions {
  aggregation_strategy?: AggregationStrategy;
  ignore_labels?: string[];
}
export type TokenClassificationPipelineOptions = TokenClassificationOptions;
type StrategyOf<O> = O extends undefined
  ? 'none'
  : 'aggregation_strategy' extends keyof O
    ? O['aggregation_strategy' & keyof O]
    : 'none';
type Entity<Strategy> = [Strategy] extends ['none' | undefined]
  ? TokenEntity
  : [Strategy] extends [Exclude<AggregationStrategy, 'none'>]
    ? EntityGroup
    : TokenEntity | EntityGroup;
/** By the options of the call; without them, either of both. */
export type TokenClassificationOutput<O extends TokenClassificationOptions | undefined = TokenClassificationOptions> =
  Entity<StrategyOf<O>>[];
export interface TokenClassificationPipeline {
  <T extends string | string[], const O extends TokenClassificationOptions = object>(
    texts: T,
    options?: O,
  ): Promise<T extends string[] ? TokenClassificationOutput<O>[] : TokenClassificationOutput<O>>;
}
export class TokenClassificationPipeline extends Pipeline {}

/** start and end are places in the context. */
export interface Answer {
  answer: string;
  score: number;
  start: number;
  end: number;
}
export interface QuestionAnsweringOptions extends CallOptions {
  top_k?: number;
  /** Tokens that neighbouring windows of a long context share. */
  doc_stride?: number;
  /** In tokens; 15. */
  max_answer_len?: number;
  /** Tokens of question and context window; 384. */
  max_seq_len?: number;
  /** What is longer loses its end; half a window. */
  max_question_len?: number;
  handle_impossible_answer?: boolean;
}
export type QuestionAnsweringOutput = Answer;
export type QuestionAnsweringPipelineOptions = QuestionAnsweringOptions;
interface Question {
  question: string;
  context: string;
}
type Answers<T, O> = T extends unknown[]
  ? IsTopK<O> extends true
    ? QuestionAnsweringOutput[][]
    : QuestionAnsweringOutput[]
  : IsTopK<O> extends true
    ? QuestionAnsweringOutput[]
    : QuestionAnsweringOutput;
export interface QuestionAnsweringPipeline {
  <T extends string | string[], const O extends QuestionAnsweringOptions = object>(
    question: T,
    context: T,
    options?: O,
  ): Promise<Answers<T, O>>;
  <T extends Question | Question[], const O extends QuestionAnsweringOptions = object>(
    question: T,
    options?: O,
  ): Promise<Answers<T, O>>;
}
export class QuestionAnsweringPipeline extends Pipeline {}

export interface Filling {
  score: number;
  token: number;
  token_str: string;
  sequence: string;
}
export interface FillMaskOptions extends CallOptions {
  top_k?: number;
  /** Only these words are scored. */
  targets?: string | string[];
}
export type FillMaskSingle = Filling;
/** Of a text with one mask; one with several masks gives a list for each. */
export type FillMaskOutput = FillMaskSingle[];
export type FillMaskPipelineOptions = FillMaskOptions;
export interface FillMaskPipeline {
  <T extends string | string[]>(
    texts: T,
    options?: FillMaskOptions,
  ): Promise<T extends string[] ? FillMaskOutput[] : FillMaskOutput>;
}
export class FillMaskPipeline extends Pipeline {}

export interface ZeroShotResult {
  sequence: string;
  labels: string[];
  scores: number[];
}
export interface ZeroShotOptions extends CallOptions {
  /** A sentence with {} for the label. */
  hypothesis_template?: string;
  /** Each label has a score of its own; the scores do not sum to 1. */
  multi_label?: boolean;
}
export type ZeroShotClassificationOutput = ZeroShotResult;
export type ZeroShotClassificationPipelineOptions = ZeroShotOptions;
export interface ZeroShotClassificationPipeline {
  <T extends string | string[]>(
    texts: T,
    candidate_labels: string | string[],
    options?: ZeroShotOptions,
  ): Promise<T extends string[] ? ZeroShotClassificationOutput[] : ZeroShotClassificationOutput>;
}
export class ZeroShotClassificationPipeline extends Pipeline {}

/** index: place in the list that was given. */
export interface Ranked {
  index: number;
  score: number;
  text?: string;
}
export interface RankingOptions extends CallOptions {
  /** Only the best so many. */
  top_k?: number;
  return_documents?: boolean;
  /** Scores through a sigmoid: the default, unless the model was trained for raw scores. */
  normalize?: boolean;
}
export interface TextRankingPipeline {
  (query: string, documents: string[], options?: RankingOptions): Promise<Ranked[]>;
  /** Scores of pairs, in their own order. */
  (pairs: { text: string; text_pair: string }[], options?: RankingOptions): Promise<Ranked[]>;
}
export class TextRankingPipeline extends Pipeline {}

export interface TextGenerationOptions extends GenerationOptions {
  /** false: only what is new. */
  return_full_text?: boolean;
  tools?: object[] | null;
  documents?: object[] | null;
  chat_template?: string | null;
  /** Of a text; the tokenizer's own where nothing is said. */
  add_special_tokens?: boolean;
  /** For a conversation also the variables of its template. */
  tokenizer_encode_kwargs?: Record<string, any>;
  /** The assistant's last message is gone on with; so it is anyway where it is the last. */
  continue_final_message?: boolean;
  /** Prompts that are run at once; 8. */
  batch_size?: number;
}
export type TextGenerationConfig = TextGenerationOptions;
/** A conversation. */
export type Chat = Message[];
export interface GeneratedText {
  generated_text: string;
  logprobs?: TokenLogprob[];
}
/** The conversation and the answer. */
export interface GeneratedChat {
  generated_text: Message[];
  logprobs?: TokenLogprob[];
}
export type TextGenerationSingleString = GeneratedText;
export type TextGenerationStringOutput = TextGenerationSingleString[];
export type TextGenerationSingleChat = GeneratedChat;
export type TextGenerationChatOutput = TextGenerationSingleChat[];
export type TextGenerationSingle = TextGenerationSingleString | TextGenerationSingleChat;
export type TextGenerationOutput = TextGenerationSingle[];
/** What a conversation gives: with return_full_text: false only the answer's text. */
type ChatOutput<O> = O extends { return_full_text: false } ? TextGenerationStringOutput : TextGenerationChatOutput;
export type TextGenerationResult<T, O = object> = T extends string
  ? TextGenerationStringOutput
  : T extends Chat
    ? ChatOutput<O>
    : T extends string[]
      ? TextGenerationStringOutput[]
      : T extends Chat[]
        ? ChatOutput<O>[]
        : never;
/** An answer while it is written. */
export interface TextStream<T> extends AsyncIterable<string> {
  /** What a call would have given. */
  readonly output: Promise<T[]>;
  readonly stats: {
    prompt_tokens: number;
    new_tokens: number;
    first_token_ms: number;
    total_ms: number;
    tokens_per_second: number;
    finish_reason: FinishReason | null;
  };
  toReadableStream(): ReadableStream<string>;
}
export interface TextGenerationPipeline {
  model: PreTrainedCausalLM;
  <T extends string | Chat | string[] | Chat[], const O extends TextGenerationOptions = object>(
    texts: T,
    options?: O,
  ): Promise<TextGenerationResult<T, O>>;
}
export class TextGenerationPipeline extends Pipeline {
  /** Imports what streams need; pipeline() has done so. */
  static load(): Promise<unknown>;
  /** The answer piece by piece, as fast as it is read. */
  stream(text: string, options?: TextGenerationOptions): TextStream<GeneratedText>;
  stream(chat: Message[], options?: TextGenerationOptions): TextStream<GeneratedChat>;
}

/** Each task's class. A registered task of your own: declare it here, by `declare module 'wasmformers'`. */
export interface SupportedTasks {
  'feature-extraction': FeatureExtractionPipeline;
  'fill-mask': FillMaskPipeline;
  'question-answering': QuestionAnsweringPipeline;
  'text-classification': TextClassificationPipeline;
  'text-generation': TextGenerationPipeline;
  'text-ranking': TextRankingPipeline;
  'token-classification': TokenClassificationPipeline;
  'zero-shot-classification': ZeroShotClassificationPipeline;
}
/** Other names of tasks. */
export interface AliasTasks {
  embeddings: FeatureExtractionPipeline;
  'sentiment-analysis': TextClassificationPipeline;
  ner: TokenClassificationPipeline;
}
export interface AllTasks extends SupportedTasks, AliasTasks {}
export type TaskType = keyof SupportedTasks;
export type AliasType = keyof AliasTasks;
export type PipelineType = TaskType | AliasType;
/** Loads what a task needs and gives a function for it; without a model, a well-known one of the Hub. */
export function pipeline<T extends PipelineType>(
  task: T,
  model?: string | null,
  options?: PretrainedModelOptions,
): Promise<AllTasks[T]>;
/** What a class says of itself to pipeline(). */
export interface PipelineClass {
  new (parts: TextPipelineConstructorArgs): Pipeline;
  task: string;
  /** Other names of the task. */
  aliases: string[];
  /** The Auto class that gives its model. */
  model: string;
  /** The repository where none is named. */
  defaultModel: string;
  needs: ('tokenizer' | 'decoder')[];
  load(): Promise<unknown>;
}
/** Makes a task of your own known to pipeline(): a subclass of Pipeline with its static task (and _call). */
export function registerPipeline(Class: PipelineClass): void;

// --- files and the cache ------------------------------------------------------------------------------------------

export interface FileCacheStatus {
  file: string;
  cached: boolean;
}
export interface CacheCheckResult {
  allCached: boolean;
  files: FileCacheStatus[];
}
export interface FileClearStatus {
  file: string;
  deleted: boolean;
  wasCached: boolean;
}
export interface CacheClearResult {
  filesDeleted: number;
  filesCached: number;
  files: FileClearStatus[];
}
export interface RegistryOptions extends ModelOptions {
  include_tokenizer?: boolean;
  include_processor?: boolean;
}
/** Which files a model takes, whether they are in the cache, and how they leave it. Weights are never downloaded. */
export class ModelRegistry {
  static get_files(id: string, options?: RegistryOptions): Promise<string[]>;
  static get_pipeline_files(task: PipelineType, id: string, options?: ModelOptions): Promise<string[]>;
  static get_model_files(id: string, options?: ModelOptions): Promise<string[]>;
  static get_tokenizer_files(id: string, options?: ModelOptions): Promise<string[]>;
  static get_processor_files(id: string, options?: ModelOptions): Promise<string[]>;
  /** Forms that the checkpoint can be packed in; [] where there are no weights. */
  static get_available_dtypes(id: string, options?: ModelOptions): Promise<DataType[]>;
  static get_file_metadata(
    id: string,
    file: string,
    options?: HubOptions,
  ): Promise<{ exists: boolean; size?: number; fromCache: boolean }>;
  static is_cached(id: string, options?: RegistryOptions): Promise<boolean>;
  static is_cached_files(id: string, options?: RegistryOptions): Promise<CacheCheckResult>;
  static is_pipeline_cached(task: PipelineType, id: string, options?: ModelOptions): Promise<boolean>;
  static is_pipeline_cached_files(task: PipelineType, id: string, options?: ModelOptions): Promise<CacheCheckResult>;
  /** Deletes the model's files from the cache of downloads. */
  static clear_cache(id: string, options?: RegistryOptions): Promise<CacheClearResult>;
  static clear_pipeline_cache(task: PipelineType, id: string, options?: ModelOptions): Promise<CacheClearResult>;
}
