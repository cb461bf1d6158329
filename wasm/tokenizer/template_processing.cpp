// TemplateProcessing: "[CLS] $A [SEP] $B:1 [SEP]:1" with special tokens of any number of ids; after tokenizers'
// processors/template.rs. Pieces in the file are objects ({"Sequence": …}, {"SpecialToken": …}).
#include <algorithm>
#include <map>

#include "tokenizer/post_processor.h"

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
  TemplateProcessing(Specials specials) : specials_(std::move(specials)) {}

  size_t addedTokens(bool pair) const override {
    size_t n = 0;
    for (const TemplatePiece& p : pair ? pair_ : single_) n += p.special ? p.special->ids.size() : 0;
    return n;
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
        for (size_t i = 0; i < p.special->ids.size(); ++i) special.addSpecial(p.special->ids[i], p.typeId, &p.special->texts[i]);
        out.push_back(std::move(special));
        continue;
      }
      if (size_t(p.sequence) >= encodings.size()) continue;
      Encoding& e = encodings[size_t(p.sequence)];
      e.setTypeIds(p.typeId);  // its overflow keeps what it has, as in the reference
      e.setSequence(p.sequence);
      out.push_back(e);
    }
    encodings = std::move(out);
  }

  Status read(const Component& list, std::vector<TemplatePiece>& to) {
    if (!list.value.isArray()) {
      return tokenizerError("wrong_type", list.path + " must be an array, found " + std::string(list.value.typeName()) + ".", list.path);
    }
    for (json::Value v : list.value.elements()) {
      const Component c = list.element(v, to.size());
      const bool special = bool(v["SpecialToken"]);
      const Component inner = c.member(special ? "SpecialToken" : "Sequence");
      if (!inner.value.isObject()) {
        return tokenizerError("wrong_type", c.path + " must have a Sequence or a SpecialToken.", c.path);
      }
      WF_ASSIGN(const std::string id, inner.string("id"));
      WF_ASSIGN(const uint32_t typeId, inner.number("type_id"));
      if (!special) {
        if (id != "A" && id != "B") return tokenizerError("bad_value", inner.path + ".id must be A or B.", inner.path + ".id");
        to.push_back({id == "B", typeId, nullptr});
        continue;
      }
      const auto found = specials_.find(id);
      if (found == specials_.end()) {
        return tokenizerError("missing_special_token", inner.path + " names \"" + id + "\", which special_tokens lacks.", inner.path + ".id");
      }
      to.push_back({-1, typeId, &found->second});
    }
    return {};
  }

  std::vector<TemplatePiece> single_, pair_;

 private:
  Specials specials_;  // the pieces point into it
};

Result<Specials> readSpecials(const Component& list) {
  Specials out;
  for (auto [key, value] : list.value.members()) {
    const Component c{value, list.path + "." + std::string(key)};
    const Component ids = c.member("ids"), texts = c.member("tokens");
    SpecialToken token;
    for (json::Value v : ids.value.elements()) {
      const auto id = v.asUint();
      if (!id || *id > INT32_MAX) return tokenizerError("wrong_type", ids.path + " must be an array of ids.", ids.path);
      token.ids.push_back(uint32_t(*id));
    }
    for (json::Value v : texts.value.elements()) {
      if (!v.isString()) return tokenizerError("wrong_type", texts.path + " must be an array of strings.", texts.path);
      token.texts.emplace_back(v.asString());
    }
    if (!ids.value.isArray() || token.ids.size() != token.texts.size()) {
      return tokenizerError("bad_value", c.path + " must have as many tokens as ids.", c.path);
    }
    out.emplace(key, std::move(token));
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<PostProcessor>> makeTemplateProcessing(const Component& c) {
  const Component list = c.member("special_tokens");
  if (list.value && !list.value.isObject()) {
    return tokenizerError("wrong_type", list.path + " must be an object, found " + std::string(list.value.typeName()) + ".", list.path);
  }
  WF_ASSIGN(Specials specials, readSpecials(list));
  auto made = std::make_unique<TemplateProcessing>(std::move(specials));
  WF_TRY(made->read(c.member("single"), made->single_));
  WF_TRY(made->read(c.member("pair"), made->pair_));
  return std::unique_ptr<PostProcessor>(std::move(made));
}

}  // namespace wasmformers::tokenizer
