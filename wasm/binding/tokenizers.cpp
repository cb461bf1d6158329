// The tokenizers' border to JavaScript: one Tokenizer handle per tokenizer.json. A whole batch crosses in one call:
// JavaScript writes a request (numbers, then UTF-8) where input() says, and reads flat arrays where the answer's
// header points. Numbers are 32 bits wide; js/tokenizers/handle.js has the same layouts. Pointers hold until the next
// call.
// Optimize: size
#include <cstring>
#include <map>

#include "base/buffer.h"
#include "binding/handle.h"
#include "text/utf8.h"
#include "tokenizer/decoders/decode_stream.h"
#include "tokenizer/legacy/sentencepiece.h"
#include "tokenizer/legacy/tiktoken.h"
#include "tokenizer/patterns/pattern.h"
#include "tokenizer/tokenizer.h"

namespace wasmformers {
namespace {

using namespace tokenizer;

uint32_t pointer(const void* p) { return uint32_t(reinterpret_cast<uintptr_t>(p)); }

// The request of encode(): header, counts (only with kWords: strings of each text), lengths in UTF-16 units of each
// string, then the strings' UTF-8 with one byte between them.
struct EncodeRequest {
  uint32_t texts, strings, flags;
  uint32_t truncation, maxLength, stride;
  uint32_t padding, padLength, padToMultipleOf, padId, padTypeId;
};
enum Flags : uint32_t {
  kSpecialTokens = 1,
  kDetails = 2,
  kOverflow = 4,
  kPairs = 8,
  kWords = 16,
  kTruncateLeft = 32,
  kPadLeft = 64,
  kIdsOnly = 128
};

class TokenizerHandle : public Handle {
 public:
  /// Where JavaScript writes `bytes` of input; 0 when memory ran out.
  double input(double bytes) {
    if (!input_.ok() || double(input_.size()) < bytes) {
      input_ = Buffer();  // first, so that both are never held
      auto made = allocate(size_t(bytes) + (tokenizer_ ? size_t(bytes) / 2 : 0) + 64,
                           "the tokenizer's input");  // files come once, requests grow
      if (!made.ok()) return said(made.takeStatus()), 0;
      input_ = made.take();
    }
    said({});
    return address(input_.data());
  }

  /// Reads the tokenizer.json that lies in the input.
  bool load(double bytes, const std::string& file) {
    auto made = Tokenizer::fromJson({input_.as<char>(), size_t(bytes)}, file);
    if (!made.ok()) return said(made.takeStatus());
    tokenizer_ = made.take();
    input_ = Buffer();  // a vocabulary's text is large, requests are small
    return said({});
  }

  /// Reads the binary form that lies in the input and keeps it; `bytes` of it.
  bool loadBinary(double bytes) {
    auto made = Tokenizer::fromBinary(std::move(input_), size_t(bytes));
    input_ = Buffer();
    if (!made.ok()) return said(made.takeStatus());
    tokenizer_ = made.take();
    return said({});
  }

  /// The binary form: pointer and size. It is let go with releaseBinary().
  double binary() {
    if (!tokenizer_) return said(notLoaded()), 0;
    binary_ = tokenizer_->toBinary();
    answer_ = {pointer(binary_.data()), uint32_t(binary_.size())};
    said({});
    return address(answer_.data());
  }
  void releaseBinary() { std::string().swap(binary_); }

  /// Turns the old file in the input (0: a SentencePiece model, 1: tiktoken's ranks) into JSON; see tokenizer/legacy.
  double convert(double bytes, int kind, const std::string& file) {
    const std::string_view in(input_.as<char>(), size_t(bytes));
    auto made = kind ? readTiktoken(in, file) : readSentencePiece(in, file);
    input_ = Buffer();
    if (!made.ok()) return said(made.takeStatus()), 0;
    text_ = made.take();
    lengths_.assign(1, uint32_t(text_.size()));
    return textAnswer();
  }

