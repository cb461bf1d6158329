// The program for language models: lm-simd.wasm, lm-relaxed.wasm. What the engine has, and the whole loop of tokens: a
// call runs until a time is over or tokens are there, so that a page breathes in between.
#include "base/hash.h"
#include "binding/model.h"
#include "generate/session.h"

namespace wasmformers {
namespace {

/// A copy in JavaScript's own memory.
template <class T>
val copied(const T* data, size_t count) {
  return val(emscripten::typed_memory_view(count, data)).call<val>("slice");
}
template <class T>
val copied(const std::vector<T>& values) {
  return copied(values.data(), values.size());
}

/// Which checkpoint a saved cache is of, as far as its configuration tells.
uint64_t nameOf(const std::string& config, const std::string& dtype) {
  const std::string both = config + '\0' + dtype;
  return hash64(both.data(), both.size());
}

Result<kernels::CacheType> cacheTypeOf(std::string_view name) {
  if (name == "f32") return kernels::CacheType::F32;
  if (name == "f16") return kernels::CacheType::F16;
  if (name == "q8") return kernels::CacheType::Q8;
  return Status(ErrorClass::Input, "bad_option",
                "cache_dtype must be f32, f16 or q8, not \"" + std::string(name) + "\".")
      .atField("cache_dtype");
}

class Model : public EngineModel {
 public:
  Model(const std::string& config, const std::string& architecture, const std::string& dtype)
      : EngineModel(arch::decoderFamilies(), kernels::fastForDecoders(), config, architecture, dtype),
        name_(nameOf(config, dtype)) {
    if (model_) session_.emplace(*model_->decoder(), kernels_, arena_,
                                 outputs_);  // decoderFamilies() are all of these
  }

  double vocabulary() const { return model_ ? double(lm().vocabulary()) : 0; }
  double context() const { return model_ ? double(lm().context()) : 0; }
  double cacheBytes(double rows, double capacity, const std::string& type) {
    const auto found = cacheTypeOf(type);
    said(found.status());
    return session_ && found.ok() ? session_->bytesNeeded(size_t(rows), size_t(capacity), *found) : 0;
  }

  double workBytes(double rows) const { return model_ ? lm().workBytes(size_t(rows)) : 0; }

  /// Prompt: inputs input_ids and, where it has padding, attention_mask.
  bool generateBegin(const std::string& options, const std::string& cacheType, bool pauseAtLogits, bool rowsLeave,
                     bool pauseAtContinuations) {
    Status s = begin(options, cacheType, {{}, 0, pauseAtLogits, rowsLeave, pauseAtContinuations});
    inputs_.clear();
    return said(std::move(s));
  }
  bool generateRun(double milliseconds, double maxTokens) {
    return said(session_ ? checked(session_->run(milliseconds, size_t(maxTokens))) : notLoading());
  }
  /// Before a forward pass, which takes the memory of a generation's.
  void interrupt() {
    if (session_) session_->interrupt();
  }
  /// Puts the generation aside; a number for resume() or drop().
  int park() {
    size_t at = 0;
    while (at < parked_.size() && parked_[at].generation) ++at;
    if (at == parked_.size()) parked_.emplace_back();
    if (session_) parked_[at] = session_->park();
    return int(at);
  }
  bool resume(int number) {
    return said(session_ ? checked(session_->resume(std::move(parked_[size_t(number)]))) : notLoading());
  }
  void drop(int number) { parked_[size_t(number)] = {}; }
  bool generateFinished() const { return !session_ || session_->finished(); }
  val takeTokens() { return running() ? copied(running()->take().values) : copied(std::vector<int32_t>()); }
  int resultRows() const { return running() ? int(running()->resultRows()) : 0; }
  double generateSeed() const { return running() ? double(running()->seed()) : 0; }
  bool stopRow(int row) { return running() && row >= 0 && running()->stopRow(size_t(row)); }
  void stopAll() {
    if (running()) running()->stop();
  }

  double logitsPtr() { return session_ && session_->logits() ? address(session_->logits()) : 0; }
  val scoredRows() const { return copied(running() ? running()->scored() : std::vector<uint32_t>()); }
  double logitsRows() const { return session_ ? double(session_->logitsRows()) : 0; }
  bool generateAccept() { return said(session_ ? session_->acceptLogits() : notLoading()); }

  // With beams: continuations that the caller may end, tokens of running beams, how results ended.
  /// How many rows, then their tokens; of nothing where nobody asks.
  val continuations() const {
    generate::Grid<int32_t> rows;
    if (running() && running()->asking()) rows = running()->continuations();
    rows.values.insert(rows.values.begin(), int32_t(rows.rows));
    return copied(rows.values);
  }
  /// A byte for each row.
  void decide(const std::string& ends) {
    if (running() && running()->asking()) running()->decide(reinterpret_cast<const uint8_t*>(ends.data()));
  }
  val runningTokens() const { return copied(running() ? running()->running().values : std::vector<int32_t>()); }
  /// Of each result how many new tokens it has, then how each ended.
  val outcomes() const {
    std::vector<int32_t> out = running() ? running()->newTokens() : std::vector<int32_t>();
    if (running()) {
      for (uint8_t ending : running()->endings()) out.push_back(ending);
    }
    return copied(out);
  }

