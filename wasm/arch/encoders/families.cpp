// The encoders: config.json's model_type, and the class that implements it. A new encoder is a file that defines
// create<Class>, and a line here.
#include "arch/families.h"

#define ENCODERS(FAMILY)           \
  FAMILY("albert", Albert)         \
  FAMILY("bert", Bert)             \
  FAMILY("camembert", Roberta)     \
  FAMILY("deberta-v2", DebertaV2)  \
  FAMILY("distilbert", DistilBert) \
  FAMILY("electra", Electra)       \
  FAMILY("modernbert", ModernBert) \
  FAMILY("mpnet", MPNet)           \
  FAMILY("roberta", Roberta)       \
  FAMILY("xlm-roberta", Roberta)

namespace wasmformers::arch {

WF_FAMILIES(encoderFamilies, ENCODERS)

}  // namespace wasmformers::arch
