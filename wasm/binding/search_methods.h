// The methods of every handle that has a search, its own (search.cpp) or that of a session (decoder.cpp): tokens as
// they come, rows that the caller ends, scores that it edits, results.
#pragma once

#include "binding/handle.h"
#include "generate/search.h"

namespace wasmformers {

using emscripten::val;

/// A copy in JavaScript's own memory.
template <class T>
val copied(const T* data, size_t count) {
  return val(emscripten::typed_memory_view(count, data)).call<val>("slice");
}
template <class T>
val copied(const std::vector<T>& values) {
  return copied(values.data(), values.size());
}

class SearchMethods {
 public:
  /// Int32Array, [steps, rows of the results].
  val takeTokens() { return search() ? copied(search()->takeTokens().values) : copied(std::vector<int32_t>()); }
  /// Float32Arrays; see Results.
  val takeScores() { return search() ? copied(search()->takeScores()) : copied(std::vector<float>()); }
  val takeLogits() { return search() ? copied(search()->takeLogits()) : copied(std::vector<float>()); }
  /// Int32Array: of each row of the results how many new tokens it has, then the number of its ending.
  val outcomes() const {
    std::vector<int32_t> out;
    if (search()) {
      out = search()->newTokens();
      for (generate::Ending e : search()->endings()) out.push_back(int32_t(e));
    }
    return copied(out);
  }
  bool stopRow(int row, int ending) {
    return search() && row >= 0 && search()->stopRow(size_t(row), generate::Ending(ending));
  }
  void stopAll() {
    if (search()) search()->stop();
  }

  /// Uint32Array; see Changes.
  val scoredRows() const { return copied(search() ? search()->scoredRows() : std::vector<uint32_t>()); }
  /// Int32Array: [rows, count] of the beams' new tokens.
  val runningTokens() const { return copied(search() ? search()->runningBeams().values : std::vector<int32_t>()); }
  /// Int32Array: how many rows, then their new tokens; no rows where the search does not wait for decide().
  val continuations() const {
    generate::Grid<int32_t> rows;
    if (search() && search()->awaitsEndings()) rows = search()->continuations();
    rows.values.insert(rows.values.begin(), int32_t(rows.rows));
    return copied(rows.values);
  }
  /// A byte for each continuation: the number of its ending.
  void decide(const std::string& endings) {
    if (search() && search()->awaitsEndings())
      search()->decide(reinterpret_cast<const generate::Ending*>(endings.data()));
  }

  /// Whole results, once the search is over: the fields of js/engines/engine.js' Results.
  val results() const {
    val out = val::object();
    if (!search()) return out;
    const generate::Grid<int32_t> sequences = search()->sequences();
    const generate::Logprobs& logprobs = search()->logprobs();
    out.set("rows", double(sequences.rows));
    out.set("length", double(sequences.count));
    out.set("ids", copied(sequences.values));
    out.set("seed", double(search()->seed()));
    out.set("scores", copied(search()->sequencesScores()));
    out.set("top", double(logprobs.top));
    out.set("picked", copied(logprobs.picked));
    out.set("topIds", copied(logprobs.topIds));
    out.set("topValues", copied(logprobs.topLogprobs));
    return out;
  }

 protected:
  ~SearchMethods() = default;
  /// nullptr: there is none.
  virtual generate::Search* search() const = 0;
};

/// Binds them for M, and the names of endings by their numbers.
template <class M>
void bindSearch(emscripten::class_<M>& handle) {
  emscripten::function(
      "endings", +[] {
        val out = val::array();
        for (const char* name : generate::kEndingNames) out.call<void>("push", std::string(name));
        return out;
      });
  using S = SearchMethods;
  handle.function("takeTokens", inherited<M>(&S::takeTokens))
      .function("takeScores", inherited<M>(&S::takeScores))
      .function("takeLogits", inherited<M>(&S::takeLogits))
      .function("outcomes", inherited<M>(&S::outcomes))
      .function("stopRow", inherited<M>(&S::stopRow))
      .function("stopAll", inherited<M>(&S::stopAll))
      .function("scoredRows", inherited<M>(&S::scoredRows))
      .function("runningTokens", inherited<M>(&S::runningTokens))
      .function("continuations", inherited<M>(&S::continuations))
      .function("decide", inherited<M>(&S::decide))
      .function("results", inherited<M>(&S::results));
}

}  // namespace wasmformers
