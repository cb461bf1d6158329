// Base64 (RFC 4648) both ways: charsmaps and tiktoken's ranks are written so.
#pragma once

#include <string>
#include <string_view>

namespace wasmformers::tokenizer {

/// Appends the bytes that `in` stands for; false where it is no Base64.
bool decodeBase64(std::string_view in, std::string& out);
void encodeBase64(std::string_view in, std::string& out);

}  // namespace wasmformers::tokenizer
