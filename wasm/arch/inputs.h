// What models ask of their inputs, and what they say of those that they cannot take.
#pragma once

#include <span>

#include "arch/model.h"

namespace wasmformers::arch {

Status inputError(std::string code, std::string message, std::string_view field);
/// Where in a [batch, length] input: "input_ids[1][7]".
std::string at(const std::string& name, size_t index, size_t length);

/// input_ids, when it is there, the pass has no inputs but `names`, and all are integers of its shape, which has `dims`
/// axes (`form` says which).
Result<const Input*> checkInputs(const Pass&, std::span<const std::string_view> names, size_t dims, const char* form);
/// That there are tokens, and at most `most` in a text (0: any number).
Status checkLength(const Input& ids, size_t most);
Status checkIds(const int32_t* ids, size_t count, size_t length, size_t vocabulary);
/// attention_mask as bytes; of 0 and 1 only.
Status readMask(const Input& mask, size_t length, uint8_t* bytes);

Status tooLarge(size_t rows, size_t length);
Status outOfMemory();

}  // namespace wasmformers::arch
