// See old_formats.h. After sentencepiece_model.proto, and Transformers' generate_merges and TikTokenConverter: where a
// file lists no merges they are all ways to cut a token into two others.
#include "tokenizer/legacy/old_formats.h"

#include <algorithm>
#include <cstdio>

#include "json/write.h"
#include "text/utf8.h"
#include "tokenizer/legacy/base64.h"
#include "tokenizer/models/vocabulary.h"
#include "tokenizer/pre_tokenizers/byte_level.h"

namespace wasmformers::tokenizer {
namespace {

// --- Protocol buffers ----------------------------------------------------------------------------------------------

// The fields of one message, in their order.
class Fields {
 public:
  explicit Fields(std::string_view message) : rest_(message) {}
  /// False at the end, or where the message is broken; then ok() is false.
  bool next() {
    if (rest_.empty() || !ok_) return false;
    const uint64_t key = varint();
    number = uint32_t(key >> 3);
    value = 0;
    bytes = {};
    switch (key & 7) {
      case 0: value = varint(); break;
      case 1: bytes = take(8); break;
      case 2: bytes = take(varint()); break;
      case 5: bytes = take(4); break;
      default: ok_ = false;
    }
    return ok_;
  }
  bool ok() const { return ok_; }
  float asFloat() const {
    float f = 0;
    if (bytes.size() == 4) std::memcpy(&f, bytes.data(), 4);
    return f;
  }

  uint32_t number = 0;
  uint64_t value = 0;
  std::string_view bytes;

 private:
  uint64_t varint() {
    uint64_t v = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(1);
      v |= uint64_t(byte & 127) << shift;
      if (byte < 128) return v;
    }
    ok_ = false;
    return 0;
  }
  std::string_view take(uint64_t n) {
    if (n > rest_.size()) return ok_ = false, std::string_view();
    const std::string_view out = rest_.substr(0, size_t(n));
    rest_.remove_prefix(size_t(n));
    return out;
  }
  std::string_view rest_;
  bool ok_ = true;
};

struct Piece {
  std::string_view text;
  float score = 0;
  uint32_t type = 1;
};

struct SentencePiece {
  std::vector<Piece> pieces;
  uint64_t modelType = 1;
  int64_t unkId = 0;
  std::string_view unkPiece = "<unk>", charsmap;
  bool byteFallback = false, addDummyPrefix = true, removeExtraWhitespaces = true, escapeWhitespaces = true;

  bool read(std::string_view model) {
    Fields f(model);
    while (f.next()) {
      if (f.number == 1 && !readPiece(f.bytes)) return false;
      if (f.number == 2 && !readTrainer(f.bytes)) return false;
      if (f.number == 3 && !readNormalizer(f.bytes)) return false;
    }
    return f.ok() && !pieces.empty() && modelType >= 1 && modelType <= 4 && text::isValid(unkPiece);
  }

 private:
  bool readPiece(std::string_view message) {
    Piece p;
    Fields f(message);
    while (f.next()) {
      if (f.number == 1) p.text = f.bytes;
      if (f.number == 2) p.score = f.asFloat();
      if (f.number == 3) p.type = uint32_t(f.value);
    }
    pieces.push_back(p);
    return f.ok() && text::isValid(p.text) && p.score - p.score == 0;
  }
  bool readTrainer(std::string_view message) {
    Fields f(message);
    while (f.next()) {
      if (f.number == 3) modelType = f.value;
      if (f.number == 35) byteFallback = f.value;
      if (f.number == 40) unkId = int64_t(f.value);
      if (f.number == 45) unkPiece = f.bytes;
    }
    return f.ok();
  }
  bool readNormalizer(std::string_view message) {
    Fields f(message);
    while (f.next()) {
      if (f.number == 2) charsmap = f.bytes;
      if (f.number == 3) addDummyPrefix = f.value;
      if (f.number == 4) removeExtraWhitespaces = f.value;
      if (f.number == 5) escapeWhitespaces = f.value;
    }
    return f.ok();
  }
};

// --- Merges --------------------------------------------------------------------------------------------------------

// Entries of a vocabulary whose ids are those entries: `whole` is `left` and `right` behind each other.
struct Split {
  uint32_t whole, left, right;
};

// All splits before a byte that is no continuation of a character (or before any), those of one token by their parts.
std::vector<Split> splitsOf(const Vocabulary& v, bool betweenCharacters) {
  std::vector<Split> out;
  for (uint32_t e = 0; e < v.size(); ++e) {
    const std::string_view token = v.text(e);
    const size_t first = out.size();
    for (size_t at = 1; at < token.size(); ++at) {
      if (betweenCharacters && (static_cast<unsigned char>(token[at]) & 0xC0) == 0x80) continue;
      const uint32_t left = v.find(token.substr(0, at));
      const uint32_t right = left == kNoId ? kNoId : v.find(token.substr(at));
      if (right != kNoId) out.push_back({e, left, right});
    }
    const auto before = [](const Split& a, const Split& b) {
      return a.left != b.left ? a.left < b.left : a.right < b.right;
    };
    std::make_heap(out.begin() + long(first), out.end(), before);  // a few at a time: std::sort would be 3 kB of code
    std::sort_heap(out.begin() + long(first), out.end(), before);
  }
  return out;
}

void member(std::string_view name, std::string& out) {
  if (out.back() != '{') out += ',';
  json::writeString(name, out);
  out += ':';
}

template <class Write>
void writeMerges(const std::vector<Split>& splits, Write token, std::string& out) {
  member("merges", out);
  out += '[';
  for (const Split& s : splits) {
    if (out.back() != '[') out += ',';
    out += '[';
    token(s.left);
    out += ',';
    token(s.right);
    out += ']';
  }
  out += ']';
}

}  // namespace