  /// Encodes the request in the input (`bytes` of UTF-8 behind its numbers); the answer's header, or 0.
  double encode(double bytes) {
    if (!tokenizer_) return said(notLoaded()), 0;
    const auto* request = input_.as<const EncodeRequest>();
    inputs_.resize(request->texts);
    const int per = request->flags & kPairs ? 2 : 1;
    const uint32_t* numbers = reinterpret_cast<const uint32_t*>(request + 1);
    const uint32_t* counts = request->flags & kWords ? numbers : nullptr;
    const uint32_t* lengths = numbers + (counts ? request->texts * uint32_t(per) : 0);
    const char* text = reinterpret_cast<const char*>(lengths + request->strings);
    const char* end = text + size_t(bytes);
    for (uint32_t t = 0; t < request->texts; ++t) {
      EncodeInput& in = inputs_[t];
      in.pair = per == 2;
      in.splitIntoWords = counts;
      for (int i = 0; i < per; ++i) {
        in.texts[i].clear();
        for (uint32_t n = counts ? *counts++ : 1; n; --n) {
          const std::string_view string = nextString(text, end, *lengths++);
          in.texts[i].push_back(string);
          text = string.data() + string.size() + 1;
        }
      }
    }
    EncodeOptions options;
    options.addSpecialTokens = request->flags & kSpecialTokens;
    options.details = request->flags & kDetails;
    options.idsOnly = (request->flags & kIdsOnly) && !options.details;
    options.overflow = request->flags & kOverflow;
    options.utf16 = true;
    options.truncation = {TruncationStrategy(request->truncation), request->maxLength, request->stride,
                          bool(request->flags & kTruncateLeft)};
    options.padding.strategy = PaddingStrategy(request->padding);
    options.padding.length = request->padLength;
    options.padding.multipleOf = request->padToMultipleOf;
    options.padding.left = request->flags & kPadLeft;
    options.padding.id = request->padId;
    options.padding.typeId = request->padTypeId;
    options.padding.token.clear();  // JavaScript knows it
    if (!said(tokenizer_->encodeBatch(inputs_, options, batch_))) return 0;

    surfaceTable_.clear();
    surfaceText_.clear();
    for (const Surface& s : batch_.surfaces) {
      if (tokenizer_->idToToken(batch_.ids[s.token]) == s.text) continue;  // nothing that the vocabulary does not say
      surfaceTable_.push_back(s.token);
      surfaceTable_.push_back(uint32_t(s.text.size()));
      surfaceText_ += s.text;
    }
    answer_ = {uint32_t(batch_.rows()),
               uint32_t(batch_.ids.size()),
               pointer(batch_.rowStarts.data()),
               pointer(batch_.rowTexts.data()),
               pointer(batch_.ids.data()),
               pointer(batch_.typeIds.data()),
               pointer(batch_.attentionMask.data()),
               pointer(batch_.offsets.data()),
               pointer(batch_.words.data()),
               pointer(batch_.special.data()),
               pointer(batch_.sequences.data()),
               uint32_t(surfaceTable_.size() / 2),
               pointer(surfaceTable_.data()),
               pointer(surfaceText_.data()),
               uint32_t(options.details),
               uint32_t(batch_.typeIds.size())};
    return address(answer_.data());
  }

  /// Decodes the ids in the input: `count` lengths, then the ids of each. Answer: pointers to the texts' lengths in
  /// bytes, to the texts, to their lengths in UTF-16 units.
  double decode(double count, bool skipSpecialTokens) {
    if (!tokenizer_) return said(notLoaded()), 0;
    const uint32_t* lengths = input_.as<const uint32_t>();
    const uint32_t* ids = lengths + size_t(count);
    lengths_.clear();
    units_.clear();
    text_.clear();
    for (size_t i = 0; i < size_t(count); ids += lengths[i], ++i) {
      const size_t before = text_.size();
      Status failure;
      tokenizer_->decode(ids, lengths[i], skipSpecialTokens, text_, &failure);
      if (!failure.ok()) return said(std::move(failure)), 0;
      lengths_.push_back(uint32_t(text_.size() - before));
      units_.push_back(uint32_t(text::utf16Length(std::string_view(text_).substr(before))));
    }
    return textAnswer();
  }

