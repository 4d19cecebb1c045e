#include "pickle/emitter/payload_store.h"

namespace pickle5 {

PayloadStore::~PayloadStore() = default;

}  // namespace pickle5
