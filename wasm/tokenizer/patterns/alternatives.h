// What a scanner runs: a pattern's alternatives, each of one of a few shapes. The patterns of GPT-2, cl100k (Llama 3,
// Qwen), o200k, Tekken and DeepSeek have no other shapes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/patterns/character_kinds.h"

namespace wasmformers::tokenizer {

/// One alternative of a pattern: sets of characters in a row, or a literal text.
struct Alternative {
  enum class Shape : uint8_t {
    Run,          // lead? body{least,most} tail*; with `leadNeeded`: lead body{least,most} tail*
    UpTo,         // body* tail, where tail is a subset of body: up to the last tail in a run of body
    NotBefore,    // body+ that no other character follows: \s+(?!\S)
    Word,         // lead? body* tail+ suffix?: a word of o200k, capitals and then small letters
    Capitals,     // lead? body+ tail* suffix?
    Literal,      // the text `literal`
    Contraction,  // (?i:'s|'t|'re|'ve|'m|'ll|'d)
  };
  Shape shape = Shape::Run;
  bool leadNeeded = false;
  bool suffix = false;  // a contraction may follow
  CharacterKinds lead = 0, body = 0, tail = 0;
  uint32_t least = 1, most = UINT32_MAX;  // how many characters of body
  std::string literal;
};

/// Appends the pattern's alternatives. False: some part of the pattern has another shape, or there are more than 32.
bool parseAlternatives(std::string_view pattern, std::vector<Alternative>& out);

}  // namespace wasmformers::tokenizer
