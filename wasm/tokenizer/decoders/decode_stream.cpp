// See decode_stream.h. After a decoder that joins all tokens (Fuse, ByteLevel), the one token arrives in parts. Stages
// that can, handle a part at once; the others wait for the token's end.
#include "tokenizer/decoders/decode_stream.h"

#include "text/utf8.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/decoders/byte_fallback.h"

namespace wasmformers::tokenizer {
namespace {

// How many bytes at the end of `s` begin a character that further bytes could complete.
size_t unfinished(std::string_view s) {
  for (size_t n = 1; n <= 3 && n <= s.size(); ++n) {
    const auto lead = static_cast<unsigned char>(s[s.size() - n]);
    if ((lead & 0xC0) == 0x80) continue;
    const size_t wanted = lead >= 0xF0 && lead < 0xF5   ? 4
                          : lead >= 0xE0 && lead < 0xF0 ? 3
                          : lead >= 0xC2 && lead < 0xE0 ? 2
                                                        : 1;
    if (wanted <= n) return 0;
    if (n == 1) return 1;
    const auto second = static_cast<unsigned char>(s[s.size() - n + 1]);
    const bool possible = lead == 0xE0   ? second >= 0xA0
                          : lead == 0xED ? second < 0xA0
                          : lead == 0xF0 ? second >= 0x90
                                         : lead != 0xF4 || second < 0x90;
    return possible ? n : 0;
  }
  return 0;
}

}  // namespace

class DecodeStream::Stage {
 public:
  virtual ~Stage() = default;
  /// Takes a token or a part of one. `closes`: it is the last part.
  void take(std::string_view part, bool closes) {
    if (closes && open_.empty()) return token(part);
    open_ += part;
    if (!closes) return;
    const std::string whole = std::move(open_);
    open_.clear();
    token(whole);
  }
  virtual void part(std::string_view p, bool closes) { take(p, closes); }
  virtual void end() {}

  DecodeStream* stream = nullptr;
  size_t index = 0;

 protected:
  virtual void token(std::string_view) {}
  void give(std::string_view part, bool closes = true) { stream->emit(index + 1, part, closes); }

 private:
  std::string open_;
};

// Decoders whose text for a token depends on it, on the token before, and on whether it is the first.
class DecodeStream::Local final : public Stage {
 public:
  explicit Local(const Decoder& decoder) : decoder_(decoder) {}
  void end() override { any_ = false; }

 private:
  void token(std::string_view t) override {
    in_.clear();
    out_.clear();
    size_t known = 0;
    if (any_) {
      in_.add(last_);
      decoder_.decode(in_, out_);
      known = out_.size();
      out_.clear();
    }
    in_.add(t);
    decoder_.decode(in_, out_);
    any_ = true;
    last_.assign(t);
    for (size_t i = known; i < out_.size(); ++i) give(out_[i]);
  }

  const Decoder& decoder_;
  TokenList in_, out_;
  std::string last_;
  bool any_ = false;
};

// Decoders that treat the last token differently: every token waits for the next.
class DecodeStream::Lagging final : public Stage {
 public:
  explicit Lagging(const Decoder& decoder) : decoder_(decoder) {}
  void end() override {
    if (in_.size()) flush();
    in_.clear();
  }

 private:
  void token(std::string_view t) override {
    if (in_.size()) {
      in_.add(t);
      flush();
      in_.clear();
    }
    in_.add(t);
  }
  void flush() {
    out_.clear();
    decoder_.decode(in_, out_);
    give(out_[0]);
  }

  const Decoder& decoder_;
  TokenList in_, out_;
};

// ByteLevel: the bytes of all tokens are one token. A character waits for its last byte.
class DecodeStream::Bytes final : public Stage {
 public:
  void end() override {
    give(text::makeValid(bytes_, repaired_), false);
    bytes_.clear();
    give({}, true);
  }