  /// Opens a stream and says its number.
  int openStream(bool skipSpecialTokens) {
    if (!tokenizer_) return said(notLoaded()), -1;
    streams_.try_emplace(++lastStream_, tokenizer_->decoder(), skipSpecialTokens);
    said({});
    return lastStream_;
  }
  /// The ids in the input go on the stream; with `ends` it ends. Answer: as decode()'s, of one text, final.
  double stream(int number, double count, bool ends) {
    const auto at = streams_.find(number);
    if (at == streams_.end()) return said(notLoaded()), 0;
    text_.clear();
    std::string_view token;
    const uint32_t* ids = input_.as<const uint32_t>();
    for (size_t i = 0; i < size_t(count); ++i) {
      if (tokenizer_->decodedToken(ids[i], at->second.skipSpecialTokens, token)) at->second.decoder.push(token, text_);
    }
    if (ends) at->second.decoder.end(text_);
    if (tokenizer_->decoder()) {
      if (Status failure = patternError(tokenizer_->decoder()->takeOutcome()); !failure.ok())
        return said(std::move(failure)), 0;
    }
    lengths_.assign(1, uint32_t(text_.size()));
    return textAnswer();
  }
  void closeStream(int number) { streams_.erase(number); }

  /// Every id from 0 on: kNoId or the bytes of its token, the tokens, and flags (1: added, 2: special).
  double vocabulary() {
    if (!tokenizer_) return said(notLoaded()), 0;
    lengths_.clear();
    text_.clear();
    flags_.clear();
    for (uint32_t id = 0; id < tokenizer_->idEnd() && id < kMostIds; ++id) {
      const auto token = tokenizer_->idToToken(id);
      lengths_.push_back(token ? uint32_t(token->size()) : kNoId);
      text_ += token.value_or(std::string_view());
      const auto added = tokenizer_->added().tokens().find(id);
      const bool is = added != tokenizer_->added().tokens().end();
      flags_.push_back(uint8_t(is ? 1 | (added->second.special ? 2 : 0) : 0));
    }
    return textAnswer();
  }

  /// -1 where the token does not exist.
  double tokenToId(const std::string& token) const {
    const uint32_t id = tokenizer_ ? tokenizer_->tokenToId(token) : kNoId;
    return id == kNoId ? -1 : double(id);
  }
  /// How many tokens the post-processor adds.
  int addedTokens(bool pair) const { return tokenizer_ ? int(tokenizer_->addedTokens(pair)) : 0; }
  void seed(double number) {
    if (tokenizer_) tokenizer_->seed(uint32_t(number));
  }
  std::string continuingSubwordPrefix() const { return tokenizer_ ? tokenizer_->continuingSubwordPrefix() : ""; }
  std::string padToken() const { return tokenizer_ ? tokenizer_->filePadding().token : ""; }

  /// The file's own truncation and padding sections, in the order of EncodeRequest from `flags` on.
  double fileOptions() {
    if (!tokenizer_) return said(notLoaded()), 0;
    const Truncation& t = tokenizer_->fileTruncation();
    const Padding& p = tokenizer_->filePadding();
    answer_ = {(t.fromLeft ? uint32_t(kTruncateLeft) : 0) | (p.left ? uint32_t(kPadLeft) : 0),
               uint32_t(t.strategy),
               t.maxLength,
               t.stride,
               uint32_t(p.strategy),
               p.length,
               p.multipleOf,
               p.id,
               p.typeId};
    return address(answer_.data());
  }

