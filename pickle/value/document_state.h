#ifndef PICKLE5_PICKLE_VALUE_DOCUMENT_STATE_H_
#define PICKLE5_PICKLE_VALUE_DOCUMENT_STATE_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "buffers/buffer.h"
#include "pickle/machine/machine.h"
#include "pickle/value/arena.h"
#include "pickle/value/value_builder.h"

namespace pickle5::internal {

// What a Document owns besides its root.
class DocumentState {
 public:
  // The input, if the Document owns or maps it.
  std::string owned_input;
  Buffer mapped_input;
  // Payloads that stand elsewhere.
  std::vector<Buffer> payloads;
  Arena arena;
  std::deque<Buffer> buffers;
  std::vector<Value> effects;
  ValueBuilder builder{&arena, &buffers, &effects};
  Machine<ValueBuilder> machine{&builder};
  uint64_t consumed = 0;
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_VALUE_DOCUMENT_STATE_H_
