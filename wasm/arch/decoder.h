// What a session of generation needs of a model: a cache of keys and values that grows with each pass over new tokens.
// A causal language model is a Decoder. So is the decoder of an encoder-decoder (T5, Whisper): its text is conditioned
// on a source, whose keys and values it keeps besides the cache.
#pragma once

#include <vector>

#include "arch/model.h"
#include "nn/kv_cache.h"

namespace wasmformers::arch {

class Decoder {
 public:
  virtual ~Decoder() = default;

  /// Ids of tokens are smaller.
  virtual size_t vocabulary() const = 0;
  /// The most tokens of a text; 0: no bound. Of an encoder-decoder, the text that it writes, not the source.
  virtual size_t context() const = 0;
  /// Tokens, of all rows together, that one pass over a prompt should have: enough for matrix products to be bound by
  /// arithmetic, few enough that each layer takes a short time.
  virtual size_t passTokens() const = 0;
  /// The most bytes that passes over `rows` sequences take, besides weights and cache.
  virtual double workBytes(size_t rows) const = 0;

  /// The keys and values of the text. Callers crop, save and restore them here.
  virtual nn::KvCache& cache() = 0;
  /// Bytes of a cache that reserve() would make.
  virtual double cacheBytes(size_t rows, size_t capacity, kernels::CacheType type, size_t chunk) const = 0;
  /// Makes room for `rows` sequences of up to `capacity` tokens. The text so far is forgotten, its conditions are not.
  /// `chunk`: no pass will have more tokens per row, so that layers with a window keep little more than that window; 0:
  /// passes may be of any length. MemoryError "out_of_memory" says the bytes.
  virtual Status reserve(size_t rows, size_t capacity, kernels::CacheType type, size_t chunk) = 0;
  /// Row r of the cache becomes a copy of row from[r], for r < rows. The number of rows may change: a prompt becomes
  /// several beams.
  virtual Status reorder(const uint32_t* from, size_t rows) = 0;

  /// When a text grows beyond this many tokens, its cached keys are no longer valid: it must be run again from its
  /// start (LongRoPE; transformers modeling_phi3.py does the same). 0: never.
  virtual size_t recomputeBeyond() const { return 0; }
  /// The keys of a text of more tokens than this depend on its length (LongRoPE, dynamic NTK). Its prompt must be run
  /// in one pass, and its cache serves no other text. 0: of no text.
  virtual size_t changesBeyond() const { return 0; }
  /// What the prompts are conditioned on (a source text, an image, a sound): a hash of it for each prompt. Empty: on
  /// nothing. Keys and values serve another text only where the conditions are equal.
  virtual std::vector<uint64_t> conditions() const { return {}; }

  struct Chunk {
    const int32_t* ids;             // [rows, length]; only beginCached reads it
    const uint8_t* mask = nullptr;  // [rows, length], 0: padding, before the real tokens; nullptr: all are real
    size_t rows = 1, length = 1;
    bool logits = true;                 // false: the pass only fills the cache
    bool every = false;                 // logits of every token, [rows, length, V], not of each row's last
    const uint32_t* prompts = nullptr;  // [rows]: which of conditions() each row goes with; nullptr: row r with r
  };
  /// Begins a pass over `length` new tokens per row that follow the cached ones; then come step(0) … step(steps() − 1).
  /// The last step gives "logits" [rows, V] of each row's last token (without a head: "last_hidden_state" [rows, E]),
  /// and only then has the cache grown. Positions count real tokens, as in transformers' generate. The caller resets
  /// the arena before. InputError "ids_out_of_range", "too_long" (more than context()), "cache_full" (more than
  /// reserve() made room for), "rows_mismatch", "empty_input".
  virtual Status beginCached(const Chunk&, Pass&) = 0;
  virtual size_t steps() const = 0;
  virtual Status step(size_t index, Pass&) = 0;
};

}  // namespace wasmformers::arch
