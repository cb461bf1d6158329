// See sentencepiece.h; after sentencepiece_model.proto. Merges are generated, since a model lists none, and ordered by
// the scores of what they make.
#include "tokenizer/legacy/sentencepiece.h"

#include <algorithm>
#include <cstdio>

#include "text/utf8.h"
#include "tokenizer/base64.h"
#include "tokenizer/legacy/generate_merges.h"
#include "tokenizer/legacy/protobuf.h"

namespace wasmformers::tokenizer {
namespace {

struct Piece {
  std::string_view text;
  float score = 0;
  uint32_t type = 1;
};

struct SentencePiece {
  std::vector<Piece> pieces;
  uint64_t modelType = 1;
  int64_t unkId = 0;
  std::string_view unkPiece = "<unk>", charsmap;
  bool byteFallback = false, addDummyPrefix = true, removeExtraWhitespaces = true, escapeWhitespaces = true;

  bool read(std::string_view model) {
    ProtobufFields f(model);
    while (f.next()) {
      if (f.number == 1 && !readPiece(f.bytes)) return false;
      if (f.number == 2 && !readTrainer(f.bytes)) return false;
      if (f.number == 3 && !readNormalizer(f.bytes)) return false;
    }
    return f.ok() && !pieces.empty() && modelType >= 1 && modelType <= 4 && text::isValid(unkPiece);
  }

 private:
  bool readPiece(std::string_view message) {
    Piece p;
    ProtobufFields f(message);
    while (f.next()) {
      if (f.number == 1) p.text = f.bytes;
      if (f.number == 2) p.score = f.asFloat();
      if (f.number == 3) p.type = uint32_t(f.value);
    }
    pieces.push_back(p);
    return f.ok() && text::isValid(p.text) && p.score - p.score == 0;
  }
  bool readTrainer(std::string_view message) {
    ProtobufFields f(message);
    while (f.next()) {
      if (f.number == 3) modelType = f.value;
      if (f.number == 35) byteFallback = f.value;
      if (f.number == 40) unkId = int64_t(f.value);
      if (f.number == 45) unkPiece = f.bytes;
    }
    return f.ok();
  }
  bool readNormalizer(std::string_view message) {
    ProtobufFields f(message);
    while (f.next()) {
      if (f.number == 2) charsmap = f.bytes;
      if (f.number == 3) addDummyPrefix = f.value;
      if (f.number == 4) removeExtraWhitespaces = f.value;
      if (f.number == 5) escapeWhitespaces = f.value;
    }
    return f.ok();
  }
};

}  // namespace

Result<std::string> readSentencePiece(std::string_view model, std::string_view file) {
  SentencePiece m;
  if (!m.read(model))
    return Status(ErrorClass::Tokenizer, "bad_sentencepiece_model",
                  "This is no model of SentencePiece, or it is cut or damaged.")
        .inFile(file);
  static const char* const names[] = {"unigram", "bpe", "word", "char"};
  std::string out = "{";
  writeKey("model_type", out);
  json::writeString(names[m.modelType - 1], out);
  writeKey("unk_id", out);
  out += std::to_string(m.unkId);
  writeKey("unk_piece", out);
  json::writeString(m.unkPiece, out);
  const auto flag = [&](std::string_view name, bool value) {
    writeKey(name, out);
    out += value ? "true" : "false";
  };
  flag("byte_fallback", m.byteFallback);
  flag("add_dummy_prefix", m.addDummyPrefix);
  flag("remove_extra_whitespaces", m.removeExtraWhitespaces);
  flag("escape_whitespaces", m.escapeWhitespaces);
  writeKey("precompiled_charsmap", out);
  out += '"';
  encodeBase64(m.charsmap, out);
  out += '"';
  writeKey("pieces", out);
  out += '[';
  for (const Piece& p : m.pieces) {
    char numbers[48];
    std::snprintf(numbers, sizeof numbers, ",%.17g,%u]", double(p.score), p.type);
    out += out.back() == '[' ? "[" : ",[";
    json::writeString(p.text, out);
    out += numbers;
  }
  out += ']';

  Vocabulary v;
  std::vector<GeneratedMerge> merges;
  if (m.modelType == 2) {
    v.reserve(m.pieces.size(), m.pieces.size() * 8);
    std::vector<float> scores;
    for (const Piece& p : m.pieces) {
      if (v.find(p.text) != kNoId) continue;  // a piece twice: ids must stay equal to entries
      v.add(p.text, uint32_t(v.size()));
      scores.push_back(p.score);
    }
    v.finish();
    merges = generateMerges(v, true);
    std::stable_sort(merges.begin(), merges.end(), [&](const GeneratedMerge& a, const GeneratedMerge& b) {
      if (scores[a.whole] != scores[b.whole]) return scores[a.whole] > scores[b.whole];
      const size_t left[] = {text::countCharacters(v.text(a.left)), text::countCharacters(v.text(b.left))};
      if (left[0] != left[1]) return left[0] > left[1];
      return text::countCharacters(v.text(a.right)) > text::countCharacters(v.text(b.right));
    });
  }
  writeMerges(merges, [&](uint32_t entry) { json::writeString(v.text(entry), out); }, out);
  return out + '}';
}

}  // namespace wasmformers::tokenizer
