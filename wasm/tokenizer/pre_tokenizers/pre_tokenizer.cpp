// See pre_tokenizer.h. Each class is a `type` of the file; what it does is what tokenizers 0.23.3 does. Characters
// are classed by a table for ASCII and by text/unicode.h beyond it.
#include "tokenizer/pre_tokenizers/pre_tokenizer.h"

#include <algorithm>

#include "text/unicode.h"
#include "text/utf8.h"
#include "tokenizer/pre_tokenizers/byte_level.h"
#include "tokenizer/pre_tokenizers/pattern.h"

namespace wasmformers::tokenizer {
namespace {

using text::kNumeric;
using text::kPunctuation;
using text::kWhiteSpace;
using text::kWord;

// The first 128 records' properties, so that the loops below stay in one small table.
struct AsciiProperties {
  uint16_t of[128];
  AsciiProperties() {
    for (uint32_t c = 0; c < 128; ++c) of[c] = uint16_t(text::record(c));
  }
};
const uint16_t* asciiProperties() {
  static const AsciiProperties table;
  return table.of;
}

// The properties (bits 0–11) of the character at p; moves p behind it.
inline uint32_t propertiesAt(const char*& p, const uint16_t* ascii) {
  const unsigned char a = static_cast<unsigned char>(*p);
  if (a < 0x80) return ++p, ascii[a];
  return text::record(text::decode(p));
}

class BertPreTokenizer final : public PreTokenizer {
  void preTokenize(PreTokenized& t) const override {
    const uint16_t* ascii = asciiProperties();
    t.split([ascii](std::string_view s, auto emit) {
      const char *base = s.data(), *p = base, *end = p + s.size(), *word = p;
      while (p < end) {
        const char* at = p;
        const uint32_t r = propertiesAt(p, ascii);
        if (!(r & (kWhiteSpace | kPunctuation))) continue;
        emit(size_t(word - base), size_t(at - base));
        if (!(r & kWhiteSpace)) emit(size_t(at - base), size_t(p - base));
        word = p;
      }
      emit(size_t(word - base), s.size());
    });
  }
};

// \w+|[^\w\s]+, all else is dropped.
class Whitespace final : public PreTokenizer {
  void preTokenize(PreTokenized& t) const override {
    const uint16_t* ascii = asciiProperties();
    t.split([ascii](std::string_view s, auto emit) {
      const char *base = s.data(), *p = base, *end = p + s.size(), *start = p;
      uint32_t kind = kWhiteSpace;  // of the run that is open
      while (p < end) {
        const char* at = p;
        const uint32_t r = propertiesAt(p, ascii), here = r & kWord ? uint32_t(kWord) : r & kWhiteSpace;
        if (here == kind) continue;
        if (kind != kWhiteSpace) emit(size_t(start - base), size_t(at - base));
        kind = here;
        start = at;
      }
      if (kind != kWhiteSpace) emit(size_t(start - base), s.size());
    });
  }
};

// Matches of single characters: everything that has the properties is a delimiter of its own.
template <class Is>
void matchCharacters(std::string_view s, Is isDelimiter, std::vector<Match>& out) {
  out.clear();
  const char *base = s.data(), *p = base, *end = p + s.size(), *word = p;
  while (p < end) {
    const char* at = p;
    if (!isDelimiter(p)) continue;
    if (word < at) out.push_back({uint32_t(word - base), uint32_t(at - base), false});
    out.push_back({uint32_t(at - base), uint32_t(p - base), true});
    word = p;
  }
  if (word < end) out.push_back({uint32_t(word - base), uint32_t(s.size()), false});
}

// WhitespaceSplit, Punctuation, Digits: one property, one behaviour.
class PropertySplit final : public PreTokenizer {
 public:
  PropertySplit(uint32_t property, Behavior behavior) : property_(property), behavior_(behavior) {}
  void preTokenize(PreTokenized& t) const override {
    const uint16_t* ascii = asciiProperties();
    std::vector<Match> matches;
    t.split([&](std::string_view s, auto emit) {
      matchCharacters(s, [&](const char*& p) { return propertiesAt(p, ascii) & property_; }, matches);
      emitMatches(matches, behavior_, emit);
    });
  }

