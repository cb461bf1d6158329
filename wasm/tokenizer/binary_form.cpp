// See binary_form.h.
// Optimize: least
#include "tokenizer/binary_form.h"

#include "base/hash.h"
#include "tokenizer/bytes.h"
#include "tokenizer/component.h"

namespace wasmformers::tokenizer {
namespace {

constexpr char kMagic[8] = {'w', 'f', 't', 'o', 'k', 'b', 'i', 'n'};
// Must grow with every change of a table's layout, of hashBytes(), or of what is made from a tokenizer.json.
constexpr uint32_t kVersion = 3;

struct Header {
  char magic[8];
  uint32_t version, headerBytes;
  uint64_t size;  // of the whole form
  uint64_t sourceSize, sourceHash;
  uint64_t checksum;  // of everything after the header
};
static_assert(sizeof(Header) == 48);
struct SectionHeader {
  uint32_t elementBytes, zero;
  uint64_t count;
};

Status formError(std::string_view code, std::string message) {
  return Status(ErrorClass::Tokenizer, std::string(code), std::move(message));
}

}  // namespace

Source Source::of(std::string_view bytes) { return {bytes.size(), hash64(bytes.data(), bytes.size())}; }

Status damagedForm() {
  return formError("binary_form_damaged",
                   "The tokenizer's binary form is damaged; make it again from the tokenizer.json.");
}

BinaryWriter::BinaryWriter(const Source& source) {
  Header h = {};
  std::memcpy(h.magic, kMagic, sizeof kMagic);
  h.version = kVersion;
  h.headerBytes = sizeof h;
  h.sourceSize = source.size;
  h.sourceHash = source.hash;
  out_.assign(reinterpret_cast<const char*>(&h), sizeof h);
}

void BinaryWriter::section(const void* data, size_t count, size_t elementBytes) {
  const SectionHeader s{uint32_t(elementBytes), 0, count};
  out_.append(reinterpret_cast<const char*>(&s), sizeof s);
  if (count) out_.append(static_cast<const char*>(data), count * elementBytes);
  out_.resize((out_.size() + 7) / 8 * 8);
}

std::string BinaryWriter::finish() {
  Header h;
  std::memcpy(&h, out_.data(), sizeof h);
  h.size = out_.size();
  h.checksum = hash64(out_.data() + sizeof h, out_.size() - sizeof h);
  std::memcpy(out_.data(), &h, sizeof h);
  return std::move(out_);
}

BinaryReader::BinaryReader(std::string_view form, const Source& source)
    : rest_(form.substr(sizeof(Header))), source_(source) {}

Result<BinaryReader> BinaryReader::open(std::string_view form) {
  Header h = {};
  std::memcpy(&h, form.data(), std::min(form.size(), sizeof h));
  if (std::memcmp(h.magic, kMagic, sizeof kMagic) != 0)
    return formError("not_binary_form", "These bytes are not the binary form of a tokenizer.");
  if (h.version != kVersion || h.headerBytes != sizeof h) {
    return formError("binary_form_version", "The tokenizer's binary form has version " + std::to_string(h.version) +
                                                "; this library reads " + std::to_string(kVersion) +
                                                ". Make it again from the tokenizer.json.");
  }
  if (form.size() < sizeof h || form.size() != h.size) {
    return formError("binary_form_cut", "The tokenizer's binary form has " + std::to_string(form.size()) +
                                            " bytes and should have " + std::to_string(h.size) + ".");
  }
  if (hash64(form.data() + sizeof h, form.size() - sizeof h) != h.checksum) return damagedForm();
  return BinaryReader(form, {h.sourceSize, h.sourceHash});
}

const char* BinaryReader::section(size_t elementBytes, size_t& count) {
  count = 0;
  SectionHeader s;
  if (!ok_ || rest_.size() < sizeof s) return ok_ = false, rest_.data();
  std::memcpy(&s, rest_.data(), sizeof s);
  rest_.remove_prefix(sizeof s);
  const uint64_t most = rest_.size() / elementBytes;
  if (s.elementBytes != elementBytes || s.count > most) return ok_ = false, rest_.data();
  count = size_t(s.count);
  const char* data = rest_.data();
  rest_.remove_prefix(std::min(rest_.size(), (count * elementBytes + 7) / 8 * 8));
  return data;
}

}  // namespace wasmformers::tokenizer
