// The contract between the library and what runs models. Tokenizers, processors, generation and pipelines know only
// this: an engine chooses its files of a repository, declares what a model takes and gives, runs it, and may drive a
// decoder. engines/wasm is the first engine (our C++, safetensors as the Hub holds them). A fake one in
// tests/js/helpers runs every pipeline, so that none of them can depend on the Wasm engine.

/**
 * @typedef {import('../tensor/tensor.js').Tensor} Tensor
 * @typedef {import('../hub/index.js').HubOptions & { dtype?: string | Record<string, string> | null,
 *   device?: string | Record<string, string> | null, config?: Record<string, any> | null,
 *   model_file_name?: string }} ModelOptions
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
 * @property {number} length tokens (or frames) of one input, special tokens included; more are refused
 * @property {number} trainedLength the longest that the model was made for; more may be possible, up to `length`
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
 * @property {(request: LoadRequest) => Promise<string[]>} [files] names of the files of weights that load would read
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
 *   pass over inputs that it declares. InputError: an input is missing, or its values or shape are wrong.
 * @property {Decoder | null} [decoder] of a model that generates
 * @property {Generate} [generate] the loop of tokens of a model that generates: the engine's own, or that of a
 *   SearchSession (engines/search-session.js), which drives `decoder`
 * @property {Record<string, any>} stats facts to look at, e.g. bytes of memory
 * @property {() => void} dispose gives all memory back; a second call does nothing
 */

/**
 * A model that generates, with its cache of keys and values. Calls are made one after another. The cache grows with
 * each pass; the caller that drives the decoder knows which text it holds.
 * @typedef {object} Decoder
 * @property {number} vocabulary tokens; ids are smaller
 * @property {number} context tokens that the model can see; 0: no bound
 * @property {number} length tokens that the cache holds of each row, padding among them
 * @property {string[] | null} [conditions] for each prompt a name (such as a hash) of what it is conditioned on: a
 *   source text, an image, a sound. Cached tokens serve another prompt only where it has the same. null: on nothing
 * @property {(pass: DecoderPass, signal?: AbortSignal | null) => Promise<Float32Array>} prefill empties the cache and
 *   runs the prompts; gives the scores of each row's last token, [rows, vocabulary]
 * @property {(pass: DecoderPass, signal?: AbortSignal | null) => Promise<Float32Array>} step runs further tokens of
 *   every cached row; gives the same
 * @property {(from: ArrayLike<number>) => Promise<void>} reorder row r of the cache becomes a copy of row from[r]; the
 *   number of rows may change
 * @property {(tokens: number) => Promise<void>} crop keeps the first tokens of every row; none where the engine cannot
 *   keep so few (`length` tells)
 * @property {() => Promise<Uint8Array | null>} save the cache as bytes; null: this engine cannot
 * @property {(bytes: Uint8Array) => Promise<void>} restore InputError "bad_cache": bytes of another model, or
 *   damaged ones
 */

/**
 * New tokens of every row.
 * @typedef {object} DecoderPass
 * @property {Int32Array} ids [rows, length]
 * @property {Uint8Array | null} mask [rows, length], 0: padding, which comes before a row's real tokens; null: no
 *   padding
 * @property {number} rows
 * @property {number} length
 * @property {Uint32Array | null} [prompts] [rows]: which of `conditions` each row belongs to; null: row r to the r-th
 */

/**
 * The loop of tokens. Gives slices of new tokens, [steps, rows] one after another; rows are prompts ×
 * num_return_sequences. A row that has ended has padding. Beams give all tokens at the end.
 * @callback Generate
 * @param {{ input_ids: { data: any, dims: number[] }, attention_mask?: { data: any, dims: number[] } | null }} inputs
 *   [rows, length], padded on the left
 * @param {Record<string, any>} [options] of wasm/generate/config.h; cache_dtype
 * @param {GenerateHooks} [hooks]
 * @returns {AsyncGenerator<Int32Array, void>}
 */

/**
 * What a caller hears and changes while tokens are generated. The functions are synchronous and called between two
 * passes; what they throw ends the generation.
 * @typedef {object} GenerateHooks
 * @property {AbortSignal | null} [signal]
 * @property {boolean} [stepwise] a slice for each token; else slices come every few milliseconds
 * @property {((scores: Float32Array, running: Int32Array, rows: Uint32Array) => ArrayLike<number>) | null} [process] is
 *   given each step's scores after the penalties [rows, vocabulary], a view that holds during the call; the new tokens
 *   of running beams [rows, length]; which rows of the results (or beams) these are. Gives the scores to pick from
 * @property {boolean} [rowsLeave] process() treats rows independently, so finished ones may be absent
 * @property {((continuations: Int32Array, rows: number) => (Ending | null)[]) | null} [decide] with beams: is given the
 *   new tokens of each possible continuation [rows, length], as many rows for each prompt; says which end ("stop",
 *   "criteria")
 * @property {((tokens: Int32Array) => (Ending | null)[] | null) | null} [step] without beams, makes slices stepwise: is
 *   given each step's tokens [rows]; says which rows end here ("stop", "criteria")
 * @property {((scores: Float32Array, logits: Float32Array, vocabulary: number) => void) | null} [scores] is given what
 *   was picked from and the model's own scores of some steps [steps, rows, vocabulary], as output_scores and
 *   output_logits ask for them
 * @property {((outcomes: Outcomes) => void) | null} [progress] is told before each slice how far rows have come
 * @property {((results: Results) => void) | null} [ended] is given whole results, before the last slice
 * @property {import('../generation/cache.js').DynamicCache | null} [cache] the caller's, checked
 */

/**
 * Why a row ended. length: max_length, max_new_tokens or the context. stop: a stop text. cut: the caller stopped.
 * @typedef {'eos' | 'length' | 'time' | 'stop' | 'criteria' | 'cut'} Ending
 */

/**
 * @typedef {object} Outcomes
 * @property {Int32Array} newTokens of each row, without padding
 * @property {(Ending | null)[]} endings of each row; null: it goes on
 */

/**
 * @typedef {object} Results
 * @property {number} rows
 * @property {number} length tokens of each row, prompt and padding included
 * @property {Int32Array} ids [rows, length]
 * @property {number} seed that tokens were drawn with
 * @property {Float32Array} scores with beams, of each row
 * @property {number} top most likely tokens in topIds and topValues
 * @property {Float32Array} picked with logprobs: of the picked tokens [steps, rows]
 * @property {Int32Array} topIds [steps, rows, top]
 * @property {Float32Array} topValues their log-probabilities
 */

/**
 * What a DynamicCache asks of the loop that fills it.
 * @typedef {object} CacheDriver
 * @property {(tokens: number, cache: import('../generation/cache.js').DynamicCache) => Promise<void>} cropCache
 * @property {(cache: import('../generation/cache.js').DynamicCache) => Promise<Uint8Array | null>} saveCache
 */

export {};
