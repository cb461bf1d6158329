// The contract between the library and what runs models. Tokenizers, processors, generation and pipelines know only
// this: an engine chooses its files of a repository, declares what a model takes and gives, runs it, and may drive a
// decoder. engines/wasm is the first engine (our C++, safetensors as the Hub holds them). A fake one in
// tests/js/helpers runs every pipeline, so that none of them can depend on the Wasm engine.

/**
 * @typedef {import('../tensor/tensor.js').Tensor} Tensor
 * @typedef {import('../hub/index.js').HubOptions & { dtype?: string | Record<string, string> | null,
 *   device?: string | null, config?: Record<string, any> | null, model_file_name?: string }} ModelOptions
 * @typedef {{ data: ArrayLike<number | bigint>, dims: number[] }} Values row by row
 */

/**
 * One named input or output of a model.
 * @typedef {object} Declared
 * @property {string} name by PyTorch's or the graph's own word, e.g. "input_ids"
 * @property {'int32' | 'float32'} dtype what the model reads or gives; callers may give numbers of any type
 * @property {(string | number)[]} dims a name for each axis that varies, a size for each that does not
 * @property {boolean} [optional] a pass may go without it
 */

/**
 * What an input cannot exceed. 0: no bound, or none that is known.
 * @typedef {object} Limits
 * @property {number} length tokens (or frames) of one input, special tokens included
 * @property {number} vocabulary token ids are smaller
 */

/**
 * One line of the table of models (models/catalog.js).
 * @typedef {object} Family
 * @property {string} name what its class names begin with, e.g. "Bert"
 * @property {string[]} heads endings of its class names; the first is taken where config.json names no architecture
 * @property {string} [program] the Wasm program that runs it; none: the Wasm engine does not know it
 */

/**
 * What is known of a repository before any weight is fetched.
 * @typedef {object} LoadRequest
 * @property {string} id repository id, folder or URL
 * @property {string} configText config.json as it lies there
 * @property {Record<string, any>} config the same, parsed
 * @property {Family | null} family of config.json's model_type; null: not in the catalog
 * @property {string} architecture name of the model class, which decides the head, e.g. "BertForMaskedLM"
 * @property {ModelOptions} options of from_pretrained. `signal` is also aborted when another part of the load fails.
 */

/**
 * What can load models.
 * @typedef {object} Engine
 * @property {string} name "wasm", "onnx", …
 * @property {(request: LoadRequest) => Promise<boolean> | boolean} accepts whether it can run this repository
 * @property {(families: Family[]) => void} [warmUp] begins to fetch what these families need,
 *   weights excepted. Called while config.json is fetched: the model will be of one of them.
 * @property {(request: LoadRequest) => Promise<EngineModel>} load chooses its files, fetches them, gives the model.
 *   ConfigError: an option or a configuration that it cannot run; WeightsError, HubError, MemoryError.
 * @property {(request: LoadRequest, size: EstimateSize) => Promise<Estimate>} [estimate] what load and generation
 *   would take; no weight is fetched
 */

/**
 * @typedef {object} EstimateSize
 * @property {number} [max_length] tokens that the cache is to hold, per row
 * @property {number} [rows]
 * @property {string} [cache_dtype]
 */

/**
 * @typedef {object} Estimate
 * @property {number} download bytes of all files of weights; 0 where the server does not say
 * @property {{ file: string, size: number, cached: boolean }[]} files
 * @property {number} weights bytes, packed
 * @property {number} cache bytes of keys and values
 * @property {number} memory bytes of everything
 * @property {number} tokens that the cache was counted for
 * @property {number} context tokens that the model can see; Infinity: no bound
 */

/**
 * One loaded model. Calls wait for each other; one that fails does not touch the next.
 * @typedef {object} EngineModel
 * @property {string} dtype form of the weights: "fp32", "fp16", "q8", "q4"
 * @property {Declared[]} inputs
 * @property {Declared[]} outputs
 * @property {Limits} limits
 * @property {(inputs: Record<string, Values>, signal?: AbortSignal) => Promise<Record<string, Tensor>>} run one forward
 *   pass. Names that the model does not declare are ignored. InputError: an input that is missing, or whose values
 *   or shape are wrong.
 * @property {Decoder | null} [decoder] of a model that generates, driven by engines/search-session.js
 * @property {Generate} [generate] of an engine that runs the whole loop of tokens itself; goes before `decoder`
 * @property {Record<string, any>} stats facts to look at, e.g. bytes of memory
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
 * @typedef {(inputs: { input_ids: Values, attention_mask?: Values | null }, options?: Record<string, any>,
 *   hooks?: any) => AsyncGenerator<Int32Array, void>} Generate
 */

export {};
