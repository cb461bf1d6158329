// The binding of tokenizers: one Tokenizer handle per tokenizer.json. A whole batch crosses to C++ in one call:
// JavaScript writes a request (numbers, then UTF-8) to the memory that input() returns, and reads flat arrays at the
// addresses in the answer. Numbers are 32 bits wide. js/engines/wasm/tokenizer-layout.js has the same layouts.
// Pointers are valid until the next call.
// Optimize: size
#include <cstring>
#include <map>

#include "base/buffer.h"
#include "binding/handle.h"
#include "binding/tokenizers_request.h"
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

class TokenizerHandle : public Handle {
 public:
  /// The address to which JavaScript writes `bytes` of input; 0 when memory ran out.
  double input(double bytes) {
    if (!input_.ok() || double(input_.size()) < bytes) {
      input_ = Buffer();  // frees the old buffer before the new one is allocated
      // Requests grow, so they get more room. A file is loaded once.
      auto made = allocate(size_t(bytes) + (tokenizer_ ? size_t(bytes) / 2 : 0) + 64, "the tokenizer's input");
      if (!made.ok()) return setStatus(made.takeStatus()), 0;
      input_ = made.take();
    }
    setStatus({});
    return address(input_.data());
  }

  /// Reads the tokenizer.json in the input. `file` names it in errors.
  bool load(double bytes, const std::string& file) {
    auto made = Tokenizer::fromJson({input_.as<char>(), size_t(bytes)}, file);
    if (!made.ok()) return setStatus(made.takeStatus());
    tokenizer_ = made.take();
    input_ = Buffer();  // frees the text, which is large; requests are small
    return setStatus({});
  }

  /// Reads the binary form in the input, of `bytes` bytes, and keeps it.
  bool loadBinary(double bytes) {
    auto made = Tokenizer::fromBinary(std::move(input_), size_t(bytes));
    input_ = Buffer();
    if (!made.ok()) return setStatus(made.takeStatus());
    tokenizer_ = made.take();
    return setStatus({});
  }

  /// Makes the binary form. Answer: its address and size. releaseBinary() frees it.
  double binary() {
    if (!tokenizer_) return setStatus(notLoaded()), 0;
    binary_ = tokenizer_->toBinary();
    answer_ = {pointer(binary_.data()), uint32_t(binary_.size())};
    setStatus({});
    return address(answer_.data());
  }
  void releaseBinary() { std::string().swap(binary_); }

  /// Converts the file in the input to JSON, as tokenizer/legacy describes it. `kind`: 0, a SentencePiece model, or 1,
  /// tiktoken's ranks. Answer: as decode()'s, of one text.
  double convert(double bytes, int kind, const std::string& file) {
    const std::string_view in(input_.as<char>(), size_t(bytes));
    auto made = kind ? readTiktoken(in, file) : readSentencePiece(in, file);
    input_ = Buffer();
    if (!made.ok()) return setStatus(made.takeStatus()), 0;
    text_ = made.take();
    lengths_.assign(1, uint32_t(text_.size()));
    return textAnswer();
  }

