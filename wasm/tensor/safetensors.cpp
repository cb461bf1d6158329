// See safetensors.h.
#include "tensor/safetensors.h"

#include <algorithm>
#include <unordered_set>

#include "json/json.h"

namespace wasmformers {

namespace {

Status bad(std::string code, std::string message, std::string_view file, std::string_view field = {}) {
  return Status(ErrorClass::Weights, std::move(code), std::move(message)).inFile(file).atField(field);
}

std::string quoted(std::string_view s) { return '"' + std::string(s.substr(0, 200)) + (s.size() > 200 ? "…\"" : "\""); }

// Bits of a tensor. False: they are more than 64 bits can count.
bool tensorBits(const Shape& shape, DType dtype, uint64_t& bits) {
  bits = dtypeBits(dtype);
  for (int64_t d : shape) {
    if (__builtin_mul_overflow(bits, uint64_t(d), &bits)) return false;
  }
  return true;
}

Status parseTensor(std::string_view name, json::Value entry, std::string_view file, TensorInfo& out) {
  const auto fail = [&](std::string code, const std::string& what) {
    return bad(std::move(code), "Tensor " + quoted(name) + " of " + std::string(file) + " " + what + ".", file, name);
  };
  if (!entry.isObject()) return fail("bad_header_entry", "is described by no object");
  out.name = name;

  const json::Value dtype = entry["dtype"];
  const auto type = dtypeFromName(dtype.asString());
  if (!type)
    return fail("bad_dtype", "has the unknown dtype " + quoted(dtype.isString() ? dtype.asString() : dtype.typeName()));
  out.dtype = *type;

  const json::Value shape = entry["shape"];
  if (!shape.isArray()) return fail("bad_shape", "has no shape");
  for (json::Value d : shape.elements()) {
    const auto size = d.asUint();
    if (!size || *size > uint64_t(INT64_MAX)) return fail("bad_shape", "has a dimension that is no whole number ≥ 0");
    out.shape.push_back(int64_t(*size));
  }

  const json::Value offsets = entry["data_offsets"];
  const auto begin = offsets.at(0).asUint(), end = offsets.at(1).asUint();
  if (offsets.size() != 2 || !begin || !end || *begin > *end) {
    return fail("bad_offsets", "needs data_offsets [begin, end] with begin ≤ end");
  }
  out.begin = *begin;
  out.end = *end;

  uint64_t bits = 0;
  if (!tensorBits(out.shape, out.dtype, bits)) return fail("size_mismatch", "is larger than 64 bits can count");
  const uint64_t bytes = bits / 8 + (bits % 8 != 0);
  if (bytes != out.end - out.begin) {
    return fail("size_mismatch", "of shape " + shapeText(out.shape) + " and dtype " +
                                     std::string(dtypeName(out.dtype)) + " takes " + std::to_string(bytes) +
                                     " bytes, its data_offsets span " + std::to_string(out.end - out.begin));
  }
  return {};
}

Status checkMetadata(json::Value metadata, std::string_view file) {
  bool ok = metadata.isObject();
  for (auto [key, value] : metadata.members()) ok = ok && value.isString();
  return ok ? Status()
            : bad("bad_metadata", "__metadata__ of " + std::string(file) + " must map strings to strings.", file,
                  "__metadata__");
}

}  // namespace

Result<uint64_t> parseSafetensorsPrefix(const unsigned char prefix[8], std::string_view file) {
  uint64_t n = 0;
  for (int i = 7; i >= 0; --i) n = n << 8 | prefix[i];
  if (n >= 2 && n <= kMaxSafetensorsHeader) return n;
  const std::string_view text(reinterpret_cast<const char*>(prefix), 8);
  if (text[0] == '<' || text.starts_with("\n<")) {
    return bad("html_instead_of_weights",
               std::string(file) + " is a web page (it begins with " + quoted(text) +
                   "), not a safetensors file: the server probably answered a missing file with its start page.",
               file);
  }
  if (text.starts_with("version ")) {
    return bad(
        "lfs_pointer",
        std::string(file) + " is a Git LFS pointer, not the file itself: it was copied from a clone without LFS.",
        file);
  }
  if (n < 2) {
    return bad(
        "header_too_small",
        std::string(file) + " says that its header has " + std::to_string(n) + " bytes; it is no safetensors file.",
        file);
  }
  return bad("header_too_large",
             std::string(file) + " says that its header has " + std::to_string(n) + " bytes, more than the " +
                 std::to_string(kMaxSafetensorsHeader) + " that the format allows; it is no safetensors file.",
             file);
}

Result<SafetensorsHeader> parseSafetensorsHeader(std::string_view text, std::string_view file) {
  const std::string where = "the header of " + std::string(file);
  if (text.empty() || text[0] != '{') {
    return bad("header_not_an_object", "The header of " + std::string(file) + " does not begin with '{'.", file);
  }
  auto parsed = json::Document::parse(text, where, ErrorClass::Weights);
  if (!parsed.ok()) {
    const Status s = parsed.takeStatus();
    return Status(s.errorClass(), s.code(), s.message()).inFile(file);
  }
  if (!parsed->root().isObject()) return bad("header_not_an_object", where + " is no JSON object.", file);

  SafetensorsHeader header;
  std::unordered_set<std::string_view> names;
  for (auto [name, entry] : parsed->root().members()) {
    if (!names.insert(name).second) {
      return bad("duplicate_tensor", "Tensor " + quoted(name) + " stands twice in " + where + ".", file, name);
    }
    if (name == "__metadata__") {
      WF_TRY(checkMetadata(entry, file));
      continue;
    }
    TensorInfo info;
    WF_TRY(parseTensor(name, entry, file, info));
    header.tensors.push_back(std::move(info));
  }

  std::stable_sort(header.tensors.begin(), header.tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  uint64_t at = 0;
  for (const TensorInfo& t : header.tensors) {
    if (t.begin != at) {
      const bool hole = t.begin > at;
      return bad(
          hole ? "hole" : "overlap",
          "Tensor " + quoted(t.name) + " of " + std::string(file) + " begins at byte " + std::to_string(t.begin) +
              (hole ? ", leaving a hole after byte " : ", overlapping the bytes before ") + std::to_string(at) + ".",
          file, t.name);
    }
    at = t.end;
  }
  header.dataBytes = at;
  return header;
}

}  // namespace wasmformers
