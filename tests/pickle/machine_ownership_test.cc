// Every slot that the machine gets is given to the builder again, once, and all
// memory charged is released: whatever the pickle, whatever fails.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "corpus_files.h"
#include "gtest/gtest.h"
#include "pickle/machine/machine.h"
#include "pickle/protocol/decode_error.h"

namespace pickle5 {
namespace {

using internal::Fault;
using internal::Flow;
using internal::Machine;

// Counts the owners of every object, which are numbers.
template <bool kForeign>
class CountingBuilder {
 public:
  struct Slot {
    size_t object;  // 0: null
  };
  static constexpr bool kRunsForeignCode = kForeign;
  static constexpr bool kValidatesText = kForeign;

  // The call with the number `failing`, and those behind it, make nothing.
  explicit CountingBuilder(size_t failing) : failing_(failing) {}

  static bool Ok(Slot s) { return s.object != 0; }
  static Slot Null() { return {0}; }
  static void Put(Slot* to, Slot s) { *to = s; }

  Slot None() { return Make(); }
  Slot Bool(bool) { return Make(); }
  Slot Int(int64_t) { return Make(); }
  Slot Float(double) { return Make(); }
  Slot Long(const uint8_t*, size_t) { return Make(); }
  Slot Str(const uint8_t*, size_t) { return Make(); }
  Slot CopiedStr(const uint8_t*, size_t) { return Make(); }
  Slot Bytes(const uint8_t*, size_t) { return Make(); }
  Slot ByteArray(const uint8_t*, size_t) { return Make(); }
  Slot Python2Str(const uint8_t*, size_t) { return Make(); }
  Slot NewList() { return Make(); }
  Slot NewDict() { return Make(); }
  Slot NewSet() { return Make(); }
  Slot EmptyTuple() { return Make(); }
  Slot Extension(int64_t) { return Make(); }
  Slot NextBuffer() { return Make(); }
  bool Tuple(Slot* f, size_t n) { return Combine(f, n); }
  bool FrozenSet(Slot* f, size_t n) { return Combine(f, n); }
  bool List(Slot* f, size_t n) { return Combine(f, n); }
  bool Dict(Slot* f, size_t n) { return Combine(f, n); }
  bool Append(Slot* f, size_t n) { return Fill(f, n); }
  bool SetItems(Slot* f, size_t n) { return Fill(f, n); }
  bool AddItems(Slot* f, size_t n) { return Fill(f, n); }
  bool Hashable(const Slot*, size_t, size_t) { return !Fails(); }
  bool Global(Slot* f, int) { return Combine(f, 2); }
  bool Reduce(Slot* f) { return Combine(f, 2); }
  bool NewObj(Slot* f) { return Combine(f, 2); }
  bool NewObjEx(Slot* f) { return Combine(f, 3); }
  bool Instance(Slot* f, size_t n, bool) { return Combine(f, 1 + n); }
  bool Build(Slot* f) { return Combine(f, 2); }
  bool Persistent(Slot* f) { return Combine(f, 1); }
  bool ReadonlyBuffer(Slot* f) { return Combine(f, 1); }

  Slot Keep(Slot s) { return Share(s); }
  Slot Share(Slot s) {
    EXPECT_GT(owners_.at(s.object), 0);
    ++owners_[s.object];
    return s;
  }
  void Drop(Slot s) {
    EXPECT_GT(owners_.at(s.object), 0) << "dropped twice";
    --owners_[s.object];
  }
  void Discard(Slot s, const Slot*) { Drop(s); }

  bool Charge(size_t n) {
    if (Fails()) return false;
    charged_ += n;
    return true;
  }
  void Release(size_t n) { charged_ -= n; }
  Fault fault() const { return {ErrorCode::kMemoryLimit, "failed"}; }

  size_t calls() const { return calls_; }
  size_t charged() const { return charged_; }
  // Objects that somebody still owns.
  size_t owned() const {
    size_t count = 0;
    for (const int owners : owners_) count += owners != 0;
    return count;
  }

 private:
  bool Fails() { return ++calls_ >= failing_; }
  Slot Make() {
    if (Fails()) return Null();
    owners_.push_back(1);
    return {owners_.size() - 1};
  }
  bool Combine(Slot* f, size_t n) {
    for (size_t i = 0; i != n; ++i) Drop(f[i]);
    f[0] = Make();
    return Ok(f[0]);
  }
  bool Fill(const Slot* f, size_t n) {
    EXPECT_GT(owners_.at(f[-1].object), 0);
    for (size_t i = 0; i != n; ++i) Drop(f[i]);
    return !Fails();
  }

