// tiktoken's file of ranks as JSON that says what a tokenizer.json of it needs. js/tokenizers/legacy/ makes the
// tokenizer.json.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace wasmformers::tokenizer {

/// Reads ranks: a line for each token, with its bytes in Base64, a space and its rank. `file` names the file in errors.
/// TokenizerError "bad_tiktoken_ranks".
/// The result is { vocab: {token: rank, …}, merges: [[left, right], …] }, with tokens as byte-level text.
Result<std::string> readTiktoken(std::string_view ranks, std::string_view file);

}  // namespace wasmformers::tokenizer
