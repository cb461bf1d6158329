// Decoders that turn marks of word boundaries into spaces: WordPiece ("##"), Metaspace ("▁"), BPEDecoder ("</w>") and
// CTC ("|"). Each does what tokenizers 0.23.3 does (decoders/).
#include "tokenizer/decoders/decoder.h"

namespace wasmformers::tokenizer {
namespace {

void replaceAll(std::string& s, std::string_view from, std::string_view to) {
  std::string out;
  if (from.empty()) {  // goes between all characters
    if (to.empty()) return;
    for (const char *p = s.data(), *end = p + s.size(); p < end;) {
      const char* character = p;
      text::decode(p);
      out.append(to).append(character, size_t(p - character));
    }
    s = out.append(to);
    return;
  }
  size_t at = s.find(from);
  if (at == s.npos) return;
  size_t done = 0;
  for (; at != s.npos; at = s.find(from, done)) {
    out.append(s, done, at - done).append(to);
    done = at + from.size();
  }
  s = out.append(s, done, s.npos);
}

// The "clean-up" of English punctuation and contractions, in this order.
constexpr struct {
  std::string_view from, to;
} kCleanUp[] = {{" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
                {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};

// Whether cleanUp() could change s: some space is followed by one of . ? ! , ' n d.
bool mayNeedCleanUp(std::string_view s) {
  for (size_t i = 0; i + 1 < s.size(); ++i) {
    if (s[i] == ' ' && std::string_view(".?!,'nd").find(s[i + 1]) != std::string_view::npos) return true;
  }
  return false;
}

void cleanUp(std::string& s) {
  if (!mayNeedCleanUp(s)) return;
  for (const auto& [from, to] : kCleanUp) replaceAll(s, from, to);
}

class WordPiece final : public Decoder {
 public:
  WordPiece(std::string prefix, bool cleanUp) : prefix_(std::move(prefix)), cleanUp_(cleanUp) {}
  Kind kind() const override { return Kind::FirstToken; }
  void decode(const TokenList& in, TokenList& out) const override {
    out.bytes.reserve(in.bytes.size() + in.size());
    std::string cleaned;
    for (size_t i = 0; i < in.size(); ++i) {
      const size_t begin = out.bytes.size();
      std::string_view token = in[i];
      if (i && token.starts_with(prefix_))
        token.remove_prefix(prefix_.size());
      else if (i)
        out.bytes += ' ';
      out.bytes += token;
      if (cleanUp_ && mayNeedCleanUp(std::string_view(out.bytes).substr(begin))) {
        cleaned.assign(out.bytes, begin);
        cleanUp(cleaned);
        out.bytes.replace(begin, std::string::npos, cleaned);
      }
      out.close();
    }
  }

 private:
  std::string prefix_;
  bool cleanUp_;
};

class Metaspace final : public Decoder {
 public:
  Metaspace(std::string replacement, bool prepended) : replacement_(std::move(replacement)), prepended_(prepended) {}
  Kind kind() const override { return Kind::FirstToken; }
  void decode(const TokenList& in, TokenList& out) const override {
    std::string one;
    for (size_t i = 0; i < in.size(); ++i) {
      one.assign(in[i]);
      replaceAll(one, replacement_, i == 0 && prepended_ ? "" : " ");
      out.add(one);
    }
  }

 private:
  std::string replacement_;
  bool prepended_;
};

// The suffix that ends a word (CLIP's </w>) becomes a space; at the end of the text it is dropped.
class BpeDecoder final : public Decoder {
 public:
  Kind kind() const override { return Kind::LooksAhead; }
  explicit BpeDecoder(std::string suffix) : suffix_(std::move(suffix)) {}
  void decode(const TokenList& in, TokenList& out) const override {
    std::string one;
    for (size_t i = 0; i < in.size(); ++i) {
      one.assign(in[i]);
      replaceAll(one, suffix_, i + 1 < in.size() ? " " : "");
      out.add(one);
    }
  }

 private:
  std::string suffix_;
};

// Connectionist temporal classification: a run of equal tokens is one token. Padding, which separates runs, is dropped.
class Ctc final : public Decoder {
 public:
  Ctc(std::string pad, std::string delimiter, bool cleanUp)
      : pad_(std::move(pad)), delimiter_(std::move(delimiter)), cleanUp_(cleanUp) {}
  void decode(const TokenList& in, TokenList& out) const override {
    std::string one;
    for (size_t i = 0; i < in.size(); ++i) {
      if (i && in[i] == in[i - 1]) continue;
      one.assign(in[i]);
      replaceAll(one, pad_, "");
      if (cleanUp_) {
        cleanUp(one);
        replaceAll(one, delimiter_, " ");
      }
      if (!one.empty()) out.add(one);
    }
  }

 private:
  std::string pad_, delimiter_;
  bool cleanUp_;
};

}  // namespace

std::unique_ptr<Decoder> makeWordDecoder(const Component& c) {
  const std::string_view type = c.type();
  if (type == "CTC")
    return std::make_unique<Ctc>(c.string("pad_token"), c.string("word_delimiter_token"), c.boolean("cleanup"));
  if (type == "WordPiece") return std::make_unique<WordPiece>(c.string("prefix"), c.boolean("cleanup"));
  if (type == "BPEDecoder") return std::make_unique<BpeDecoder>(c.string("suffix"));
  const bool never = !c.boolean("add_prefix_space", true);
  return std::make_unique<Metaspace>(c.string("replacement"), c.oneOf("prepend_scheme", never ? "never" : "always",
                                                                      {"always", "never", "first"}) != 1);
}

}  // namespace wasmformers::tokenizer
