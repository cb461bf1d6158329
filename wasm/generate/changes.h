// What a caller may change while a search runs: the scores of every step, and which continuations of beams end. Both
// are asked for before the first feed.
#pragma once

#include <cstdint>
#include <vector>

#include "generate/results.h"

namespace wasmformers::generate {

class Changes {
 public:
  /// The caller changes scores between process() and choose(). Every row then keeps its index, row r of the scores
  /// being row r of the results (or of all beams); where several sequences go on from one row of scores, the caller
  /// expands it first (Search::expandScores()). `rowwise`: the caller treats rows independently, so rows that have
  /// ended are dropped all the same; scoredRows() says which are left.
  void editScores(bool rowwise = false) {
    editsScores_ = true;
    rowwise_ = rowwise;
  }
  /// By row of the scores: its row of the results, or of all beams.
  virtual std::vector<uint32_t> scoredRows() const = 0;

  /// Beams: choose() stops before it is settled which continuations end; decide() goes on.
  void askForEndings() { asksForEndings_ = true; }
  /// Whether the search waits for decide().
  bool awaitsEndings() const { return awaitsEndings_; }
  /// The new tokens of each continuation, [rows, count]; as many rows for each prompt.
  virtual Grid<int32_t> continuations() const { return {}; }
  /// An Ending for each continuation: Stop or Criteria where it ends, else None.
  virtual void decide(const Ending*) {}
  /// The new tokens of the beams that go on, [rows, count].
  virtual Grid<int32_t> runningBeams() const { return {}; }

 protected:
  ~Changes() = default;
  bool dropsEndedRows() const { return !editsScores_ || rowwise_; }

  bool editsScores_ = false, rowwise_ = false;
  bool asksForEndings_ = false, awaitsEndings_ = false;
};

}  // namespace wasmformers::generate
