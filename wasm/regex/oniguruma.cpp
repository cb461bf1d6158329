// See oniguruma.h; after Oniguruma's doc/RE (6.9.10, ONIG_SYNTAX_ONIGURUMA) and pcre2pattern(3). One pass writes every
// element in PCRE2's words; whatever names a set of characters (\w, \s, POSIX brackets) is spelled out by properties,
// because the two libraries mean different sets. Tested against the reference on every code point and on random
// patterns (tests/native/regex/regex_test.cpp). Not there, and named in the error: absent groups, callouts, the options
// W D S P y, text segments other than \X, properties of blocks (\p{InGreek}), lookbehind without an upper length.
#include "regex/oniguruma.h"

#include "text/utf8.h"

namespace wasmformers::regex {
namespace {

constexpr int kMaxDepth = 100;  // PCRE2's own limit is 250

// What stands for a set inside a class. Positive ones are members, the rest a nested class.
struct Set {
  std::string_view name, members;
};
constexpr std::string_view kWord = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
// \w and \b alone also take ²³¹¼½¾, by Oniguruma's table of Latin-1.
constexpr std::string_view kWordAlone = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}";
constexpr std::string_view kSpace = "\\p{White_Space}", kHex = "0-9A-Fa-f", kDigit = "\\p{Nd}";
constexpr Set kSets[] = {
    {"alnum", "\\p{Alphabetic}\\p{Nd}"},
    {"alpha", "\\p{Alphabetic}"},
    {"ascii", "\\x{0}-\\x{7f}"},
    {"blank", "\\p{Zs}\\t"},
    {"cntrl", "\\p{Cc}"},
    {"digit", kDigit},
    {"graph", "[^\\p{White_Space}\\p{Cc}\\p{Cn}\\p{Cs}]"},
    {"lower", "\\p{Lowercase}"},
    {"print", "[^\\p{White_Space}\\p{Cc}\\p{Cn}\\p{Cs}]\\p{Zs}"},
    {"punct", "\\p{P}\\p{S}"},
    {"space", kSpace},
    {"upper", "\\p{Uppercase}"},
    {"word", kWord},
    {"xdigit", kHex},
    // Long names of general categories, which PCRE2 does not know.
    {"any", "\\p{Any}"},
    {"assigned", "\\P{Cn}"},
    {"other", "\\p{C}"},
    {"control", "\\p{Cc}"},
    {"format", "\\p{Cf}"},
    {"unassigned", "\\p{Cn}"},
    {"privateuse", "\\p{Co}"},
    {"surrogate", "\\p{Cs}"},
    {"letter", "\\p{L}"},
    {"casedletter", "\\p{Lu}\\p{Ll}\\p{Lt}"},
    {"lc", "\\p{Lu}\\p{Ll}\\p{Lt}"},
    {"lowercaseletter", "\\p{Ll}"},
    {"modifierletter", "\\p{Lm}"},
    {"otherletter", "\\p{Lo}"},
    {"titlecaseletter", "\\p{Lt}"},
    {"uppercaseletter", "\\p{Lu}"},
    {"mark", "\\p{M}"},
    {"combiningmark", "\\p{M}"},
    {"spacingmark", "\\p{Mc}"},
    {"enclosingmark", "\\p{Me}"},
    {"nonspacingmark", "\\p{Mn}"},
    {"number", "\\p{N}"},
    {"decimalnumber", "\\p{Nd}"},
    {"letternumber", "\\p{Nl}"},
    {"othernumber", "\\p{No}"},
    {"punctuation", "\\p{P}"},
    {"connectorpunctuation", "\\p{Pc}"},
    {"dashpunctuation", "\\p{Pd}"},
    {"closepunctuation", "\\p{Pe}"},
    {"finalpunctuation", "\\p{Pf}"},
    {"initialpunctuation", "\\p{Pi}"},
    {"otherpunctuation", "\\p{Po}"},
    {"openpunctuation", "\\p{Ps}"},
    {"symbol", "\\p{S}"},
    {"currencysymbol", "\\p{Sc}"},
    {"modifiersymbol", "\\p{Sk}"},
    {"mathsymbol", "\\p{Sm}"},
    {"othersymbol", "\\p{So}"},
    {"separator", "\\p{Z}"},
    {"lineseparator", "\\p{Zl}"},
    {"paragraphseparator", "\\p{Zp}"},
    {"spaceseparator", "\\p{Zs}"},
};

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLetter(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }
int hexOf(char c) { return isDigit(c) ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1; }

class Translator {
 public:
  Translator(std::string_view in, bool (*isScript)(std::string_view), Failure& failure)
      : in_(in), isScript_(isScript), failure_(failure) {}

