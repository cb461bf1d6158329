// BPE's first step: the characters of a word become the symbols that merging begins with. A character without a token
// becomes its bytes (`byte_fallback`), or the unknown token, or nothing. After tokenizers' models/bpe/model.rs
// (BPE::merge_word).
#pragma once

#include <string>
#include <string_view>

#include "tokenizer/component.h"
#include "tokenizer/models/bpe_symbols.h"
#include "tokenizer/models/vocabulary.h"

namespace wasmformers::tokenizer {

class BpeAlphabet {
 public:
  /// Reads `continuing_subword_prefix`, `end_of_word_suffix`, `unk_token`, `fuse_unk` and `byte_fallback`.
  explicit BpeAlphabet(const Component& c);
  /// Must come before split(). `vocabulary` must live longer.
  void bind(const Vocabulary& vocabulary);

  /// Whether every byte has a token, so that splitBytes() may be called.
  bool takesBytes() const { return takesBytes_; }
  /// Whether characters carry a prefix or a suffix that depends on their place in the word.
  bool hasAffixes() const { return !prefix_.empty() || !suffix_.empty(); }
  const std::string& prefix() const { return prefix_; }
  const std::string& unkToken() const { return unkToken_; }

  /// Appends the symbols of a word. False: the unknown token is needed and the vocabulary lacks it.
  bool split(std::string_view word, Symbols& out) const;
  /// Appends the symbols of a word whose bytes stand for byte-level characters, one symbol a byte.
  void splitBytes(std::string_view word, Symbols& out) const {
    for (char b : word) out.add(byteLevel_[static_cast<unsigned char>(b)], 1);
  }

 private:
  static constexpr uint32_t kDirect = 0x400;  // characters whose ids are looked up once

  std::string_view withAffixes(std::string_view bytes, bool first, bool last) const;
  bool addBytes(std::string_view bytes, Symbols& out) const;

  std::string prefix_, suffix_, unkToken_;
  bool hasUnk_, fuseUnk_, byteFallback_, takesBytes_ = false;
  const Vocabulary* vocabulary_ = nullptr;
  uint32_t unk_ = kNoId;
  uint32_t direct_[kDirect];     // ids by character
  uint32_t byteLevel_[256];      // ids of the characters that stand for bytes
  uint32_t fallback_[256] = {};  // ids of <0x00> to <0xFF>

  mutable std::string affixed_;       // working memory
  mutable std::string_view spelled_;  // the character of the last idOf(), with its affixes
};

}  // namespace wasmformers::tokenizer