 private:
  void token(std::string_view t) override {
    appendByteLevel(t, bytes_);
    const size_t kept = unfinished(bytes_), done = bytes_.size() - kept;
    if (!done) return;
    give(text::makeValid(std::string_view(bytes_).substr(0, done), repaired_), false);
    bytes_.erase(0, done);
  }

  std::string bytes_, repaired_;
};

// ByteFallback: whether a byte is text depends on its whole run of bytes, so it waits for the run's end.
class DecodeStream::Fallback final : public Stage {
 public:
  void end() override { flush(); }

 private:
  void token(std::string_view t) override {
    const int b = fallbackByte(t);
    if (b >= 0) {
      run_ += char(b);
      return;
    }
    flush();
    give(t);
  }
  void flush() {
    giveByteRun(run_, [this](std::string_view s) { give(s); });
  }

  std::string run_;
};

class DecodeStream::Fused final : public Stage {
 public:
  void part(std::string_view p, bool) override { give(p, false); }
  void end() override { give({}, true); }
};

// Strip: characters at the start are dropped, and those at the end wait, since text may follow them.
class DecodeStream::Edged final : public Stage {
 public:
  explicit Edged(const Decoder::Edges& edges) : edges_(edges) {}
  void part(std::string_view p, bool closes) override {
    const std::string_view content = edges_.content;
    while (!past_ && dropped_ < edges_.start && p.starts_with(content)) {
      p.remove_prefix(content.size());
      ++dropped_;
    }
    past_ = past_ || !p.empty();
    held_ += p;
    std::string_view rest = held_;
    for (uint32_t n = 0; n < edges_.stop && rest.ends_with(content); ++n) rest.remove_suffix(content.size());
    give(rest, closes);
    held_.erase(0, rest.size());
    if (!closes) return;
    held_.clear();
    dropped_ = 0;
    past_ = false;
  }

 private:
  Decoder::Edges edges_;
  std::string held_;
  uint32_t dropped_ = 0;
  bool past_ = false;
};

// No decoder: tokens are joined with spaces.
class DecodeStream::Spaced final : public Stage {
 public:
  void end() override { any_ = false; }

 private:
  void token(std::string_view t) override {
    if (any_) give(" ");
    any_ = true;
    give(t);
  }
  bool any_ = false;
};

DecodeStream::DecodeStream(const Decoder* decoder) { build(decoder); }
DecodeStream::~DecodeStream() = default;

void DecodeStream::build(const Decoder* decoder) {
  if (decoder && decoder->kind() == Decoder::Kind::Sequence) {
    for (const auto& part : *decoder->parts()) build(part.get());
    return;
  }
  std::unique_ptr<Stage> stage;
  if (!decoder)
    stage = std::make_unique<Spaced>();
  else if (decoder->kind() == Decoder::Kind::Strip)
    stage = std::make_unique<Edged>(*decoder->edges());
  else if (decoder->kind() == Decoder::Kind::LooksAhead)
    stage = std::make_unique<Lagging>(*decoder);
  else if (decoder->kind() == Decoder::Kind::ByteLevel)
    stage = std::make_unique<Bytes>();
  else if (decoder->kind() == Decoder::Kind::ByteFallback)
    stage = std::make_unique<Fallback>();
  else if (decoder->kind() == Decoder::Kind::Fuse)
    stage = std::make_unique<Fused>();
  else
    stage = std::make_unique<Local>(*decoder);
  stage->stream = this;
  stage->index = stages_.size();
  stages_.push_back(std::move(stage));
}

void DecodeStream::emit(size_t stage, std::string_view part, bool closes) {
  if (stage == stages_.size())
    out_->append(part);
  else
    stages_[stage]->part(part, closes);
}

void DecodeStream::push(std::string_view token, std::string& out) {
  out_ = &out;
  emit(0, token, true);
}

void DecodeStream::end(std::string& out) {
  out_ = &out;
  for (const auto& stage : stages_) stage->end();
}

}  // namespace wasmformers::tokenizer
