// Feeds a file of weights to its reader in chunks of any size, as downloads come.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>

#include "tensor/file_stream.h"

namespace wasmformers::testing {

/// Writes `file` into the stream in chunks of `chunk` bytes, each in as many parts as there is room for, and ends it.
/// Returns the first error.
inline Status feed(FileStream& s, const std::string& file, size_t chunk) {
  for (size_t at = 0; at < file.size();) {
    for (size_t left = std::min(chunk, file.size() - at); left;) {
      const size_t n = std::min(left, s.room());
      if (!n) return s.commit(1);  // there is more than the stream takes: it says why
      std::memcpy(s.window(), file.data() + at, n);
      at += n;
      left -= n;
      WF_TRY(s.commit(n));
    }
  }
  return s.finish();
}

}  // namespace wasmformers::testing
