// See model.h: the `vocab` section of WordPiece, BPE and WordLevel, and tokens that stand for bytes.
#include <algorithm>

#include "tokenizer/models/model.h"
#include "tokenizer/models/text_scanner.h"

namespace wasmformers::tokenizer {
namespace {

// Reads up to Vocabulary::kMany members. A function of its own, so that an engine can replace its first, slow code by
// optimized code between two calls. False where they are not written as usual.
[[gnu::noinline]] bool readSome(TextScanner& s, Vocabulary& to, bool& more) {
  Spelling waiting[Vocabulary::kMany];
  uint32_t ids[Vocabulary::kMany];
  size_t n = s.plainMembers(waiting, ids, Vocabulary::kMany);
  more = true;
  if (!n) {
    uint64_t id = 0;
    std::string_view token;
    if (!s.string(token) || !s.take(':') || !s.number(id) || id > INT32_MAX) return false;
    waiting[0].set(token.data(), token.size(), false);
    ids[n++] = uint32_t(id);
    more = s.take(',');
  }
  to.addMany(waiting, ids, n);
  return true;
}

// Reads {"token": id, …} from the text of the file. False where it is not written as usual.
bool readText(const ModelText& from, Vocabulary& to) {
  const std::string_view text = from.vocab;
  TextScanner s(text);
  if (!s.take('{')) return false;
  if (s.take('}')) return to.reserve(0, 0), true;
  const size_t n = from.vocabCommas + 1;
  // About eight bytes a token are quotes, the colon, the id and the comma.
  to.reserve(n, text.size() - std::min(text.size(), n * 8));
  for (bool more = true; more;) {
    if (!readSome(s, to, more)) return false;
  }
  return s.take('}');
}

}  // namespace

std::vector<uint32_t> readTokenIds(const Component& c, Vocabulary& to, bool numbered) {
  if (!c.value.isObject()) c.wrongType("an object of tokens and ids");
  const size_t n = c.value.size();
  to.reserve(n, n * 8);
  std::vector<uint32_t> ids;
  for (auto [token, value] : c.value.members()) {
    const auto id = value.asUint();
    if (!id || *id > INT32_MAX) {
      c.fail("bad_id", "gives \"" + std::string(token) + "\" an id that is no integer from 0 to 2147483647.");
      continue;
    }
    to.add(token, numbered ? uint32_t(ids.size()) : uint32_t(*id));
    if (numbered) ids.push_back(uint32_t(*id));
  }
  to.finish();
  return ids;
}

void readVocabulary(const Component& c, Tables* tables, Vocabulary& to) {
  if (tables && tables->form) return to.read(*tables->form);
  if (tables) {
    tables->unusual |= !readText(*tables->text, to);
    return to.finish();
  }
  readTokenIds(c, to, false);
}

void readByteTokens(const Vocabulary& v, uint32_t (&ids)[256]) {
  static const char digits[] = "0123456789ABCDEF";
  for (uint32_t b = 0; b < 256; ++b) {
    const char name[] = {'<', '0', 'x', digits[b >> 4], digits[b & 15], '>'};
    ids[b] = v.find({name, 6});
  }
}

}  // namespace wasmformers::tokenizer
