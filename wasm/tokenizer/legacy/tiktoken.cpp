// See tiktoken.h; after Transformers' TikTokenConverter (convert_slow_tokenizer.py).
#include "tokenizer/legacy/tiktoken.h"

#include <algorithm>

#include "tokenizer/base64.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/legacy/generate_merges.h"

namespace wasmformers::tokenizer {

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
    spelled.resize(bytes.size() * 2);  // no byte takes more than two
    const char* end = writeByteLevel(bytes, spelled.data());
    json::writeString({spelled.data(), size_t(end - spelled.data())}, out);
  };
  writeKey("vocab", out);
  out += '{';
  for (const Token& t : tokens) {
    if (out.back() != '{') out += ',';
    write(t.bytes);
    out += ':' + std::to_string(t.rank);
  }
  out += '}';
  writeMerges(generateMerges(v, false), [&](uint32_t entry) { write(v.text(entry)); }, out);
  return out + '}';
}

}  // namespace wasmformers::tokenizer
