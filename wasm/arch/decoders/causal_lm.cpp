// See causal_lm.h.
// Optimize: speed
#include "arch/decoders/causal_lm.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "arch/inputs.h"

namespace wasmformers::arch {

CausalLM::CausalLM(ConfigReader& c, const Request& request, size_t vocabulary, bool tied) : request_(request) {
  if (request.head != Head::CausalLM && request.head != Head::Base)
    c.unsupported("architectures", "a head on a decoder other than its language model's");
  vocabulary_ = c.size("vocab_size", vocabulary, 1 << 27);
  tied_ = c.flag("tie_word_embeddings", tied);
}

void CausalLM::setShape(size_t layers, size_t kvHeads, size_t headDim) {
  layers_.resize(layers);
  kvHeads_ = kvHeads;
  headDim_ = headDim;
  cache_.shape(layers, kvHeads, headDim);
}

size_t CausalLM::makeLayers(size_t count, size_t heads, size_t kvHeads) {
  const size_t headDim = std::max<size_t>(hiddenSize_ / heads, 1);
  setShape(count, kvHeads, headDim);
  for (nn::DecoderLayer& l : layers_) {
    l.attention.shape = {hiddenSize_, heads, kvHeads, headDim, 1 / std::sqrt(float(headDim))};
    l.attention.shape.rope = -1;
  }
  return headDim;
}

void CausalLM::declareWords(weights::Weights& w, const std::string& name, const std::string& head, size_t size) {
  const bool lm = request_.head == Head::CausalLM;
  // With the head in 4 bits SmolLM2-135M loses as much as with all other matrices together; it has 8 bits in q4.
  const kernels::Format forHead = request_.format == kernels::Format::Q4 ? kernels::Format::Q8 : request_.format;
  const bool isHead = lm && tied_;
  w.matrix(name, words_, vocabulary_, size, isHead ? forHead : request_.format,
           isHead ? kernels::Use::Both : kernels::Use::Lookup);
  if (!lm) return;
  if (tied_)
    w.alias(head + ".weight", name);  // some files hold the table under both names, or under this one only
  else
    w.matrix(head + ".weight", head_, vocabulary_, size, forHead);
}

std::vector<Declared> CausalLM::inputs() const {
  return {{"input_ids", DType::I32, {"batch", "length"}},
          {"attention_mask", DType::I32, {"batch", "length"}, true},
          {"position_ids", DType::I32, {"batch", "length"}, true}};
}

std::vector<Declared> CausalLM::outputs() const {
  if (request_.head == Head::CausalLM) return {{"logits", DType::F32, {"batch", "length", vocabulary_}}};
  return {{"last_hidden_state", DType::F32, {"batch", "length", outputSize()}}};
}

// On a slow device a layer of a model of 1 billion parameters takes 2 ms per token.
size_t CausalLM::passTokens() const {
  constexpr double kProducts = 4.3e9;  // multiplications of one step
  double most = 1;
  for (const nn::DecoderLayer& l : layers_) {
    const nn::AttentionShape& s = l.attention.shape;
    const auto inner = [](const nn::FeedForward& f) { return 3 * double(f.hidden) * double(f.inner); };
    double all = 2 * double(s.hidden) * double(s.heads + s.kvHeads) * double(s.headDim) + inner(l.feedForward);
    if (l.experts)
      all += inner(l.experts->shared) +
             (l.experts->each.empty() ? 0 : double(l.experts->picked) * inner(l.experts->each[0]));
    most = std::max(most, all);
  }
  return size_t(std::clamp(kProducts / most / 32, 1.0, 8.0)) * 32;
}

double CausalLM::workBytes(size_t rows) const {
  double widest = 0;  // floats of a token in a layer
  for (const nn::DecoderLayer& l : layers_) {
    const nn::AttentionShape& s = l.attention.shape;
    double inner = double(l.feedForward.inner);
    if (l.experts)
      inner = double(l.experts->shared.inner) + (l.experts->each.empty() ? 0 : double(l.experts->each[0].inner));
    widest = std::max(widest, 2 * double(s.heads + s.kvHeads) * double(s.headDim) + 3.5 * inner);
  }
  const double tokens = double(std::max(passTokens(), rows));
  // An arena that grows takes half as much again.
  return 1.5 * sizeof(float) * (tokens * (5 * double(hiddenSize_) + widest) + double(rows) * double(vocabulary_));
}

size_t CausalLM::recomputeBeyond() const {
  for (const nn::Rope& r : ropes_) {
    if (r.type == nn::Rope::Type::LongRope && r.shortFactor != r.longFactor) return size_t(r.original);
  }
  return 0;
}

size_t CausalLM::changesBeyond() const {
  size_t least = 0;
  for (const nn::Rope& r : ropes_) {
    if (r.byLength() && (!least || size_t(r.original) < least)) least = size_t(r.original);
  }
  return least;
}

// None (every layer keeps everything) where a prompt may have to be run in one pass.
nn::Windows CausalLM::windows(size_t chunk) const {
  nn::Windows out;
  bool any = false;
  for (const nn::DecoderLayer& l : layers_) {
    out.before.push_back(l.attention.shape.window);
    any = any || l.attention.shape.window >= 0;
  }
  if (!any || chunk == 0 || changesBeyond()) return {};
  out.chunk = chunk;
  return out;
}

// `logits`: how many a token has; 0: none are made of every token.
Status CausalLM::checkPass(size_t rows, size_t length, double logits) const {
  double widest = std::max(double(hiddenSize_) * 3, logits);
  for (const nn::DecoderLayer& l : layers_) {
    const nn::AttentionShape& s = l.attention.shape;
    widest = std::max(widest, double(s.heads + 2 * s.kvHeads) * double(s.headDim));
  }
  return checkSize(double(rows) * double(length) * widest, rows, length);
}

Status CausalLM::readInputs(Pass& pass, const Input*& ids, int32_t*& positions) {
  WF_TRY(checkInputs(pass, inputs()));
  ids = pass.input("input_ids");
  batch_ = size_t(ids->shape[0]);
  length_ = size_t(ids->shape[1]);
  const size_t m = batch_ * length_;
  WF_TRY(checkPass(batch_, length_, request_.head == Head::CausalLM ? double(vocabulary_) : 0));
  WF_TRY(checkLength(*ids, context_));
  WF_TRY(checkIds(ids->data.as<int32_t>(), m, length_, vocabulary_));

  mask_ = nullptr;
  if (const Input* mask = pass.input("attention_mask")) {
    uint8_t* bytes = pass.arena.alloc<uint8_t>(m);
    if (!bytes) return {};
    WF_TRY(readMask(*mask, length_, bytes));
    if (std::memchr(bytes, 0, m)) mask_ = bytes;  // else nothing is hidden
  }

  positions = pass.arena.alloc<int32_t>(m);
  if (!positions) return {};
  if (const Input* given = pass.input("position_ids")) {
    std::memcpy(positions, given->data.data(), m * sizeof(int32_t));
    return checkPositions(positions);
  }
  int32_t next = 0;
  for (size_t i = 0; i < m; ++i) {
    if (i % length_ == 0) next = 0;
    positions[i] = paddingHasNoPosition() && mask_ && !mask_[i] ? -1 : next++;
  }
  return {};
}

Status CausalLM::checkPositions(const int32_t* positions) const {
  const size_t end = contextIsBound_ ? context_ : 1 << 24;
  for (size_t i = 0; i < batch_ * length_; ++i) {
    if (positions[i] >= 0 && size_t(positions[i]) < end) continue;
    return inputError("ids_out_of_range",
                      at("position_ids", i, length_) + " is " + std::to_string(positions[i]) +
                          "; it must be from 0 to " + std::to_string(end - 1) + ".",
                      "position_ids");
  }
  return {};
}

Status CausalLM::begin(Pass& pass) {
  steps_.stop();
  cached_ = false;
  past_ = 0;
  const Input* ids = nullptr;
  int32_t* positions = nullptr;
  WF_TRY(readInputs(pass, ids, positions));
  if (pass.arena.failed()) return outOfMemory();
  scratch_ = {};
  scratch_.batch = batch_;
  scratch_.kvHeads = kvHeads_;
  scratch_.headDim = headDim_;
  scratch_.capacity = length_;
  scratch_.keys = pass.arena.allocBytes(scratch_.bytes());
  scratch_.values = pass.arena.allocBytes(scratch_.bytes());
  return start(pass, ids->data.as<int32_t>(), positions);
}

Status CausalLM::beginCached(const Chunk& chunk, Pass& pass) {
  steps_.stop();
  cached_ = true;
  wantsLogits_ = chunk.logits;
  wantsEvery_ = chunk.logits && chunk.every;
  batch_ = chunk.rows;
  length_ = chunk.length;
  past_ = cache_.length();
  if (batch_ == 0 || length_ == 0) return inputError("empty_input", "There are no tokens to go on with.", "input_ids");
  if (past_ && cache_.rows() != batch_) {
    return inputError(
        "rows_mismatch",
        "The cache holds " + std::to_string(cache_.rows()) + " sequences, not " + std::to_string(batch_) + ".",
        "input_ids");
  }
  if (batch_ > cache_.room() || !cache_.fits(length_)) {
    return inputError("cache_full",
                      "The cache has room for " + std::to_string(cache_.room()) + " sequences of " +
                          std::to_string(cache_.capacity()) + " tokens; " + std::to_string(batch_) + " of " +
                          std::to_string(past_ + length_) + " are to be kept.",
                      "input_ids");
  }
  WF_TRY(checkPass(batch_, length_, 0));
  WF_TRY(checkPass(batch_, wantsEvery_ ? length_ : 1, double(vocabulary_)));
  const size_t m = batch_ * length_;
  WF_TRY(checkIds(chunk.ids, m, length_, vocabulary_));
  for (size_t r = 0; context_ && r < batch_; ++r) {
    size_t tokens = cache_.realTokens(r);
    for (size_t i = 0; i < length_; ++i) tokens += !chunk.mask || chunk.mask[r * length_ + i];
    if (tokens <= context_) continue;
    return inputError("too_long",
                      "The text has " + std::to_string(tokens) + " tokens so far, the model takes at most " +
                          std::to_string(context_) + ".",
                      "input_ids");
  }
  int32_t* positions = pass.arena.alloc<int32_t>(m);
  if (!positions) return outOfMemory();
  cache_.prepare(chunk.mask, batch_, length_, positions);
  mask_ = cache_.mask();
  return start(pass, chunk.ids, positions);
}

// Everything before the first layer: rope tables, embeddings.
Status CausalLM::start(Pass& pass, const int32_t* ids, const int32_t* positions) {
  const nn::Compute c{pass.kernels, pass.arena};
  const size_t m = batch_ * length_;
  int32_t* numbers = c.arena.alloc<int32_t>(m);
  hidden_ = c.arena.alloc<float>(m * hiddenSize_);
  tables_.clear();
  for (const nn::Rope& rope : ropes_) tables_.push_back(nn::ropeTable(c.arena, rope, positions, m));
  if (c.arena.failed()) return outOfMemory();
  for (size_t i = 0; i < m; ++i) numbers[i] = int32_t(i);
  rowNumbers_ = numbers;
  embed(c, ids, positions, m, hidden_);
  return steps_.begin(c.arena);
}

Status CausalLM::step(size_t index, Pass& pass) {
  WF_TRY(steps_.take(index, steps()));
  if (index < layers_.size()) {
    const size_t first = cached_ ? cache_.first(index) : 0;
    bool spoiled = false;
    const nn::DecoderPass p{{pass.kernels, pass.arena},
                            batch_,
                            length_,
                            past_ - first,
                            cached_ ? cache_.layer(index) : scratch_,
                            mask_ ? mask_ + first : nullptr,
                            cached_ ? cache_.capacity() : length_,
                            tables_.data(),
                            rowNumbers_,
                            cached_ && cache_.type() != kernels::CacheType::F32 ? &spoiled : nullptr};
    if (cached_ && index + 1 == layers_.size())
      lastLayer(p);
    else
      layer(layers_[index], p, hidden_);
    if (spoiled) cache_.spoil();
  } else {
    if (!cached_ || wantsEvery_)
      head(pass, batch_ * length_, {int64_t(batch_), int64_t(length_)});
    else if (wantsLogits_)
      head(pass, batch_, {int64_t(batch_)});
  }
  WF_TRY(steps_.check(pass.arena));
  if (cached_ && index == layers_.size()) cache_.commit(batch_, length_);
  return {};
}

// The last layer's output is needed for each row's last token only, its keys and values for all tokens. So these are
// cached first; then the layer runs on the last tokens alone, as if the others had come in an earlier pass.
void CausalLM::lastLayer(nn::DecoderPass p) const {
  const nn::DecoderLayer& last = layers_.back();
  if (length_ == 1 || wantsEvery_) return layer(last, p, hidden_);
  last.remember(p, hidden_);
  if (!wantsLogits_) return;
  int32_t* numbers = p.c.arena.alloc<int32_t>(batch_);
  if (!numbers) return;
  for (size_t r = 0; r < batch_; ++r) {
    numbers[r] = int32_t((r + 1) * length_ - 1);
    std::memmove(hidden_ + r * hiddenSize_, hidden_ + size_t(numbers[r]) * hiddenSize_, hiddenSize_ * sizeof(float));
  }
  p.rowNumbers = numbers;
  p.past += length_ - 1;
  p.length = 1;
  layer(last, p, hidden_);
}

void CausalLM::embed(nn::Compute c, const int32_t* ids, const int32_t*, size_t rows, float* hidden) const {
  c.kernels.gather(words_, ids, rows, hidden, hiddenSize_);
  for (size_t i = 0; embeddingScale_ != 1 && i < rows * hiddenSize_; ++i) hidden[i] *= embeddingScale_;
}

void CausalLM::addRows(nn::Compute c, const kernels::Matrix& table, const int32_t* positions, size_t rows,
                       float* hidden) {
  const Arena::Mark mark = c.arena.mark();
  float* line = c.arena.alloc<float>(table.k());
  for (size_t i = 0; line && i < rows; ++i) {
    c.kernels.gather(table, positions + i, 1, line, table.k());
    c.kernels.add(line, table.k(), hidden + i * table.k());
  }
  c.arena.release(mark);
}

void CausalLM::finish(nn::Compute c, const float* hidden, size_t rows, float* y) const {
  finalNorm_(c, hidden, rows, y);
}

const float* CausalLM::logits(nn::Compute c, const float* x, size_t rows) const {
  float* y = c.arena.alloc<float>(rows * vocabulary_);  // [rows, V]
  if (!y) return nullptr;
  kernels::Rows in(x, rows, outputSize());
  c.kernels.linear(c.arena, in, tied_ ? words_ : head_, {}, y, vocabulary_);
  const size_t count = rows * vocabulary_;
  for (size_t i = 0; logitsDivisor_ != 1 && i < count; ++i) y[i] /= logitsDivisor_;
  if (logitsCap_ > 0) {
    for (size_t i = 0; i < count; ++i) y[i] /= logitsCap_;
    c.kernels.activate(kernels::Activation::Tanh, y, count);
    for (size_t i = 0; i < count; ++i) y[i] *= logitsCap_;
  }
  return y;
}

// Makes the output of the first `rows` rows of hidden_. `shape`: the output's, without its last axis.
void CausalLM::head(Pass& pass, size_t rows, Shape shape) {
  const nn::Compute c{pass.kernels, pass.arena};
  float* x = outputSize() == hiddenSize_ ? hidden_ : c.arena.alloc<float>(rows * outputSize());
  if (!x) return;
  // What attends to a key that is no number is none. The types that cannot store such a key leave it to this.
  if (cached_ && cache_.spoiled()) std::fill_n(hidden_, rows * hiddenSize_, std::numeric_limits<float>::quiet_NaN());
  finish(c, hidden_, rows, x);
  const Declared output = outputs()[0];
  const float* y = request_.head == Head::CausalLM ? logits(c, x, rows) : x;
  shape.push_back(output.dims[output.dims.size() - 1].size);
  if (y) pass.outputs.push_back({output.name, std::move(shape), y});
}

}  // namespace wasmformers::arch
