// The pre-tokenizer Metaspace: spaces become ▁, one ▁ is prepended, and words begin at each ▁. What tokenizers 0.23.3
// does (pre_tokenizers/metaspace.rs), in one pass over all pieces. A ▁ has the span of the space that it replaces; the
// one that is prepended has the span of the first character.
#include "text/utf8.h"
#include "tokenizer/pre_tokenizers/pre_tokenizer.h"

namespace wasmformers::tokenizer {
namespace {

class Metaspace final : public PreTokenizer {
 public:
  enum class Prepend : uint8_t { Always, Never, First };
  Metaspace(std::string mark, Prepend scheme, bool split) : mark_(std::move(mark)), scheme_(scheme), split_(split) {}
  bool needsSpans() const override { return scheme_ == Prepend::First; }

  void preTokenize(PreTokenized& t) const override {
    t.rebuild([&](PreTokenized& out) {
      out.text.reserve(t.text.size() + t.pieces.size() * mark_.size() + 16);
      if (t.aligned) out.spans.reserve(out.text.capacity());
      for (const Piece& p : t.pieces) add(t, p, out);
    });
  }

 private:
  void add(const PreTokenized& t, const Piece& p, PreTokenized& out) const {
    uint32_t word = uint32_t(out.text.size());  // where the current word begins
    if (p.added >= 0) {
      copy(t, p.begin, p.end, out);
      out.pieces.push_back({word, uint32_t(out.text.size()), p.added});
      return;
    }
    const std::string_view s = t.view(p);
    const bool first =
        scheme_ == Prepend::Always || (scheme_ == Prepend::First && t.aligned && t.spans[p.begin].begin == 0);
    if (first && s[0] != ' ' && !s.starts_with(mark_)) addMark(t, p.begin, out);
    uint32_t copied = p.begin;
    for (size_t at = 0; at < s.size();) {
      const bool space = s[at] == ' ';
      if (!space && (s[at] != mark_[0] || !s.substr(at).starts_with(mark_))) {
        ++at;
        continue;
      }
      const uint32_t here = p.begin + uint32_t(at);
      copy(t, copied, here, out);
      const uint32_t end = uint32_t(out.text.size());
      if (split_ && word < end) {
        out.pieces.push_back({word, end, -1});
        word = end;
      }
      at += space ? 1 : mark_.size();
      copied = p.begin + uint32_t(at);
      if (space)
        addMark(t, here, out);
      else
        copy(t, here, copied, out);
    }
    copy(t, copied, p.end, out);
    if (word < out.text.size()) out.pieces.push_back({word, uint32_t(out.text.size()), -1});
  }

  void addMark(const PreTokenized& t, uint32_t from, PreTokenized& out) const {
    out.text += mark_;
    if (t.aligned) out.spans.insert(out.spans.end(), mark_.size(), t.spans[from]);
  }
  static void copy(const PreTokenized& t, uint32_t begin, uint32_t end, PreTokenized& out) {
    out.text.append(t.text, begin, end - begin);
    if (t.aligned) out.spans.insert(out.spans.end(), t.spans.begin() + begin, t.spans.begin() + end);
  }

  std::string mark_;  // one character
  Prepend scheme_;
  bool split_;
};

}  // namespace

// Older files have add_prefix_space instead of prepend_scheme.
std::unique_ptr<PreTokenizer> makeMetaspace(const Component& c) {
  std::string mark = c.string("replacement");
  if (text::countCharacters(mark) != 1) return c.member("replacement").fail("bad_value", "must be one character.");
  const bool never = !c.boolean("add_prefix_space", true);
  const auto scheme =
      Metaspace::Prepend(c.oneOf("prepend_scheme", never ? "never" : "always", {"always", "never", "first"}));
  return std::unique_ptr<PreTokenizer>(new Metaspace(std::move(mark), scheme, c.boolean("split", true)));
}

}  // namespace wasmformers::tokenizer
