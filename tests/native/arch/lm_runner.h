// Loads the decoders of tests/fixtures/lm with PyTorch's results, and runs them with their cache.
#pragma once

#include <gtest/gtest.h>

#include "arch/decoders/causal_lm.h"
#include "goldens.h"
#include "json/json.h"

namespace wasmformers::testing {

struct LmRunner : Runner {
  std::map<std::string, Values> io;
  std::optional<json::Document> test;
  bool wantsLogits = true;

  LmRunner() { families = arch::decoderFamilies(); }
  arch::CausalLM& lm() { return static_cast<arch::CausalLM&>(*model); }

  /// Loads a case of tests/fixtures/lm, or of another folder ("quantized/bnb-nf4"). `architecture`: instead of the
  /// case's.
  Status loadCase(const std::string& name, kernels::Format, const std::string& architecture = "");

  /// Runs new tokens of every row; gives the logits of each row's last, [rows][V].
  Status feed(const std::vector<int32_t>& ids, const std::vector<uint8_t>& mask, size_t rows,
              std::vector<std::vector<float>>& logits);

  /// in.input_ids and in.attention_mask, columns [from, to) of every row.
  std::vector<int32_t> ids(size_t from, size_t to) const;
  std::vector<uint8_t> mask(size_t from, size_t to) const;
  size_t rows() const { return size_t(io.at("in.input_ids").shape[0]); }
  size_t length() const { return size_t(io.at("in.input_ids").shape[1]); }
};

std::vector<std::string> lmCases();

}  // namespace wasmformers::testing
