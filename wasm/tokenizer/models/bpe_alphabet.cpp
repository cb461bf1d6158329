// See bpe_alphabet.h.
#include "tokenizer/models/bpe_alphabet.h"

#include "text/utf8.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/models/model.h"

namespace wasmformers::tokenizer {

BpeAlphabet::BpeAlphabet(const Component& c)
    : prefix_(c.string("continuing_subword_prefix", "")),
      suffix_(c.string("end_of_word_suffix", "")),
      unkToken_(c.string("unk_token", "")),
      hasUnk_(!c.member("unk_token").absent()),
      fuseUnk_(c.boolean("fuse_unk", false)),
      byteFallback_(c.boolean("byte_fallback", false)) {}

void BpeAlphabet::bind(const Vocabulary& vocabulary) {
  vocabulary_ = &vocabulary;
  unk_ = hasUnk_ ? vocabulary.find(unkToken_) : kNoId;
  if (byteFallback_) readByteTokens(vocabulary, fallback_);
  if (hasAffixes()) return;
  for (uint32_t c = 0; c < kDirect; ++c) {
    char utf8[4];
    direct_[c] = vocabulary.find({utf8, size_t(text::encode(c, utf8))});
  }
  takesBytes_ = true;
  for (uint32_t b = 0; b < 256; ++b) {
    byteLevel_[b] = direct_[characterOfByte(uint8_t(b))];
    takesBytes_ = takesBytes_ && byteLevel_[b] != kNoId;
  }
}

bool BpeAlphabet::split(std::string_view word, Symbols& out) const {
  uint32_t unkLength = 0;  // of an unknown token that is not added yet; `fuse_unk` may lengthen it
  bool pending = false;
  const bool affixes = hasAffixes();
  const char *p = word.data(), *end = p + word.size();
  while (p < end) {
    const char* from = p;
    const uint32_t c = text::decode(p);
    const uint32_t length = uint32_t(p - from);
    const std::string_view bytes(from, length);
    const std::string_view spelled = affixes ? withAffixes(bytes, from == word.data(), p == end) : bytes;
    const uint32_t id = c < kDirect && !affixes ? direct_[c] : vocabulary_->find(spelled);
    if (id != kNoId) {
      if (pending) out.add(unk_, unkLength), pending = false;
      out.add(id, length);
      continue;
    }
    if (byteFallback_ && addBytes(spelled, out)) continue;  // before the pending token, as in the reference
    if (!hasUnk_) continue;
    if (unk_ == kNoId) return false;
    if (pending && fuseUnk_) {
      unkLength += length;
      continue;
    }
    if (pending) out.add(unk_, unkLength);
    pending = true;
    unkLength = length;
  }
  if (pending) out.add(unk_, unkLength);
  return true;
}

std::string_view BpeAlphabet::withAffixes(std::string_view bytes, bool first, bool last) const {
  affixed_.clear();
  if (!first) affixed_ += prefix_;
  affixed_ += bytes;
  if (last) affixed_ += suffix_;
  return affixed_;
}

// Adds the bytes as tokens of one byte each, if the vocabulary has all of these.
bool BpeAlphabet::addBytes(std::string_view bytes, Symbols& out) const {
  for (char c : bytes) {
    if (fallback_[static_cast<unsigned char>(c)] == kNoId) return false;
  }
  for (char c : bytes) out.add(fallback_[static_cast<unsigned char>(c)], 1);
  return true;
}

}  // namespace wasmformers::tokenizer
