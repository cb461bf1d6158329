// See inputs.h.
#include "arch/inputs.h"

#include <algorithm>

namespace wasmformers::arch {

Status inputError(std::string code, std::string message, std::string_view field) {
  return Status(ErrorClass::Input, std::move(code), std::move(message)).atField(field);
}

std::string at(const std::string& name, size_t index, size_t length) {
  return name + "[" + std::to_string(index / length) + "][" + std::to_string(index % length) + "]";
}

Result<const Input*> checkInputs(const Pass& pass, std::span<const std::string_view> names, size_t dims,
                                 const char* form) {
  for (const Input& in : pass.inputs) {
    if (std::find(names.begin(), names.end(), in.name) == names.end())
      return inputError("unknown_input", "This model has no input " + in.name + ".", in.name);
  }
  const Input* ids = pass.input("input_ids");
  if (!ids) return inputError("missing_input", "The input input_ids is missing.", "input_ids");
  for (const std::string_view name : names) {
    const Input* in = pass.input(name);
    if (!in) continue;
    if (in->dtype != DType::I32) return inputError("bad_dtype", in->name + " must be integers.", name);
    if (in->shape.size() != dims || *std::min_element(in->shape.begin(), in->shape.end()) < 0) {
      return inputError("bad_shape", in->name + " must have the shape " + form + ", not " + shapeText(in->shape) + ".",
                        name);
    }
    if (in->shape != ids->shape) {
      return inputError(
          "shape_mismatch",
          in->name + " has the shape " + shapeText(in->shape) + ", input_ids " + shapeText(ids->shape) + ".", name);
    }
  }
  return ids;
}

Status checkLength(const Input& ids, size_t most) {
  if (std::find(ids.shape.begin(), ids.shape.end(), 0) != ids.shape.end()) {
    return inputError("empty_input", "input_ids is empty: its shape is " + shapeText(ids.shape) + ".", "input_ids");
  }
  const size_t length = size_t(ids.shape.back());
  if (!most || length <= most) return {};
  return inputError("too_long",
                    "input_ids has " + std::to_string(length) + " tokens per text, the model takes at most " +
                        std::to_string(most) + "; truncate the text.",
                    "input_ids");
}

Status checkIds(const int32_t* ids, size_t count, size_t length, size_t vocabulary) {
  for (size_t i = 0; i < count; ++i) {
    if (ids[i] >= 0 && size_t(ids[i]) < vocabulary) continue;
    return inputError("ids_out_of_range",
                      at("input_ids", i, length) + " is " + std::to_string(ids[i]) + ", the vocabulary has " +
                          std::to_string(vocabulary) + " entries.",
                      "input_ids");
  }
  return {};
}

Status readMask(const Input& mask, size_t length, uint8_t* bytes) {
  const int32_t* values = mask.data.as<int32_t>();
  const size_t count = size_t(elementCount(mask.shape));
  for (size_t i = 0; i < count; ++i) {
    if (values[i] != 0 && values[i] != 1) {
      return inputError("bad_mask",
                        at("attention_mask", i, length) + " is " + std::to_string(values[i]) + "; it must be 0 or 1.",
                        "attention_mask");
    }
    bytes[i] = uint8_t(values[i]);
  }
  return {};
}

Status tooLarge(size_t rows, size_t length) {
  return inputError("too_large",
                    "input_ids has " + std::to_string(rows) + " texts of " + std::to_string(length) +
                        " tokens, more than memory can hold at once; use smaller batches.",
                    "input_ids");
}

Status outOfMemory() {
  return Status(ErrorClass::Memory, "out_of_memory",
                "Not enough memory for the activations of this input; try fewer or shorter texts at once.");
}

}  // namespace wasmformers::arch