 private:
  uint32_t property_;
  Behavior behavior_;
};

class CharDelimiterSplit final : public PreTokenizer {
 public:
  explicit CharDelimiterSplit(uint32_t delimiter) : delimiter_(delimiter) {}
  void preTokenize(PreTokenized& t) const override {
    std::vector<Match> matches;
    t.split([&](std::string_view s, auto emit) {
      matchCharacters(s, [&](const char*& p) { return text::decode(p) == delimiter_; }, matches);
      emitMatches(matches, Behavior::Removed, emit);
    });
  }

 private:
  uint32_t delimiter_;
};

// Split by a pattern.
class Split final : public PreTokenizer {
 public:
  Split(Pattern pattern, Behavior behavior, bool invert)
      : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}
  void preTokenize(PreTokenized& t) const override {
    const bool matches = behavior_ == Behavior::Isolated || (behavior_ == Behavior::Removed && invert_);
    const bool others = behavior_ == Behavior::Isolated || (behavior_ == Behavior::Removed && !invert_);
    t.split([&](std::string_view s, auto emit) {
      Pattern::Outcome outcome;
      if (matches || others) {  // nothing is joined
        size_t last = 0;
        outcome = pattern_.forMatches(s, [&](size_t begin, size_t end) {
          if (others) emit(last, begin);
          if (matches) emit(begin, end);
          last = end;
        });
        if (others) emit(last, s.size());
      } else {
        outcome = pattern_.cover(s, invert_, cover_);
        emitMatches(cover_, behavior_, emit);
      }
      if (outcome != Pattern::Outcome::Done) t.outcome = outcome;
    });
  }

 private:
  Pattern pattern_;
  Behavior behavior_;
  bool invert_;
  mutable std::vector<Match> cover_;  // kept for its memory
};

class ByteLevel final : public PreTokenizer {
 public:
  ByteLevel(bool addPrefixSpace, bool useRegex) : addPrefixSpace_(addPrefixSpace), useRegex_(useRegex) {}
  void leaveBytes() override { leave_ = true; }
  void preTokenize(PreTokenized& t) const override {
    if (addPrefixSpace_ &&
        std::any_of(t.pieces.begin(), t.pieces.end(), [&](const Piece& p) { return lacksSpace(t, p); }))
      addSpaces(t);
    if (useRegex_) {
      t.split([](std::string_view s, auto emit) {
        for (size_t from = 0, end; from < s.size(); from = end) {
          end = endOfGpt2Word(s, from);
          emit(from, end);
        }
      });
    }
    if (leave_)
      t.bytes = true;
    else
      write(t);
  }

 private:
  static bool lacksSpace(const PreTokenized& t, const Piece& p) { return p.added < 0 && t.text[p.begin] != ' '; }

  // The space belongs to the character that it stands before.
  [[gnu::cold]] [[gnu::noinline]] static void addSpaces(PreTokenized& t) {
    t.rebuild([&](PreTokenized& out) {
      for (const Piece& p : t.pieces) {
        const uint32_t begin = uint32_t(out.text.size());
        if (lacksSpace(t, p)) {
          out.text += ' ';
          if (t.aligned) out.spans.push_back(t.spans[p.begin]);
        }
        out.text += t.view(p);
        if (t.aligned) out.spans.insert(out.spans.end(), t.spans.begin() + p.begin, t.spans.begin() + p.end);
        out.pieces.push_back({begin, uint32_t(out.text.size()), p.added});
      }
    });
  }

  // Puts the byte-level forms in the pieces' places.
  [[gnu::cold]] [[gnu::noinline]] static void write(PreTokenized& t) {
    t.rebuild([&](PreTokenized& out) {
      out.text.resize(2 * t.text.size());  // no byte takes more than two
      char* to = out.text.data();
      for (const Piece& p : t.pieces) {
        const uint32_t begin = uint32_t(to - out.text.data());
        for (uint32_t i = p.begin; i < p.end; ++i) {
          char* const from = to;
          if (p.added < 0)
            to = writeByteLevel({&t.text[i], 1}, to);
          else
            *to++ = t.text[i];
          if (t.aligned) out.spans.insert(out.spans.end(), size_t(to - from), t.spans[i]);
        }
        out.pieces.push_back({begin, uint32_t(to - out.text.data()), p.added});
      }
      out.text.resize(size_t(to - out.text.data()));
    });
  }