  /// Encodes the request in the input (tokenizers_request.h). `bytes`: the size of its UTF-8. Returns the address of
  /// the answer, or 0 on errors.
  double encode(double bytes) {
    if (!tokenizer_) return setStatus(notLoaded()), 0;
    const auto& request = *input_.as<const EncodeRequest>();
    request.readInputs(size_t(bytes), inputs_);
    const EncodeOptions options = request.options();
    if (!setStatus(tokenizer_->encodeBatch(inputs_, options, batch_))) return 0;

    surfaceTable_.clear();
    surfaceText_.clear();
    for (const Surface& s : batch_.surfaces) {
      if (tokenizer_->idToToken(batch_.ids[s.token]) == s.text) continue;  // the vocabulary has the same text
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

  /// Decodes the ids in the input: `count` lengths, then the ids of each text. Answer: the number of texts, and
  /// addresses of their lengths in bytes, of their UTF-8, and of their lengths in UTF-16 code units.
  double decode(double count, bool skipSpecialTokens) {
    if (!tokenizer_) return setStatus(notLoaded()), 0;
    const uint32_t* lengths = input_.as<const uint32_t>();
    const uint32_t* ids = lengths + size_t(count);
    lengths_.clear();
    units_.clear();
    text_.clear();
    for (size_t i = 0; i < size_t(count); ids += lengths[i], ++i) {
      const size_t before = text_.size();
      Status failure;
      tokenizer_->decode(ids, lengths[i], skipSpecialTokens, text_, &failure);
      if (!failure.ok()) return setStatus(std::move(failure)), 0;
      lengths_.push_back(uint32_t(text_.size() - before));
      units_.push_back(uint32_t(text::utf16Length(std::string_view(text_).substr(before))));
    }
    return textAnswer();
  }

  /// Opens a stream and returns its number, or −1.
  int openStream(bool skipSpecialTokens) {
    if (!tokenizer_) return setStatus(notLoaded()), -1;
    streams_.try_emplace(++lastStream_, tokenizer_->decoder(), skipSpecialTokens);
    setStatus({});
    return lastStream_;
  }
  /// Decodes the `count` ids in the input as the next ones of a stream. `ends`: they are the last. Answer: as
  /// decode()'s, of one text, which is final.
  double stream(int number, double count, bool ends) {
    const auto at = streams_.find(number);
    if (at == streams_.end()) return setStatus(notLoaded()), 0;
    text_.clear();
    std::string_view token;
    const uint32_t* ids = input_.as<const uint32_t>();
    for (size_t i = 0; i < size_t(count); ++i) {
      if (tokenizer_->decodedToken(ids[i], at->second.skipSpecialTokens, token)) at->second.decoder.push(token, text_);
    }
    if (ends) at->second.decoder.end(text_);
    if (tokenizer_->decoder()) {
      if (Status failure = patternError(tokenizer_->decoder()->takeOutcome()); !failure.ok())
        return setStatus(std::move(failure)), 0;
    }
    lengths_.assign(1, uint32_t(text_.size()));
    return textAnswer();
  }
  void closeStream(int number) { streams_.erase(number); }

  /// The vocabulary, for every id from 0 on. Answer: as decode()'s, with kNoId as the length where there is no token,
  /// and the address of flags (1: added, 2: special).
  double vocabulary() {
    if (!tokenizer_) return setStatus(notLoaded()), 0;
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

  /// The token's id, or −1.
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

  /// The file's own truncation and padding sections. Answer: as EncodeRequest from `flags` on.
  double fileOptions() {
    if (!tokenizer_) return setStatus(notLoaded()), 0;
    const Truncation& t = tokenizer_->fileTruncation();
    const Padding& p = tokenizer_->filePadding();
    answer_ = {
        (t.fromLeft ? uint32_t(EncodeRequest::kTruncateLeft) : 0) | (p.left ? uint32_t(EncodeRequest::kPadLeft) : 0),
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

  /// Adds tokens. `list`: JSON as in the section `added_tokens` of a tokenizer.json. `onlyNew`: those that are added
  /// tokens already keep their flags.
  bool addTokens(const std::string& list, bool onlyNew) {
    if (!tokenizer_) return setStatus(notLoaded());
    auto document = json::Document::parse(list, "added_tokens", ErrorClass::Tokenizer);
    if (!document.ok()) return setStatus(document.takeStatus());
    Status status;
    const std::vector<AddedToken> tokens = readAddedTokens({document->root(), "added_tokens", &status});
    if (status.ok()) tokenizer_->addTokens(tokens, onlyNew);
    return setStatus(std::move(status));
  }

  /// Replaces the post-processor. `section`: JSON as in the section `post_processor` of a tokenizer.json.
  bool setPostProcessor(const std::string& section) {
    if (!tokenizer_) return setStatus(notLoaded());
    auto document = json::Document::parse(section, "post_processor", ErrorClass::Tokenizer);
    if (!document.ok()) return setStatus(document.takeStatus());
    Status status;
    auto post = makePostProcessor({document->root(), "post_processor", &status});
    if (status.ok()) tokenizer_->setPostProcessor(std::move(post));
    return setStatus(std::move(status));
  }

 private:
  static constexpr uint32_t kMostIds = 1u << 24;

  static Status notLoaded() { return Status(ErrorClass::Internal, "not_loaded", "The tokenizer has not been loaded."); }

  double textAnswer() {
    setStatus({});
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
