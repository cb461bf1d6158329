// See normal_forms.h. Characters are decomposed; marks between starters are sorted by combining class (stably); for NFC
// and NFKC, pairs that no mark blocks are composed, and their changes summed. As that crate's decompose.rs and
// recompose.rs do.
#include "text/normal_forms.h"

#include <algorithm>

#include "text/utf8.h"

namespace wasmformers::text {
namespace {

using namespace tables;

// The packed decompositions, unpacked at first use: sorted keys, and where the decomposition of each begins.
class Decompositions {
 public:
  Decompositions(const uint8_t* distances, const uint8_t* lengths, const char* text, int count) : text_(text) {
    keys_.reserve(size_t(count));
    offsets_.reserve(size_t(count) + 1);
    uint32_t key = 0, offset = 0;
    for (int i = 0; i < count; ++i) {
      uint32_t distance = 0;
      for (int shift = 0;; shift += 7) {
        distance |= uint32_t(*distances & 0x7F) << shift;
        if (!(*distances++ & 0x80)) break;
      }
      keys_.push_back(key += distance);
      offsets_.push_back(offset);
      offset += lengths[i];
    }
    offsets_.push_back(offset);
  }
  std::string_view of(uint32_t c) const {
    const auto k = std::lower_bound(keys_.begin(), keys_.end(), c);
    return k != keys_.end() && *k == c ? at(size_t(k - keys_.begin())) : std::string_view();
  }
  std::string_view at(size_t i) const { return {text_ + offsets_[i], size_t(offsets_[i + 1] - offsets_[i])}; }
  const std::vector<uint32_t>& keys() const { return keys_; }

 private:
  const char* text_;
  std::vector<uint32_t> keys_, offsets_;
};

const Decompositions& canonical() {
  static const Decompositions table(kNfdDistances, kNfdLengths, kNfdText, kNfdCount);
  return table;
}
const Decompositions& compatible() {
  static const Decompositions table(kNfkdDistances, kNfkdLengths, kNfkdText, kNfkdCount);
  return table;
}

// Pairs that compose, in a hash table with open addressing by (first, second). They are the decompositions read
// backwards: the last character is the second half, and what the others compose to is the first half. So shorter
// decompositions are added first.
class Compositions {
 public:
  Compositions() : slots_(kSlots) {
    const Decompositions& table = canonical();
    for (size_t length = 2, left = 1; left; ++length) {
      left = 0;
      for (size_t i = 0; i < table.keys().size(); ++i) {
        if (!is(table.keys()[i], kComposite)) continue;
        const std::string_view image = table.at(i);
        const size_t characters = countCharacters(image);
        if (characters > length) ++left;
        if (characters != length) continue;
        const char* p = image.data();
        uint32_t first = decode(p), second = decode(p);
        for (size_t n = 2; n < characters; ++n) first = find(first, second), second = decode(p);
        insert(first, second, table.keys()[i]);
      }
    }
  }
  uint32_t find(uint32_t first, uint32_t second) const {
    for (size_t at = hash(first, second);; ++at) {
      const Slot& s = slots_[at % kSlots];
      if (!s.composed || (s.first == first && s.second == second)) return s.composed;
    }
  }

