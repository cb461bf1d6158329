// The checks of a pass's inputs: against what the model declares, and those that many models share. Every error is an
// InputError whose field is the input's name.
#pragma once

#include <span>

#include "arch/model.h"

namespace wasmformers::arch {

Status inputError(std::string code, std::string message, std::string_view field);
/// A place in an input of [batch, length]: "input_ids[1][7]".
std::string at(std::string_view name, size_t index, size_t length);

/// Holds the pass's inputs to what the model declares: "unknown_input", "missing_input", "bad_dtype", "bad_shape"
/// (other axes or fixed sizes than declared), "shape_mismatch" (axes of one name that differ), "empty_input" (an axis
/// of 0).
Status checkInputs(const Pass&, std::span<const Declared>);
/// "too_long": more than `most` tokens per text (0: any number).
Status checkLength(const Input& ids, size_t most);
/// "ids_out_of_range": an id that is not in [0, vocabulary).
Status checkIds(const int32_t* ids, size_t count, size_t length, size_t vocabulary);
/// Copies the mask to bytes. "bad_mask": a value other than 0 and 1.
Status readMask(const Input& mask, size_t length, uint8_t* bytes);
/// "too_large": the largest tensor of a pass over `rows` texts of `length` tokens has `floats` values, more bytes than
/// a size_t (32 bits in Wasm) can count. To be called before sizes are multiplied for an allocation.
Status checkSize(double floats, size_t rows, size_t length);

}  // namespace wasmformers::arch
