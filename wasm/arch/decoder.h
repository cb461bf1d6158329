// What a session of generation needs of a model: a cache of keys and values that grows by passes over new tokens. A
// causal language model is one; so is the decoder of an encoder-decoder, whose text is conditioned on a source.
#pragma once

#include <vector>

#include "arch/model.h"
#include "nn/kv_cache.h"

namespace wasmformers::arch {

class Decoder {
 public:
  virtual ~Decoder() = default;

  /// Tokens that the model knows.
  virtual size_t vocabulary() const = 0;
  /// Tokens that the model was made for; 0: no bound.
  virtual size_t context() const = 0;
  /// Tokens of a prompt that one pass should have, of all rows: enough for products to be bound by arithmetic, few
  /// enough for a page to breathe after each layer.
  virtual size_t passTokens() const = 0;
  /// Bytes that passes and scores take at most, besides weights and cache, for so many rows.
  virtual double workBytes(size_t rows) const = 0;

  /// The memory of keys and values: who crops, saves or restores it works on it directly.
  virtual nn::KvCache& cache() = 0;
  /// Bytes of a cache of `rows` sequences of `capacity` tokens, where no pass is longer than `chunk` tokens a row.
  virtual double cacheBytes(size_t rows, size_t capacity, kernels::CacheType type, size_t chunk) const = 0;
  /// Makes room for `rows` sequences of up to `capacity` tokens; forgets what was there. MemoryError with the bytes
  /// needed. `chunk`: where not 0, no pass is longer, and layers with a window keep little more than that.
  virtual Status reserve(size_t rows, size_t capacity, kernels::CacheType type, size_t chunk) = 0;
  /// Row r of the cache becomes a copy of row from[r]; the number of rows may change (beams; a prompt that becomes
  /// beams).
  virtual Status reorder(const uint32_t* from, size_t rows) = 0;

  /// Where not 0: a sequence that grows beyond so many tokens must be computed anew from its start, because the
  /// rotations of the keys kept change there (LongRoPE; transformers modeling_phi3.py does the same).
  virtual size_t recomputeBeyond() const { return 0; }
  /// Where not 0: the rotations of a text longer than so many tokens depend on its length (LongRoPE, dynamic NTK). Its
  /// prompt is to be run in one pass, and what is cached of it serves no other text.
  virtual size_t changesBeyond() const { return 0; }
  /// What the prompts are conditioned on (a source text, an image, a sound): a hash of it for each prompt. Empty: on
  /// nothing. Keys and values serve another text only where the conditions are equal.
  virtual std::vector<uint64_t> conditions() const { return {}; }

  struct Chunk {
    const int32_t* ids;             // [rows, length], read by beginCached only
    const uint8_t* mask = nullptr;  // [rows, length], 0: padding, before the real tokens; nullptr: all are real
    size_t rows = 1, length = 1;
    bool logits = true;  // false: only the cache is wanted, not the output
    bool every = false;  // of every token, not of each row's last: [rows, length, V]
    const uint32_t* prompts = nullptr;  // [rows]: which of conditions() each row goes with; nullptr: row r with r
  };
  /// Begins a pass over `length` new tokens behind the cached ones; then step(0 … steps() − 1); the last step gives the
  /// output "logits" [rows, V] (Base: "last_hidden_state" [rows, E]) of each row's last token and only then the cache
  /// has grown. Positions count real tokens, as transformers' generate has it. The caller resets the arena before.
  /// InputError: "ids_out_of_range", "too_long" (context), "cache_full" (reserve), "rows_mismatch", "empty_input".
  virtual Status beginCached(const Chunk&, Pass&) = 0;
  virtual size_t steps() const = 0;
  virtual Status step(size_t index, Pass&) = 0;
};

}  // namespace wasmformers::arch
