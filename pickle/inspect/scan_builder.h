#ifndef PICKLE5_PICKLE_INSPECT_SCAN_BUILDER_H_
#define PICKLE5_PICKLE_INSPECT_SCAN_BUILDER_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pickle/inspect/joblib_array.h"
#include "pickle/inspect/scan.h"
#include "pickle/protocol/hash_table.h"
#include "pickle/value/value_builder.h"

namespace pickle5::internal {

// The objects behind a ScanBuilder; a base, so that they are made before it.
struct ScanMemory {
  Arena arena;
  std::deque<Buffer> buffers;
  std::vector<Value> effects;
};

// Returns whether `global` is builtins.getattr, whose harm is in its arguments.
bool IsGetattr(Value global);

// Builds the Values of a pickle, and notes on the way every global and every
// call. May throw std::bad_alloc.
class ScanBuilder : private ScanMemory, public ValueBuilder {
 public:
  // The offset of the opcode at hand must be known at every call.
  static constexpr bool kRunsForeignCode = true;

  // `report` outlives the builder.
  ScanBuilder(const GlobalPolicy& policy, ScanReport* report)
      : ValueBuilder(&arena, &buffers, &effects),
        policy_(policy),
        report_(*report) {}

  // Begins the pickle at `base`, read by `machine`.
  void StartPickle(const ReadOptions& options,
                   const Machine<ScanBuilder>* machine, uint64_t base);
  // To be called at its end, in whatever way it ended.
  void EndPickle();

  Slot Share(Slot s) {
    if (s.is(Kind::kGlobal)) CountReference(s);
    return ValueBuilder::Share(s);
  }
  bool Global(Slot* f, int protocol);
  bool Reduce(Slot* f);
  bool NewObj(Slot* f);
  bool NewObjEx(Slot* f);
  bool Instance(Slot* f, size_t n, bool inst);
  bool Build(Slot* f);
  Slot Extension(int64_t code);

  // A joblib wrapper that was given a state since it was last asked.
  struct Wrapper {
    Value state;
    uint64_t end;  // offset behind the BUILD, as in a Site
  };
  std::optional<Wrapper> TakeWrapper() {
    return std::exchange(wrapper_, std::nullopt);
  }
  // Returns whether a wrapper may have been made, or given a state, in another
  // way.
  bool HasDoubtfulWrapper() const {
    return wrapper_references_ != 0 || doubtful_wrapper_;
  }
  // So many bytes are kept from the machine: offsets count them.
  void PassOver(uint64_t size) { base_ += size; }

 private:
  // Of a global whose uses are to be known.
  void CountReference(Slot global) {
    if (IsGetattr(global)) ++getattr_references_;
    if (IsJoblibWrapper(global)) ++wrapper_references_;
  }
  // Notes the opcode at hand as a site of the name.
  void Note(uint32_t name);
  // The same, and that the name is no better than this.
  void Note(uint32_t name, Verdict verdict, const char* reason);
  // The name's index in the report, where it is entered once.
  uint32_t Enter(std::string name, Verdict verdict, const char* reason);
  // Of a global, judged by the policy; and of what calling it gives.
  uint32_t NameOf(Slot global);
  uint32_t NameOfResult(Slot object);
  void NoteCall(Slot callable, Slot args);
  void NoteGetattr(Slot getattr, Slot args);

  const GlobalPolicy& policy_;
  ScanReport& report_;
  const Machine<ScanBuilder>* machine_ = nullptr;
  uint64_t base_ = 0;
  HashMap<std::string, uint32_t> names_;
  // By the nodes of module and qualname, in this pickle: long names that are
  // used again and again are put together once.
  HashMap<std::pair<uint64_t, uint64_t>, uint32_t> globals_;
  HashMap<uint32_t, uint32_t> results_;  // by the global's name
  // Of builtins.getattr: references pushed, less those that calls took from the
  // stack. What is left went elsewhere, to be called with unseen arguments.
  int64_t getattr_references_ = 0;
  // Of joblib's NumpyArrayWrapper: references pushed, less those that NEWOBJ
  // made into a wrapper.
  int64_t wrapper_references_ = 0;
  bool doubtful_wrapper_ = false;
  std::optional<Wrapper> wrapper_;
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_INSPECT_SCAN_BUILDER_H_
