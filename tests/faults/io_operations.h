#ifndef PICKLE5_TESTS_FAULTS_IO_OPERATIONS_H_
#define PICKLE5_TESTS_FAULTS_IO_OPERATIONS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "buffers/arena/shm_arena.h"
#include "buffers/arena/shm_views.h"
#include "pickle/value/document.h"
#include "pickle/value/document_feeder.h"
#include "pickle/value/value_writer.h"
#include "tests/buffers/stream_pair.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {

// What an operation works with: the same objects before and after a fault.
struct IoScene {
  explicit IoScene(const TempDir& in) : folder(in) {}

  // Both files are in the folder from the start: "old" is to be replaced or
  // added to, "input" is to be read.
  const TempDir& folder;
  std::string old = folder.File("old");
  std::string input = folder.File("input");

  // Where the streams of an operation go, not used yet.
  StreamPair socket;
  StreamPair small_socket;  // non-blocking, and takes little at a time
  StreamPair pipe;

  ShmArena arena{uint64_t{4} << 20};
  ShmViews views;
  Document document;
  DocumentFeeder feeder;
  ValueWriter writer;

  // What the operation came to, to be compared.
  std::string made;
};

struct IoOperation {
  std::string_view name;
  // What "old" and "input" hold.
  std::string_view (*old)();
  std::string_view (*input)();
  absl::Status (*run)(IoScene&);
  // False: it takes system calls that fail for a finding, or has a thread.
  bool fails_with_calls = true;
};

std::vector<IoOperation> IoOperations();

// Makes files and streams as they are before the operation.
void Prepare(const IoOperation& operation, IoScene* scene);

}  // namespace pickle5

#endif  // PICKLE5_TESTS_FAULTS_IO_OPERATIONS_H_
