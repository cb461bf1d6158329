// Tokenizers from before tokenizer.json whose files are bytes: a SentencePiece `.model` and tiktoken's ranks. Each is
// turned into JSON that says what a tokenizer.json of it needs; js/tokenizers/legacy/old-formats.js puts that together,
// as Transformers' convert_slow_tokenizer.py does it for each class.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace wasmformers::tokenizer {

/// Of a SentencePiece model: { model_type: "unigram" | "bpe" | "word" | "char", unk_id, unk_piece, byte_fallback,
/// add_dummy_prefix, remove_extra_whitespaces, escape_whitespaces, precompiled_charsmap: Base64 or "", pieces:
/// [[piece, score, type], …], merges: [[left, right], …] (of "bpe", else empty) }. Types as in
/// sentencepiece_model.proto: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte. TokenizerError
/// "bad_sentencepiece_model".
Result<std::string> readSentencePiece(std::string_view model, std::string_view file);

/// Of tiktoken's ranks (a line for each token: its bytes in Base64, a space, its rank): { vocab: {token: rank}, merges:
/// [[left, right], …] }, bytes written as byte-level characters. TokenizerError "bad_tiktoken_ranks".
Result<std::string> readTiktoken(std::string_view ranks, std::string_view file);

}  // namespace wasmformers::tokenizer