  /// Adds tokens, given as the `added_tokens` section of a tokenizer.json.
  bool addTokens(const std::string& list) {
    if (!tokenizer_) return said(notLoaded());
    auto document = json::Document::parse(list, "added_tokens", ErrorClass::Tokenizer);
    if (!document.ok()) return said(document.takeStatus());
    Status status;
    const std::vector<AddedToken> tokens = readAddedTokens({document->root(), "added_tokens", &status});
    if (status.ok()) tokenizer_->addTokens(tokens);
    return said(std::move(status));
  }

  /// Another post-processor, as the `post_processor` section of a tokenizer.json writes it.
  bool setPostProcessor(const std::string& section) {
    if (!tokenizer_) return said(notLoaded());
    auto document = json::Document::parse(section, "post_processor", ErrorClass::Tokenizer);
    if (!document.ok()) return said(document.takeStatus());
    Status status;
    auto post = makePostProcessor({document->root(), "post_processor", &status});
    if (status.ok()) tokenizer_->setPostProcessor(std::move(post));
    return said(std::move(status));
  }

 private:
  static constexpr uint32_t kMostIds = 1u << 24;

  static Status notLoaded() { return Status(ErrorClass::Internal, "not_loaded", "The tokenizer has not been loaded."); }

  // The string at p that JavaScript counts as `units` long.
  static std::string_view nextString(const char* p, const char* end, uint32_t units) {
    if (p > end) return {end, 0};
    const size_t left = size_t(end - p);
    if (units <= left && text::isAscii({p, units})) return {p, units};
    const char* q = p;
    for (uint32_t n = 0; n < units && q < end;) {
      const int bytes = text::lengthOf(static_cast<unsigned char>(*q));
      q += bytes;
      n += bytes == 4 ? 2 : 1;
    }
    return {p, size_t(std::min(q, end) - p)};
  }

  double textAnswer() {
    said({});
    answer_ = {uint32_t(lengths_.size()), pointer(lengths_.data()), pointer(text_.data()),
               uint32_t(text_.size()),    pointer(flags_.data()),   pointer(units_.data())};
    return address(answer_.data());
  }

  struct Stream {
    Stream(const Decoder* d, bool skip) : decoder(d), skipSpecialTokens(skip) {}
    DecodeStream decoder;
    bool skipSpecialTokens;
  };

  Buffer input_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::vector<EncodeInput> inputs_;
  EncodedBatch batch_;
  std::vector<uint32_t> answer_, lengths_, units_, surfaceTable_;
  std::vector<uint8_t> flags_;
  std::string text_, surfaceText_, binary_;
  std::map<int, Stream> streams_;
  int lastStream_ = 0;
};

EMSCRIPTEN_BINDINGS(tokenizers) {
  emscripten::class_<TokenizerHandle> handle("Tokenizer");
  bindStatus(handle);
  handle.constructor<>()
      .function("input", &TokenizerHandle::input)
      .function("load", &TokenizerHandle::load)
      .function("loadBinary", &TokenizerHandle::loadBinary)
      .function("binary", &TokenizerHandle::binary)
      .function("releaseBinary", &TokenizerHandle::releaseBinary)
      .function("convert", &TokenizerHandle::convert)
      .function("encode", &TokenizerHandle::encode)
      .function("decode", &TokenizerHandle::decode)
      .function("openStream", &TokenizerHandle::openStream)
      .function("stream", &TokenizerHandle::stream)
      .function("closeStream", &TokenizerHandle::closeStream)
      .function("vocabulary", &TokenizerHandle::vocabulary)
      .function("tokenToId", &TokenizerHandle::tokenToId)
      .function("addedTokens", &TokenizerHandle::addedTokens)
      .function("seed", &TokenizerHandle::seed)
      .function("continuingSubwordPrefix", &TokenizerHandle::continuingSubwordPrefix)
      .function("padToken", &TokenizerHandle::padToken)
      .function("fileOptions", &TokenizerHandle::fileOptions)
      .function("setPostProcessor", &TokenizerHandle::setPostProcessor)
      .function("addTokens", &TokenizerHandle::addTokens);
}

}  // namespace
}  // namespace wasmformers
