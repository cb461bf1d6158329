// First stage: the `normalizer` section of tokenizer.json.
#pragma once

#include <memory>

#include "tokenizer/component.h"
#include "tokenizer/normalizers/normalized_string.h"

namespace wasmformers::tokenizer {

class Normalizer {
 public:
  virtual ~Normalizer() = default;
  /// Rewrites `s` in place. Its text stays valid UTF-8.
  virtual void normalize(NormalizedString& s) const = 0;
};

/// The normalizer that `c` describes; null for JSON null and on errors, which go to c.status.
/// `depth`: how many Sequences it is nested in.
std::unique_ptr<Normalizer> makeNormalizer(const Component& c, int depth = 0);

// The factories of the normalizers that have a file of their own.
std::unique_ptr<Normalizer> makeBertNormalizer(const Component& c);
std::unique_ptr<Normalizer> makePrecompiled(const Component& c);
std::unique_ptr<Normalizer> makeReplace(const Component& c);

// Steps that several normalizers share.
void toForm(NormalizedString& s, text::Form form);
void toLowercase(NormalizedString& s);
void prepend(NormalizedString& s, std::string_view added);
/// Keeps the characters for which keep(c) holds.
template <class Keep>
void filter(NormalizedString& s, Keep keep) {
  Rewriter out(s);
  uint32_t last = 0;
  int32_t removed = 0;
  bool any = false;
  for (const char *p = s.text.data(), *end = p + s.text.size(); p < end;) {
    const uint32_t c = text::decode(p);
    if (!keep(c)) {
      ++removed;
      continue;
    }
    if (any)
      out.put(last, -removed);
    else
      out.skip(size_t(removed));
    any = true;
    last = c;
    removed = 0;
  }
  if (any) out.put(last, -removed);
  out.finish();
}
/// Replaces each character by map(c).
template <class Map>
void mapCharacters(NormalizedString& s, Map map) {
  Rewriter out(s);
  for (const char *p = s.text.data(), *end = p + s.text.size(); p < end;) out.put(map(text::decode(p)), 0);
  out.finish();
}

}  // namespace wasmformers::tokenizer