  bool addPrefixSpace_, useRegex_, leave_ = false;
};

// Words end where the script changes; spaces belong to the script before them, and before the first one to nothing.
class UnicodeScripts final : public PreTokenizer {
  void preTokenize(PreTokenized& t) const override {
    t.split([](std::string_view s, auto emit) {
      const char *base = s.data(), *p = base, *end = p + s.size(), *word = nullptr;
      uint8_t last = 0;
      while (p < end) {
        const char* at = p;
        const uint8_t script = text::scriptOf(text::decode(p));
        if (script == 0 || script == last) continue;
        if (word) emit(size_t(word - base), size_t(at - base));
        word = at;
        last = script;
      }
      if (word) emit(size_t(word - base), s.size());
    });
  }
};

// Pieces of `length` characters.
class FixedLength final : public PreTokenizer {
 public:
  explicit FixedLength(uint32_t length) : length_(length) {}
  void preTokenize(PreTokenized& t) const override {
    t.split([&](std::string_view s, auto emit) {
      const char *base = s.data(), *p = base, *end = p + s.size();
      while (p < end) {
        const char* from = p;
        for (uint32_t i = 0; i < length_ && p < end; ++i) text::decode(p);
        emit(size_t(from - base), size_t(p - base));
      }
    });
  }

 private:
  uint32_t length_;
};

class Sequence final : public PreTokenizer {
 public:
  explicit Sequence(std::vector<std::unique_ptr<PreTokenizer>> parts) : parts_(std::move(parts)) {}
  void preTokenize(PreTokenized& t) const override {
    for (const auto& part : parts_) part->preTokenize(t);
  }
  void leaveBytes() override {
    if (!parts_.empty()) parts_.back()->leaveBytes();
  }
  bool needsSpans() const override {
    for (const auto& part : parts_) {
      if (part->needsSpans()) return true;
    }
    return false;
  }

 private:
  std::vector<std::unique_ptr<PreTokenizer>> parts_;
};

template <class T, class... Arguments>
std::unique_ptr<PreTokenizer> made(Arguments&&... arguments) {
  return std::unique_ptr<PreTokenizer>(new T(std::forward<Arguments>(arguments)...));
}

Behavior behaviorOf(const Component& c, std::string_view fallback) {
  return Behavior(
      c.oneOf("behavior", fallback, {"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"}));
}

std::unique_ptr<PreTokenizer> makeCharDelimiterSplit(const Component& c) {
  const std::string delimiter = c.string("delimiter");
  if (text::countCharacters(delimiter) != 1) return c.member("delimiter").fail("bad_value", "must be one character.");
  const char* p = delimiter.data();
  return made<CharDelimiterSplit>(text::decode(p));
}

}  // namespace

std::unique_ptr<PreTokenizer> makePreTokenizer(const Component& c, int depth) {
  if (c.absent()) return nullptr;
  if (depth > kMaxDepth) return c.fail("too_deep", "is nested too deeply.");
  const std::string_view type = c.type();
  if (type == "BertPreTokenizer") return made<BertPreTokenizer>();
  if (type == "Whitespace") return made<Whitespace>();
  if (type == "ByteLevel") return made<ByteLevel>(c.boolean("add_prefix_space"), c.boolean("use_regex", true));
  if (type == "UnicodeScripts") return made<UnicodeScripts>();
  if (type == "Metaspace") return makeMetaspace(c);
  if (type == "WhitespaceSplit") return made<PropertySplit>(uint32_t(kWhiteSpace), Behavior::Removed);
  if (type == "Punctuation") return made<PropertySplit>(uint32_t(kPunctuation), behaviorOf(c, "Isolated"));
  if (type == "CharDelimiterSplit" || type == "Delimiter") return makeCharDelimiterSplit(c);
  if (type == "Digits") {
    return made<PropertySplit>(uint32_t(kNumeric),
                               c.boolean("individual_digits") ? Behavior::Isolated : Behavior::Contiguous);
  }
  if (type == "FixedLength") {
    const uint32_t length = c.number("length", 5);
    return length ? made<FixedLength>(length) : c.member("length").fail("bad_value", "must not be 0.");
  }
  if (type == "Split") {
    return made<Split>(Pattern(c), behaviorOf(c, ""), c.boolean("invert"));
  }
  if (type == "Sequence") {
    std::vector<std::unique_ptr<PreTokenizer>> parts;
    for (const Component& one : c.list("pretokenizers")) {
      if (auto part = makePreTokenizer(one, depth + 1)) parts.push_back(std::move(part));
    }
    return made<Sequence>(std::move(parts));
  }
  return c.unknown("pre-tokenizer");
}

}  // namespace wasmformers::tokenizer