  std::string run() {
    for (size_t at = 0; (at = in_.find("(?", at)) != in_.npos; at += 2) {
      const char a = peek(at + 2), b = peek(at + 3);
      if ((a == '<' && b != '=' && b != '!') || a == '\'') named_ = true;
    }
    alternatives(0);
    if (!failed() && at_ < in_.size()) bad("closes a group that is not open");
    return failed() ? std::string() : std::move(out_);
  }

 private:
  // --- reading ------------------------------------------------------------------------------------------------------

  char peek(size_t at) const { return at < in_.size() ? in_[at] : '\0'; }
  bool end() const { return at_ >= in_.size() || failed(); }
  bool failed() const { return !failure_.code.empty(); }
  bool eat(std::string_view s) {
    if (!in_.substr(std::min(at_, in_.size())).starts_with(s)) return false;
    at_ += s.size();
    return true;
  }
  void fail(std::string_view code, std::string what) {
    if (!failed()) failure_ = {std::string(code), std::move(what) + " (at byte " + std::to_string(at_) + ")."};
  }
  void bad(std::string_view what) { fail("bad_pattern", "is no regular expression: it " + std::string(what)); }
  void unsupported(std::string_view what) {
    fail("unsupported_pattern", "uses " + std::string(what) + ", which is not supported");
  }

  uint32_t character() {
    const char* p = in_.data() + at_;
    const uint32_t c = text::decode(p);
    at_ = std::min(size_t(p - in_.data()), in_.size());
    return c;
  }
  // Up to `most` digits of a base; false where there is none.
  bool digits(unsigned base, int most, uint32_t& value) {
    value = 0;
    int n = 0;
    for (; n < most && !end(); ++n, ++at_) {
      const int d = hexOf(in_[at_]);
      if (d < 0 || unsigned(d) >= base) break;
      value = value * base + unsigned(d);
    }
    return n > 0;
  }
  std::string_view until(char close) {
    const size_t from = at_, to = in_.find(close, at_);
    if (to == in_.npos) return bad("does not end what it begins"), std::string_view();
    at_ = to + 1;
    return in_.substr(from, to - from);
  }

  // --- writing ------------------------------------------------------------------------------------------------------

  void literal(uint32_t c) {
    if (c >= 0x80 || isLetter(char(c)) || isDigit(char(c))) return text::append(out_, c);
    static const char digits[] = "0123456789abcdef";
    const char escaped[] = {'\\', 'x', '{', digits[c >> 4], digits[c & 15], '}'};
    out_.append(escaped, 6);
  }
  void codePoint(uint32_t c) {
    if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return bad("names a code point that there is not");
    literal(c);
  }
  void set(std::string_view members, bool negated, bool inClass) {
    if (inClass && !negated)
      out_ += members;
    else
      out_.append(negated ? "[^" : "[").append(members).append("]");
  }

  // --- elements -----------------------------------------------------------------------------------------------------

  void alternatives(int depth) {
    if (depth > kMaxDepth) return bad("nests its groups too deeply");
    int opened = 0;  // by options in the middle: (?i) holds to the end of the group, over its |
    while (!end()) {
      const char c = in_[at_];
      if (c == ')') break;
      if (c == '|') {
        ++at_;
        out_ += '|';
        continue;
      }
      if (extended_ && skipExtended()) continue;
      const size_t from = out_.size();
      if (!element(depth, opened)) continue;
      quantifiers(from);
    }
    out_.append(size_t(opened), ')');
  }

