// See oniguruma.h: what follows a backslash.
#include "regex/oniguruma_sets.h"
#include "regex/oniguruma_translator.h"

namespace wasmformers::regex {

// An escape that means the same inside and outside of a class. True: it is the single character c.
bool Translator::common(bool inClass, uint32_t& c) {
  if (end()) return bad("ends in a backslash"), false;
  const size_t at = at_;
  const char e = in_[at_++];
  switch (e) {
    case 't': c = 9; return true;
    case 'n': c = 10; return true;
    case 'v': c = 11; return true;
    case 'f': c = 12; return true;
    case 'r': c = 13; return true;
    case 'a': c = 7; return true;
    case 'e': c = 27; return true;
    case 'w':
    case 'W': return set(inClass ? kWord : kWordAlone, e == 'W', inClass), false;
    case 's':
    case 'S': return set(kSpace, e == 'S', inClass), false;
    case 'd':
    case 'D': return set(kDigit, e == 'D', inClass), false;
    case 'h':
    case 'H': return set(kHex, e == 'H', inClass), false;
    case 'p':
    case 'P':
      if (peek(at_) == '{') return ++at_, property(e == 'P', inClass), false;
      c = uint32_t(e);
      return true;
    case 'x':
      if (eat("{")) {
        if (!digits(16, 8, c) || !eat("}")) bad("has a number in braces that is none");
      } else {
        digits(16, 2, c);
        if (c > 0x7F) unsupported("a single byte of a character");
      }
      return true;
    case 'u':
      if (!digits(16, 4, c) || at_ - at != 5) bad("has no four digits behind \\u");
      return true;
    case 'o':
      if (!eat("{")) return c = 'o', true;
      if (!digits(8, 11, c) || !eat("}")) bad("has a number in braces that is none");
      return true;
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
      --at_;
      digits(8, 3, c);
      if (c > 0x7F) unsupported("a single byte of a character");
      return true;
    case 'c':
    case 'C':
      if (e == 'C' && !eat("-")) bad("has no control character behind \\C");
      if (end()) return bad("has no control character behind \\c"), false;
      c = uint32_t(in_[at_++]) & 0x1F;
      return true;
    case 'M': return unsupported("a single byte of a character"), false;
    default:
      --at_;
      c = character();
      return true;
  }
}

// The rest of \p{…}, after its brace.
void Translator::property(bool negated, bool inClass) {
  if (eat("^")) negated = !negated;
  const std::string_view written = until('}');
  std::string name;
  for (char c : written) {
    if (c == ' ' || c == '_' || c == '-') continue;
    if (!isLetter(c) && !isDigit(c)) return bad("names a property that there is not");
    name += isLetter(c) ? char(c | 32) : c;
  }
  if (name == "punct") name = "p";  // unlike [:punct:]
  if (name == "word" && !inClass) return set(kWordAlone, negated, false);
  if (const std::string_view members = namedSet(name); !members.empty()) return set(members, negated, inClass);
  if (name.starts_with("in") && name.size() > 2 && name != "inherited") return unsupported("a block of Unicode");
  // PCRE2 would include a script's extensions and, under (?i), every cased letter in Lu.
  if (caseless_ && !inClass) out_ += "(?-i:";
  out_.append(negated ? "\\P{" : "\\p{").append(name.size() > 2 && isScript_(name) ? "sc:" : "").append(name) += '}';
  if (caseless_ && !inClass) out_ += ')';
}

void Translator::escape() {
  const char e = peek(at_);
  switch (e) {
    case 'A':
    case 'z':
    case 'Z':
    case 'G':
    case 'R':
    case 'X':
    case 'K':
    case 'N':
      ++at_;
      out_.append("\\") += e;
      return;
    case 'O':
      ++at_;
      out_ += "(?s:.)";
      return;
    case 'b':
    case 'B':
      ++at_;
      boundary(e == 'B');
      return;
    case 'y':
    case 'Y': return unsupported("a boundary of text segments");
    case 'k':
    case 'g':
      if (peek(at_ + 1) != '<' && peek(at_ + 1) != '\'') break;
      ++at_;
      return reference(e);
    default: break;
  }
  if (e >= '1' && e <= '9') {
    const size_t from = at_;
    uint32_t n = 0;
    digits(10, 4, n);
    if (n <= 9 || n <= groups()) {
      out_.append("\\g{").append(std::to_string(n)) += '}';
      return;
    }
    at_ = from;
  }
  uint32_t c = 0;
  if (common(false, c) && !failed()) codePoint(c);
}

// \b, or \B if `negated`.
void Translator::boundary(bool negated) {
  out_.append("(?:(?<=[").append(kWordAlone).append(negated ? "])(?=[" : "])(?![").append(kWordAlone);
  out_.append("])|(?<![").append(kWordAlone).append(negated ? "])(?![" : "])(?=[").append(kWordAlone).append("]))");
}

// \k<…> and \g<…>, or with '…'; at_ is at the opening mark.
void Translator::reference(char kind) {
  const std::string_view name = until(in_[at_++] == '<' ? '>' : '\'');
  const bool number = !name.empty() && (isDigit(name[0]) || ((name[0] == '-' || name[0] == '+') && name.size() > 1));
  for (char c : name.substr(number ? 1 : 0)) {
    if (c == '+' || c == '-') return unsupported("a reference with a level");
  }
  if (kind == 'g')
    out_.append("\\g<").append(name) += '>';
  else if (number)
    out_.append("\\g{").append(name) += '}';
  else
    out_.append("\\k<").append(name) += '>';
}

// How many groups that capture have been opened so far.
uint32_t Translator::groups() const {
  uint32_t n = 0;
  for (size_t i = 0; i < out_.size(); ++i) n += out_[i] == '(' && (i + 1 >= out_.size() || out_[i + 1] != '?');
  return n;
}

}  // namespace wasmformers::regex
