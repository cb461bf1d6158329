// What every program that runs models binds to JavaScript: one handle per loaded checkpoint. Calls are few and large (a
// chunk of a file, a layer of a forward pass). Failures are values: a method returns false or 0, and the handle's
// status says why. Pointers are given as numbers; JavaScript must make a new view of the memory for each use, because
// growth detaches views. A program derives its Model, which chooses the families, and binds it by bindEngine.
#pragma once

#include <emscripten/bind.h>
#include <emscripten/heap.h>

#include <optional>

#include "arch/families.h"
#include "arch/steps.h"
#include "binding/handle.h"
#include "weights/loader.h"

namespace wasmformers {

using emscripten::val;

inline Result<kernels::Format> formatFromDtype(std::string_view dtype) {
  if (dtype == "fp32") return kernels::Format::F32;
  if (dtype == "fp16") return kernels::Format::F16;
  if (dtype == "q8") return kernels::Format::Q8;
  if (dtype == "q4") return kernels::Format::Q4;
  return Status(ErrorClass::Config, "unknown_dtype",
                "The dtype \"" + std::string(dtype) + "\" is unknown; this engine has fp32, fp16, q8 and q4.")
      .atField("dtype");
}

template <class C, class F>
val toJsArray(const C& items, F&& f) {
  val out = val::array();
  for (size_t i = 0; i < items.size(); ++i) out.set(unsigned(i), f(items[i]));
  return out;
}

class EngineModel : public Handle {
 public:
  EngineModel(std::span<const arch::Family> families, const kernels::Table& kernels, const std::string& config,
              const std::string& architecture, const std::string& dtype, weights::OpenParts* openParts = nullptr)
      : kernels_(kernels) {
    status_ = create(families, config, architecture, dtype, openParts);
  }

  double packedBytesExpected() const { return double(weights_.packedBytes()); }
  double packedBytes() const { return loader_ ? double(loader_->packedBytes()) : 0; }
  /// Grows the memory once to what all weights need, so that a lack of it is known before they are downloaded.
  /// MemoryError "out_of_memory".
  bool reserve() {
    constexpr uint64_t kPiece = 1 << 30;  // allocators refuse blocks of more than 2 GB
    std::vector<Buffer> all;
    for (uint64_t left = weights_.packedBytes(); left;) {
      const uint64_t some = std::min(left, kPiece);
      all.emplace_back(size_t(some));
      if (!all.back().ok()) {
        return setStatus(Status(ErrorClass::Memory, "out_of_memory",
                                "The weights take " + std::to_string(weights_.packedBytes()) +
                                    " bytes, which cannot be had; try a smaller dtype, or a smaller model."));
      }
      left -= some;
    }
    return setStatus({});
  }
  void beginFile(const std::string& name) {
    if (loader_) loader_->beginFile(name);
  }
  double window() { return loader_ ? address(loader_->window()) : 0; }
  double room() { return loader_ ? double(loader_->room()) : 0; }
  bool commit(double n) { return setStatus(loader_ ? loader_->commit(size_t(n)) : notLoading()); }
  bool endFile() { return setStatus(loader_ ? loader_->endFile() : notLoading()); }
  bool finishLoading() {
    if (!loader_) return setStatus(notLoading());
    Status s = loader_->finish();
    if (s.ok()) s = model_->loaded();
    ready_ = s.ok();
    return setStatus(std::move(s));
  }

  /// [{ name, dtype: "int32" | "float32", dims: (string | number)[], optional }, …]
  val inputs() const { return model_ ? toJs(model_->inputs()) : val::array(); }
  val outputs() const { return model_ ? toJs(model_->outputs()) : val::array(); }
  /// { length, trainedLength, vocabulary }, see arch::Limits.
  val limits() const {
    const arch::Limits limits = model_ ? model_->limits() : arch::Limits{};
    val out = val::object();
    out.set("length", double(limits.length));
    out.set("trainedLength", double(limits.trainedLength));
    out.set("vocabulary", double(limits.vocabulary));
    return out;
  }

  double setInput(const std::string& name, const std::string& dtype, val dims) {
    auto made = makeInput(name, dtype, emscripten::convertJSArrayToNumberVector<double>(dims));
    if (!made.ok()) {
      setStatus(made.takeStatus());
      return 0;
    }
    setStatus({});
    for (arch::Input& in : inputs_) {
      if (in.name == name) {
        in = made.take();
        return address(in.data.data());
      }
    }
    inputs_.push_back(made.take());
    return address(inputs_.back().data.data());
  }

  bool begin() {
    if (!ready_) return setStatus(Status(ErrorClass::Internal, "not_loaded", "The model has not been loaded."));
    arena_.reset();
    outputs_.clear();
    arch::Pass pass = makePass();
    return setStatus(checked(model_->begin(pass)));
  }
  int steps() const { return model_ ? int(model_->steps()) : 0; }
  bool step(int index) {
    arch::Pass pass = makePass();
    Status s = model_->step(size_t(index), pass);
    if (s.ok() && !arena_.failed() && index + 1 == steps()) s = finite(outputs_);
    return setStatus(checked(std::move(s)));
  }

  int outputCount() const { return int(outputs_.size()); }
  std::string outputName(int i) const { return std::string(outputs_[size_t(i)].name); }
  val outputDims(int i) const {
    return toJsArray(outputs_[size_t(i)].shape, [](int64_t d) { return val(double(d)); });
  }
  double outputPtr(int i) const { return address(outputs_[size_t(i)].data); }