 private:
  struct Slot {
    uint32_t first = 0, second = 0, composed = 0;
  };
  static constexpr size_t kSlots = 2048;  // for about 950 pairs
  static size_t hash(uint32_t first, uint32_t second) { return (first * 0x9E3779B1u + second * 0x85EBCA77u) >> 15; }
  void insert(uint32_t first, uint32_t second, uint32_t composed) {
    size_t at = hash(first, second);
    while (slots_[at % kSlots].composed) ++at;
    slots_[at % kSlots] = {first, second, composed};
  }
  std::vector<Slot> slots_;
};

// Whether the text surely is in the form: no character decomposes, is reordered, or composes with its neighbour. NFC
// keeps composed letters that composition restores, as long as no mark or Jamo is in the text (the quick check of
// UAX #15).
bool unchanged(std::string_view text, Form form) {
  const bool compatibility = form == Form::Nfkd || form == Form::Nfkc;
  const bool composed = form == Form::Nfc || form == Form::Nfkc;
  const uint32_t bad = (compatibility ? uint32_t(kNfkd) : 0) | (composed ? uint32_t(kComposes) : 0);
  for (const char *p = text.data(), *end = p + text.size(); p < end;) {
    if (static_cast<unsigned char>(*p) < 0x80) {
      ++p;
      continue;
    }
    const uint32_t c = decode(p), r = record(c);
    if (r & bad || combiningClassOf(r) || (!composed && isHangul(c))) return false;
    if ((r & kNfd) && !(composed && (r & kComposite))) return false;
  }
  return true;
}

struct Pending {
  uint32_t character, combiningClass;
  int32_t change;
};

void decompose(std::string_view text, bool compatibility, std::vector<Pending>& out) {
  size_t ready = 0;  // characters before it are in their final order
  const auto sortMarks = [&] {
    if (out.size() - ready > 1) {
      std::stable_sort(out.begin() + long(ready), out.end(),
                       [](const Pending& a, const Pending& b) { return a.combiningClass < b.combiningClass; });
    }
    ready = out.size();
  };
  const auto push = [&](uint32_t c, int32_t change) {
    const uint32_t k = combiningClassOf(record(c));
    if (!k) sortMarks();
    out.push_back({c, k, change});
  };
  for (const char *p = text.data(), *end = p + text.size(); p < end;) {
    const uint32_t c = decode(p);
    if (c < 0x80) {
      push(c, 0);
      continue;
    }
    int32_t change = 0;
    const auto next = [&](uint32_t part) { push(part, change), change = 1; };
    if (isHangul(c)) {
      forJamo(c, next);
      continue;
    }
    const std::string_view parts = decomposition(c, compatibility);
    if (parts.empty()) push(c, 0);
    for (const char *q = parts.data(), *last = q + parts.size(); q < last;) next(decode(q));
  }
  sortMarks();
}

void recompose(const std::vector<Pending>& in, std::vector<Changed>& out) {
  bool starter = false, blockedBy = false;
  Changed k{};                 // the starter that later marks may compose with
  uint32_t lastClass = 0;      // of the mark before, where blockedBy
  std::vector<Changed> marks;  // after k, which did not compose
  const auto flush = [&] {
    if (starter) out.push_back(k);
    out.insert(out.end(), marks.begin(), marks.end());
    marks.clear();
    blockedBy = false;
  };
  for (const Pending& ch : in) {
    const Changed here{ch.character, ch.change};
    if (!starter) {
      if (ch.combiningClass)
        out.push_back(here);
      else
        k = here, starter = true;
      continue;
    }
    if (!blockedBy || lastClass < ch.combiningClass) {
      if (const uint32_t whole = compose(k.character, ch.character)) {
        k = {whole, k.change + ch.change - 1};
        continue;
      }
    }
    if (!ch.combiningClass) {
      flush();
      k = here;
      continue;
    }
    marks.push_back(here);
    blockedBy = true;
    lastClass = ch.combiningClass;
  }
  flush();
}

}  // namespace

std::string_view decomposition(uint32_t c, bool compatibility) {
  const uint32_t r = record(c);
  if (compatibility && r & kNfkd) return compatible().of(c);
  return r & kNfd ? canonical().of(c) : std::string_view();
}

uint32_t compose(uint32_t a, uint32_t b) {
  if (a - 0x1100u < 19 && b - 0x1161u < 21) return 0xAC00 + ((a - 0x1100) * 21 + (b - 0x1161)) * 28;
  if (isHangul(a) && (a - 0xAC00) % 28 == 0 && b - 0x11A8u < 27) return a + (b - 0x11A7);
  if (!is(b, kComposes)) return 0;
  static const Compositions table;
  return table.find(a, b);
}

bool normalForm(std::string_view text, Form form, std::vector<Changed>& out) {
  if (unchanged(text, form)) return false;
  std::vector<Pending> parts;
  parts.reserve(text.size());
  decompose(text, form == Form::Nfkd || form == Form::Nfkc, parts);
  out.clear();
  out.reserve(parts.size());
  if (form == Form::Nfc || form == Form::Nfkc) {
    recompose(parts, out);
  } else {
    for (const Pending& p : parts) out.push_back({p.character, p.change});
  }
  return true;
}

}  // namespace wasmformers::text
