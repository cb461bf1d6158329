// See tokenizer.h: encoding a batch and decoding. Reading the file is in tokenizer_json.cpp.
#include "tokenizer/tokenizer.h"

#include <algorithm>

#include "text/utf8.h"
#include "tokenizer/pattern.h"

namespace wasmformers::tokenizer {
namespace {

template <class T>
void pad(std::vector<T>& v, size_t n, T value) { v.insert(v.end(), n, value); }

// Appends an encoding as a row of `length` tokens or more.
void appendRow(const Encoding& e, uint32_t textIndex, size_t length, const Padding& p, EncodedBatch& out) {
  const size_t missing = length > e.size() ? length - e.size() : 0;
  const size_t left = p.left ? missing : 0, right = missing - left;
  const uint32_t base = uint32_t(out.ids.size() + left);
  const auto put = [&](auto& to, const auto& from, auto padding, size_t width) {
    pad(to, left * width, padding);
    to.insert(to.end(), from.begin(), from.end());
    pad(to, right * width, padding);
  };
  out.rowTexts.push_back(textIndex);
  put(out.ids, e.ids, p.id, 1);
  put(out.typeIds, e.typeIds, p.typeId, 1);
  pad(out.attentionMask, left, 0u);
  pad(out.attentionMask, e.size(), 1u);
  pad(out.attentionMask, right, 0u);
  if (e.detailed) {
    put(out.offsets, e.offsets, 0u, 2);
    put(out.words, e.words, -1, 1);
    put(out.special, e.special, uint8_t(1), 1);
    put(out.sequences, e.sequenceIds(), int8_t(-1), 1);
    for (const Surface& s : e.surfaces) out.surfaces.push_back({base + s.token, s.text});
    for (size_t i = 0; i < left && !p.token.empty(); ++i) out.surfaces.push_back({uint32_t(base - left + i), p.token});
    for (size_t i = 0; i < right && !p.token.empty(); ++i) out.surfaces.push_back({uint32_t(base + e.size() + i), p.token});
  }
  out.rowStarts.push_back(uint32_t(out.ids.size()));
}

}  // namespace

void EncodedBatch::clear() {
  rowStarts.assign(1, 0);
  rowTexts.clear();
  ids.clear();
  typeIds.clear();
  attentionMask.clear();
  offsets.clear();
  words.clear();
  special.clear();
  sequences.clear();
  surfaces.clear();
}

// Normalizes a part of the text that holds no raw added token and cuts it at the normalized ones.
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

// Fills work_ with the pieces that the model gets.
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

// Offsets and widths of tokens_ where nothing has moved: whole characters of the text, counted from token to token.
void Tokenizer::addPlaces(std::string_view text, bool utf16, Encoding& out) const {
  const size_t n = tokens_.ranges.size(), before = out.widths.size();
  out.offsets.resize(2 * (before + n));
  out.widths.resize(before + n);
  uint32_t* to = out.offsets.data() + 2 * before;
  uint8_t* widths = out.widths.data() + before;
  const bool ascii = text::isAscii(text);
  const auto inside = [&](uint32_t at) { return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; };
  uint32_t at = 0, units = 0;  // of the cursor
  const auto unitsAt = [&](uint32_t byte) {
    if (ascii || !utf16) return byte;
    const auto widthAt = [&](uint32_t i) {
      const auto c = static_cast<unsigned char>(text[i]);
      return uint32_t((c & 0xC0) != 0x80) + uint32_t(c >= 0xF0);
    };
    while (at < byte) units += widthAt(at++);
    while (at > byte) units -= widthAt(--at);
    return units;
  };
  for (size_t i = 0; i < n; ++i) {
    uint32_t begin = tokens_.ranges[i].begin, end = tokens_.ranges[i].end;
    if (!ascii) {
      const bool some = begin < end;
      while (inside(begin)) --begin;
      if (some) while (inside(end)) ++end;
      else end = begin;
    }
    to[2 * i] = unitsAt(begin);
    to[2 * i + 1] = unitsAt(end);
    const bool one = end > begin && end - begin == uint32_t(text::lengthOf(static_cast<unsigned char>(text[begin])));
    widths[i] = one ? uint8_t(to[2 * i + 1] - to[2 * i]) : uint8_t(1);
  }
}

// The same where normalizing has changed the text.
void Tokenizer::addSpans(std::string_view text, bool utf16, Encoding& out) const {
  const text::Utf16Offsets units(utf16 ? text : std::string_view());  // of no text: leaves bytes as they are
  for (const Span r : tokens_.ranges) {
    Span at = r;
    if (r.begin < r.end && r.end <= work_.spans.size()) at = {work_.spans[r.begin].begin, work_.spans[r.end - 1].end};
    out.offsets.push_back(units(at.begin));
    out.offsets.push_back(units(at.end));
    const bool one = at.end > at.begin && at.end - at.begin == uint32_t(text::lengthOf(static_cast<unsigned char>(text[at.begin])));
    out.widths.push_back(one ? uint8_t(units(at.end) - units(at.begin)) : uint8_t(1));
  }
}

// Appends the tokens of one text (or of one word of it) to `out`.
Status Tokenizer::encodeText(std::string_view bytes, int32_t word, uint32_t typeId, const EncodeOptions& options, Encoding& out) {
  std::string repaired;
  const std::string_view text = text::makeValid(bytes, repaired);
  prepare(text, options.details || (preTokenizer_ && preTokenizer_->needsSpans()));
  tokens_.clear(options.details);
  WF_TRY(patternError(work_.outcome));
  WF_TRY(model_->tokenize(work_, tokens_));
  const size_t n = tokens_.ids.size();
  const uint32_t base = uint32_t(out.size());
  if (base == 0) out.ids.swap(tokens_.ids);
  else out.ids.insert(out.ids.end(), tokens_.ids.begin(), tokens_.ids.end());
  pad(out.typeIds, n, typeId);
  if (!options.details) return {};
  if (work_.same) addPlaces(text, options.utf16, out);
  else addSpans(text, options.utf16, out);
  for (size_t i = 0; i < n; ++i) out.words.push_back(word >= 0 ? word : tokens_.words[i]);
  pad(out.special, n, uint8_t(0));
  for (Surface& s : tokens_.surfaces) out.surfaces.push_back({base + s.token, std::move(s.text)});
  return {};
}

// The reference refuses such a stride when truncation is set up, before it knows a text or whether there is a pair.
Status Tokenizer::checkStride(const Truncation& t) const {
  const size_t added = addedTokens(false);
  if (t.strategy == TruncationStrategy::None || t.maxLength < added || t.maxLength - added >= t.stride) return {};
  return Status(ErrorClass::Input, "stride_too_large",
                "stride (" + std::to_string(t.stride) + ") must be smaller than the " + std::to_string(t.maxLength - added) +
                    " tokens that max_length leaves after the special tokens.")
      .atField("stride");
}

Status Tokenizer::encodeBatch(const std::vector<EncodeInput>& inputs, const EncodeOptions& options, EncodedBatch& out) {
  out.clear();
  WF_TRY(checkStride(options.truncation));
  const bool padded = options.padding.strategy != PaddingStrategy::None;
  std::vector<Encoding> whole;  // only where the padding has to wait for the longest
  std::vector<Encoding> parts;
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
      // Less room than the special tokens take: the reference does not truncate then, and neither does this.
      if (t.maxLength >= added) {
        t.maxLength -= uint32_t(added);
        WF_TRY(truncateEncodings(parts, t, options.overflow));
      }
    }
    Encoding e = postProcess(post_.get(), parts, options.addSpecialTokens, *this);
    if (padded) {
      whole.push_back(std::move(e));
      continue;
    }
    const uint32_t index = uint32_t(&input - inputs.data());
    appendRow(e, index, 0, options.padding, out);
    for (const Encoding& o : e.overflowing) appendRow(o, index, 0, options.padding, out);
    parts.resize(1);
    if (!parts[0].ids.capacity()) parts[0].ids.swap(e.ids);  // its memory serves the next text
  }
  if (!padded) return {};
  size_t length = options.padding.length;
  if (options.padding.strategy == PaddingStrategy::Longest) {
    length = 0;
    for (const Encoding& e : whole) length = std::max(length, e.size());
  }
  if (const size_t m = options.padding.multipleOf; m && length % m) length += m - length % m;
  for (size_t i = 0; i < whole.size(); ++i) {
    appendRow(whole[i], uint32_t(i), length, options.padding, out);
    for (const Encoding& o : whole[i].overflowing) appendRow(o, uint32_t(i), length, options.padding, out);
  }
  return {};
}

bool Tokenizer::decodedToken(uint32_t id, bool skipSpecialTokens, std::string_view& token) const {
  bool found = true;
  if (const std::string* added = added_.decoded(id)) token = *added;
  else token = model_->vocabulary().token(id, found);
  return found && !(skipSpecialTokens && added_.isSpecial(token));
}

std::string Tokenizer::decode(const uint32_t* ids, size_t count, bool skipSpecialTokens) const {
  std::string out;
  decode(ids, count, skipSpecialTokens, out);
  return out;
}

void Tokenizer::decode(const uint32_t* ids, size_t count, bool skipSpecialTokens, std::string& text, Status* failure) const {
  if (decodes_ == Decodes::Unknown) {
    decodeTable_ = DecodeTable::make(decoder_.get(), [this](uint32_t id, std::string_view& token, bool& special) {
      const bool found = decodedToken(id, false, token);
      special = found && added_.isSpecial(token);
      return found;
    });
    decodes_ = decodeTable_ ? Decodes::ByTable : Decodes::ByToken;
  }
  if (decodes_ == Decodes::ByTable) decodeTable_->decode(ids, count, skipSpecialTokens, text);
  else decodeTokens(ids, count, skipSpecialTokens, text);
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