  val sequences() const { return running() ? copied(running()->sequences().values) : copied(std::vector<int32_t>()); }
  double sequencesLength() const { return running() ? double(running()->sequences().count) : 0; }
  val sequencesScores() const {
    return running() ? copied(running()->sequencesScores()) : copied(std::vector<float>());
  }
  int logprobsTop() const { return running() ? int(running()->logprobs().top) : 0; }
  val logprobsPicked() const { return running() ? copied(running()->logprobs().picked) : copied(std::vector<float>()); }
  val logprobsTopIds() const {
    return running() ? copied(running()->logprobs().topIds) : copied(std::vector<int32_t>());
  }
  val logprobsTopValues() const {
    return running() ? copied(running()->logprobs().topLogprobs) : copied(std::vector<float>());
  }

  val takeScores() { return running() ? copied(running()->takeScores()) : copied(std::vector<float>()); }
  val takeLogits() { return running() ? copied(running()->takeLogits()) : copied(std::vector<float>()); }

  double cachedTokens() const { return session_ ? double(session_->cachedTokens()) : 0; }
  double reusedTokens() const { return session_ ? double(session_->reusedTokens()) : 0; }
  void cropCache(double tokens) {
    if (session_) session_->crop(size_t(tokens));
  }
  /// A Uint8Array; null after a failure.
  val saveCache() {
    if (!session_) return said(notLoading()), val::null();
    auto saved = session_->save(name_);
    said(saved.status());
    return saved.ok() ? copied(reinterpret_cast<const uint8_t*>(saved->data()), saved->size()) : val::null();
  }
  /// Where the bytes to restore belong; 0 after a failure.
  double restoreWindow(double bytes) {
    auto made = allocate(size_t(bytes), "the saved cache");
    said(made.status());
    if (!made.ok()) return 0;
    restored_ = made.take();
    return address(restored_.data());
  }
  bool restoreCache() {
    const Buffer bytes = std::move(restored_);
    restored_ = {};
    return said(session_ ? session_->restore(bytes.data(), bytes.size(), name_) : notLoading());
  }

 private:
  arch::Decoder& lm() const { return *model_->decoder(); }
  generate::Generation* running() const {
    return session_ ? const_cast<generate::Session&>(*session_).generation() : nullptr;
  }

  Status begin(const std::string& options, const std::string& cacheType, generate::SessionOptions how) {
    if (!ready_) return Status(ErrorClass::Internal, "not_loaded", "The model has not been loaded.");
    WF_ASSIGN(how.cacheType, cacheTypeOf(cacheType));
    WF_ASSIGN(generate::GenerationConfig config, generate::GenerationConfig::parse(options));
    const arch::Pass pass = makePass();
    const arch::Input* ids = pass.input("input_ids");
    const arch::Input* mask = pass.input("attention_mask");
    if (!ids || ids->shape.size() != 2)
      return Status(ErrorClass::Input, "missing_input", "input_ids of shape [rows, length] are needed.")
          .atField("input_ids");
    if (mask && mask->shape != ids->shape) {
      return Status(ErrorClass::Input, "shape_mismatch",
                    "attention_mask is " + shapeText(mask->shape) + ", input_ids is " + shapeText(ids->shape) + ".")
          .atField("attention_mask");
    }
    std::vector<uint8_t> real;
    for (size_t i = 0, n = size_t(ids->shape[0] * ids->shape[1]); mask && i < n; ++i)
      real.push_back(mask->data.as<int32_t>()[i] != 0);
    return session_->begin(std::move(config), ids->data.as<int32_t>(), mask ? real.data() : nullptr,
                           size_t(ids->shape[0]), size_t(ids->shape[1]), how);
  }

  uint64_t name_;
  std::optional<generate::Session> session_;
  Buffer restored_;
  std::vector<generate::Session::Parked> parked_;
};

EMSCRIPTEN_BINDINGS(lm) {
  bindEngine<Model>()
      .function("vocabulary", &Model::vocabulary)
      .function("context", &Model::context)
      .function("cacheBytes", &Model::cacheBytes)
      .function("workBytes", &Model::workBytes)
      .function("generateBegin", &Model::generateBegin)
      .function("generateRun", &Model::generateRun)
      .function("generateFinished", &Model::generateFinished)
      .function("interrupt", &Model::interrupt)
      .function("park", &Model::park)
      .function("resume", &Model::resume)
      .function("drop", &Model::drop)
      .function("continuations", &Model::continuations)
      .function("decide", &Model::decide)
      .function("runningTokens", &Model::runningTokens)
      .function("outcomes", &Model::outcomes)
      .function("takeTokens", &Model::takeTokens)
      .function("resultRows", &Model::resultRows)
      .function("generateSeed", &Model::generateSeed)
      .function("stopRow", &Model::stopRow)
      .function("stopAll", &Model::stopAll)
      .function("logitsPtr", &Model::logitsPtr)
      .function("logitsRows", &Model::logitsRows)
      .function("scoredRows", &Model::scoredRows)
      .function("generateAccept", &Model::generateAccept)
      .function("sequences", &Model::sequences)
      .function("sequencesLength", &Model::sequencesLength)
      .function("sequencesScores", &Model::sequencesScores)
      .function("logprobsTop", &Model::logprobsTop)
      .function("logprobsPicked", &Model::logprobsPicked)
      .function("logprobsTopIds", &Model::logprobsTopIds)
      .function("logprobsTopValues", &Model::logprobsTopValues)
      .function("takeScores", &Model::takeScores)
      .function("takeLogits", &Model::takeLogits)
      .function("cachedTokens", &Model::cachedTokens)
      .function("reusedTokens", &Model::reusedTokens)
      .function("cropCache", &Model::cropCache)
      .function("saveCache", &Model::saveCache)
      .function("restoreWindow", &Model::restoreWindow)
      .function("restoreCache", &Model::restoreCache);
}

}  // namespace
}  // namespace wasmformers
