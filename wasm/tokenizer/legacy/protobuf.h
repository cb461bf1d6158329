// The wire format of Protocol Buffers, as far as SentencePiece's models need it: reads the fields of one message.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace wasmformers::tokenizer {

/// The fields of one message, one after the other.
class ProtobufFields {
 public:
  explicit ProtobufFields(std::string_view message) : rest_(message) {}
  /// Reads the next field. False at the end, and where the message is broken; then ok() is false.
  bool next() {
    if (rest_.empty() || !ok_) return false;
    const uint64_t key = varint();
    number = uint32_t(key >> 3);
    value = 0;
    bytes = {};
    switch (key & 7) {
      case 0: value = varint(); break;
      case 1: bytes = take(8); break;
      case 2: bytes = take(varint()); break;
      case 5: bytes = take(4); break;
      default: ok_ = false;
    }
    return ok_;
  }
  bool ok() const { return ok_; }
  float asFloat() const {
    float f = 0;
    if (bytes.size() == 4) std::memcpy(&f, bytes.data(), 4);
    return f;
  }

  uint32_t number = 0;     // of the field
  uint64_t value = 0;      // of a varint
  std::string_view bytes;  // of a string, a message or a number of fixed size

 private:
  uint64_t varint() {
    uint64_t v = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(1);
      v |= uint64_t(byte & 127) << shift;
      if (byte < 128) return v;
    }
    ok_ = false;
    return 0;
  }
  std::string_view take(uint64_t n) {
    if (n > rest_.size()) return ok_ = false, std::string_view();
    const std::string_view out = rest_.substr(0, size_t(n));
    rest_.remove_prefix(size_t(n));
    return out;
  }
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace wasmformers::tokenizer
