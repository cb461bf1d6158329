// Precompiled: SentencePiece's normalizer. Its charsmap is a double-array trie (Darts) from byte strings to texts, in
// Base64: [u32 bytes of the trie][trie of u32][texts, each ended by NUL]. After the crate spm_precompiled 0.1.4 and
// tokenizers' normalizers/precompiled.rs: a short grapheme cluster is looked up whole, then character by character, and
// the first, shortest entry counts. ASCII characters without an entry and without a mark after them, which most texts
// consist of, are skipped in runs.
// Optimize: speed
#include "text/unicode.h"
#include "tokenizer/base64.h"
#include "tokenizer/normalizers/normalizer.h"

namespace wasmformers::tokenizer {
namespace {

// Whether c joins the character after it in one grapheme cluster (Grapheme_Cluster_Break=Prepend of Unicode 16).
bool isPrepended(uint32_t c) {
  if (c < 0x600) return false;
  return c <= 0x605 || c == 0x6DD || c == 0x70F || c == 0x890 || c == 0x891 || c == 0x8E2 || c == 0xD4E ||
         c == 0x110BD || c == 0x110CD || c == 0x111C2 || c == 0x111C3 || c == 0x113D1 || c == 0x1193F || c == 0x11941 ||
         c == 0x11A3A || (c >= 0x11A84 && c <= 0x11A89) || c == 0x11D46 || c == 0x11F02;
}

// Whether c is a grapheme cluster of its own (UAX #29).
bool isControl(uint32_t c) {
  if (text::is(c, text::kExtends) || isPrepended(c)) return false;
  const text::Category k = text::categoryOf(text::record(c));
  return k == text::Category::Cc || k == text::Category::Cf || k == text::Category::Zl || k == text::Category::Zp;
}

class Precompiled final : public Normalizer {
 public:
  // False where the charsmap is malformed.
  bool read(std::string_view base64) {
    std::string bytes;
    if (!decodeBase64(base64, bytes)) return false;
    if (bytes.empty()) return true;  // nothing is to be normalized
    if (bytes.size() < 4) return false;
    const auto word = [&](size_t at) {
      const auto* b = reinterpret_cast<const unsigned char*>(bytes.data()) + at;
      return uint32_t(b[0]) | uint32_t(b[1]) << 8 | uint32_t(b[2]) << 16 | uint32_t(b[3]) << 24;
    };
    const size_t trieBytes = word(0) / 4 * size_t(4);
    if (trieBytes > bytes.size() - 4) return false;
    for (size_t at = 0; at < trieBytes; at += 4) trie_.push_back(word(4 + at));
    texts_.assign(bytes, 4 + trieBytes);
    std::string_view to;
    for (uint32_t c = 0; c < 128 && !trie_.empty(); ++c) {
      const char byte = char(c);
      plain_[c] = c != '\r' && !find({&byte, 1}, to);
    }
    return text::isValid(texts_);
  }

  void normalize(NormalizedString& s) const override {
    if (trie_.empty()) return;
    const char *begin = s.text.data(), *end = begin + s.text.size();
    if (!s.aligned) {
      std::string out;
      const char* copied = begin;  // unchanged text is copied when something changes after it
      walk(
          begin, end, [](const char*, const char*) {},
          [&](const char* from, const char* to, std::string_view text) {
            if (out.empty()) out.reserve(s.text.size() + s.text.size() / 8 + 16);
            out.append(copied, from).append(text);
            copied = to;
          });
      if (copied == begin) return;
      out.append(copied, end);
      s.text.swap(out);
      return;
    }
    std::vector<text::Changed> changed;
    bool modified = false;
    const auto keep = [&](const char* from, const char* to) {
      while (from < to) {
        const uint32_t c = text::decode(from);
        changed.push_back({c, 0});
      }
    };
    walk(
        begin, end,
        [&](const char* from, const char* to) {
          if (modified) keep(from, to);
        },
        [&](const char* from, const char* to, std::string_view text) {
          if (!modified) keep(begin, from);  // nothing had changed up to here
          modified = true;
          replace(changed, {from, size_t(to - from)}, text);
        });
    if (!modified) return;
    Rewriter out(s);
    for (const text::Changed& c : changed) out.put(c.character, c.change);
    out.finish();
  }

