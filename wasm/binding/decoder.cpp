// The program `decoder` (decoder-simd.wasm, decoder-relaxed.wasm): what binding/model.h binds, for decoder families,
// and the session of generation. A call runs until its time is over or tokens are there, so that the page breathes in
// between. The decoder is bound without a search as well (beginPass), for callers that pick tokens themselves.
#include "base/hash.h"
#include "binding/model.h"
#include "binding/program.h"
#include "binding/search_methods.h"
#include "generate/session.h"

namespace wasmformers {
namespace {

/// Names the checkpoint of a saved cache, as far as its configuration tells.
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

class Model final : public EngineModel, public SearchMethods {
 public:
  Model(const std::string& config, const std::string& architecture, const std::string& dtype)
      : EngineModel(programFamilies(), programKernels(), config, architecture, dtype, programParts()),
        name_(nameOf(config, dtype)) {
    if (model_) session_.emplace(*model_->decoder(), kernels_, arena_, outputs_);  // every decoder family has one
  }

  /// As beginFile, of a GGUF file. False: this program reads none.
  bool beginGguf(const std::string& name, const std::string& plan) {
    if (!loader_ || !programGguf()) return false;
    loader_->beginGguf(*programGguf(), name, plan);
    return true;
  }

  double vocabulary() const { return model_ ? double(lm().vocabulary()) : 0; }
  double context() const { return model_ ? double(lm().context()) : 0; }
  /// Bytes; 0 after a failure.
  double cacheBytes(double rows, double capacity, const std::string& type) {
    const auto found = cacheTypeOf(type);
    setStatus(found.status());
    return session_ && found.ok() ? session_->bytesNeeded(size_t(rows), size_t(capacity), *found) : 0;
  }
  double workBytes(double rows) const { return model_ ? lm().workBytes(size_t(rows)) : 0; }

  // --- a search: generate/session.h
  /// The prompts are the inputs input_ids and, where they have padding, attention_mask.
  bool generateBegin(const std::string& options, const std::string& cacheType, bool pauseAtScores, bool rowwise,
                     bool pauseAtEndings) {
    Status s = begin(options, cacheType, {{}, 0, pauseAtScores, rowwise, pauseAtEndings});
    inputs_.clear();
    return setStatus(std::move(s));
  }
  bool generateRun(double milliseconds, double maxTokens) {
    return setStatus(session_ ? checked(session_->run(milliseconds, size_t(maxTokens))) : notLoading());
  }
  bool generateFinished() const { return !session_ || session_->finished(); }
  /// Call before a forward pass, which takes the memory of a session's pass.
  void interrupt() {
    if (session_) session_->interrupt();
  }
  /// Parks the search; a number for resume() or drop().
  int park() {
    size_t at = 0;
    while (at < parked_.size() && parked_[at].search) ++at;
    if (at == parked_.size()) parked_.emplace_back();
    if (session_) parked_[at] = session_->park();
    return int(at);
  }
  bool resume(int number) {
    return setStatus(session_ ? checked(session_->resume(std::move(parked_[size_t(number)]))) : notLoading());
  }
  void drop(int number) { parked_[size_t(number)] = {}; }
  double reusedTokens() const { return session_ ? double(session_->reusedTokens()) : 0; }

  /// 0: no scores are ready.
  double scoresPtr() { return session_ && session_->scores() ? address(session_->scores()) : 0; }
  double scoreRows() const { return session_ ? double(session_->scoreRows()) : 0; }
  bool acceptScores() { return setStatus(session_ ? session_->acceptScores() : notLoading()); }

  // --- the decoder without a search
  /// `ids` and `mask` (or null) are typed arrays, [rows, length].
  bool beginPass(val ids, val mask, double rows, double length, const std::string& cacheType) {
    const auto own = emscripten::convertJSArrayToNumberVector<int32_t>(ids);
    std::vector<uint8_t> real;
    if (!mask.isNull()) real = emscripten::convertJSArrayToNumberVector<uint8_t>(mask);
    return setStatus(checked(startPass(own, real, size_t(rows), size_t(length), cacheType)));
  }
  /// A layer; when passDone(), scoresPtr() has the scores.
  bool stepPass() { return setStatus(session_ ? checked(session_->stepPass()) : notLoading()); }
  bool passDone() const { return !session_ || session_->passDone(); }
  bool reorderCache(val from) {
    const auto rows = emscripten::convertJSArrayToNumberVector<uint32_t>(from);
    return setStatus(session_ ? session_->reorder(rows.data(), rows.size()) : notLoading());
  }

