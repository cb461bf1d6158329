// A SentencePiece model (`.model`, a Protocol Buffer) as JSON that says what a tokenizer.json of it needs.
// js/tokenizers/legacy/ makes the tokenizer.json, as Transformers' convert_slow_tokenizer.py does it for each class.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace wasmformers::tokenizer {

/// Reads a model. `file` names it in errors. TokenizerError "bad_sentencepiece_model".
/// The result is an object with these members:
///   model_type                 "unigram", "bpe", "word" or "char"
///   unk_id, unk_piece          the unknown piece
///   byte_fallback, add_dummy_prefix, remove_extra_whitespaces, escape_whitespaces    true or false
///   precompiled_charsmap       Base64, or ""
///   pieces                     [[piece, score, type], …]; types as in sentencepiece_model.proto: 1 normal, 2 unknown,
///                              3 control, 4 user-defined, 5 unused, 6 byte
///   merges                     [[left, right], …] of "bpe"; [] of others
Result<std::string> readSentencePiece(std::string_view model, std::string_view file);

}  // namespace wasmformers::tokenizer
