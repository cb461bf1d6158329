// The f32 product through XNNPACK's fully-connected operator: created once per weight, which packs it, and only
// reshaped per call.
#include <xnnpack.h>

#include <cmath>
#include <cstdlib>

#include "kernels/f32.h"

namespace wasmformers::kernels {

namespace {
bool initialized() {
  static const bool ok = xnn_initialize(nullptr) == xnn_status_success;
  return ok;
}
xnn_operator_t op(void* engine) { return static_cast<xnn_operator_t>(engine); }
}  // namespace

PackedProduct::~PackedProduct() {
  if (engine_) xnn_delete_operator(op(engine_));
}

// Columns padded to its panel of 8, a bias per column.
size_t PackedProduct::bytes(size_t n, size_t k) { return (n + 7) / 8 * 8 * (k + 1) * sizeof(float); }

Status PackedProduct::pack(const float* w, size_t n, size_t k, bool transposed) {
  xnn_operator_t made = nullptr;
  const xnn_status status =
      initialized() ? xnn_create_fully_connected_nc_f32(k, n, k, n, w, nullptr, -INFINITY, INFINITY,
                                                        transposed ? XNN_FLAG_TRANSPOSE_WEIGHTS : 0, nullptr, nullptr, &made)
                    : xnn_status_uninitialized;
  if (status == xnn_status_out_of_memory) {
    return Status(ErrorClass::Memory, "out_of_memory", "Not enough memory to pack a weight matrix of " + std::to_string(n) + " × " + std::to_string(k) + ".");
  }
  if (status != xnn_status_success) {
    return Status(ErrorClass::Internal, "xnnpack", "XNNPACK refused a " + std::to_string(n) + " × " + std::to_string(k) + " matrix (status " + std::to_string(int(status)) + ").");
  }
  engine_ = made;
  return {};
}

void PackedProduct::multiply(const float* x, size_t m, size_t, size_t, size_t, float* y, size_t) const {
  // Strides were fixed when the operator was created; the caller sees to it that rows are dense. Reshape and setup
  // of a valid operator cannot fail.
  xnn_reshape_fully_connected_nc_f32(op(engine_), m, nullptr);
  xnn_setup_fully_connected_nc_f32(op(engine_), x, y);
  xnn_run_operator(op(engine_), nullptr);
}

}  // namespace wasmformers::kernels