  // --- the cache
  double cachedTokens() const { return session_ ? double(session_->text().tokens()) : 0; }
  void cropCache(double tokens) {
    if (session_) session_->crop(size_t(tokens));
  }
  double cachedLayers() const { return model_ ? double(lm().cache().layers()) : 0; }
  /// The keys of layer tensor / 2, for an odd number its values, as f32: { data: the bytes, dims: [rows, heads, tokens,
  /// head size] }; null after a failure.
  val readCache(int tensor) {
    nn::KvCache& cache = lm().cache();
    const size_t layer = size_t(tensor) / 2;
    const std::vector<int32_t> dims{int32_t(cache.rows()), int32_t(cache.kvHeads()),
                                    int32_t(cache.length() - cache.seenFrom(layer)), int32_t(cache.headDim())};
    size_t bytes = sizeof(float);
    for (const int32_t d : dims) bytes *= size_t(d);
    auto made = allocate(bytes, "a layer of the cache");
    setStatus(made.status());
    if (!made.ok()) return val::null();
    cache.read(layer, tensor % 2, made->as<float>());
    val out = val::object();
    out.set("data", copied(made->as<uint8_t>(), bytes));
    out.set("dims", copied(dims));
    return out;
  }
  /// A Uint8Array; null after a failure.
  val saveCache() {
    if (!session_) return setStatus(notLoading()), val::null();
    auto saved = session_->save(name_);
    setStatus(saved.status());
    return saved.ok() ? copied(reinterpret_cast<const uint8_t*>(saved->data()), saved->size()) : val::null();
  }
  /// Where the bytes to restore belong; 0 after a failure.
  double restoreWindow(double bytes) {
    auto made = allocate(size_t(bytes), "the saved cache");
    setStatus(made.status());
    if (!made.ok()) return 0;
    restored_ = made.take();
    return address(restored_.data());
  }
  bool restoreCache() {
    const Buffer bytes = std::move(restored_);
    restored_ = {};
    return setStatus(session_ ? session_->restore(bytes.data(), bytes.size(), name_) : notLoading());
  }

 private:
  arch::Decoder& lm() const { return *model_->decoder(); }
  generate::Search* search() const override {
    return session_ ? const_cast<generate::Session&>(*session_).search() : nullptr;
  }
  static Status notLoaded() { return Status(ErrorClass::Internal, "not_loaded", "The model has not been loaded."); }
  static Status shapeMismatch(const std::string& ids, const std::string& mask) {
    return Status(ErrorClass::Input, "shape_mismatch", "attention_mask is " + mask + ", input_ids is " + ids + ".")
        .atField("attention_mask");
  }

  Status begin(const std::string& options, const std::string& cacheType, generate::SessionOptions how) {
    if (!ready_) return notLoaded();
    WF_ASSIGN(how.cacheType, cacheTypeOf(cacheType));
    WF_ASSIGN(generate::GenerationConfig config, generate::GenerationConfig::parse(options));
    const arch::Pass pass = makePass();
    const arch::Input* ids = pass.input("input_ids");
    const arch::Input* mask = pass.input("attention_mask");
    if (!ids || ids->shape.size() != 2)
      return Status(ErrorClass::Input, "missing_input", "input_ids of shape [rows, length] are needed.")
          .atField("input_ids");
    if (mask && mask->shape != ids->shape) return shapeMismatch(shapeText(ids->shape), shapeText(mask->shape));
    std::vector<uint8_t> real;
    for (size_t i = 0, n = size_t(ids->shape[0] * ids->shape[1]); mask && i < n; ++i)
      real.push_back(mask->data.as<int32_t>()[i] != 0);
    return session_->begin(std::move(config), ids->data.as<int32_t>(), mask ? real.data() : nullptr,
                           size_t(ids->shape[0]), size_t(ids->shape[1]), how);
  }

  Status startPass(const std::vector<int32_t>& ids, const std::vector<uint8_t>& mask, size_t rows, size_t length,
                   const std::string& cacheType) {
    if (!ready_) return notLoaded();
    WF_ASSIGN(const kernels::CacheType type, cacheTypeOf(cacheType));
    if (ids.size() != rows * length || (!mask.empty() && mask.size() != ids.size()))
      return shapeMismatch(std::to_string(ids.size()) + " values", std::to_string(mask.size()) + " values");
    return session_->beginPass({ids.data(), mask.empty() ? nullptr : mask.data(), rows, length}, type);
  }

  uint64_t name_;
  std::optional<generate::Session> session_;
  Buffer restored_;
  std::vector<generate::Session::Parked> parked_;
};

EMSCRIPTEN_BINDINGS(decoder) {
  auto model = bindEngine<Model>();
  bindSearch(model);
  model.function("beginGguf", &Model::beginGguf)
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
      .function("reusedTokens", &Model::reusedTokens)
      .function("scoresPtr", &Model::scoresPtr)
      .function("scoreRows", &Model::scoreRows)
      .function("acceptScores", &Model::acceptScores)
      .function("beginPass", &Model::beginPass)
      .function("stepPass", &Model::stepPass)
      .function("passDone", &Model::passDone)
      .function("reorderCache", &Model::reorderCache)
      .function("cachedTokens", &Model::cachedTokens)
      .function("cachedLayers", &Model::cachedLayers)
      .function("readCache", &Model::readCache)
      .function("cropCache", &Model::cropCache)
      .function("saveCache", &Model::saveCache)
      .function("restoreWindow", &Model::restoreWindow)
      .function("restoreCache", &Model::restoreCache);
}

}  // namespace
}  // namespace wasmformers