  std::vector<int> owners_ = {0};
  size_t charged_ = 0;
  size_t calls_ = 0;
  size_t failing_;
};

constexpr size_t kNever = ~size_t{0};

template <bool kForeign>
Flow FlowOf(std::string_view pickle) {
  CountingBuilder<kForeign> builder(kNever);
  Machine<CountingBuilder<kForeign>> machine(&builder);
  machine.Start({});
  const auto* begin = reinterpret_cast<const uint8_t*>(pickle.data());
  machine.SetInput(begin, begin + pickle.size(), /*streaming=*/false);
  return machine.Run();
}

TEST(MachineOwnership, TextIsLeftToABuilderThatValidatesIt) {
  for (const std::string& text :
       {std::string("\x8c\1\xff."), std::string("X\1\0\0\0\xff.", 7)}) {
    EXPECT_EQ(FlowOf<true>(text), Flow::kStop);
    EXPECT_EQ(FlowOf<false>(text), Flow::kError);
  }
}

// Returns the builder's calls.
template <bool kForeign>
size_t Load(std::string_view pickle, Mode mode, size_t failing) {
  CountingBuilder<kForeign> builder(failing);
  {
    Machine<CountingBuilder<kForeign>> machine(&builder);
    ReadOptions options;
    options.mode = mode;
    machine.Start(options);
    const auto* begin = reinterpret_cast<const uint8_t*>(pickle.data());
    machine.SetInput(begin, begin + pickle.size(), /*streaming=*/false);
    const Flow flow = machine.Run();
    EXPECT_LE(machine.offset(), pickle.size());
    if (flow == Flow::kStop) {
      // The memo goes on owning what is in it, nothing else is owned.
      builder.Drop(machine.TakeResult());
      machine.Clear();
      EXPECT_EQ(builder.owned(), 0u);
    }
  }
  EXPECT_EQ(builder.owned(), 0u);
  EXPECT_EQ(builder.charged(), 0u);
  return builder.calls();
}

template <bool kForeign>
void LoadAll(const std::vector<CorpusFile>& files) {
  ASSERT_GT(files.size(), 1000u);
  for (const CorpusFile& file : files) {
    for (const Mode mode : {Mode::kStrict, Mode::kCompat}) {
      const size_t calls = Load<kForeign>(file.bytes, mode, kNever);
      // Some of the calls, the first and the last few among them.
      for (size_t i = 1; i <= calls; i += i < 8 || i + 8 > calls ? 1 : 7) {
        Load<kForeign>(file.bytes, mode, i);
      }
      ASSERT_FALSE(testing::Test::HasFailure()) << file.name;
    }
  }
}

TEST(MachineOwnership, OfGenuinePicklesIsInOrder) {
  LoadAll<false>(GoldenFiles(256));
  LoadAll<true>(GoldenFiles(256));
}

TEST(MachineOwnership, OfHostilePicklesIsInOrder) {
  LoadAll<false>(HostileFiles(256));
  LoadAll<true>(HostileFiles(256));
}

TEST(MachineOwnership, OfMemoEntriesThatAreReplacedIsInOrder) {
  for (const std::string_view pickle :
       {"Nq\x05Kaq\x05.",                          // dense, replaced
        "Nq\xc8Kaq\xc8.",                          // with a hole below
        "Nr\xff\xff\xff\x7fKar\xff\xff\xff\x7f.",  // far, replaced
        "Nr\xff\xff\xff\x7fKaq\x01Kbj\xff\xff\xff\x7f."}) {
    for (size_t failing = 1; failing < 10; ++failing) {
      Load<true>(pickle, Mode::kCompat, failing);
    }
    Load<true>(pickle, Mode::kCompat, kNever);
  }
  // Entry 1040 is far at first; then the dense ones come to lie around it.
  std::string pickle = "Np1040\n";
  for (int i = 0; i <= 1050; ++i) pickle += "Kap" + std::to_string(i) + "\n0";
  Load<true>(pickle + ".", Mode::kCompat, kNever);
}

}  // namespace
}  // namespace pickle5
