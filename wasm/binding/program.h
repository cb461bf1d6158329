// What a program that runs models is made of, as its line in CMakeLists.txt says: cmake/program.cpp.in defines these.
#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include "arch/families.h"
#include "kernels/kernels.h"
#include "weights/loader.h"
#include "weights/parts.h"

namespace wasmformers {

/// The families of models that the program knows (FAMILIES).
std::span<const arch::Family> programFamilies();
/// The operations that they run on (KERNELS).
const kernels::Table& programKernels();
/// How it reads matrices that are stored in parts (PARTS); nullptr: it does not.
weights::OpenParts* programParts();
/// How it opens GGUF files (GGUF); nullptr: it reads none.
weights::OpenGguf* programGguf();

/// One table of all: what FAMILIES with several kinds becomes.
inline std::vector<arch::Family> joined(std::initializer_list<std::span<const arch::Family>> tables) {
  std::vector<arch::Family> all;
  for (const auto& table : tables) all.insert(all.end(), table.begin(), table.end());
  return all;
}

}  // namespace wasmformers
