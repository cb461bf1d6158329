// A fast hash of bytes, for finding damage and changed files, not for hostile ones.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wasmformers {

uint64_t hash64(const char* p, size_t n);

}  // namespace wasmformers
