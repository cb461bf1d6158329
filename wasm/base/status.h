// Errors without exceptions. Every function of the core that can fail returns Status or Result<T>; binding/ turns a
// failed Status into a named JavaScript error. A Status holds what a person needs to repair the input: a class, a
// stable code, the file and the field that are wrong, and a sentence.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wasmformers {

/// Which JavaScript error class the failure becomes (js/errors.js holds the same names).
enum class ErrorClass : unsigned char {
  None = 0,
  Config,     // ConfigError: config.json, unknown model_type, unknown dtype, contradicting settings
  Weights,    // WeightsError: safetensors header or data, missing tensors, wrong shapes
  Tokenizer,  // TokenizerError: tokenizer.json, unknown component, vocabulary
  Input,      // InputError: ids out of range, too long input, shapes that do not fit
  Memory,     // MemoryError: an allocation failed
  Internal,   // InternalError: a bug of this library
};

/// Name of the JavaScript class, e.g. "WeightsError"; "" for None.
std::string_view errorClassName(ErrorClass c);

class [[nodiscard]] Status {
 public:
  Status() = default;  // ok
  /// `code`: stable, lower_snake_case, e.g. "header_overlap". `message`: a whole sentence.
  Status(ErrorClass c, std::string code, std::string message)
      : class_(c), code_(std::move(code)), message_(std::move(message)) {}

  bool ok() const { return class_ == ErrorClass::None; }
  ErrorClass errorClass() const { return class_; }
  const std::string& code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& file() const { return file_; }    // "model.safetensors", "" if unknown
  const std::string& field() const { return field_; }  // tensor name, JSON path, input name; "" if none

  /// Adds the file or the field where it happened. One that was set before, by an inner function, stays.
  Status&& inFile(std::string_view file) && {
    if (file_.empty()) file_ = file;
    return std::move(*this);
  }
  Status&& atField(std::string_view field) && {
    if (field_.empty()) field_ = field;
    return std::move(*this);
  }

 private:
  ErrorClass class_ = ErrorClass::None;
  std::string code_, message_, file_, field_;
};

/// A value or the Status that says why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Status status) : status_(std::move(status)) {}

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  Status takeStatus() { return std::move(status_); }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }
  T take() { return std::move(*value_); }

 private:
  std::optional<T> value_;
  Status status_;
};

// Returns the Status of `expr` from the calling function when it failed.
#define WF_TRY(expr)                                                              \
  do {                                                                            \
    if (::wasmformers::Status wfStatus = (expr); !wfStatus.ok()) return wfStatus; \
  } while (0)

#define WF_CONCAT2(a, b) a##b
#define WF_CONCAT(a, b) WF_CONCAT2(a, b)
// `WF_ASSIGN(auto x, f());` declares x from a Result, or returns the Result's Status from the calling function.
#define WF_ASSIGN(decl, expr)                                                                 \
  auto WF_CONCAT(wfResult, __LINE__) = (expr);                                                \
  if (!WF_CONCAT(wfResult, __LINE__).ok()) return WF_CONCAT(wfResult, __LINE__).takeStatus(); \
  decl = WF_CONCAT(wfResult, __LINE__).take()

}  // namespace wasmformers