  bool skipExtended() {
    const char c = in_[at_];
    if (c == '#') {
      while (!end() && in_[at_] != '\n') ++at_;
      return true;
    }
    if (c != ' ' && (c < '\t' || c > '\r')) return false;
    ++at_;
    return true;
  }

  // One element; false where it is none that a quantifier could follow.
  bool element(int depth, int& opened) {
    switch (in_[at_]) {
      case '(': return group(depth, opened);
      case '[': ++at_; return charClass(depth), true;
      case '\\': ++at_; return escape(), true;
      case '.': ++at_; return out_ += '.', true;
      case '^': ++at_; return out_ += '^', true;
      case '$': ++at_; return out_ += '$', true;
      case '*':
      case '+':
      case '?': return bad("repeats nothing"), false;
      default: return literal(character()), true;
    }
  }

  // {n}, {n,}, {,n}, {n,m}; where it is none, { is itself. low > high: greedy and possessive, turned around.
  bool interval(std::string& q, bool& fixed) {
    const size_t from = at_;
    uint32_t low = 0, high = 0;
    ++at_;
    const bool hasLow = digits(10, 6, low), comma = eat(","), hasHigh = comma && digits(10, 6, high);
    if (!eat("}") || !(hasLow || hasHigh)) return at_ = from, false;
    if (low > 65535 || high > 65535) return bad("repeats more than 65535 times"), false;
    fixed = !comma;
    const bool turned = hasLow && hasHigh && low > high;
    if (turned) std::swap(low, high);
    q = "{" + std::to_string(low) + (comma ? "," : "") + (hasHigh ? std::to_string(high) : "") + "}" +
        (turned ? "+" : "");
    return true;
  }

  // All quantifiers behind the element that was written at `from`. One more on top of another makes a group.
  void quantifiers(size_t from) {
    while (!end()) {
      if (extended_ && skipExtended()) continue;
      const char c = in_[at_];
      std::string q;
      bool fixed = false;
      if (c == '*' || c == '+' || c == '?') {
        ++at_;
        q = c;
        const char next = peek(at_);
        if (next == '?' || next == '+') q += next, ++at_;  // lazy, possessive
      } else if (c == '{' && interval(q, fixed)) {
        // An interval has no possessive form: + repeats it; ? makes it lazy unless it is {n}, which ? makes optional.
        if (peek(at_) == '?' && !fixed && q.back() != '+') q += '?', ++at_;
      } else {
        return;
      }
      if (quantified_ == from) out_.insert(from, "(?:"), out_ += ')';
      out_ += q;
      quantified_ = from;
    }
  }

  bool group(int depth, int& opened) {
    ++at_;
    if (peek(at_) == '*') return unsupported("a callout"), false;
    const bool extended = extended_, caseless = caseless_;
    if (!eat("?")) {
      out_ += named_ ? "(?:" : "(";
    } else if (eat("#")) {
      while (!end() && in_[at_] != ')') at_ += in_[at_] == '\\' ? 2 : 1;
      if (!eat(")")) bad("does not end a comment");
      return false;
    } else if (eat(":") || eat("=") || eat("!") || eat(">")) {
      out_.append("(?") += in_[at_ - 1];
    } else if (eat("<=") || eat("<!")) {
      out_.append("(?<") += in_[at_ - 1];
    } else if (peek(at_) == '<' || peek(at_) == '\'') {
      const char close = in_[at_++] == '<' ? '>' : '\'';
      const std::string_view name = until(close);
      if (name.empty() || isDigit(name[0])) bad("gives a group no proper name");
      out_.append("(?<").append(name) += '>';
    } else if (eat("(")) {
      std::string_view condition = until(')');
      if (condition.size() > 2 && (condition[0] == '<' || condition[0] == '\''))
        condition = condition.substr(1, condition.size() - 2);
      for (char c : condition) {
        if (!isLetter(c) && !isDigit(c) && c != '_') unsupported("a condition that is no group");
      }
      out_.append("(?(").append(isDigit(condition.empty() ? 'x' : condition[0]) ? "" : "<").append(condition);
      out_.append(isDigit(condition.empty() ? 'x' : condition[0]) ? ")" : ">)");
    } else if (peek(at_) == '~') {
      return unsupported("an absent group"), false;
    } else if (peek(at_) == '{') {
      return unsupported("a callout"), false;
    } else if (options()) {
      ++opened;  // (?i): up to the end of the group that it stands in
      return false;
    }
    alternatives(depth + 1);
    if (!eat(")")) bad("does not close a group");
    out_ += ')';
    extended_ = extended;
    caseless_ = caseless;
    return true;
  }

