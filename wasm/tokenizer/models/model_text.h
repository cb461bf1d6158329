// The two long sections of a tokenizer.json, model.vocab and model.merges, as text. Their readers work on the text
// itself, without a tree of half a million values. A file that is not written as usual is refused here; then the caller
// parses the whole file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wasmformers::tokenizer {

struct ModelText {
  std::string_view vocab, merges;  // each with its brackets; merges is "" where there are none
  size_t vocabCommas = 0;          // commas of vocab outside strings
  std::string rest;                // the file with {} and [] in place of the sections

  /// Finds the sections. False: the whole file must be parsed.
  bool find(std::string_view json);
};

}  // namespace wasmformers::tokenizer
