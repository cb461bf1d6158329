// Which 8-bit dot product runs. The program whose dot is emulated (emulated_dot.h) runs the form that $TEST_DOT names.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "kernels/kernels.h"

namespace wasmformers::kernels {
namespace {

TEST(Int8, RunsTheFormThatTheProcessorComputesExactly) {
  const std::string variant = variantName(), form = int8DotName();
  if (const char* emulated = std::getenv("TEST_DOT")) {
    EXPECT_EQ(variant, "relaxed");
    EXPECT_EQ(form, std::string(emulated) == "saturating" ? "dot16" : emulated);
    return;
  }
  const std::map<std::string, std::set<std::string>> forms{
      {"plain", {"plain"}}, {"simd", {"dot16"}}, {"relaxed", {"unsigned", "signed", "dot16"}}};
  EXPECT_TRUE(forms.at(variant).contains(form)) << variant << " runs " << form;
}

}  // namespace
}  // namespace wasmformers::kernels
