// See decoder.h. Each class is a `type` of the file; what it does is what tokenizers 0.23.3 does.
#include "tokenizer/decoders/decoder.h"

#include <utility>

#include "text/utf8.h"
#include "tokenizer/pre_tokenizers/byte_level.h"
#include "tokenizer/pre_tokenizers/pattern.h"

namespace wasmformers::tokenizer {
namespace {

void replaceAll(std::string& s, std::string_view from, std::string_view to) {
  std::string out;
  if (from.empty()) {  // stands between all characters
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

// The "clean-up" of English contractions and punctuation, in this order.
constexpr struct {
  std::string_view from, to;
} kCleanUp[] = {{" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
                {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};

// Whether a clean-up could apply: some space is followed by one of . ? ! , ' n d.
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

// Tokens made of byte-level characters become their bytes; the whole is one text, ill-formed parts replaced.
class ByteLevel final : public Decoder {
  void decode(const TokenList& in, TokenList& out) const override {
    std::string bytes, repaired;
    bytes.reserve(in.bytes.size());
    for (size_t i = 0; i < in.size(); ++i) appendByteLevel(in[i], bytes);
    out.add(text::makeValid(bytes, repaired));
  }
  Kind kind() const override { return Kind::ByteLevel; }
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

// Runs of <0x..> tokens become the text of their bytes, or a replacement character each where that is ill-formed.
class ByteFallback final : public Decoder {
  Kind kind() const override { return Kind::ByteFallback; }
  void decode(const TokenList& in, TokenList& out) const override {
    std::string bytes;
    const auto flush = [&] { giveByteRun(bytes, [&](std::string_view s) { out.add(s); }); };
    for (size_t i = 0; i < in.size(); ++i) {
      const int b = fallbackByte(in[i]);
      if (b >= 0) {
        bytes += char(b);
        continue;
      }
      flush();
      out.add(in[i]);
    }
    flush();
  }
};

// CLIP's: the suffix that ends a word becomes a space, but at the end of the text.
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

// Connectionist temporal classification: runs of the same token count once, padding is what stood between two.
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

class Fuse final : public Decoder {
  void decode(const TokenList& in, TokenList& out) const override { out.add(in.bytes); }
  Kind kind() const override { return Kind::Fuse; }
};

class Replace final : public Decoder {
 public:
  Replace(Pattern pattern, std::string content) : pattern_(std::move(pattern)), content_(std::move(content)) {}
  Kind kind() const override { return Kind::EachToken; }
  regex::Outcome takeOutcome() const override { return std::exchange(outcome_, regex::Outcome::Done); }
  void decode(const TokenList& in, TokenList& out) const override {
    for (size_t i = 0; i < in.size(); ++i) {
      const std::string_view token = in[i];
      size_t last = 0;
      const auto outcome = pattern_.forMatches(token, [&](size_t begin, size_t end) {
        out.bytes.append(token, last, begin - last).append(content_);
        last = end;
      });
      if (outcome != Pattern::Outcome::Done) outcome_ = outcome;
      out.bytes.append(token, last);
      out.close();
    }
  }

 private:
  Pattern pattern_;
  std::string content_;
  mutable regex::Outcome outcome_ = regex::Outcome::Done;
};

// Takes up to `start` and `stop` of one character off both ends of every token.
class Strip final : public Decoder {
 public:
  explicit Strip(Edges edges) : edges_(std::move(edges)) {}
  Kind kind() const override { return Kind::Strip; }
  const Edges* edges() const override { return &edges_; }
  void decode(const TokenList& in, TokenList& out) const override {
    for (size_t i = 0; i < in.size(); ++i) {
      std::string_view s = in[i];
      for (uint32_t n = 0; n < edges_.start && s.starts_with(edges_.content); ++n)
        s.remove_prefix(edges_.content.size());
      for (uint32_t n = 0; n < edges_.stop && s.ends_with(edges_.content); ++n) s.remove_suffix(edges_.content.size());
      out.add(s);
    }
  }

 private:
  Edges edges_;
};

class Sequence final : public Decoder {
 public:
  explicit Sequence(std::vector<std::unique_ptr<Decoder>> parts) : parts_(std::move(parts)) {}
  Kind kind() const override { return Kind::Sequence; }
  const std::vector<std::unique_ptr<Decoder>>* parts() const override { return &parts_; }
  void decode(const TokenList& in, TokenList& out) const override {
    out = in;
    TokenList next;
    for (const auto& part : parts_) {
      next.clear();
      part->decode(out, next);
      std::swap(out, next);
    }
  }
  regex::Outcome takeOutcome() const override {
    regex::Outcome first = regex::Outcome::Done;
    for (const auto& part : parts_) {
      const regex::Outcome outcome = part->takeOutcome();
      if (first == regex::Outcome::Done) first = outcome;
    }
    return first;
  }

 private:
  std::vector<std::unique_ptr<Decoder>> parts_;
};

std::unique_ptr<Decoder> makeStrip(const Component& c) {
  std::string content = c.string("content");
  if (text::countCharacters(content) != 1) return c.member("content").fail("bad_value", "must be one character.");
  return std::make_unique<Strip>(Decoder::Edges{std::move(content), c.number("start"), c.number("stop")});
}

}  // namespace

void appendByteLevel(std::string_view token, std::string& bytes) {
  const size_t before = bytes.size();
  for (const char *p = token.data(), *end = p + token.size(); p < end;) {
    const int b = byteOfCharacter(text::decode(p));
    if (b >= 0) {
      bytes += char(b);
      continue;
    }
    bytes.resize(before);  // an added token, say
    bytes += token;
    return;
  }
}

int fallbackByte(std::string_view t) {
  if (t.size() != 6 || !t.starts_with("<0x") || t[5] != '>') return -1;
  int b = 0;
  for (char c : t.substr(3, 2)) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                             : -1;
    if (digit < 0) return -1;
    b = b * 16 + digit;
  }
  return b;
}

std::unique_ptr<Decoder> makeDecoder(const Component& c, int depth) {
  if (c.absent()) return nullptr;
  if (depth > kMaxDepth) return c.fail("too_deep", "is nested too deeply.");
  const std::string_view type = c.type();
  if (type == "CTC")
    return std::make_unique<Ctc>(c.string("pad_token"), c.string("word_delimiter_token"), c.boolean("cleanup"));
  if (type == "WordPiece") return std::make_unique<WordPiece>(c.string("prefix"), c.boolean("cleanup"));
  if (type == "ByteLevel") return std::make_unique<ByteLevel>();
  if (type == "ByteFallback") return std::make_unique<ByteFallback>();
  if (type == "BPEDecoder") return std::make_unique<BpeDecoder>(c.string("suffix"));
  if (type == "Metaspace") {
    const bool never = !c.boolean("add_prefix_space", true);
    return std::make_unique<Metaspace>(c.string("replacement"), c.oneOf("prepend_scheme", never ? "never" : "always",
                                                                        {"always", "never", "first"}) != 1);
  }
  if (type == "Fuse") return std::make_unique<Fuse>();
  if (type == "Strip") return makeStrip(c);
  if (type == "Replace") return std::make_unique<Replace>(Pattern(c), c.string("content"));
  if (type == "Sequence") {
    std::vector<std::unique_ptr<Decoder>> parts;
    for (const Component& one : c.list("decoders")) {
      if (auto part = makeDecoder(one, depth + 1)) parts.push_back(std::move(part));
    }
    return std::make_unique<Sequence>(std::move(parts));
  }
  return c.unknown("decoder");
}

}  // namespace wasmformers::tokenizer
