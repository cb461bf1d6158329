// See model_text.h.
#include "tokenizer/models/model_text.h"

#include "text/utf8.h"
#include "tokenizer/models/text_scanner.h"

namespace wasmformers::tokenizer {

bool ModelText::find(std::string_view json) {
  vocab = merges = {};
  rest.clear();
  TextScanner s(json);
  const char* copied = json.data();
  // Reads the members of an object; visit(key) reads a value. False where something is unusual.
  const auto members = [&](auto visit) {
    if (!s.take('{')) return false;
    do {
      std::string_view key;
      if (!s.key(key) || !s.take(':') || !visit(key)) return false;
    } while (s.take(','));
    return s.take('}');
  };
  // Most files end in the merges and two braces. Where this guess is wrong, the reader of the merges notices it.
  const auto last = [&](std::string_view& to) {
    size_t end = json.size(), braces = 0;
    for (; end && (json[end - 1] == '}' || TextScanner::isSpace(json[end - 1])); --end) braces += json[end - 1] == '}';
    if (braces != 2 || !end || json[end - 1] != ']' || to.data()) return false;
    const size_t begin = s.place(json);
    if (begin >= end || json[begin] != '[') return false;
    to = json.substr(begin, end - begin);
    rest.append(copied, to.data()).append("[]");
    copied = to.data() + to.size();
    s = TextScanner(json.substr(end));
    return true;
  };
  const auto section = [&](std::string_view& to, char open, std::string_view empty) {
    size_t commas = 0;
    if (to.data() || !json.substr(s.place(json)).starts_with(open) || !(s.flat(to, commas) || s.value(to)))
      return false;
    if (open == '{') vocabCommas = commas;
    rest.append(copied, to.data()).append(empty);
    copied = to.data() + to.size();
    return true;
  };
  bool model = false;
  std::string_view passed;
  const bool usual = members([&](std::string_view key) {
    if (key != "model") return s.value(passed);
    if (model) return false;
    model = true;
    return members([&](std::string_view part) {
      if (part == "vocab") return section(vocab, '{', "{}");
      if (part == "merges") return last(merges) || section(merges, '[', "[]");
      return s.value(passed);
    });
  });
  if (!usual || !vocab.data() || !text::isValid(vocab)) return false;  // merges have to be the vocabulary's
  rest.append(copied, json.data() + json.size());
  return true;
}

}  // namespace wasmformers::tokenizer
