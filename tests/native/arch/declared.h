// Compares what models declare with what they do.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "goldens.h"

namespace wasmformers::testing {

/// Each tensor must have its declared shape; axes of one name must have one size in all tensors (`sizes`).
template <class T>
void expectDeclared(const std::vector<T>& tensors, const std::vector<arch::Declared>& declared,
                    std::map<std::string, int64_t>& sizes) {
  for (const T& tensor : tensors) {
    const auto d =
        std::find_if(declared.begin(), declared.end(), [&](const auto& each) { return each.name == tensor.name; });
    ASSERT_NE(d, declared.end()) << tensor.name;
    ASSERT_EQ(tensor.shape.size(), d->dims.size()) << tensor.name;
    for (size_t i = 0; i < d->dims.size(); ++i) {
      const arch::Axis& axis = d->dims[i];
      const int64_t want = axis.name ? sizes.emplace(axis.name, tensor.shape[i]).first->second : axis.size;
      EXPECT_EQ(tensor.shape[i], want) << tensor.name << ", axis " << i;
    }
  }
}

/// After a pass: its outputs must be those that the model declares, in that order and with those shapes.
inline void expectAsDeclared(const Runner& runner) {
  std::map<std::string, int64_t> sizes;
  expectDeclared(runner.inputs, runner.model->inputs(), sizes);
  const std::vector<arch::Declared> outputs = runner.model->outputs();
  expectDeclared(runner.outputs, outputs, sizes);
  ASSERT_EQ(runner.outputs.size(), outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) EXPECT_EQ(runner.outputs[i].name, outputs[i].name);
}

}  // namespace wasmformers::testing
