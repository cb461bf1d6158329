// A session: a decoder with its cache, driven by a search. The prompts run in pieces, then a token at a time; a prompt
// that begins like the cached text goes on from there. Work comes in slices of layers, so that the caller can breathe,
// show tokens, change scores or stop. What the cache holds is in cached_text.h, passes are in pass_runner.h, guesses in
// speculation.h.
#pragma once

#include "generate/pass_runner.h"
#include "generate/search.h"
#include "generate/speculation.h"

namespace wasmformers::generate {

struct SessionOptions {
  kernels::CacheType cacheType = kernels::CacheType::F16;
  size_t chunk = 0;             // tokens of all rows in one pass over a prompt; 0: the model's own number
  bool pauseAtScores = false;   // run() returns where scores are ready; acceptScores() goes on
  bool rowwise = false;         // as Changes::editScores()
  bool pauseAtEndings = false;  // run() returns where the search awaits decide()
};

class Session {
 public:
  /// `model` must be loaded and outlive this; `arena` and `outputs` are used up by each pass.
  Session(arch::Decoder& model, const kernels::Table& kernels, Arena& arena, std::vector<arch::Output>& outputs,
          Search::Clock clock = {});

  /// Bytes of a cache of `rows` sequences of `capacity` tokens; layers with a window keep little more than that.
  double bytesNeeded(size_t rows, size_t capacity, kernels::CacheType type) const;
  const CachedText& text() const { return text_; }

  // --- a search
  /// Checks the call and makes room for all of its tokens. The prompts are [batch, length]. Errors of Search::create();
  /// InputError "rows_mismatch" (other conditions than prompts); MemoryError.
  Status begin(GenerationConfig config, const int32_t* ids, const uint8_t* mask, size_t batch, size_t length,
               const SessionOptions& options);
  /// Goes on until `milliseconds` have passed (at least one layer is run), each row has `maxTokens` more tokens (0: no
  /// bound), a pause that was asked for has come, or the search is over. After an error the search is over; the cache
  /// keeps what it had.
  Status run(double milliseconds, size_t maxTokens);
  /// Call before another use of the model's memory: the pass under way is done again.
  void interrupt();
  /// Parks the search, so that another can run.
  struct Parked {
    std::unique_ptr<Search> search;
    SessionOptions options;
    std::vector<uint64_t> conditions;
  };
  Parked park();
  /// Goes on with a parked search; what the cache has lost meanwhile is run again. InternalError "other_condition"
  /// where the model is conditioned on something else now.
  Status resume(Parked parked);
  bool finished() const { return !search_ || failed_ || search_->finished(); }
  Search* search() { return search_.get(); }
  /// Tokens of the prompt that begin() found in the cache.
  size_t reusedTokens() const { return reused_; }

  /// With pauseAtScores: [scoreRows(), vocabulary], after the penalties, to be changed before acceptScores(). nullptr:
  /// no scores are ready.
  float* scores() { return state_ == State::Scored ? scores_ : nullptr; }
  size_t scoreRows() const { return state_ == State::Scored ? scoreRows_ : 0; }
  Status acceptScores();

  // --- without a search, which ends: the caller picks the tokens himself
  /// Begins a pass over new tokens of every row behind the cached ones; makes room for them. `type` is that of an empty
  /// cache. Errors of arch::Decoder::beginCached(); MemoryError.
  Status beginPass(const Feed& feed, kernels::CacheType type);
  /// One layer. After the last one scores() has each row's last token, [scoreRows(), vocabulary].
  Status stepPass();
  bool passDone() const { return state_ != State::Running; }
  /// Row r of the cache becomes a copy of row from[r]; makes room where there are more rows.
  Status reorder(const uint32_t* from, size_t rows);

  // --- the cache
  void crop(size_t tokens) { text_.crop(tokens); }
  Result<Buffer> save(uint64_t model) const { return text_.save(model); }
  Status restore(const std::byte* bytes, size_t size, uint64_t model);

 private:
  enum class State : uint8_t { Idle, Running, Scored };

  Status enter(std::unique_ptr<Search> made);
  Status checkCondition() const;
  Status nextFeed();
  Status oneStep();
  Status prepareScores();
  void guess();
  Status nextGuess();
  void endGuess(size_t unread);
  void dropGuess();
  void endSearch();
  size_t chunk() const { return options_.chunk ? options_.chunk : model_.passTokens(); }

  arch::Decoder& model_;
  CachedText text_;
  PassRunner passes_;
  Search::Clock clock_;
  SessionOptions options_;
  std::vector<uint64_t> conditions_;  // of the search's prompts
  std::unique_ptr<Search> search_;
  State state_ = State::Idle;
  bool failed_ = false, begun_ = false;  // begun_: the search has been fed
  size_t reused_ = 0;
  float* scores_ = nullptr;
  size_t scoreRows_ = 0;
  Buffer expanded_;  // scores_, where sequences share a row and the caller wants one for each
  Speculation guess_;
};

}  // namespace wasmformers::generate