 private:
  static const char* endOfCluster(const char* p, const char* end) {
    uint32_t first = text::decode(p);
    if (first == '\r' && p < end && *p == '\n') return p + 1;
    if (isControl(first)) return p;
    while (isPrepended(first) && p < end) {
      const char* at = p;
      first = text::decode(at);
      if (isControl(first)) return p;
      p = at;
    }
    while (p < end) {
      const char* at = p;
      if (!text::is(text::decode(at), text::kExtends)) break;
      p = at;
    }
    return p;
  }

  // Calls same(from, to) for runs of characters that stay, and change(from, to, text) for what is replaced by `text`.
  template <class Same, class Change>
  void walk(const char* p, const char* end, Same same, Change change) const {
    std::string_view text;
    while (p < end) {
      const char* from = p;
      while (p < end && static_cast<unsigned char>(*p) < 128 && plain_[static_cast<unsigned char>(*p)]) ++p;
      if (p > from && p < end && static_cast<unsigned char>(*p) >= 128) --p;  // marks may follow the last one
      if (p > from) {
        same(from, p);
        continue;
      }
      const char* clusterEnd = endOfCluster(p, end);
      if (clusterEnd - p < 6 && find({p, size_t(clusterEnd - p)}, text)) {
        change(p, clusterEnd, text);
        p = clusterEnd;
      }
      while (p < clusterEnd) {
        from = p;
        text::decode(p);
        if (find({from, size_t(p - from)}, text))
          change(from, p, text);
        else
          same(from, p);
      }
    }
  }

  // Finds the shortest prefix of `key` that has an entry. In Darts' format a unit holds the offset to its children, its
  // label, and whether it has a value.
  bool find(std::string_view key, std::string_view& to) const {
    const auto offset = [](uint32_t unit) { return (unit >> 10) << ((unit & (1u << 9)) >> 6); };
    size_t node = offset(trie_[0]);
    for (char ch : key) {
      const auto c = static_cast<unsigned char>(ch);
      if (!c) return false;
      node ^= c;
      if (node >= trie_.size()) return false;
      const uint32_t unit = trie_[node];
      if ((unit & (1u << 31 | 0xFF)) != c) return false;
      node ^= offset(unit);
      if (!(unit >> 8 & 1)) continue;
      if (node >= trie_.size()) return false;
      const size_t begin = trie_[node] & 0x7FFFFFFF;
      if (begin > texts_.size()) return false;
      to = std::string_view(texts_).substr(begin, texts_.find('\0', begin) - begin);
      return true;
    }
    return false;
  }

  // Appends the changes that replace `from` by `to`: the first characters replace the old ones, further ones are added.
  // Where there are fewer, the last character written so far replaces the rest, even if it is from before `from`.
  static void replace(std::vector<text::Changed>& out, std::string_view from, std::string_view to) {
    const auto before = int32_t(text::countCharacters(from)), after = int32_t(text::countCharacters(to));
    int32_t i = 0;
    for (const char *p = to.data(), *end = p + to.size(); p < end; ++i) {
      const uint32_t c = text::decode(p);
      out.push_back({c, i >= before ? 1 : 0});
    }
    if (after < before && !out.empty()) out.back().change += after - before;
  }

  std::vector<uint32_t> trie_;
  std::string texts_;
  bool plain_[128] = {};  // ASCII characters that no entry begins with
};

}  // namespace

std::unique_ptr<Normalizer> makePrecompiled(const Component& c) {
  auto made = std::make_unique<Precompiled>();
  const json::Value map = c.value["precompiled_charsmap"];
  if (!map.isNull() && !made->read(c.string("precompiled_charsmap"))) {
    return c.member("precompiled_charsmap").fail("bad_value", "is no charsmap of SentencePiece.");
  }
  return made;
}

}  // namespace wasmformers::tokenizer
