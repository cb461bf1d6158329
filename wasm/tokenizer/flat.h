// An array of plain numbers that is either its own or a view of memory that someone else keeps: the tables of a model
// are built into the first and, from the binary form, are used where they lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace wasmformers::tokenizer {

template <class T>
class Flat {
 public:
  Flat() = default;
  Flat(Flat&& o) noexcept { *this = std::move(o); }
  Flat& operator=(Flat&& o) noexcept {
    own_ = std::move(o.own_);  // a vector's memory moves with it
    data_ = std::exchange(o.data_, nullptr);
    size_ = std::exchange(o.size_, 0);
    return *this;
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T* data() const { return data_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  const T& operator[](size_t i) const { return data_[i]; }

  /// Takes a vector over.
  void own(std::vector<T>&& v) {
    own_ = std::move(v);
    look();
  }
  /// Looks at memory that outlives this.
  void view(const T* data, size_t size) {
    own_ = {};
    data_ = data;
    size_ = size;
  }
  /// Changes an array of its own: `change` gets the vector.
  template <class Change>
  void edit(Change change) {
    change(own_);
    look();
  }
  void push_back(T v) {
    own_.push_back(v);
    look();
  }
  T& at(size_t i) { return own_[i]; }
  size_t capacity() const { return own_.capacity(); }

 private:
  void look() { data_ = own_.data(), size_ = own_.size(); }
  std::vector<T> own_;
  const T* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace wasmformers::tokenizer
