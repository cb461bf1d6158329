// See tokenizer.h: encoding a batch and decoding. Reading the file is in tokenizer_json.cpp.
#include "tokenizer/tokenizer.h"

#include <algorithm>

#include "text/utf8.h"
#include "tokenizer/offsets.h"
#include "tokenizer/patterns/pattern.h"

namespace wasmformers::tokenizer {
namespace {

constexpr uint8_t kUnknownSpaces = 0xFF;

}  // namespace

// Normalizes a part of the text without raw added tokens, and cuts it at the added tokens of normalized text.
void Tokenizer::appendPart(std::string_view part, uint32_t start, bool details) {
  part_.assign(part, start, details);
  if (normalizer_) normalizer_->normalize(part_);
  if (part_.outcome != regex::Outcome::Done) work_.outcome = part_.outcome;
  std::vector<AddedMatch> matches;
  const bool cut = added_.split(part_.text, true, matches);
  const uint32_t length = uint32_t(part_.text.size());
  const uint32_t base = work_.append(part_);
  if (!cut) {
    if (length) work_.pieces.push_back({base, base + length, -1});
    return;
  }
  for (const AddedMatch& m : matches) {
    if (m.begin < m.end) work_.pieces.push_back({base + m.begin, base + m.end, m.id});
  }
}

// Fills work_ with the pieces for the model.
void Tokenizer::prepare(std::string_view text, bool details) {
  work_.clear(details);
  std::vector<AddedMatch> matches;
  if (!added_.split(text, false, matches)) {
    appendPart(text, 0, details);
  } else {
    for (const AddedMatch& m : matches) {
      const std::string_view part = text.substr(m.begin, m.end - m.begin);
      if (m.id < 0) {
        appendPart(part, m.begin, details);
      } else if (!part.empty()) {
        part_.assign(part, m.begin, details);
        const uint32_t base = work_.append(part_);
        work_.pieces.push_back({base, base + (m.end - m.begin), m.id});
      }
    }
  }
  if (preTokenizer_) preTokenizer_->preTokenize(work_);
}

// Fills tokens_ with the tokens of one text or of one word of it.
Status Tokenizer::tokenizeText(std::string_view bytes, const EncodeOptions& options) {
  const std::string_view text = text::makeValid(bytes, repaired_);
  prepare(text, options.details || (preTokenizer_ && preTokenizer_->needsSpans()));
  tokens_.clear(options.details);
  WF_TRY(patternError(work_.outcome));
  WF_TRY(model_->tokenize(work_, tokens_));
  if (!options.details) return {};
  if (work_.same)
    appendOffsets(text, options.utf16, tokens_.ranges, tokens_.offsets, tokens_.widths);
  else
    appendOffsets(text, work_.spans, options.utf16, tokens_.ranges, tokens_.offsets, tokens_.widths);
  return {};
}

// Appends the tokens of one text or of one word of it to `out`. `word`: the word's index, or −1 for a whole text.
Status Tokenizer::encodeText(std::string_view bytes, int32_t word, uint32_t typeId, const EncodeOptions& options,
                             Encoding& out) {
  WF_TRY(tokenizeText(bytes, options));
  const size_t n = tokens_.ids.size();
  const uint32_t base = uint32_t(out.size());
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  append(out.ids, tokens_.ids);
  out.typeIds.insert(out.typeIds.end(), n, typeId);
  if (!options.details) return {};
  if (word >= 0)
    out.words.insert(out.words.end(), n, word);
  else
    append(out.words, tokens_.words);
  append(out.offsets, tokens_.offsets);
  append(out.widths, tokens_.widths);
  out.special.insert(out.special.end(), n, uint8_t(0));
  for (Surface& s : tokens_.surfaces) out.surfaces.push_back({base + s.token, std::move(s.text)});
  return {};
}

// The short way (rows.h): each input is one text, neither truncated nor padded.
Status Tokenizer::encodeRows(const std::vector<EncodeInput>& inputs, const EncodeOptions& options, const Frame& frame,
                             EncodedBatch& out) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    WF_TRY(tokenizeText(inputs[i].texts[0][0], options));
    if (options.details && frame.trims)
      trimOffsets(tokens_.ids, tokens_.widths, tokens_.surfaces, frame.addPrefixSpace, *this, tokens_.offsets);
    appendRow(tokens_, frame, uint32_t(i), options.idsOnly, out);
  }
  return {};
}

// The reference checks the stride when truncation is set up, before it knows a text or whether there is a pair.
Status Tokenizer::checkStride(const Truncation& t) const {
  const size_t added = addedTokens(false);
  if (t.strategy == TruncationStrategy::None || t.maxLength < added || t.maxLength - added >= t.stride) return {};
  return Status(ErrorClass::Input, "stride_too_large",
                "stride (" + std::to_string(t.stride) + ") must be smaller than the " +
                    std::to_string(t.maxLength - added) + " tokens that max_length leaves after the special tokens.")
      .atField("stride");
}

