// Relative positions as attention biases: T5's buckets (MPNet) and DeBERTa's log buckets.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wasmformers::nn {

/// Bucket of the distance key − query in T5's scheme (Raffel et al. 2020; transformers modeling_mpnet.py,
/// relative_position_bucket). Each direction has half of the buckets. Half of those hold one distance each; the rest
/// are logarithmic up to maxDistance.
int32_t t5Bucket(int64_t distance, int32_t buckets, int32_t maxDistance);

/// bias [H, T, T] = table[bucket of s − t][h] for every query t and key s; table [buckets, H].
void t5Bias(const float* table, size_t heads, int32_t buckets, int32_t maxDistance, size_t length, float* bias);

/// DeBERTa-v2's bucket of the distance query − key (He et al. 2021; modeling_deberta_v2.py, make_log_bucket_position):
/// the distance itself up to half of `buckets`, then logarithmic up to maxPosition. Negative distances mirror positive
/// ones.
int32_t logBucket(int64_t relative, int32_t buckets, int32_t maxPosition);

}  // namespace wasmformers::nn