  // (?imx-imx) and (?imx-imx:, whose m is PCRE2's s; x is done here. True: the first, without a group of its own.
  bool options() {
    bool on = true;
    out_ += "(?";
    for (;; ++at_) {
      const char c = peek(at_);
      if (c == '-' && on)
        on = false, out_ += '-';
      else if (c == 'i')
        out_ += 'i', caseless_ = on;
      else if (c == 'm')
        out_ += 's';
      else if (c == 'x')
        extended_ = on;
      else
        break;
    }
    out_ += ':';
    if (eat(":")) return false;
    if (eat(")")) return true;
    if (isLetter(peek(at_)))
      unsupported(std::string("the option ") + peek(at_));
    else
      bad("begins a group of no known kind");
    return false;
  }

  // --- behind a backslash -------------------------------------------------------------------------------------------

  // What means the same inside a class and outside. True: a single character, in c.
  bool common(bool inClass, uint32_t& c) {
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

  // \p{…} behind its brace.
  void property(bool negated, bool inClass) {
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
    for (const Set& s : kSets) {
      if (s.name == name) return set(s.members, negated, inClass);
    }
    if (name.starts_with("in") && name.size() > 2 && name != "inherited") return unsupported("a block of Unicode");
    // PCRE2 would take a script's name for its extensions too, and Lu for every cased letter under (?i).
    if (caseless_ && !inClass) out_ += "(?-i:";
    out_.append(negated ? "\\P{" : "\\p{").append(name.size() > 2 && isScript_(name) ? "sc:" : "").append(name) += '}';
    if (caseless_ && !inClass) out_ += ')';
  }

  void escape() {
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
        out_.append("(?:(?<=[").append(kWordAlone).append(e == 'b' ? "])(?![" : "])(?=[").append(kWordAlone);
        out_.append("])|(?<![")
            .append(kWordAlone)
            .append(e == 'b' ? "])(?=[" : "])(?![")
            .append(kWordAlone)
            .append("]))");
        return;
      case 'y':
      case 'Y': return unsupported("a boundary of text segments");
      case 'k':
      case 'g': {
        const char open = peek(at_ + 1);
        if (open != '<' && open != '\'') break;
        at_ += 2;
        const std::string_view name = until(open == '<' ? '>' : '\'');
        const bool number =
            !name.empty() && (isDigit(name[0]) || ((name[0] == '-' || name[0] == '+') && name.size() > 1));
        for (char c : name.substr(number ? 1 : 0)) {
          if (c == '+' || c == '-') return unsupported("a reference with a level");
        }
        if (e == 'g')
          out_.append("\\g<").append(name) += '>';
        else if (number)
          out_.append("\\g{").append(name) += '}';
        else
          out_.append("\\k<").append(name) += '>';
        return;
      }
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

  // Groups that capture, opened so far.
  uint32_t groups() const {
    uint32_t n = 0;
    for (size_t i = 0; i < out_.size(); ++i) n += out_[i] == '(' && (i + 1 >= out_.size() || out_[i + 1] != '?');
    return n;
  }

  // --- classes ------------------------------------------------------------------------------------------------------

  // Behind the bracket, to behind the one that closes it. Written as a class, or, where && occurs, as a group that
  // matches one character, [a&&b] as (?:(?=[a])[b]): PCRE2 10.46 has && too, but fails on it next to a lookbehind.
  // True: the second.
  bool charClass(int depth) {
    if (depth > kMaxDepth) return bad("nests its classes too deeply"), false;
    const size_t from = out_.size();  // members of the operand that is read are written from here on
    const bool negated = eat("^");
    bool isGroup = false, any = false;
    std::string groups, all;  // nested classes that are groups; the operands before this one, as lookaheads
    const auto operand = [&] {
      std::string one = out_.size() > from ? "[" + out_.substr(from) + "]" : std::string();
      out_.resize(from);
      if (groups.empty()) return one.empty() ? std::string("(?!)") : one;
      return "(?:" + one + groups.substr(one.empty() ? 1 : 0) + ")";
    };
    for (bool first = true; !end() && (in_[at_] != ']' || (first && in_.find(']', at_ + 1) != in_.npos));
         first = false) {
      if (in_[at_] == '[') {
        any = true;
        if (posixBracket()) continue;
        ++at_;
        const size_t nested = out_.size();
        if (!charClass(depth + 1)) continue;
        groups += "|" + out_.substr(nested);
        out_.resize(nested);
        isGroup = true;
        continue;
      }
      if (eat("&&")) {
        all += "(?=" + operand() + ")";
        groups.clear();
        any = isGroup = true;
        continue;
      }
      uint32_t low = 0;
      any = true;
      if (!member(low)) continue;
      // A range, unless the - is the last character.
      if (peek(at_) == '-' && peek(at_ + 1) != ']' && at_ + 1 < in_.size()) {
        const size_t dash = at_++;
        uint32_t high = 0;
        if (peek(at_) == '[' || peek(at_) == '&') {
          at_ = dash;
        } else {
          if (!member(high)) bad("has a range of characters without an end");
          if (high < low) bad("has a range of characters that is empty");
          codePoint(low);
          out_ += '-';
          codePoint(high);
          continue;
        }
      }
      codePoint(low);
    }
    if (!any) bad("has an empty class");
    if (!eat("]")) bad("does not close a class");
    const std::string last = operand();
    if (!isGroup)
      out_.append(negated ? "[^" : "[").append(last, 1);
    else if (negated)
      out_.append("(?:(?!").append(all).append(last).append(")\\p{Any})");
    else
      out_.append("(?:").append(all).append(last) += ')';
    return isGroup;
  }

  // One member: false where it is a set, which is written already.
  bool member(uint32_t& c) {
    if (in_[at_] != '\\') return c = character(), true;
    ++at_;
    if (eat("b")) return c = 8, true;
    return common(true, c);
  }

  // [:name:] or [:^name:] at at_.
  bool posixBracket() {
    const size_t close = in_.find(":]", at_ + 2);
    if (peek(at_ + 1) != ':' || close == in_.npos) return false;
    std::string_view name = in_.substr(at_ + 2, close - at_ - 2);
    const bool negated = name.starts_with('^');
    if (negated) name.remove_prefix(1);
    for (const Set& s : kSets) {
      if (s.name != name) continue;
      set(s.members, negated, true);
      at_ = close + 2;
      return true;
    }
    return false;
  }

  std::string_view in_;
  size_t at_ = 0;
  bool (*isScript_)(std::string_view);
  std::string out_;
  Failure& failure_;
  bool named_ = false;                        // some group has a name: the others do not capture
  bool extended_ = false, caseless_ = false;  // (?x), (?i)
  size_t quantified_ = size_t(-1);            // the element that has a quantifier already
};

}  // namespace

std::string translate(std::string_view oniguruma, bool (*isScript)(std::string_view), Failure& failure) {
  return Translator(oniguruma, isScript, failure).run();
}

}  // namespace wasmformers::regex
