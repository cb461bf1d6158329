// See encoding.h.
#include "tokenizer/encoding.h"

#include <algorithm>

namespace wasmformers::tokenizer {
namespace {

// With a large stride, a text has nearly as many pieces as tokens. Those of a pair's texts are combined, so their
// numbers multiply.
bool fits(uint64_t pieces, size_t length) { return pieces * (length + kTokensOfPiece) <= kMostOverflowTokens; }

template <class T>
std::vector<T> part(const std::vector<T>& v, size_t begin, size_t end) {
  return {v.begin() + long(begin), v.begin() + long(end)};
}

}  // namespace

Status tooMuchOverflow(std::string_view field) {
  return Status(
             ErrorClass::Input, "too_much_overflow",
             "The tokens that truncation cuts off would not fit into memory; pass a smaller stride, shorter texts, or "
             "truncate only one text of a pair.")
      .atField(std::string(field));
}

void Encoding::clear(bool details) {
  ids.clear();
  typeIds.clear();
  offsets.clear();
  words.clear();
  special.clear();
  widths.clear();
  surfaces.clear();
  overflowing.clear();
  sequence[0] = sequence[1] = {};
  detailed = details;
}

void Encoding::addSpecial(uint32_t id, uint32_t typeId, const std::string* surface) {
  if (detailed) {
    if (surface) surfaces.push_back({uint32_t(size()), *surface});
    offsets.insert(offsets.end(), 2, 0);
    words.push_back(-1);
    special.push_back(1);
    widths.push_back(1);
  }
  ids.push_back(id);
  typeIds.push_back(typeId);
}

std::vector<int8_t> Encoding::sequenceIds() const {
  // Where no range is known, there is one text and every token belongs to it. A missing range means all tokens.
  std::vector<int8_t> out(size(), -1);
  const int count = sequence[0].set + sequence[1].set;
  for (int i = 0; i < std::max(1, count); ++i) {
    const Range r = sequence[i].set ? sequence[i] : Range{0, uint32_t(size()), true};
    std::fill(out.begin() + r.begin, out.begin() + r.end, int8_t(i));
  }
  return out;
}

void Encoding::append(const Encoding& o) {
  const uint32_t base = uint32_t(size());
  appendTo(ids, o.ids);
  appendTo(typeIds, o.typeIds);
  for (int i = 0; i < 2; ++i) {
    if (o.sequence[i].set) sequence[i] = {base + o.sequence[i].begin, base + o.sequence[i].end, true};
  }
  if (!detailed) return;
  appendTo(offsets, o.offsets);
  appendTo(words, o.words);
  appendTo(special, o.special);
  appendTo(widths, o.widths);
  for (const Surface& s : o.surfaces) surfaces.push_back({base + s.token, s.text});
}

void Encoding::merge(Encoding&& o) {
  std::vector<Encoding> combined;
  std::vector<Encoding> mine = std::move(overflowing);
  overflowing.clear();
  const auto add = [&](const Encoding& a, const Encoding& b) {
    combined.push_back(a);
    combined.back().overflowing.clear();
    combined.back().append(b);
  };
  if (mine.empty() || o.overflowing.empty()) {  // at most one has overflow: extend in place
    for (Encoding& piece : mine) {
      piece.append(o);
      combined.push_back(std::move(piece));
    }
    for (const Encoding& piece : o.overflowing) add(*this, piece);
  } else {
    for (const Encoding& piece : mine) {
      add(piece, o);
      for (const Encoding& other : o.overflowing) add(piece, other);
    }
    for (const Encoding& other : o.overflowing) add(*this, other);
  }
  append(o);
  overflowing = std::move(combined);
}

Encoding Encoding::slice(size_t begin, size_t end) const {
  Encoding out;
  out.detailed = detailed;
  out.ids = part(ids, begin, end);
  out.typeIds = part(typeIds, begin, end);
  if (!detailed) return out;
  out.offsets = part(offsets, begin * 2, end * 2);
  out.words = part(words, begin, end);
  out.special = part(special, begin, end);
  out.widths = part(widths, begin, end);
  for (const Surface& s : surfaces) {
    if (s.token >= begin && s.token < end) out.surfaces.push_back({uint32_t(s.token - begin), s.text});
  }
  return out;
}

Status Encoding::truncate(size_t maxLength, size_t stride, bool fromLeft, bool keepOverflow) {
  const size_t length = size();
  if (maxLength >= length) return {};
  if (maxLength == 0) {
    Encoding all = std::move(*this);
    clear(all.detailed);
    if (keepOverflow) overflowing.push_back(std::move(all));
    return {};
  }
  if (stride >= maxLength) {
    return Status(ErrorClass::Input, "stride_too_large",
                  "stride (" + std::to_string(stride) + ") must be smaller than the " + std::to_string(maxLength) +
                      " tokens that max_length leaves after the special tokens.")
        .atField("stride");
  }
  const size_t step = maxLength - stride;
  if (keepOverflow && !fits((length - maxLength) / step, maxLength)) return tooMuchOverflow("stride");
  std::vector<Encoding> pieces;
  if (!fromLeft) {
    for (size_t begin = 0;; begin += step) {
      const size_t end = std::min(begin + maxLength, length);
      pieces.push_back(slice(begin, end));
      if (end == length || !keepOverflow) break;
    }
  } else {
    for (size_t end = length;; end -= step) {
      const size_t begin = end > maxLength ? end - maxLength : 0;
      pieces.push_back(slice(begin, end));
      if (begin == 0 || !keepOverflow) break;
    }
  }
  *this = std::move(pieces[0]);
  for (size_t i = 1; i < pieces.size(); ++i) overflowing.push_back(std::move(pieces[i]));
  return {};
}

Status truncateEncodings(std::vector<Encoding>& e, const Truncation& t, bool keepOverflow) {
  if (t.strategy == TruncationStrategy::None) return {};
  const bool pair = e.size() == 2;
  const size_t first = e[0].size(), second = pair ? e[1].size() : 0, most = t.maxLength;
  const auto cut = [&](int i, size_t length) {
    return e[size_t(i)].truncate(length, t.stride, t.fromLeft, keepOverflow);
  };
  if (first + second <= most) return {};
  if (most == 0) {
    WF_TRY(cut(0, 0));
    return pair ? cut(1, 0) : Status();
  }
  const size_t tooMany = first + second - most;
  if (t.strategy == TruncationStrategy::LongestFirst) {
    if (!pair) return cut(0, most);
    // The shorter text keeps as much as possible. When both are too long, each gets half; the longer one the odd token.
    size_t shorter = std::min(first, second), longer;
    longer = shorter > most ? shorter : std::max(shorter, most - shorter);
    if (shorter + longer > most) {
      shorter = most / 2;
      longer = shorter + most % 2;
    }
    const bool swap = first > second;
    WF_TRY(cut(0, swap ? longer : shorter));
    WF_TRY(cut(1, swap ? shorter : longer));
    if (!fits(uint64_t(e[0].overflowing.size()) * e[1].overflowing.size(), most)) return tooMuchOverflow("truncation");
    return {};
  }
  const int which = t.strategy == TruncationStrategy::OnlyFirst ? 0 : 1;
  if (which == 1 && !pair) {
    return Status(ErrorClass::Input, "no_second_text", "truncation \"only_second\" needs a second text (text_pair).")
        .atField("truncation");
  }
  const size_t length = e[size_t(which)].size();
  if (length <= tooMany) {
    return Status(ErrorClass::Input, "text_too_short",
                  "truncation \"" + std::string(which ? "only_second" : "only_first") +
                      "\" cannot reach max_length: " + std::to_string(tooMany) +
                      " tokens must go and that text has only " + std::to_string(length) + ".")
        .atField("truncation");
  }
  return cut(which, length - tooMany);
}

}  // namespace wasmformers::tokenizer
