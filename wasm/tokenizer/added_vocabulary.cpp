// See added_vocabulary.h.
#include "tokenizer/added_vocabulary.h"

#include <algorithm>

#include "text/unicode.h"
#include "text/utf8.h"

namespace wasmformers::tokenizer {

void AddedVocabulary::add(const std::vector<AddedToken>& tokens, const Vocabulary& model,
                          const Normalizer* normalizer) {
  const uint32_t size = uint32_t(model.size());
  uint32_t next = size;
  if (!byId_.empty() && (byId_.rbegin()->first >= size || size == 0)) next = byId_.rbegin()->first + 1;
  for (const AddedToken& token : tokens) {
    if (token.content.empty()) continue;
    uint32_t id = find(token.content);
    if (id == kNoId) id = model.find(token.content);
    if (id == kNoId) id = next++;
    if (token.normalized && normalizer) {
      NormalizedString s;
      s.assign(token.content, 0, false);
      normalizer->normalize(s);
      if (s.text != token.content) normalizedForms_[id] = s.text;
    }
    ids_[token.content] = id;
    if (token.special) specials_.insert(token.content);
    byId_[id] = token;
  }
  raw_ = {};
  normalized_ = {};
  cutsEverywhere_ = cutsBesideWords_ = false;
  for (const auto& [id, token] : byId_) {
    if (!token.normalized) {
      raw_.add(token.content, id);
      continue;
    }
    const auto form = normalizedForms_.find(id);
    const std::string& content = form == normalizedForms_.end() ? token.content : form->second;
    normalized_.add(content, id);
    if (content.empty()) (token.singleWord ? cutsBesideWords_ : cutsEverywhere_) = true;
  }
}

uint32_t AddedVocabulary::find(std::string_view content) const {
  const auto at = ids_.find(content);
  return at == ids_.end() ? kNoId : at->second;
}

bool AddedVocabulary::has(const AddedToken& token, bool alike) const {
  const auto at = byId_.find(find(token.content));
  return at != byId_.end() && (!alike || at->second == token);
}

const std::string* AddedVocabulary::decoded(uint32_t id) const {
  const auto token = byId_.find(id);
  if (token == byId_.end()) return nullptr;
  const auto form = normalizedForms_.find(id);
  return form == normalizedForms_.end() ? &token->second.content : &form->second;
}

bool AddedVocabulary::split(std::string_view s, bool normalizedSet, std::vector<AddedMatch>& out) const {
  const StringMatcher& matcher = normalizedSet ? normalized_ : raw_;
  const bool everywhere = normalizedSet && (cutsEverywhere_ || cutsBesideWords_);
  if (matcher.empty() && !everywhere) return false;
  AddedMatch m;
  uint32_t done = 0;  // bytes before it belong to a part already
  bool any = false;
  const auto between = [&](uint32_t end) {
    for (const char* p = s.data() + done; everywhere && p < s.data() + end;) {
      const bool word = text::is(text::decode(p), text::kWord);
      const char* next = p;
      if (!cutsEverywhere_ && p < s.data() + end && (word || text::is(text::decode(next), text::kWord))) continue;
      out.push_back({done, uint32_t(p - s.data()), -1});
      done = uint32_t(p - s.data());
    }
    if (done < end) out.push_back({done, end, -1});
  };
  for (size_t from = 0; matcher.find(s, from, m);) {
    from = m.end;  // the search goes on after the match even where it is refused
    const AddedToken& token = byId_.find(uint32_t(m.id))->second;
    if (token.singleWord) {
      const char *left = s.data() + m.begin, *right = s.data() + m.end;
      if (m.begin > 0 && text::is(text::decodeBack(left), text::kWord)) continue;
      if (m.end < s.size() && text::is(text::decode(right), text::kWord)) continue;
    }
    if (token.lstrip) {
      const char* p = s.data() + m.begin;
      while (p > s.data() + done) {
        const char* before = p;
        if (!text::is(text::decodeBack(before), text::kWhiteSpace)) break;
        p = before;
      }
      m.begin = std::max(done, uint32_t(p - s.data()));  // the match before, with rstrip, may have taken its beginning
      if (m.begin > m.end) continue;                     // or all of it; the reference panics then
    }
    if (token.rstrip) {
      const char *p = s.data() + m.end, *end = s.data() + s.size();
      while (p < end) {
        const char* at = p;
        if (!text::is(text::decode(p), text::kWhiteSpace)) {
          p = at;
          break;
        }
      }
      m.end = uint32_t(p - s.data());
    }
    if (!any) out.clear();
    any = true;
    between(m.begin);
    out.push_back(m);
    done = m.end;
  }
  if (everywhere && !any) out.clear();
  any = any || (everywhere && !s.empty());
  if (any) between(uint32_t(s.size()));
  return any;
}

std::vector<AddedToken> readAddedTokens(const Component& c) {
  std::vector<AddedToken> out;
  if (c.absent()) return out;
  for (const Component& one : c.elements()) {
    if (!one.value.isObject()) one.wrongType("an object");
    AddedToken token;
    token.content = one.string("content");
    token.special = one.boolean("special", false);
    token.singleWord = one.boolean("single_word", false);
    token.lstrip = one.boolean("lstrip", false);
    token.rstrip = one.boolean("rstrip", false);
    token.normalized = one.boolean("normalized", !token.special);
    out.push_back(std::move(token));
  }
  return out;
}

}  // namespace wasmformers::tokenizer
