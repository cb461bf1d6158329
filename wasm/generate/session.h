// A model that writes and the generation that picks, coupled: the prompt is run in pieces, then a token at a time; what
// the cache holds is known by its ids, so that a prompt that begins like the last text goes on from there. Work is done
// in slices of layers, so that the caller can breathe, show tokens, have a say or stop.
#pragma once

#include <functional>
#include <string_view>

#include "arch/decoder.h"
#include "generate/generation.h"
#include "generate/lookup.h"

namespace wasmformers::generate {

struct SessionOptions {
  kernels::CacheType cacheType = kernels::CacheType::F16;
  size_t chunk = 0;            // tokens of all rows in one pass over a prompt; 0: a good number
  bool pauseAtLogits = false;  // run() returns where scores are there; acceptLogits() goes on
  bool rowsLeave = false;      // who changes scores looks at each row by itself: rows that have ended need not be there
  bool pauseAtContinuations = false;  // run() returns where beams ask (Generation::asking()); decide() goes on
};

class Session {
 public:
  /// `model` must be loaded and outlive this; `arena` and `outputs` are used up by each pass.
  Session(arch::Decoder& model, const kernels::Table& kernels, Arena& arena, std::vector<arch::Output>& outputs,
          Generation::Clock clock = {});

  /// What a cache of `rows` sequences of `capacity` tokens takes, where layers with a window keep little more than
  /// that.
  double bytesNeeded(size_t rows, size_t capacity, kernels::CacheType type) const;

  /// Checks and makes room for all that is to come (MemoryError where it is not there). The prompt is [batch, length].
  Status begin(GenerationConfig config, const int32_t* ids, const uint8_t* mask, size_t batch, size_t length,
               const SessionOptions& options);
  /// Goes on until `milliseconds` have passed (at least one layer is run), `maxTokens` more tokens per row are there
  /// (0: no bound), a pause that was asked for has come, or all is over. After an error the generation is over; the
  /// cache keeps what it had.
  Status run(double milliseconds, size_t maxTokens);
  /// Somebody else runs the model: what of a pass was done is done again.
  void interrupt();
  /// The generation, put aside for another one, and on with it; what the cache has lost by then is run anew.
  struct Parked {
    std::unique_ptr<Generation> generation;
    SessionOptions options;
  };
  Parked park();
  Status resume(Parked parked);
  bool finished() const { return !generation_ || failed_ || generation_->finished(); }
  Generation* generation() { return generation_.get(); }

  /// With pauseAtLogits: the scores [rows, vocabulary], a row for each sequence, that may be changed before
  /// acceptLogits(); nullptr: none yet.
  float* logits() { return state_ == State::Scored ? logits_ : nullptr; }
  size_t logitsRows() const { return state_ == State::Scored ? logitsRows_ : 0; }
  Status acceptLogits();

  /// Tokens of each row whose keys and values are kept, padding among them.
  size_t cachedTokens() const { return held_.empty() ? 0 : held_[0].size(); }
  /// Prompt tokens that the last begin() found in the cache.
  size_t reusedTokens() const { return reused_; }
  size_t cachedRows() const { return held_.size(); }
  void crop(size_t tokens);

  /// The cache and its ids as bytes; `model` names the checkpoint (a hash), so that another's are refused.
  Result<Buffer> save(uint64_t model) const;
  /// InputError "bad_cache" where the bytes are not save()'s for this model; MemoryError. What was there is kept then
  /// (except where the memory ran out).
  Status restore(const std::byte* bytes, size_t size, uint64_t model);

 private:
  enum class State : uint8_t { Idle, Running, Scored };
  struct Prefix {
    size_t tokens, row;
    bool collapse;
  };

  Status enter(std::unique_ptr<Generation> made);
  Prefix commonPrefix(const int32_t* ids, const uint8_t* mask, size_t batch, size_t length) const;
  Status makeRoom(size_t rows, size_t capacity, kernels::CacheType type, bool keep);
  Status nextFeed();
  Status beginChunk();
  Status oneStep();
  void hold();
  Status scored();
  void guess();
  Status nextGuess();
  void keepGuessed(size_t right);
  void dropGuess();
  size_t cacheBytes() const;
  void writeCache(std::byte* to) const;
  bool readCache(const std::byte* from, const std::vector<size_t>& first);
  size_t chunk() const;
  std::vector<size_t> firsts() const;
  void forget();

  arch::Decoder& model_;
  const kernels::Table& kernels_;
  Arena& arena_;
  std::vector<arch::Output>& outputs_;
  std::vector<arch::Input> noInputs_;
  Generation::Clock clock_;
  SessionOptions options_;
  std::unique_ptr<Generation> generation_;

  std::vector<std::vector<int32_t>> held_;   // ids by row of the cache
  std::vector<std::vector<uint8_t>> masks_;  // theirs: 0 is padding
  size_t reused_ = 0;
  State state_ = State::Idle;
  bool failed_ = false;
  Feed feed_;                 // being run
  std::vector<int32_t> ids_;  // what is left of it to run: [rows, width_]; a piece is copied out of it
  std::vector<uint8_t> mask_;
  size_t width_ = 0, done_ = 0;  // columns of ids_; those that are run
  std::vector<int32_t> piece_;
  std::vector<uint8_t> pieceMask_;
  size_t pieceLength_ = 0, step_ = 0;
  float* logits_ = nullptr;
  size_t logitsRows_ = 0;
  Lookup lookup_;
  size_t guessed_ = 0, taken_ = 0;  // tokens of ids_ behind the first that are a guess; those of them that were picked
  std::vector<int32_t> text_;
  Buffer spread_;  // logits_, where sequences share a row and the caller wants one for each
};

}  // namespace wasmformers::generate
