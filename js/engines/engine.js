// The contract between the library and what runs models. Tokenizers, processors, generation and pipelines know only
// this: an engine chooses its files of a repository, declares what a model takes and gives, runs it, and may drive a
// decoder. engines/wasm is the first engine (our C++, safetensors as the Hub holds them); tests/js/helpers holds a fake
// one, on which every pipeline runs.

/**
 * @typedef {import('../tensor/tensor.js').Tensor} Tensor
 */

/**
 * One named input or output of a model.
 * @typedef {object} Declared
 * @property {string} name by PyTorch's or the graph's own word, e.g. "input_ids"
 * @property {'int32' | 'int64' | 'float32' | 'bool'} dtype what the model reads; callers may give any integer type
 * @property {(string | number)[]} dims a letter for each axis that varies, a number for each that does not
 * @property {boolean} optional whether a pass may go without it
 */

/**
 * What a model cannot exceed. 0: no bound, or not known.
 * @typedef {object} Limits
 * @property {number} length tokens (or frames) of one input, special tokens included
 * @property {number} vocabulary ids of tokens are smaller
 */

/**
 * What a repository is asked for, before any weight is fetched.
 * @typedef {object} LoadRequest
 * @property {string} id repository id, folder or URL
 * @property {string} configText config.json as it lies there
 * @property {Record<string, any>} config the same, parsed
 * @property {string} architecture class name that decides the head, e.g. "BertForMaskedLM"; "" is the base model
 * @property {import('../models/model.js').ModelOptions} options of from_pretrained
 */

/**
 * A thing that can load models.
 * @typedef {object} Engine
 * @property {string} name "wasm", "onnx", …
 * @property {(request: LoadRequest) => Promise<boolean> | boolean} accepts whether it can run this repository: asked
 *   before a weight is fetched
 * @property {(request: LoadRequest) => void} [warmUp] begins to fetch its program, so that it is there with the first
 *   weights
 * @property {(request: LoadRequest) => Promise<EngineModel>} load chooses its files, fetches them, gives the model
 * @property {(request: LoadRequest, more: { max_length?: number, rows?: number, cache_dtype?: string }) =>
 *   Promise<Estimate>} [estimate] what load would take, without a weight being fetched
 */

/**
 * @typedef {object} Estimate
 * @property {number} download bytes
 * @property {{ file: string, size: number, cached: boolean }[]} files
 * @property {number} weights bytes, packed
 * @property {number} cache bytes of keys and values
 * @property {number} memory bytes of all
 * @property {number} tokens that the cache was counted for
 * @property {number} context tokens that the model can see; Infinity: no bound
 */

/**
 * One loaded model. Calls wait for each other; one that fails does not touch the next.
 * @typedef {object} EngineModel
 * @property {string} dtype the weights' form: "fp32", "fp16", "q8", "q4"
 * @property {Declared[]} inputs
 * @property {Declared[]} outputs
 * @property {Limits} limits
 * @property {(inputs: Record<string, { data: any, dims: number[] }>, signal?: AbortSignal) =>
 *   Promise<Record<string, Tensor>>} run one forward pass. InputError: an input that is unknown, missing, of a wrong
 *   dtype or shape
 * @property {Decoder | null} decoder for generation, where the model generates
 * @property {Generate | null} [generate] where the engine has the whole loop of tokens itself; else
 *   engines/search-session.js drives `decoder`
 * @property {Record<string, any>} stats facts for those who look
 * @property {() => void} dispose gives all memory back; a second call does nothing
 */

/**
 * A model that generates, with its cache of keys and values. The cache knows which text it holds and under which
 * condition; it grows with each pass.
 * @typedef {object} Decoder
 * @property {number} vocabulary
 * @property {number} context tokens that the model can see; 0: no bound
 * @property {number} length tokens that the cache holds, of each row
 * @property {(pass: DecoderPass, signal?: AbortSignal | null) => Promise<Float32Array>} prefill runs a prompt into an
 *   empty cache; gives the last position's scores [rows, vocabulary]
 * @property {(pass: DecoderPass, signal?: AbortSignal | null) => Promise<Float32Array>} step goes on with new tokens
 *   behind the cached ones; gives the same
 * @property {(from: ArrayLike<number>) => Promise<void>} reorder row r becomes a copy of row from[r]; the number of
 *   rows may change
 * @property {(tokens: number) => Promise<void>} crop keeps the first tokens only
 * @property {() => Promise<Uint8Array | null>} save the cache as bytes for restore(); null: this engine cannot
 * @property {(bytes: Uint8Array) => Promise<void>} restore
 */

/**
 * New tokens of every row.
 * @typedef {object} DecoderPass
 * @property {Int32Array} ids [rows, length]
 * @property {Uint8Array | null} mask [rows, length], 0: padding, before the real tokens; null: all are real
 * @property {number} rows
 * @property {number} length
 */

/**
 * The loop of tokens: gives slices of tokens [count × rows]. See engines/wasm/decoder.js for the hooks.
 * @typedef {(inputs: { input_ids: { data: any, dims: number[] }, attention_mask?: { data: any, dims: number[] } | null },
 *   options?: Record<string, any>, hooks?: any) => AsyncGenerator<Int32Array, void>} Generate
 */

export {};
