// The binary form of a tokenizer.json, which loads without parsing: a header (magic, version, the source's size and
// hash, a checksum), the file without its vocabulary and merges as JSON, then the model's tables as flat arrays, which
// are used in place. Little-endian; everything begins at a multiple of eight bytes. Only the version of the library
// that wrote a form reads it: on the errors of open(), the caller reads the tokenizer.json again.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "tokenizer/flat.h"

namespace wasmformers::tokenizer {

/// Identifies the bytes that a form was made from.
struct Source {
  uint64_t size = 0, hash = 0;
  static Source of(std::string_view bytes);
  bool operator==(const Source&) const = default;
};

class BinaryWriter {
 public:
  explicit BinaryWriter(const Source& source);
  void bytes(std::string_view data) { section(data.data(), data.size(), 1); }
  template <class T>
  void array(const Flat<T>& a) {
    section(a.data(), a.size(), sizeof(T));
  }
  /// The whole form. The writer must not be used afterwards.
  std::string finish();

 private:
  void section(const void* data, size_t count, size_t elementBytes);
  std::string out_;
};

/// Reads sections in the order in which they were written. A section that does not fit is read as empty, and ok() is
/// false from then on. Memory outside the form is never read.
class BinaryReader {
 public:
  /// Checks the header. `form` must lie at a multiple of eight bytes and outlive what is read.
  /// TokenizerError: "not_binary_form", "binary_form_version", "binary_form_cut", "binary_form_damaged".
  static Result<BinaryReader> open(std::string_view form);

  const Source& source() const { return source_; }
  bool ok() const { return ok_; }
  /// Makes ok() false where `holds` is false.
  void require(bool holds) { ok_ &= holds; }
  std::string_view bytes() {
    size_t count = 0;
    const char* data = section(1, count);
    return {data, count};
  }
  template <class T>
  void array(Flat<T>& to) {
    size_t count = 0;
    const char* data = section(sizeof(T), count);
    to.view(reinterpret_cast<const T*>(data), count);
  }

 private:
  BinaryReader(std::string_view form, const Source& source);
  const char* section(size_t elementBytes, size_t& count);
  std::string_view rest_;
  Source source_;
  bool ok_ = true;
};

/// The error of a form whose parts contradict each other.
Status damagedForm();

}  // namespace wasmformers::tokenizer
