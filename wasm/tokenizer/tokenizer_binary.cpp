// Writing and reading a tokenizer's binary form (binary_form.h): its file without the model's tables, the tokens that
// addTokens() added, and the model's tables.
// Optimize: least
#include "json/write.h"
#include "tokenizer/tokenizer.h"

namespace wasmformers::tokenizer {
namespace {

std::string written(const std::vector<AddedToken>& tokens) {
  std::string out = "[";
  const auto flag = [&](const char* name, bool value) { out.append(name).append(value ? "true" : "false"); };
  for (const AddedToken& t : tokens) {
    out += out.size() > 1 ? ",{\"content\":" : "{\"content\":";
    json::writeString(t.content, out);
    flag(",\"single_word\":", t.singleWord);
    flag(",\"lstrip\":", t.lstrip);
    flag(",\"rstrip\":", t.rstrip);
    flag(",\"normalized\":", t.normalized);
    flag(",\"special\":", t.special);
    out += '}';
  }
  return out + ']';
}

}  // namespace

std::string Tokenizer::toBinary() const {
  BinaryWriter to(source_);
  to.bytes(skeleton_);
  to.bytes(written(later_));
  model_->write(to);
  return to.finish();
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::fromBinary(Buffer form, size_t size, const Source* source) {
  WF_ASSIGN(BinaryReader reader, BinaryReader::open({form.as<const char>(), size}));
  if (source && !(*source == reader.source())) {
    return Status(ErrorClass::Tokenizer, "binary_form_stale",
                  "The tokenizer's binary form was made from another tokenizer.json.");
  }
  std::unique_ptr<Tokenizer> t(new Tokenizer());
  t->source_ = reader.source();
  t->skeleton_ = reader.bytes();
  const std::string_view later = reader.bytes();
  Status status;
  auto skeleton = json::Document::parse(t->skeleton_, "tokenizer.json", ErrorClass::Tokenizer);
  auto tokens = json::Document::parse(later, "tokenizer.json", ErrorClass::Tokenizer);
  if (!skeleton.ok() || !tokens.ok() || !skeleton->root().isObject()) return damagedForm();
  t->form_ = std::move(form);
  Tables tables;
  tables.form = &reader;
  t->read({skeleton->root(), "", &status}, &tables);
  const std::vector<AddedToken> added = readAddedTokens({tokens->root(), "added_tokens", &status});
  if (status.code() == "needs_regex_engine") return status;
  if (!reader.ok() || !status.ok()) return damagedForm();
  t->addTokens(added);
  return t;
}

}  // namespace wasmformers::tokenizer
