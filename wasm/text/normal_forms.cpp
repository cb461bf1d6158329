// See normal_forms.h. Decompose, sort marks between starters by combining class (stable), then for NFC and NFKC
// compose what is not blocked, summing the changes, as decompose.rs and recompose.rs of that crate do.
#include "text/normal_forms.h"

#include <algorithm>

#include "text/utf8.h"

namespace wasmformers::text {
namespace {

using namespace tables;

std::string_view look(uint32_t c, const uint16_t* planes, const uint16_t* keys, const uint16_t* offsets,
                      const unsigned char* text) {
  if (c >> 16 > 2) return {};
  const uint16_t *begin = keys + planes[c >> 16], *end = keys + planes[(c >> 16) + 1];
  const uint16_t* k = std::lower_bound(begin, end, uint16_t(c));
  if (k == end || *k != uint16_t(c)) return {};
  const size_t i = size_t(k - keys);
  return {reinterpret_cast<const char*>(text) + offsets[i], size_t(offsets[i + 1] - offsets[i])};
}

// Whether the text can be left alone: no character decomposes, is reordered, or composes with its neighbour.
// NFC keeps most composed letters: only those are passed over that have marks (or Jamo) near them or that no
// composition gives back; asking compose() for each would cost more than normalizing, so they count as changing.
bool unchanged(std::string_view text, Form form) {
  const bool compatibility = form == Form::Nfkd || form == Form::Nfkc;
  const bool composed = form == Form::Nfc || form == Form::Nfkc;
  const uint32_t bad = kNfd | (compatibility ? uint32_t(kNfkd) : 0) | (composed ? uint32_t(kComposes) : 0);
  for (const char *p = text.data(), *end = p + text.size(); p < end;) {
    if (static_cast<unsigned char>(*p) < 0x80) {
      ++p;
      continue;
    }
    const uint32_t c = decode(p), r = record(c);
    if (r & bad || combiningClassOf(r) || (!composed && isHangul(c))) return false;
  }
  return true;
}

struct Pending {
  uint32_t character, combiningClass;
  int32_t change;
};

void decompose(std::string_view text, bool compatibility, std::vector<Pending>& out) {
  size_t ready = 0;  // everything before is in its final order
  const auto push = [&](uint32_t c, int32_t change) {
    const uint32_t k = combiningClassOf(record(c));
    if (!k) {
      if (out.size() - ready > 1) {
        std::stable_sort(out.begin() + long(ready), out.end(),
                         [](const Pending& a, const Pending& b) { return a.combiningClass < b.combiningClass; });
      }
      ready = out.size();
    }
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
  std::stable_sort(out.begin() + long(ready), out.end(),
                   [](const Pending& a, const Pending& b) { return a.combiningClass < b.combiningClass; });
}

void recompose(const std::vector<Pending>& in, std::vector<Changed>& out) {
  bool starter = false, blockedBy = false;
  Changed k{};                  // the starter that may still grow
  uint32_t lastClass = 0;       // of the mark before, where blockedBy
  std::vector<Changed> marks;   // behind k, kept
  const auto flush = [&] {
    if (starter) out.push_back(k);
    out.insert(out.end(), marks.begin(), marks.end());
    marks.clear();
    blockedBy = false;
  };
  for (const Pending& ch : in) {
    const Changed here{ch.character, ch.change};
    if (!starter) {
      if (ch.combiningClass) out.push_back(here);
      else k = here, starter = true;
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
  if (compatibility && r & kNfkd) return look(c, kNfkdPlanes, kNfkdKeys, kNfkdOffsets, kNfkdText);
  return r & kNfd ? look(c, kNfdPlanes, kNfdKeys, kNfdOffsets, kNfdText) : std::string_view();
}

uint32_t compose(uint32_t a, uint32_t b) {
  if (a - 0x1100u < 19 && b - 0x1161u < 21) return 0xAC00 + ((a - 0x1100) * 21 + (b - 0x1161)) * 28;
  if (isHangul(a) && (a - 0xAC00) % 28 == 0 && b - 0x11A8u < 27) return a + (b - 0x11A7);
  if (!is(b, kComposes)) return 0;
  const auto find = [&](const auto* table, int count) -> uint32_t {
    const auto* end = table + count;
    const auto* at = std::lower_bound(table, end, 0, [&](const auto& entry, int) {
      return entry.first < a || (entry.first == a && entry.second < b);
    });
    return at != end && at->first == a && at->second == b ? uint32_t(at->composed) : 0;
  };
  return a < 0x10000 && b < 0x10000 ? find(kCompositions16, kCompositions16Count)
                                    : find(kCompositions32, kCompositions32Count);
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
