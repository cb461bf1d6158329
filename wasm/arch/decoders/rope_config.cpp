// See rope_config.h.
#include "arch/decoders/rope_config.h"

#include <algorithm>
#include <cmath>

namespace wasmformers::arch {

namespace {

using Type = nn::Rope::Type;

/// Reads one object of rope settings.
class RopeReader {
 public:
  RopeReader(ConfigReader& c, json::Value from, const char* field) : c_(c), from_(from), field_(field) {}

  bool has(const char* name) const { return from_[name] && !from_[name].isNull(); }
  double positive(const char* name, double fallback) {
    if (!has(name)) return fallback;
    const double v = from_[name].asNumber();
    if (from_[name].isNumber() && std::isfinite(v) && v > 0) return v;
    c_.invalid(field_, std::string(field_) + "." + name + " must be a positive number.");
    return fallback > 0 ? fallback : 1;
  }
  double required(const char* name) {
    if (!has(name)) c_.invalid(field_, std::string(field_) + " lacks " + name + ".");
    return positive(name, 1);
  }
  std::vector<float> factors(const char* name, size_t count) {
    std::vector<float> all;
    for (json::Value v : from_[name].elements()) all.push_back(v.isNumber() ? float(v.asNumber()) : 0);
    const bool good =
        all.size() == count && std::all_of(all.begin(), all.end(), [](float f) { return f > 0 && f < 1e30f; });
    if (!good)
      c_.invalid(field_, std::string(field_) + "." + name + " must be " + std::to_string(count) + " positive numbers.");
    all.resize(count, 1);
    return all;
  }
  json::Value value(const char* name) const { return from_[name]; }

 private:
  ConfigReader& c_;
  json::Value from_;
  const char* field_;
};

Type typeFromName(ConfigReader& c, std::string_view name, const char* field) {
  if (name == "default") return Type::Default;
  if (name == "linear") return Type::Linear;
  if (name == "dynamic") return Type::Dynamic;
  if (name == "yarn") return Type::Yarn;
  if (name == "llama3") return Type::Llama3;
  if (name == "longrope" || name == "su") return Type::LongRope;
  c.unsupported(field, "the rope_type \"" + std::string(name) + "\"");
  return Type::Default;
}

double yarnScale(double factor, double by) { return factor <= 1 ? 1 : 0.1 * by * std::log(factor) + 1; }

}  // namespace

nn::Rope readRope(ConfigReader& c, const RopeDefaults& d) {
  const json::Value config = c.raw();
  const char* field = "rope_parameters";
  json::Value from = config[field];
  if (from.isObject() && d.layerType && from[d.layerType].isObject()) from = from[d.layerType];
  const json::Value old = d.scalingField ? config[d.scalingField] : json::Value();
  if (old.isObject() && old.size()) {
    from = old;
    field = d.scalingField;
  } else if (from && !from.isNull() && !from.isObject()) {
    c.invalid(field, "rope_parameters must be an object.");
  }
  RopeReader r(c, from, field);

  nn::Rope rope;
  const char* spelling = r.has("rope_type") ? "rope_type" : "type";
  rope.type = typeFromName(c, r.has(spelling) ? r.value(spelling).asString("(no string)") : "default", field);
  if (rope.type == Type::Yarn && r.has("long_factor")) rope.type = Type::LongRope;  // Phi-3's first files say "yarn"
  rope.theta = r.positive("rope_theta", double(c.number(d.thetaField, float(d.theta))));
  if (!(rope.theta > 0)) c.invalid(d.thetaField, std::string(d.thetaField) + " must be positive.");
  const double partial = r.positive("partial_rotary_factor", double(c.number(d.partialField, float(d.partial))));
  const char* partialField = r.has("partial_rotary_factor") ? field
                             : config[d.partialField]       ? d.partialField
                                                            : "head_dim";
  if (!(partial > 0 && partial <= 1)) c.invalid(partialField, "the part of a head that turns must be in (0, 1].");
  rope.dims = size_t(double(d.headDim) * std::clamp(partial, 0.0, 1.0));
  if (rope.dims % 2 || rope.dims == 0)
    c.invalid(partialField,
              "rotary positions turn pairs: an even number of a head's values, not " + std::to_string(rope.dims) + ".");
  rope.dims = std::max<size_t>(rope.dims & ~size_t(1), 2);

  const double positions = double(c.size("max_position_embeddings", 2048, 1 << 30));
  // Phi-3 has the trained length at the top of config.json; there it counts more than inside the object.
  rope.original = config["original_max_position_embeddings"].isNumber() && rope.type != Type::Dynamic
                      ? double(c.size("original_max_position_embeddings", 4096, 1 << 30))
                      : r.positive("original_max_position_embeddings", positions);
  rope.original = std::min(rope.original, double(1 << 30));
  switch (rope.type) {
    case Type::Default: break;
    case Type::Linear: rope.factor = r.required("factor"); break;
    case Type::Dynamic:
      rope.factor = r.required("factor");
      rope.original = positions;
      break;
    case Type::Llama3:
      rope.factor = r.required("factor");
      rope.lowFrequency = r.required("low_freq_factor");
      rope.highFrequency = r.required("high_freq_factor");
      if (rope.highFrequency <= rope.lowFrequency)
        c.invalid(field, std::string(field) + ".high_freq_factor must be greater than low_freq_factor.");
      break;
    case Type::Yarn: {
      rope.factor = r.positive("factor", positions / rope.original);
      rope.betaFast = r.positive("beta_fast", 32);
      rope.betaSlow = r.positive("beta_slow", 1);
      rope.truncate = r.value("truncate").asBool(true);
      const double mscale = r.value("mscale").asNumber(), all = r.value("mscale_all_dim").asNumber();
      const double usual = mscale != 0 && all != 0 ? yarnScale(rope.factor, mscale) / yarnScale(rope.factor, all)
                                                   : yarnScale(rope.factor, 1);
      rope.scale = float(r.positive("attention_factor", usual));
      break;
    }
    case Type::LongRope: {
      rope.factor = r.positive("factor", positions / rope.original);
      rope.shortFactor = r.factors("short_factor", rope.dims / 2);
      rope.longFactor = r.factors("long_factor", rope.dims / 2);
      const double usual =
          rope.factor <= 1 ? 1 : std::sqrt(1 + std::log(rope.factor) / std::log(std::max(rope.original, 2.0)));
      rope.scale = float(r.positive("attention_factor", usual));
      break;
    }
  }
  return rope;
}

size_t stretchedContext(const nn::Rope& rope, size_t positions) {
  double stretched = double(positions);
  if (rope.type == Type::Linear || rope.type == Type::Dynamic) stretched *= std::max(rope.factor, 1.0);
  if (rope.type == Type::Yarn) stretched = std::max(stretched, rope.original * rope.factor);
  return size_t(std::min(stretched, double(1 << 30)));
}

}  // namespace wasmformers::arch
