// The two long sections of a tokenizer.json, model.vocab and model.merges, read straight from its text: no tree of half
// a million values is made for them. What is not written as usual is refused here, and then the whole file is parsed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wasmformers::tokenizer {

struct ModelText {
  std::string_view vocab, merges;  // each with its brackets; merges "" where there is none
  size_t vocabCommas = 0;          // outside strings
  std::string rest;                // the file with {} and [] in their place

  /// Finds them. False: parse the whole file.
  bool find(std::string_view json);
};

}  // namespace wasmformers::tokenizer
