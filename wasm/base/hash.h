// A fast hash of bytes that finds damaged and changed files. It does not resist attacks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wasmformers {

uint64_t hash64(const char* p, size_t n);

}  // namespace wasmformers
