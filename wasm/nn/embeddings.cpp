// See embeddings.h.
#include "nn/embeddings.h"

namespace wasmformers::nn {

void Embeddings::declare(weights::Weights& w, const std::string& prefix, const Sizes& s, kernels::Format format) {
  using kernels::Use;
  w.matrix(prefix + "word_embeddings.weight", word, s.vocabulary, s.size, format,
           s.alsoDecodes ? Use::Both : Use::Lookup);
  if (s.positions) w.matrix(prefix + "position_embeddings.weight", position, s.positions, s.size, format, Use::Lookup);
  if (s.types) w.matrix(prefix + "token_type_embeddings.weight", type, s.types, s.size, format, Use::Lookup);
  norm.declare(w, prefix + "LayerNorm", s.normSize ? s.normSize : s.size, s.eps);
}

void Embeddings::operator()(Compute c, const int32_t* ids, const int32_t* positions, const int32_t* types, size_t rows,
                            size_t length, float* y) const {
  sum(c, ids, positions, types, rows, length, y);
  norm(c, y, rows, y);
}

void Embeddings::sum(Compute c, const int32_t* ids, const int32_t* positions, const int32_t* types, size_t rows,
                     size_t length, float* y) const {
  const Arena::Mark mark = c.arena.mark();
  const size_t e = word.k();
  c.kernels.gather(word, ids, rows, y, e);
  float* line = c.arena.alloc<float>(e);
  for (size_t i = 0; line && i < rows; ++i) {
    if (!position.empty()) {
      const int32_t at = positions ? positions[i] : int32_t(i % length);
      c.kernels.gather(position, &at, 1, line, e);
      c.kernels.add(line, e, y + i * e);
    }
    if (!type.empty()) {
      const int32_t kind = types ? types[i] : 0;
      c.kernels.gather(type, &kind, 1, line, e);
      c.kernels.add(line, e, y + i * e);
    }
  }
  c.arena.release(mark);
}

}  // namespace wasmformers::nn
