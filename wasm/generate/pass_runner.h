// Runs new tokens through a decoder, behind the cached ones: a long prompt in several passes ("pieces"), each pass
// layer by layer, so that the caller can breathe in between. It notes in CachedText what the cache has gained. It picks
// no tokens.
#pragma once

#include "generate/cached_text.h"

namespace wasmformers::generate {

class PassRunner {
 public:
  /// All must outlive this; `arena` and `outputs` are used up by each pass.
  PassRunner(arch::Decoder& model, const kernels::Table& kernels, Arena& arena, std::vector<arch::Output>& outputs,
             CachedText& text)
      : model_(model), kernels_(kernels), arena_(arena), outputs_(outputs), text_(text) {}

  /// Takes the feed's tokens from column `skip` on; in front of them the cached ones, where the model must compute them
  /// anew (LongRoPE), or where `anew` says so. The caller may append() before begin().
  void load(const Feed& feed, size_t skip, bool anew = false);
  /// Further tokens of the only row.
  void append(const std::vector<int32_t>& ids);
  size_t rows() const { return rows_; }
  size_t width() const { return width_; }                   // tokens of each row that are to be run
  const std::vector<int32_t>& ids() const { return ids_; }  // [rows, width()]

  /// Begins the first pass. `chunk`: the most tokens of all rows in one pass. `everyScore`: the last pass gives scores
  /// of each of its tokens, not of the last one only.
  Status begin(size_t chunk, bool everyScore);
  /// One step: a layer, or the output layer.
  Status step();
  bool done() const { return done_ == width_; }
  /// Another user takes the model's memory: the pass that is being run begins again with the next step().
  void interrupt() { step_ = kAgain; }
  /// Whether the next step is a layer (or the output layer of the last pass), whose time tells that of the following.
  bool nextIsFullStep() const { return step_ < model_.steps() - (done_ + length_ < width_); }

  /// When done: [rows, vocabulary], or with everyScore [tokens, vocabulary] of the only row. In the arena.
  float* scores() { return const_cast<float*>(outputs_.back().data); }

 private:
  static constexpr size_t kAgain = SIZE_MAX;
  Status beginPass();

  arch::Decoder& model_;
  const kernels::Table& kernels_;
  Arena& arena_;
  std::vector<arch::Output>& outputs_;
  CachedText& text_;
  std::vector<arch::Input> noInputs_;
  std::vector<int32_t> ids_;  // [rows_, width_]
  std::vector<uint8_t> mask_;
  std::vector<uint32_t> prompts_;  // [rows_], or empty
  size_t rows_ = 0, width_ = 0, done_ = 0, chunk_ = 0;
  bool everyScore_ = false;
  std::vector<int32_t> passIds_;  // [rows_, length_]
  std::vector<uint8_t> passMask_;
  size_t length_ = 0, step_ = kAgain;
};

}  // namespace wasmformers::generate