Status Tokenizer::encodeBatch(const std::vector<EncodeInput>& inputs, const EncodeOptions& options, EncodedBatch& out) {
  out.clear();
  WF_TRY(checkStride(options.truncation));
  const bool padded = options.padding.strategy != PaddingStrategy::None;
  const auto isOneText = [](const EncodeInput& in) {
    return !in.pair && !in.splitIntoWords && in.texts[0].size() == 1;
  };
  Frame frame;
  if (!padded && options.truncation.strategy == TruncationStrategy::None &&
      (!post_ || post_->frame(options.addSpecialTokens, frame)) &&
      std::all_of(inputs.begin(), inputs.end(), isOneText)) {
    return encodeRows(inputs, options, frame, out);
  }
  std::vector<Encoding> whole;  // with padding: all encodings, since the longest must be known first
  std::vector<Encoding> parts;
  uint64_t overflow = 0;  // tokens, as kMostOverflowTokens counts them
  size_t rows = 0;
  for (const EncodeInput& input : inputs) {
    parts.resize(input.pair ? 2 : 1);
    for (size_t i = 0; i < parts.size(); ++i) {
      parts[i].clear(options.details);
      for (size_t w = 0; w < input.texts[i].size(); ++w) {
        WF_TRY(encodeText(input.texts[i][w], input.splitIntoWords ? int32_t(w) : -1, uint32_t(i), options, parts[i]));
      }
    }
    Truncation t = options.truncation;
    if (t.strategy != TruncationStrategy::None) {
      const size_t added = options.addSpecialTokens ? addedTokens(input.pair) : 0;
      // Where maxLength is less than the number of special tokens, the reference does not truncate, and so here.
      if (t.maxLength >= added) {
        t.maxLength -= uint32_t(added);
        WF_TRY(truncateEncodings(parts, t, options.overflow));
      }
    }
    Encoding e = postProcess(post_.get(), parts, options.addSpecialTokens, *this);
    rows += 1 + e.overflowing.size();
    overflow += uint64_t(e.overflowing.size()) * (t.maxLength + kTokensOfPiece);
    if (overflow > kMostOverflowTokens) return tooMuchOverflow("stride");
    if (padded) {
      whole.push_back(std::move(e));
      continue;
    }
    const uint32_t index = uint32_t(&input - inputs.data());
    appendRow(e, index, 0, options.padding, out);
    for (const Encoding& o : e.overflowing) appendRow(o, index, 0, options.padding, out);
  }
  if (!padded) return {};
  size_t length = options.padding.length;
  if (options.padding.strategy == PaddingStrategy::Longest) {
    length = 0;
    for (const Encoding& e : whole) length = std::max(length, e.size());
  }
  WF_TRY(roundLength(rows, options.details, options.padding, length));
  for (size_t i = 0; i < whole.size(); ++i) {
    appendRow(whole[i], uint32_t(i), length, options.padding, out);
    for (const Encoding& o : whole[i].overflowing) appendRow(o, uint32_t(i), length, options.padding, out);
  }
  return {};
}

bool Tokenizer::decodedToken(uint32_t id, bool skipSpecialTokens, std::string_view& token) const {
  bool found = true;
  if (const std::string* added = added_.decoded(id))
    token = *added;
  else
    token = model_->vocabulary().token(id, found);
  return found && !(skipSpecialTokens && added_.isSpecial(token));
}

std::string Tokenizer::decode(const uint32_t* ids, size_t count, bool skipSpecialTokens) const {
  std::string out;
  decode(ids, count, skipSpecialTokens, out);
  return out;
}

void Tokenizer::decode(const uint32_t* ids, size_t count, bool skipSpecialTokens, std::string& out,
                       Status* failure) const {
  if (decodes_ == Decodes::Unknown) {
    decodeTable_ = DecodeTable::make(decoder_.get(), [this](uint32_t id, std::string_view& token, bool& special) {
      const bool found = decodedToken(id, false, token);
      special = found && added_.isSpecial(token);
      return found;
    });
    decodes_ = decodeTable_ ? Decodes::ByTable : Decodes::ByToken;
  }
  if (decodes_ == Decodes::ByTable)
    decodeTable_->decode(ids, count, skipSpecialTokens, out);
  else
    decodeTokens(ids, count, skipSpecialTokens, out);
  if (failure && decoder_) *failure = patternError(decoder_->takeOutcome());
}

void Tokenizer::decodeTokens(const uint32_t* ids, size_t count, bool skipSpecialTokens, std::string& text) const {
  TokenList tokens, out;
  std::string_view token;
  for (size_t i = 0; i < count; ++i) {
    if (decodedToken(ids[i], skipSpecialTokens, token)) tokens.add(token);
  }
  decoder_->decode(tokens, out);
  text += out.bytes;
}

uint32_t Tokenizer::tokenToId(std::string_view token) const {
  const uint32_t id = added_.find(token);
  return id != kNoId ? id : model_->vocabulary().find(token);
}

std::optional<std::string_view> Tokenizer::idToToken(uint32_t id) const {
  if (const auto at = added_.tokens().find(id); at != added_.tokens().end()) return at->second.content;
  bool found = false;
  const std::string_view token = model_->vocabulary().token(id, found);
  return found ? std::optional(token) : std::nullopt;
}

std::string_view Tokenizer::textOf(uint32_t id) const { return idToToken(id).value_or(std::string_view()); }

Spaces Tokenizer::spacesOf(uint32_t id) const {
  if (spaces_.empty()) spaces_.assign(idEnd(), kUnknownSpaces);
  if (id >= spaces_.size()) return {};
  if (spaces_[id] == kUnknownSpaces) {
    const Spaces s = Spaces::around(textOf(id));
    if (s.leading > 14 || s.trailing > 14) return s;
    spaces_[id] = uint8_t(s.leading << 4 | s.trailing);
  }
  return {uint32_t(spaces_[id] >> 4), uint32_t(spaces_[id] & 15)};
}

uint32_t Tokenizer::idEnd() const {
  const uint32_t model = model_->vocabulary().idEnd();
  return added_.tokens().empty() ? model : std::max(model, added_.tokens().rbegin()->first + 1);
}

size_t Tokenizer::vocabularySize() const {
  size_t n = model_->vocabulary().size();
  for (const auto& [id, token] : added_.tokens()) n += model_->vocabulary().find(token.content) == kNoId;
  return n;
}

}  // namespace wasmformers::tokenizer
