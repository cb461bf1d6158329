// See inputs.h.
#include "arch/inputs.h"

#include <algorithm>

namespace wasmformers::arch {

const Input* Pass::input(std::string_view name) const {
  for (const Input& in : inputs) {
    if (in.name == name) return &in;
  }
  return nullptr;
}

Status inputError(std::string code, std::string message, std::string_view field) {
  return Status(ErrorClass::Input, std::move(code), std::move(message)).atField(field);
}

std::string at(std::string_view name, size_t index, size_t length) {
  return std::string(name) + "[" + std::to_string(index / length) + "][" + std::to_string(index % length) + "]";
}

namespace {

/// "[batch, 3, height, width]"
std::string form(const Declared& d) {
  std::string text = "[";
  for (const Axis& axis : d.dims) {
    if (text.size() > 1) text += ", ";
    text += axis.name ? axis.name : std::to_string(axis.size);
  }
  return text + "]";
}

/// A named axis, and the input that gave it its size first.
struct Size {
  std::string_view axis;
  int64_t size;
  const Input* from;
};

Status checkShape(const Input& in, const Declared& d, std::vector<Size>& sizes) {
  bool fits = in.shape.size() == d.dims.size();
  const Input* other = nullptr;  // that disagrees
  for (size_t i = 0; fits && i < d.dims.size(); ++i) {
    const int64_t size = in.shape[i];
    const char* const name = d.dims[i].name;
    fits = size >= 0 && (name || size == d.dims[i].size);
    if (!name) continue;
    const auto known = std::find_if(sizes.begin(), sizes.end(), [&](const Size& s) { return s.axis == name; });
    if (known == sizes.end()) {
      sizes.push_back({name, size, &in});
    } else if (known->size != size) {
      if (known->from == &in)
        fits = false;
      else
        other = known->from;
    }
  }
  if (!fits) {
    return inputError("bad_shape", in.name + " must have the shape " + form(d) + ", not " + shapeText(in.shape) + ".",
                      in.name);
  }
  if (!other) return {};
  return inputError(
      "shape_mismatch",
      in.name + " has the shape " + shapeText(in.shape) + ", " + other->name + " " + shapeText(other->shape) + ".",
      in.name);
}

}  // namespace

Status checkInputs(const Pass& pass, std::span<const Declared> declared) {
  for (const Input& in : pass.inputs) {
    if (std::none_of(declared.begin(), declared.end(), [&](const Declared& d) { return d.name == in.name; }))
      return inputError("unknown_input", "This model has no input " + in.name + ".", in.name);
  }
  std::vector<Size> sizes;
  for (const Declared& d : declared) {
    const Input* in = pass.input(d.name);
    if (!in && d.optional) continue;
    if (!in) return inputError("missing_input", "The input " + std::string(d.name) + " is missing.", d.name);
    if (in->dtype != d.dtype) {
      const char* numbers = d.dtype == DType::I32 ? "integers" : "floating-point numbers";
      return inputError("bad_dtype", in->name + " must be " + numbers + ".", d.name);
    }
    WF_TRY(checkShape(*in, d, sizes));
  }
  for (const Declared& d : declared) {
    const Input* in = pass.input(d.name);
    if (in && std::find(in->shape.begin(), in->shape.end(), 0) != in->shape.end())
      return inputError("empty_input", in->name + " is empty: its shape is " + shapeText(in->shape) + ".", d.name);
  }
  return {};
}

Status checkLength(const Input& ids, size_t most) {
  const size_t length = size_t(ids.shape.back());
  if (!most || length <= most) return {};
  return inputError("too_long",
                    ids.name + " has " + std::to_string(length) + " tokens per text, the model takes at most " +
                        std::to_string(most) + "; truncate the text.",
                    ids.name);
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
                        at(mask.name, i, length) + " is " + std::to_string(values[i]) + "; it must be 0 or 1.",
                        mask.name);
    }
    bytes[i] = uint8_t(values[i]);
  }
  return {};
}

Status checkSize(double floats, size_t rows, size_t length) {
  if (floats < double(SIZE_MAX / 8)) return {};
  return inputError("too_large",
                    "input_ids has " + std::to_string(rows) + " texts of " + std::to_string(length) +
                        " tokens, more than memory can hold at once; use smaller batches.",
                    "input_ids");
}

}  // namespace wasmformers::arch
