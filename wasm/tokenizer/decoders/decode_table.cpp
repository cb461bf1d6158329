// See decode_table.h.
// Optimize: speed
#include "tokenizer/decoders/decode_table.h"

#include <algorithm>
#include <cstring>

#include "text/utf8.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/decoders/byte_fallback.h"

namespace wasmformers::tokenizer {

using Kind = Decoder::Kind;

std::unique_ptr<DecodeTable> DecodeTable::make(const Decoder* decoder, TokenOf tokenOf) {
  std::unique_ptr<DecodeTable> table(new DecodeTable());
  table->tokenOf_ = std::move(tokenOf);
  table->spaced_ = !decoder;
  if (!decoder)
    table->edge_ = Edge::First;
  else if (!table->plan(*decoder))
    return nullptr;
  return table;
}

// Adds a decoder after those that were planned. False where it does not allow a table.
bool DecodeTable::plan(const Decoder& d) {
  if (d.kind() == Kind::Sequence) {
    return std::all_of(d.parts()->begin(), d.parts()->end(), [this](const auto& part) { return plan(*part); });
  }
  if (fused_) return tail_.push_back(&d), true;  // all tokens are joined: any decoder can run on the whole
  switch (d.kind()) {
    case Kind::ByteLevel:
      fused_ = true;
      if (join_ != Join::Texts) return false;
      join_ = Join::Bytes;
      return true;
    case Kind::Fuse: return fused_ = true;
    case Kind::ByteFallback:
      if (join_ != Join::Texts) return false;
      join_ = Join::ByteRuns;
      return true;
    case Kind::EachToken:
    case Kind::Strip: return planLocal(d);
    case Kind::FirstToken: return edge_ == Edge::Last ? false : (edge_ = Edge::First, planLocal(d));
    case Kind::LooksAhead: return edge_ == Edge::First ? false : (edge_ = Edge::Last, planLocal(d));
    default: return false;
  }
}

// Adds a decoder that works on each token. After decoders of byte runs that is not possible.
bool DecodeTable::planLocal(const Decoder& d) {
  locals_.push_back(&d);
  return join_ == Join::Texts;
}

// Computes the text of an id: runs its token through the local decoders, with neighbours or at the edge of the text.
void DecodeTable::fill(Entry& e, uint32_t id, bool atEdge) {
  std::string_view token;
  bool special = false;
  if (!tokenOf_(id, token, special)) {
    e = {0, kAbsent};
    return;
  }
  const uint32_t flags = special ? kSpecial : 0;
  TokenList in, out;
  const bool before = !atEdge && edge_ == Edge::First, behind = !atEdge && edge_ == Edge::Last;
  if (before) in.add("a");  // the result does not depend on which neighbour it is
  in.add(token);
  if (behind) in.add("a");
  for (const Decoder* d : locals_) {
    out.clear();
    d->decode(in, out);
    std::swap(in, out);
  }
  std::string piece;
  if (spaced_ && before) piece = ' ';
  if (join_ == Join::Bytes)
    appendByteLevel(in[before ? 1 : 0], piece);
  else
    piece += in[before ? 1 : 0];
  if (join_ == Join::ByteRuns) {
    if (const int b = fallbackByte(piece); b >= 0) {
      e = {uint32_t(b), kByte | flags};
      return;
    }
  }
  e = {uint32_t(blob_.size() - kStep), uint32_t(piece.size()) | flags};
  blob_.insert(blob_.size() - kStep, piece);
}

const DecodeTable::Entry& DecodeTable::entry(std::vector<Entry>& table, uint32_t id, bool atEdge) {
  static constexpr Entry kNone{0, kAbsent};
  if (id >= table.size()) {
    std::string_view token;
    bool special;
    if (!tokenOf_(id, token, special)) return kNone;  // no memory is spent on an id without a token, however large
    table.resize(std::max<size_t>(id + 1, table.size() * 2), Entry{0, kUnknown});
  }
  Entry& e = table[id];
  if (e.length == kUnknown) fill(e, id, atEdge);
  return e;
}

void DecodeTable::flushRun() {
  giveByteRun(run_, [this](std::string_view s) { append(s); });
}

void DecodeTable::append(std::string_view piece) {
  if (text_.size() - size_ < piece.size()) grow(piece.size());
  std::memcpy(text_.data() + size_, piece.data(), piece.size());
  size_ += piece.size();
}

void DecodeTable::grow(size_t more) { text_.resize(std::max(2 * text_.size(), size_ + more + 4096)); }

void DecodeTable::decode(const uint32_t* ids, size_t count, bool skipSpecialTokens, std::string& out) {
  const uint32_t skipped = kAbsent | (skipSpecialTokens ? kSpecial : 0);
  size_ = 0;
  const auto kept = [&](size_t i) { return !(entry(inside_, ids[i], false).length & skipped); };
  size_t first = 0, last = count;
  if (edge_ == Edge::First)
    while (first < count && !kept(first)) ++first;
  if (edge_ == Edge::Last)
    while (last > 0 && !kept(last - 1)) --last;
  const size_t edge = edge_ == Edge::First ? first : edge_ == Edge::Last ? last - 1 : count;
  for (size_t i = first; i < last; ++i) {
    const uint32_t id = ids[i];
    const Entry e = i == edge                                               ? entry(atEdge_, id, true)
                    : id < inside_.size() && inside_[id].length != kUnknown ? inside_[id]
                                                                            : entry(inside_, id, false);
    if (e.length & skipped) continue;
    if (e.length & kByte) {
      run_ += char(e.begin);
      continue;
    }
    if (!run_.empty()) flushRun();
    const size_t length = e.length & ~kFlags;
    if (length > kStep || text_.size() - size_ < kStep) {
      append({blob_.data() + e.begin, length});
      continue;
    }
    std::memcpy(text_.data() + size_, blob_.data() + e.begin, kStep);
    size_ += length;
  }
  if (!run_.empty()) flushRun();
  const std::string_view joined(text_.data(), size_),
      whole = join_ == Join::Bytes ? text::makeValid(joined, repaired_) : joined;
  if (tail_.empty()) {
    out += whole;
    return;
  }
  TokenList in, next;
  in.add(whole);
  for (const Decoder* d : tail_) {
    next.clear();
    d->decode(in, next);
    std::swap(in, next);
  }
  out += in.bytes;
}

}  // namespace wasmformers::tokenizer
