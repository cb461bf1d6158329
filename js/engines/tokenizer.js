// The engine that js/tokenizers run on (tokenizer-engine.js has its types).

export { WasmTokenizer } from './wasm/tokenizer.js';