Result<std::string> readSentencePiece(std::string_view bytes, std::string_view file) {
  SentencePiece m;
  if (!m.read(bytes))
    return Status(ErrorClass::Tokenizer, "bad_sentencepiece_model",
                  "This is no model of SentencePiece, or it is cut or damaged.")
        .inFile(file);
  static const char* const names[] = {"unigram", "bpe", "word", "char"};
  std::string out = "{";
  member("model_type", out);
  json::writeString(names[m.modelType - 1], out);
  member("unk_id", out);
  out += std::to_string(m.unkId);
  member("unk_piece", out);
  json::writeString(m.unkPiece, out);
  const auto flag = [&](std::string_view name, bool value) {
    member(name, out);
    out += value ? "true" : "false";
  };
  flag("byte_fallback", m.byteFallback);
  flag("add_dummy_prefix", m.addDummyPrefix);
  flag("remove_extra_whitespaces", m.removeExtraWhitespaces);
  flag("escape_whitespaces", m.escapeWhitespaces);
  member("precompiled_charsmap", out);
  out += '"';
  encodeBase64(m.charsmap, out);
  out += '"';
  member("pieces", out);
  out += '[';
  for (const Piece& p : m.pieces) {
    char numbers[48];
    std::snprintf(numbers, sizeof numbers, ",%.17g,%u]", double(p.score), p.type);
    out += out.back() == '[' ? "[" : ",[";
    json::writeString(p.text, out);
    out += numbers;
  }
  out += ']';

  Vocabulary v;
  std::vector<Split> splits;
  if (m.modelType == 2) {
    v.reserve(m.pieces.size(), m.pieces.size() * 8);
    std::vector<float> scores;
    for (const Piece& p : m.pieces) {
      if (v.find(p.text) != kNoId) continue;  // a piece twice: ids stay what entries are
      v.add(p.text, uint32_t(v.size()));
      scores.push_back(p.score);
    }
    v.finish();
    splits = splitsOf(v, true);
    std::stable_sort(splits.begin(), splits.end(), [&](const Split& a, const Split& b) {
      if (scores[a.whole] != scores[b.whole]) return scores[a.whole] > scores[b.whole];
      const size_t left[] = {text::countCharacters(v.text(a.left)), text::countCharacters(v.text(b.left))};
      if (left[0] != left[1]) return left[0] > left[1];
      return text::countCharacters(v.text(a.right)) > text::countCharacters(v.text(b.right));
    });
  }
  writeMerges(splits, [&](uint32_t entry) { json::writeString(v.text(entry), out); }, out);
  return out + '}';
}

Result<std::string> readTiktoken(std::string_view ranks, std::string_view file) {
  struct Token {
    uint32_t rank;
    std::string bytes;
  };
  std::vector<Token> tokens;
  size_t line = 0;
  for (size_t at = 0; at < ranks.size(); ++line) {
    size_t end = std::min(ranks.find('\n', at), ranks.size());
    std::string_view text = ranks.substr(at, end - at);
    at = end + 1;
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.empty()) continue;
    const size_t space = text.find(' ');
    Token t{0, {}};
    uint64_t rank = 0;
    bool fine = space != text.npos && space + 1 < text.size() && text.size() - space < 12 &&
                decodeBase64(text.substr(0, space), t.bytes) && !t.bytes.empty();
    for (size_t i = space + 1; fine && i < text.size(); ++i) {
      fine = text[i] >= '0' && text[i] <= '9';
      rank = rank * 10 + uint64_t(text[i] - '0');
    }
    if (!fine || rank > INT32_MAX) {
      return Status(ErrorClass::Tokenizer, "bad_tiktoken_ranks",
                    "Line " + std::to_string(line + 1) + " is no token in Base64 with its rank.")
          .inFile(file);
    }
    t.rank = uint32_t(rank);
    tokens.push_back(std::move(t));
  }
  if (tokens.empty())
    return Status(ErrorClass::Tokenizer, "bad_tiktoken_ranks", "There is no token in it.").inFile(file);
  std::stable_sort(tokens.begin(), tokens.end(), [](const Token& a, const Token& b) { return a.rank < b.rank; });
  Vocabulary v;  // entries and ids in the order of the ranks
  v.reserve(tokens.size(), tokens.size() * 8);
  for (const Token& t : tokens) {
    if (v.find(t.bytes) == kNoId) v.add(t.bytes, uint32_t(v.size()));
  }
  v.finish();

  std::string out = "{";
  std::string spelled;
  const auto write = [&](std::string_view bytes) {
    spelled.clear();
    for (char c : bytes) {
      char utf8[4];
      spelled.append(utf8, size_t(text::encode(characterOfByte(static_cast<unsigned char>(c)), utf8)));
    }
    json::writeString(spelled, out);
  };
  member("vocab", out);
  out += '{';
  for (const Token& t : tokens) {
    if (out.back() != '{') out += ',';
    write(t.bytes);
    out += ':' + std::to_string(t.rank);
  }
  out += '}';
  writeMerges(splitsOf(v, false), [&](uint32_t entry) { write(v.text(entry)); }, out);
  return out + '}';
}

}  // namespace wasmformers::tokenizer
