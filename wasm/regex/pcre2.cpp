// See regex.h: PCRE2's interpreter, with limits, so that no pattern runs forever, not even a quadratic one. Each place
// where a match could begin gets few steps. Where these are not enough it gets more, from a budget that grows linearly
// with the text. A loop over one set of characters counts as one step however far it goes, so the characters between
// two elements are counted, too.
#include "regex/oniguruma.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>

namespace wasmformers::regex {
namespace {

constexpr uint32_t kOptions = PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK | PCRE2_MULTILINE | PCRE2_ALT_EXTENDED_CLASS |
                              PCRE2_DUPNAMES | PCRE2_AUTO_CALLOUT;
constexpr size_t kLongestPattern = 1 << 16;
constexpr uint32_t kFewSteps = 200, kMostSteps = 10'000'000;  // the second is Oniguruma's own limit for one match
constexpr uint64_t kBudget = 12'000'000, kBudgetPerByte = 50;
constexpr uint64_t kCharacters = 400'000'000, kCharactersPerByte = 500;
constexpr uint32_t kHeapKilobytes = 64 * 1024;

PCRE2_SPTR units(std::string_view s) { return reinterpret_cast<PCRE2_SPTR>(s.data()); }

// PCRE2 calls onCallout() before every element. The pattern's first callout has number 1: it tells where the current
// attempt began, and ends the search when an attempt with many steps is over.
struct Attempt {
  size_t start = 0;
  bool alone = false;       // only this attempt may run
  size_t last = 0;          // position at the last callout
  uint64_t characters = 0;  // that may still be passed
};
int onCallout(pcre2_callout_block* block, void* data) {
  Attempt& attempt = *static_cast<Attempt*>(data);
  const size_t here = block->current_position;
  if (block->callout_number != 1) {
    const uint64_t passed = here > attempt.last ? here - attempt.last : 0;
    attempt.last = here;
    if (attempt.characters < passed) return PCRE2_ERROR_DEPTHLIMIT;
    attempt.characters -= passed;
    return 0;
  }
  const bool next = here != attempt.start;
  attempt.start = attempt.last = here;
  return attempt.alone && next ? PCRE2_ERROR_CALLOUT : 0;
}

pcre2_code* compileCode(std::string_view pattern, int& error) {
  size_t offset = 0;
  return pcre2_compile(units(pattern), pattern.size(), kOptions, &error, &offset, nullptr);
}

class Pcre2Regex final : public Regex {
 public:
  explicit Pcre2Regex(pcre2_code* code)
      : code_(code), data_(pcre2_match_data_create(1, nullptr)), context_(pcre2_match_context_create(nullptr)) {
    pcre2_set_heap_limit(context_, kHeapKilobytes);
    pcre2_set_callout(context_, onCallout, &attempt_);
  }
  ~Pcre2Regex() override {
    pcre2_match_context_free(context_);
    pcre2_match_data_free(data_);
    pcre2_code_free(code_);
  }

  Outcome findAll(std::string_view text, std::vector<Bounds>& out) const override {
    out.clear();
    uint64_t budget = kBudget + kBudgetPerByte * text.size();
    attempt_.characters = kCharacters + kCharactersPerByte * text.size();
    // As the iterator FindMatches of the crate `onig`: an empty match directly after the last match is skipped.
    size_t from = 0, lastEnd = size_t(-1);
    while (from <= text.size()) {
      const int found = search(text, from, budget);
      if (found == PCRE2_ERROR_NOMATCH) break;
      if (found < 0)
        return found == PCRE2_ERROR_HEAPLIMIT || found == PCRE2_ERROR_NOMEMORY ? Outcome::TooMuchMemory
                                                                               : Outcome::TooMuchWork;
      const size_t* at = pcre2_get_ovector_pointer(data_);
      const size_t begin = at[0], end = at[1];
      if (begin == end && end == lastEnd) {
        do ++from;
        while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80);
        continue;
      }
      if (begin > end || end < from) return Outcome::TooMuchWork;  // \K made matches that are not in order
      out.push_back({uint32_t(begin), uint32_t(end)});
      from = lastEnd = end;
    }
    return Outcome::Done;
  }

 private:
  int search(std::string_view text, size_t from, uint64_t& budget) const {
    for (uint32_t limit = kFewSteps;;) {
      pcre2_set_match_limit(context_, limit);
      attempt_.start = attempt_.last = from;
      attempt_.alone = limit > kFewSteps;
      const int result = pcre2_match(code_, units(text), text.size(), from, PCRE2_NO_UTF_CHECK, data_, context_);
      if (result == PCRE2_ERROR_CALLOUT) {
        limit = kFewSteps;
      } else if (result == PCRE2_ERROR_MATCHLIMIT && limit < kMostSteps && budget >= limit) {
        budget -= limit;
        limit = attempt_.start == from ? std::min(limit * 10, kMostSteps) : kFewSteps * 10;
      } else {
        return result;
      }
      from = attempt_.start;
    }
  }

  pcre2_code* code_;
  pcre2_match_data* data_;
  pcre2_match_context* context_;
  mutable Attempt attempt_;
};

bool isScript(std::string_view name) {
  const std::string pattern = "\\p{sc:" + std::string(name) + "}";
  int error = 0;
  pcre2_code* code = compileCode(pattern, error);
  pcre2_code_free(code);
  return code != nullptr;
}

}  // namespace

std::unique_ptr<Regex> compile(std::string_view pattern, Failure& failure) {
  failure = {};
  if (pattern.size() > kLongestPattern) {
    failure = {"bad_pattern", "is a regular expression of more than " + std::to_string(kLongestPattern) + " bytes."};
    return nullptr;
  }
  std::string translated = translate(pattern, isScript, failure);
  if (!failure.code.empty()) return nullptr;
  translated.insert(0, "(?C1)(?:") += ')';
  int error = 0;
  if (pcre2_code* code = compileCode(translated, error)) return std::make_unique<Pcre2Regex>(code);
  char why[160] = "";
  pcre2_get_error_message(error, reinterpret_cast<PCRE2_UCHAR*>(why), sizeof why);
  failure = {"bad_pattern", "is a regular expression that cannot be compiled: " + std::string(why) + "."};
  return nullptr;
}

}  // namespace wasmformers::regex
