// Cutting a text at delimiters: where they lie, and what becomes of them.
#pragma once

#include <cstdint>
#include <vector>

namespace wasmformers::tokenizer {

/// What happens to a delimiter: the `behavior` of Split and Punctuation.
enum class Behavior : uint8_t { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };

/// A byte range of a text and whether it is a delimiter. A list of matches covers the text without gaps.
struct Match {
  uint32_t begin, end;
  bool isDelimiter;
};

/// Calls emit(begin, end) for each part that the text is cut into. After the reference's NormalizedString::split.
template <class Emit>
void emitMatches(const std::vector<Match>& matches, Behavior behavior, Emit emit) {
  if (behavior == Behavior::Isolated || behavior == Behavior::Removed) {
    for (const Match& m : matches) {
      if (!m.isDelimiter || behavior == Behavior::Isolated) emit(m.begin, m.end);
    }
    return;
  }
  // The other three join neighbours. MergedWithNext is MergedWithPrevious, read from the end.
  std::vector<Match> joined;
  const bool backwards = behavior == Behavior::MergedWithNext;
  bool before = false;
  for (size_t i = 0; i < matches.size(); ++i) {
    const Match& m = matches[backwards ? matches.size() - 1 - i : i];
    const bool join = behavior == Behavior::Contiguous ? m.isDelimiter == before : m.isDelimiter && !before;
    if (join && !joined.empty())
      (backwards ? joined.back().begin : joined.back().end) = backwards ? m.begin : m.end;
    else
      joined.push_back(m);
    before = m.isDelimiter;
  }
  for (size_t i = 0; i < joined.size(); ++i) {
    const Match& m = joined[backwards ? joined.size() - 1 - i : i];
    emit(m.begin, m.end);
  }
}

}  // namespace wasmformers::tokenizer
