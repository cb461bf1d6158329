// A safetensors file in memory, to change its tensors and to write it again.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>

#include "tensor/safetensors.h"

namespace wasmformers::testing {

/// The tensors of a safetensors file, to change and to write again.
struct Tensors {
  struct One {
    std::string dtype;
    Shape shape;
    std::string bytes;
  };
  std::map<std::string, One> all;

  Tensors() = default;
  explicit Tensors(const std::string& file) {
    uint64_t length = 0;
    std::memcpy(&length, file.data(), 8);
    auto header = parseSafetensorsHeader(std::string_view(file).substr(8, size_t(length)), "model.safetensors");
    EXPECT_TRUE(header.ok());
    for (const TensorInfo& t : header->tensors) {
      all[t.name] = {std::string(dtypeName(t.dtype)), t.shape,
                     file.substr(8 + size_t(length) + size_t(t.begin), size_t(t.end - t.begin))};
    }
  }
  std::string file() const {
    std::string json = "{", data;
    for (const auto& [name, t] : all) {
      json += (json.size() > 1 ? ",\"" : "\"") + name + "\":{\"dtype\":\"" + t.dtype +
              "\",\"shape\":" + shapeText(t.shape) + ",\"data_offsets\":[" + std::to_string(data.size()) + "," +
              std::to_string(data.size() + t.bytes.size()) + "]}";
      data += t.bytes;
    }
    json += "}";
    while (json.size() % 8) json += " ";
    const uint64_t length = json.size();
    return std::string(reinterpret_cast<const char*>(&length), 8) + json + data;
  }
  void rename(const std::string& from, const std::string& to) {
    std::map<std::string, One> renamed;
    for (auto& [name, t] : all) renamed[name.starts_with(from) ? to + name.substr(from.size()) : name] = std::move(t);
    all = std::move(renamed);
  }
};

}  // namespace wasmformers::testing
