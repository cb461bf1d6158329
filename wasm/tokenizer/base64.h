// Base64 (RFC 4648), the form of SentencePiece's charsmaps and of the tokens in tiktoken's ranks.
#pragma once

#include <string>
#include <string_view>

namespace wasmformers::tokenizer {

/// Appends the bytes that `in` encodes. False where `in` is no Base64.
bool decodeBase64(std::string_view in, std::string& out);
/// Appends `in` as Base64.
void encodeBase64(std::string_view in, std::string& out);

}  // namespace wasmformers::tokenizer
