// See bpe_merges_reader.h.
#include "tokenizer/models/bpe_merges_reader.h"

#include <algorithm>
#include <string>

#include "tokenizer/models/space_marks.h"
#include "tokenizer/models/text_scanner.h"

namespace wasmformers::tokenizer {
namespace {

// Cuts "left right" at its one space.
bool cutPair(std::string_view pair, std::string_view& left, std::string_view& right) {
  const size_t space = pair.find(' ');
  if (space == pair.npos || pair.find(' ', space + 1) != pair.npos) return false;
  left = pair.substr(0, space);
  right = pair.substr(space + 1);
  return true;
}

class MergesReader {
 public:
  MergesReader(const Vocabulary& vocabulary, std::string_view prefix, Merges& to, bool cutsAtMarks)
      : vocabulary_(vocabulary), prefix_(prefix), merges_(to), cutsAtMarks_(cutsAtMarks) {}

  [[gnu::cold]] void readTree(const Component& c) {
    merges_.reserve(c.value.size());
    if (!c.value.isArray()) c.wrongType("an array");
    const char* wrong = nullptr;
    size_t n = 0;
    for (json::Value v : c.value.elements()) {
      std::string_view left = v.at(0).asString(), right = v.at(1).asString();
      if (v.isString() && !cutPair(v.asString(), left, right))
        wrong = " no two tokens with a space between them.";
      else if (!v.isString() && (v.size() != 2 || !v.at(0).isString() || !v.at(1).isString()))
        wrong = " no two tokens.";
      Spelling parts[2];
      parts[0].set(left.data(), left.size(), false);
      parts[1].set(right.data(), right.size(), false);
      if (!wrong && !addMany(parts, 2))
        return void(c.fail("bad_merge", "joins at " + std::to_string(n) + " tokens that are not in the vocabulary."));
      if (wrong) return void(c.fail("bad_merge", "has at " + std::to_string(n) + wrong));
      ++n;
    }
  }

  bool readText(std::string_view text) {
    TextScanner s(text);
    if (!s.take('[')) return false;
    if (s.take(']')) return merges_.reserve(0), s.atEnd();
    const bool lists = text.substr(1, 64).find('[') < text.substr(1, 64).find('"');
    const size_t strings = countStrings(text);
    merges_.reserve(lists ? strings / 2 : strings);
    for (bool more = true; more;) {
      if (!readSome(s, lists, more)) return false;
    }
    return s.take(']') && s.atEnd();
  }

  bool cutsAtMarks() const { return cutsAtMarks_; }

 private:
  // Reads up to Vocabulary::kMany parts. A function of its own, so that an engine can replace its first, slow code by
  // optimized code between two calls.
  [[gnu::noinline]] bool readSome(TextScanner& s, bool lists, bool& more) {
    Spelling waiting[Vocabulary::kMany];
    size_t n = lists ? s.plainLists(waiting, Vocabulary::kMany) : s.plainPairs(waiting, Vocabulary::kMany);
    more = true;
    if (!n) {
      std::string_view left, right;
      if (lists ? !s.take('[') || !s.string(left, 0) || !s.take(',') || !s.string(right, 1) || !s.take(']')
                : !s.pair(left, right) && (!s.string(left) || !cutPair(left, left, right))) {
        return false;
      }
      waiting[n++].set(left.data(), left.size(), false);
      waiting[n++].set(right.data(), right.size(), false);
      more = s.take(',');
    }
    return addMany(waiting, n);
  }

  // Adds the merges of parts 0 and 1, 2 and 3, and so on. False where a token is not in the vocabulary.
  bool addMany(const Spelling* parts, size_t n) {
    uint32_t ids[Vocabulary::kMany];
    vocabulary_.findMany(parts, n, ids);
    for (size_t i = 0; i < n; i += 2) touched_ += merges_.peek(ids[i], ids[i + 1]);  // fetches their memory together
    for (size_t i = 0; i < n; i += 2) {
      if (merges_.full() || !add(parts[i], parts[i + 1], ids[i], ids[i + 1])) return false;
    }
    return true;
  }

  bool add(const Spelling& left, const Spelling& right, uint32_t leftId, uint32_t rightId) {
    const uint32_t id = idOfBoth(left, right);
    if (leftId == kNoId || rightId == kNoId || id == kNoId) return false;
    cutsAtMarks_ = cutsAtMarks_ && !markFollowsCharacter(joined(left, right));
    merges_.add(leftId, rightId, id);
    lastMade_ = id;
    return true;
  }

  // The id of what both parts make. Files list merges in the order of these ids, so the next one is tried first.
  uint32_t idOfBoth(const Spelling& left, const Spelling& right) {
    for (uint32_t guess = lastMade_; prefix_.empty() && guess < lastMade_ + 2; ++guess) {
      if (vocabulary_.isMadeOf(guess, left, right)) return guess;
    }
    return vocabulary_.find(joined(left, right));
  }
  std::string_view joined(const Spelling& left, const Spelling& right) {
    const size_t cut = std::min(prefix_.size(), size_t(right.size));
    return joined_.assign(left.data, left.size).append(right.data + cut, right.size - cut);
  }

  const Vocabulary& vocabulary_;
  std::string_view prefix_;
  Merges& merges_;
  bool cutsAtMarks_;
  uint32_t lastMade_ = 0;  // id of what the last merge made
  uint64_t touched_ = 0;   // a sum of what peek() read, so that the reads are not optimized away
  std::string joined_;
};

}  // namespace

void readMerges(const Component& c, const Vocabulary& vocabulary, std::string_view prefix, Merges& to,
                bool& cutsAtMarks) {
  MergesReader reader(vocabulary, prefix, to, cutsAtMarks);
  reader.readTree(c);
  cutsAtMarks = reader.cutsAtMarks();
}

bool readMerges(std::string_view text, const Vocabulary& vocabulary, std::string_view prefix, Merges& to,
                bool& cutsAtMarks) {
  MergesReader reader(vocabulary, prefix, to, cutsAtMarks);
  const bool usual = reader.readText(text);
  cutsAtMarks = reader.cutsAtMarks();
  return usual;
}

}  // namespace wasmformers::tokenizer
