// The encoders: model_type of config.json → the file that knows it. A new encoder is a line here.
#include "arch/encoders/families.h"

namespace wasmformers::arch {

namespace {

constexpr Family kFamilies[] = {
    {"albert", createAlbert},         {"bert", createBert},
    {"camembert", createRoberta},     {"deberta-v2", createDebertaV2},
    {"distilbert", createDistilBert}, {"electra", createElectra},
    {"modernbert", createModernBert}, {"mpnet", createMPNet},
    {"roberta", createRoberta},       {"xlm-roberta", createRoberta},
};

}  // namespace

std::span<const Family> encoderFamilies() { return kFamilies; }

}  // namespace wasmformers::arch
