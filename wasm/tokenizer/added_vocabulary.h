// Added tokens: strings that are found in the text before anything else cuts it, special tokens among them. After
// tokenizers' tokenizer/added_vocabulary.rs: one set is searched in the text as given, another in the normalized text.
// Matches are leftmost-longest; then single_word, lstrip and rstrip apply.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tokenizer/models/model.h"
#include "tokenizer/normalizers/normalizer.h"
#include "tokenizer/string_matcher.h"

namespace wasmformers::tokenizer {

struct AddedToken {
  std::string content;
  bool singleWord = false, lstrip = false, rstrip = false, normalized = true, special = false;

  bool operator==(const AddedToken&) const = default;
};

class AddedVocabulary {
 public:
  /// Adds tokens in the order of the file. A token that the model knows keeps its id; others get the next free ids.
  void add(const std::vector<AddedToken>& tokens, const Vocabulary& model, const Normalizer* normalizer);

  /// Cuts s at the tokens of one set. False, and `out` unchanged, where s has none, which is usual.
  bool split(std::string_view s, bool normalizedSet, std::vector<AddedMatch>& out) const;

  /// The token's id, or kNoId.
  uint32_t find(std::string_view content) const;
  /// Whether the token is an added one; `alike`: with the same flags.
  bool has(const AddedToken& token, bool alike) const;
  /// The token's text for decoding: its normalized form where it has one. Null where no added token has the id.
  const std::string* decoded(uint32_t id) const;
  bool isSpecial(std::string_view content) const { return specials_.find(content) != specials_.end(); }
  const std::map<uint32_t, AddedToken>& tokens() const { return byId_; }

 private:
  std::map<std::string, uint32_t, std::less<>> ids_;
  std::map<uint32_t, AddedToken> byId_;
  std::map<uint32_t, std::string> normalizedForms_;  // where it differs from the content
  std::set<std::string, std::less<>> specials_;
  StringMatcher raw_, normalized_;
  // A token whose normalized text is empty matches between all characters, as in the reference; with single_word, only
  // where neither neighbour is a character of a word.
  bool cutsEverywhere_ = false, cutsBesideWords_ = false;
};

/// The `added_tokens` section.
std::vector<AddedToken> readAddedTokens(const Component& c);

}  // namespace wasmformers::tokenizer