  void release() {
    outputs_.clear();
    inputs_.clear();
    arena_.reset();
  }

 protected:
  Status create(std::span<const arch::Family> families, const std::string& config, const std::string& architecture,
                const std::string& dtype, weights::OpenParts* openParts) {
    WF_ASSIGN(json::Document document, json::Document::parse(config, "config.json", ErrorClass::Config));
    WF_ASSIGN(const arch::Head head, arch::headFromArchitecture(architecture));
    WF_ASSIGN(const kernels::Format format, formatFromDtype(dtype));
    auto made = arch::createModel(document.root(), {head, format}, families);
    if (!made.ok()) return made.takeStatus().inFile("config.json");
    model_ = made.take();
    model_->declare(weights_);
    std::unique_ptr<weights::Parts> parts;
    if (openParts) {
      WF_ASSIGN(parts, openParts(document.root(), weights_));
    }
    loader_.emplace(weights_, std::move(parts));
    return {};
  }

  static Status notLoading() { return Status(ErrorClass::Internal, "not_created", "The model could not be created."); }

  Result<arch::Input> makeInput(const std::string& name, const std::string& dtype, const std::vector<double>& dims) {
    arch::Input in;
    in.name = name;
    if (dtype != "int32" && dtype != "float32") {
      return Status(ErrorClass::Input, "bad_dtype", "Input " + name + " must be int32 or float32, not " + dtype + ".")
          .atField(name);
    }
    in.dtype = dtype == "int32" ? DType::I32 : DType::F32;
    double count = 1;
    for (double d : dims) {
      in.shape.push_back(int64_t(d));
      count *= d;
    }
    if (!(count >= 0 && count < double(SIZE_MAX / 8))) {
      return Status(ErrorClass::Input, "too_large", "Input " + name + " has " + shapeText(in.shape) + " elements.")
          .atField(name);
    }
    WF_ASSIGN(in.data, allocate(size_t(count) * 4, "input " + name));
    return in;
  }

  /// WeightsError "not_a_number": what a search says of such scores (generate/search.cpp).
  static Status finite(const std::vector<arch::Output>& outputs) {
    for (const arch::Output& out : outputs) {
      if (allFinite({DType::F32, out.shape, out.data})) continue;
      return Status(ErrorClass::Weights, "not_a_number",
                    "The model's " + std::string(out.name) +
                        " are not numbers; its weights may be damaged, or too large for this dtype.")
          .atField(out.name);
    }
    return {};
  }

  arch::Pass makePass() { return {kernels_, arena_, inputs_, outputs_}; }
  /// Ends the pass after a failure.
  Status checked(Status s) {
    if (s.ok() && arena_.failed()) s = arch::outOfMemory();
    if (!s.ok()) {
      outputs_.clear();
      arena_.reset();
    }
    return s;
  }
  static val toJs(const std::vector<arch::Declared>& list) {
    return toJsArray(list, [](const arch::Declared& d) {
      val out = val::object();
      out.set("name", std::string(d.name));
      out.set("dtype", std::string(d.dtype == DType::I32 ? "int32" : "float32"));
      out.set("dims", toJsArray(d.dims, [](const arch::Axis& axis) {
                return axis.name ? val(std::string(axis.name)) : val(double(axis.size));
              }));
      out.set("optional", d.optional);
      return out;
    });
  }

  const kernels::Table& kernels_;
  weights::Weights weights_;
  std::unique_ptr<arch::Model> model_;
  std::optional<weights::Loader> loader_;
  bool ready_ = false;
  Arena arena_;
  std::vector<arch::Input> inputs_;
  std::vector<arch::Output> outputs_;
};

/// Binds M, derived from EngineModel, as "Model", and the functions variant, int8Dot and memoryBytes. Returns the
/// class, for further methods.
template <class M>
emscripten::class_<M> bindEngine() {
  emscripten::function("variant", +[] { return std::string(kernels::variantName()); });
  emscripten::function("int8Dot", +[] { return std::string(kernels::int8DotName()); });
  emscripten::function("memoryBytes", +[] { return double(emscripten_get_heap_size()); });
  using E = EngineModel;
  emscripten::class_<M> model("Model");
  bindStatus(model);
  model.template constructor<const std::string&, const std::string&, const std::string&>()
      .function("packedBytesExpected", inherited<M>(&E::packedBytesExpected))
      .function("packedBytes", inherited<M>(&E::packedBytes))
      .function("reserve", inherited<M>(&E::reserve))
      .function("beginFile", inherited<M>(&E::beginFile))
      .function("window", inherited<M>(&E::window))
      .function("room", inherited<M>(&E::room))
      .function("commit", inherited<M>(&E::commit))
      .function("endFile", inherited<M>(&E::endFile))
      .function("finishLoading", inherited<M>(&E::finishLoading))
      .function("inputs", inherited<M>(&E::inputs))
      .function("outputs", inherited<M>(&E::outputs))
      .function("limits", inherited<M>(&E::limits))
      .function("setInput", inherited<M>(&E::setInput))
      .function("begin", inherited<M>(&E::begin))
      .function("steps", inherited<M>(&E::steps))
      .function("step", inherited<M>(&E::step))
      .function("outputCount", inherited<M>(&E::outputCount))
      .function("outputName", inherited<M>(&E::outputName))
      .function("outputDims", inherited<M>(&E::outputDims))
      .function("outputPtr", inherited<M>(&E::outputPtr))
      .function("release", inherited<M>(&E::release));
  return model;
}

}  // namespace wasmformers
