// The base class of all handles for JavaScript. It keeps the status of the last call that can fail, which checkStatus()
// in js/errors.js reads.
#pragma once

#include <emscripten/bind.h>

#include "base/status.h"

namespace wasmformers {

inline double address(const void* p) { return double(reinterpret_cast<uintptr_t>(p)); }

class Handle {
 public:
  bool ok() const { return status_.ok(); }
  std::string errorClass() const { return std::string(errorClassName(status_.errorClass())); }
  std::string errorCode() const { return status_.code(); }
  std::string errorMessage() const { return status_.message(); }
  std::string errorFile() const { return status_.file(); }
  std::string errorField() const { return status_.field(); }

 protected:
  bool setStatus(Status s) {
    status_ = std::move(s);
    return status_.ok();
  }

  Status status_;
};

// A method of a base class, as a method of M: Embind needs it so.
template <class M, class B, class R, class... A>
auto inherited(R (B::*f)(A...)) -> R (M::*)(A...) {
  return f;
}
template <class M, class B, class R, class... A>
auto inherited(R (B::*f)(A...) const) -> R (M::*)(A...) const {
  return f;
}

template <class M>
void bindStatus(emscripten::class_<M>& handle) {
  handle.function("ok", inherited<M>(&Handle::ok))
      .function("errorClass", inherited<M>(&Handle::errorClass))
      .function("errorCode", inherited<M>(&Handle::errorCode))
      .function("errorMessage", inherited<M>(&Handle::errorMessage))
      .function("errorFile", inherited<M>(&Handle::errorFile))
      .function("errorField", inherited<M>(&Handle::errorField));
}

}  // namespace wasmformers
