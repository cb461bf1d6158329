// An array of plain numbers that either owns its memory or views memory of another owner. The tables of a model are
// built in memory of their own; read from the binary form, they are views of it.
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
    own_ = std::move(o.own_);  // moves the memory, so data_ stays valid
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

  /// Takes ownership of a vector.
  void own(std::vector<T>&& v) {
    own_ = std::move(v);
    viewOwn();
  }
  /// Views memory that must outlive this.
  void view(const T* data, size_t size) {
    own_ = {};
    data_ = data;
    size_ = size;
  }
  /// Calls change(vector) with the owned vector.
  template <class Change>
  void edit(Change change) {
    change(own_);
    viewOwn();
  }
  void push_back(T v) {
    own_.push_back(v);
    viewOwn();
  }
  T& at(size_t i) { return own_[i]; }
  size_t capacity() const { return own_.capacity(); }

 private:
  void viewOwn() { data_ = own_.data(), size_ = own_.size(); }
  std::vector<T> own_;
  const T* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace wasmformers::tokenizer
