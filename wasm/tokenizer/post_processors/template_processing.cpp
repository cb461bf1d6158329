// TemplateProcessing: "[CLS] $A [SEP] $B:1 [SEP]:1", with special tokens of any number of ids. After tokenizers'
// processors/template.rs. In the file, pieces are objects: {"Sequence": …} or {"SpecialToken": …}.
// Optimize: least
#include <algorithm>
#include <map>

#include "tokenizer/post_processors/post_processor.h"

namespace wasmformers::tokenizer {
namespace {

struct SpecialToken {
  std::vector<uint32_t> ids;
  std::vector<std::string> texts;
};

struct TemplatePiece {
  int sequence;  // 0, 1, or -1 for a special token
  uint32_t typeId;
  const SpecialToken* special;
};

using Specials = std::map<std::string, SpecialToken, std::less<>>;

class TemplateProcessing final : public PostProcessor {
 public:
  explicit TemplateProcessing(Specials specials) : specials_(std::move(specials)) {}

  size_t addedTokens(bool pair) const override {
    size_t n = 0;
    for (const TemplatePiece& p : pair ? pair_ : single_) n += p.special ? p.special->ids.size() : 0;
    return n;
  }

  bool frame(bool addSpecialTokens, Frame& to) const override {
    if (to.done) return false;
    for (const TemplatePiece& p : single_) {
      if (!p.special) {
        if (to.done || p.sequence != 0) return false;
        to.done = true;
        to.typeId = p.typeId;
        continue;
      }
      for (size_t i = 0; addSpecialTokens && i < p.special->ids.size(); ++i) {
        (to.done ? to.after : to.before).push_back({p.special->ids[i], p.typeId, p.special->texts[i]});
      }
    }
    return to.done;
  }

  void process(std::vector<Encoding>& encodings, bool addSpecialTokens, const TokenTexts&) const override {
    const bool pair = encodings.size() == 2;
    if (!pair && encodings.size() != 1) return;
    const bool details = encodings[0].detailed;
    std::vector<Encoding> out;
    for (const TemplatePiece& p : pair ? pair_ : single_) {
      if (p.special) {
        if (!addSpecialTokens) continue;
        Encoding special;
        special.detailed = details;
        for (size_t i = 0; i < p.special->ids.size(); ++i)
          special.addSpecial(p.special->ids[i], p.typeId, &p.special->texts[i]);
        out.push_back(std::move(special));
        continue;
      }
      if (size_t(p.sequence) >= encodings.size()) continue;
      Encoding& e = encodings[size_t(p.sequence)];
      e.setTypeIds(p.typeId);  // its overflow keeps its type ids, as in the reference
      e.setSequence(p.sequence);
      out.push_back(e);
    }
    encodings = std::move(out);
  }

  void read(const Component& c, std::string_view key, std::vector<TemplatePiece>& to) {
    for (const Component& one : c.list(key)) {
      const bool special = bool(one.value["SpecialToken"]);
      const Component inner = one.member(special ? "SpecialToken" : "Sequence");
      const uint32_t typeId = inner.number("type_id");
      if (!special) {
        to.push_back({int(inner.oneOf("id", "", {"A", "B"})), typeId, nullptr});
        continue;
      }
      const std::string id = inner.string("id");
      const auto found = specials_.find(id);
      if (found != specials_.end())
        to.push_back({-1, typeId, &found->second});
      else
        inner.member("id").fail("missing_special_token", "names \"" + id + "\", which special_tokens lacks.");
    }
  }

  std::vector<TemplatePiece> single_, pair_;

 private:
  Specials specials_;  // the pieces point into it
};

Specials readSpecials(const Component& list) {
  Specials out;
  if (!list.absent() && !list.value.isObject()) list.wrongType("an object");
  for (auto [key, value] : list.value.members()) {
    const Component c = list.member(key);
    SpecialToken token;
    for (const Component& id : c.list("ids")) token.ids.push_back(id.id());
    for (const Component& text : c.list("tokens")) {
      if (!text.value.isString()) text.wrongType("a string");
      token.texts.emplace_back(text.value.asString());
    }
    if (token.ids.size() != token.texts.size()) c.fail("bad_value", "must have as many tokens as ids.");
    out.emplace(key, std::move(token));
  }
  return out;
}

}  // namespace

std::unique_ptr<PostProcessor> makeTemplateProcessing(const Component& c) {
  auto made = std::make_unique<TemplateProcessing>(readSpecials(c.member("special_tokens")));
  if (c.failed()) return nullptr;
  made->read(c, "single", made->single_);
  made->read(c, "pair", made->pair_);
  return made;
}

}  // namespace wasmformers::tokenizer
