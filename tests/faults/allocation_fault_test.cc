// Every allocation of every operation fails once, and from some point on: the
// operation says ResourceExhausted or does what it does without faults, leaks
// nothing, and the same objects then do it right.

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "allocation_faults.h"
#include "buffers/bytes/memory_byte_writer.h"
#include "buffers/memory_source.h"
#include "corpus_files.h"
#include "gtest/gtest.h"
#include "pickle/inspect/disassembly.h"
#include "pickle/inspect/optimize.h"
#include "pickle/inspect/scan.h"
#include "pickle/inspect/statistics.h"
#include "pickle/inspect/verify.h"
#include "pickle/protocol/class_resolver.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/show/canonical_tree.h"
#include "pickle/show/json_format.h"
#include "pickle/value/arena.h"
#include "pickle/value/document.h"
#include "pickle/value/document_feeder.h"
#include "pickle/value/equal.h"
#include "pickle/value/hash.h"
#include "pickle/value/literal.h"
#include "pickle/value/repr.h"
#include "pickle/value/value_writer.h"

namespace pickle5 {
namespace {

bool Long() { return std::getenv("PICKLE5_LONG_TESTS") != nullptr; }

// What the operations work on. `fresh` are made anew for every point.
struct Work {
  Work(const CorpusFile& file, const Document& of, const GlobalPolicy& names)
      : pickle(file.bytes), loaded(&of), policy(&names) {
    options.encoding = StringEncoding::kLatin1;
    options.placeholder_buffers = true;
  }

  std::string_view pickle;
  ReadOptions options;
  const Document* loaded;  // of the pickle, if it loads
  const GlobalPolicy* policy;

  Document document;
  MemoryByteWriter out;
  ValueWriter writer;
  DocumentFeeder feeder;
  std::string text;
};

struct Operation {
  const char* name;
  bool needs_loaded;
  std::function<absl::Status(Work&)> run;
};

absl::Status Take(absl::StatusOr<std::string> made, Work& work) {
  if (made.ok()) work.text = *std::move(made);
  return made.status();
}

absl::Status Feed(Work& work) {
  absl::Status status = work.feeder.Start(&work.document, work.options);
  std::string_view rest = work.pickle;
  while (status.ok() && !rest.empty()) {
    const auto progress = work.feeder.Feed(rest.substr(0, 7));
    if (!progress.ok()) return progress.status();
    if (*progress == DocumentFeeder::Progress::kDone) return absl::OkStatus();
    rest.remove_prefix(std::min<size_t>(7, rest.size()));
  }
  return status.ok() ? work.feeder.Finish() : status;
}

absl::Status Write(Work& work, int protocol) {
  WriteOptions options;
  options.protocol = protocol;
  return work.writer.Write(*work.loaded, work.out, options);
}

// The functions that say so let std::bad_alloc through.
absl::Status Throwing(const std::function<void()>& run) {
  try {
    run();
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("");
  }
  return absl::OkStatus();
}

// A Document that was moved from makes its state anew.
absl::Status LoadFresh(Work& work) {
  Document moved = std::move(work.document);
  return work.document.LoadBorrowed(work.pickle, work.options);
}

absl::Status FeedFresh(Work& work) {
  Document moved = std::move(work.document);
  return Feed(work);
}

absl::Status LoadShallow(Work& work) {
  ReadOptions options = work.options;
  options.limits.max_depth = 2;
  return work.document.LoadBorrowed(work.pickle, options);
}

std::vector<Operation> Operations() {
  return {
      {"load", false,
       [](Work& w) { return w.document.LoadBorrowed(w.pickle, w.options); }},
      {"load fresh", false, LoadFresh},
      {"load shallow", false, LoadShallow},
      {"feed", false, Feed},
      {"feed fresh", false, FeedFresh},
      {"verify", false, [](Work& w) { return Verify(w.pickle, w.options); }},
      {"dis", false, [](Work& w) { return Disassemble(w.pickle, {}, w.out); }},
      {"optimize", false, [](Work& w) { return Optimize(w.pickle, w.out); }},
      {"scan", false, [](Work& w) { return Scan(w.pickle, *w.policy).status; }},
      {"dump 5", true, [](Work& w) { return Write(w, 5); }},
      {"dump 2", true, [](Work& w) { return Write(w, 2); }},
      {"dump 0", true, [](Work& w) { return Write(w, 0); }},
      {"convert", false,
       [](Work& w) {
         absl::Status status = w.document.LoadBorrowed(w.pickle, w.options);
         if (!status.ok()) return status;
         return w.writer.Write(w.document, w.out, {.protocol = 3});
       }},
      {"copy", true,
       [](Work& w) {
         w.document.SetRoot(w.document.Copy(w.loaded->root()));
         return w.document.root().is_null() ? absl::ResourceExhaustedError("")
                                            : absl::OkStatus();
       }},
      {"tree", true,
       [](Work& w) { return Take(CanonicalTree(w.loaded->root()), w); }},
      {"json", true,
       [](Work& w) {
         return Take(ToJson(w.loaded->root(), {.lossless = true}), w);
       }},
      {"write json", true,
       [](Work& w) { return WriteJson(w.loaded->root(), {}, w.out); }},
      {"statistics", true,
       [](Work& w) { return Measure(w.pickle, *w.loaded).status(); }},
      {"repr", true,
       [](Work& w) {
         return Throwing([&w] { w.text = Repr(w.loaded->root()); });
       }},
      {"equal", true,
       [](Work& w) {
         return Throwing(
             [&w] { EXPECT_TRUE(Equal(w.loaded->root(), w.loaded->root())); });
       }},
      {"hash", true,
       [](Work& w) {
         return Throwing([&w] { (void)Hash(w.loaded->root()); });
       }},
  };
}

// More than a first block of std::deque holds.
constexpr size_t kBuffers = 20;

absl::Status LoadWithBuffers(Work& work) {
  static const std::string pickle =
      "(" + std::string(kBuffers, '\x97') + "\x98t.";
  try {
    MemorySource source(std::vector<Buffer>(kBuffers, Buffer::Borrow("abc")));
    return work.document.LoadBorrowed(pickle, {}, &source);
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("");  // the source's own
  }
}

absl::Status LoadDetached(Work& work) {
  static const std::string others = [] {
    std::string opcodes = "(";
    for (size_t i = 0; i < kBuffers; ++i) {
      opcodes.append("B\3\0\0\0", 5);
    }
    return opcodes + "t.";
  }();
  DetachedPayload payloads[kBuffers];
  for (size_t i = 0; i < kBuffers; ++i) {
    payloads[i].position = 6 + 5 * i;
    payloads[i].bytes = Buffer::Borrow("abc");
    payloads[i].readonly = true;
    payloads[i].is_buffer = i % 4 != 0;
  }
  return work.document.LoadDetached(Buffer::Borrow(others), payloads);
}

absl::Status Make(Work& work) {
  work.document.Clear();
  const Maker make(&work.document);
  Value buffer;
  for (size_t i = 0; i < kBuffers; ++i) {
    buffer = work.document.MakeBuffer(Buffer::Borrow("abc"));
    if (buffer.is_null()) break;
  }
  const Value value =
      make.Tuple({make.List({1, "text"}),
                  make.Dict({{"key", uint64_t{1} << 63}}), make.Set({2}),
                  make.FrozenSet({3}), make.Call("m.f", {"argument"}), buffer,
                  work.document.MakeIntFromText(
                      "1234567890123456789012345678901234567890")});
  work.document.SetRoot(value);
  return value.is_null() ? absl::ResourceExhaustedError("") : absl::OkStatus();
}

absl::Status MakeFresh(Work& work) {
  work.document = Document();
  const Document moved = std::move(work.document);
  return Make(work);
}

absl::Status ReadJson(Work& work) {
  const absl::StatusOr<Value> value =
      FromJson(R"([{"$int": "0x123456789abcdef012345"}, {"$global": ["m", "f"]},
                   {"$int": "12345678901234567890123"}, {"$bytes": "YWJj"},
                   {"$id": 1, "$object": "reduce", "$callable":
                   {"$extension": 1}, "$args": [], "$posts": [["append", [1]]]},
                   {"$ref": 1}, {"$ref": 2}, {"$id": 2, "$set": [1]}])",
               &work.document);
  if (value.ok()) work.document.SetRoot(*value);
  return value.status();
}

// What does not depend on a pickle.
std::vector<Operation> OwnOperations() {
  return {{"load with buffers", false, LoadWithBuffers},
          {"load detached", false, LoadDetached},
          {"make", false, Make},
          {"make fresh", false, MakeFresh},
          {"read json", false, ReadJson}};
}

// What the corpora have not among their small files.
std::vector<CorpusFile> OwnFiles() {
  using std::string_literals::operator""s;
  return {{"sparse memo", "Nr\xff\xff\xff\0q\1r\0\0\1\0h\1\x86."s},
          {"effects", "Ncm\nf\n)R0cm\nf\n)R0."},
          {"latin1", "T\x40\0\0\0"s + std::string(64, '\xe9') + "."},
          {"shared tuples", "N\x85\x94h\0\x86N\x85N\x85\x87."s},
          {"truncated", "](K\1J\1"}};
}

// An operation that throws has no Status.
absl::Status RunGuarded(const Operation& operation, Work& work) {
  try {
    return operation.run(work);
  } catch (const std::bad_alloc&) {
    return absl::InternalError("");  // needs no memory
  }
}

struct Result {
  absl::StatusCode code;
  std::optional<ErrorCode> error;
  std::string made;

  bool operator==(const Result&) const = default;
};

Result ResultOf(const absl::Status& status, Work& work) {
  Result result;
  result.code = status.code();
  if (const auto error = GetDecodeError(status)) result.error = error->code;
  result.made = status.ok() ? std::string(work.out.written()) + work.text : "";
  if (status.ok() && !work.document.root().is_null()) {
    result.made += CanonicalTree(work.document.root()).value_or("no memory");
  }
  return result;
}

class AllocationFaultTest : public testing::Test {
 protected:
  // Fails allocations of the operation until none is left to fail.
  void Sweep(const CorpusFile& file, const Operation& operation, bool lasting) {
    Result wanted;
    {
      Work work(file, loaded_, policy_);
      wanted = ResultOf(operation.run(work), work);
    }
    for (int64_t n = 1;; ++n) {
      SCOPED_TRACE(std::string(operation.name) + " of " + file.name +
                   ", allocation " + std::to_string(n));
      const int64_t before = LiveAllocations();
      bool hit = false;
      {
        Work work(file, loaded_, policy_);
        AllocationFaults faults(n, lasting);
        absl::Status status = RunGuarded(operation, work);
        hit = faults.Stop() != 0;
        points_ += hit;
        const Result got = ResultOf(status, work);
        ASSERT_NE(got.code, absl::StatusCode::kInternal) << "throws";
        if (got.code != absl::StatusCode::kResourceExhausted || !hit) {
          ASSERT_EQ(got.code, wanted.code) << status;
          ASSERT_EQ(got.error, wanted.error) << status;
        }
        work.out.Reset();
        work.text.clear();
        status = operation.run(work);
        const Result again = ResultOf(status, work);
        ASSERT_TRUE(again == wanted) << "not right afterwards: " << status;
      }
      ASSERT_EQ(LiveAllocations(), before) << "leaks";
      if (!hit) return;
    }
  }

  void SweepAll(std::vector<CorpusFile> files, size_t count) {
    // Small and large ones, always the same.
    std::sort(files.begin(), files.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    const size_t step = std::max<size_t>(1, files.size() / count);
    for (size_t i = 0; i < files.size(); i += step) {
      Work work(files[i], loaded_, policy_);
      const bool loads = loaded_.LoadBorrowed(work.pickle, work.options).ok();
      for (const Operation& operation : Operations()) {
        if (operation.needs_loaded && !loads) continue;
        Sweep(files[i], operation, /*lasting=*/false);
        if (HasFatalFailure()) return;
        Sweep(files[i], operation, /*lasting=*/true);
        if (HasFatalFailure()) return;
      }
    }
  }

  void TearDown() override {
    RecordProperty("points", static_cast<int>(points_));
    std::printf("%lld points\n", static_cast<long long>(points_));
  }

  GlobalPolicy policy_;
  Document loaded_;
  int64_t points_ = 0;
};

TEST_F(AllocationFaultTest, GenuinePickles) {
  SweepAll(GoldenFiles(Long() ? 4096 : 600), Long() ? 400 : 12);
  EXPECT_GT(points_, Long() ? 60'000 : 500);
}

TEST_F(AllocationFaultTest, HostilePickles) {
  SweepAll(HostileFiles(Long() ? 4096 : 400), Long() ? 400 : 20);
  EXPECT_GT(points_, Long() ? 20'000 : 200);
}

TEST_F(AllocationFaultTest, PicklesOfOurOwn) {
  SweepAll(OwnFiles(), OwnFiles().size());
  EXPECT_GT(points_, 200);
}

TEST_F(AllocationFaultTest, ObjectsOfOurOwn) {
  for (const Operation& operation : OwnOperations()) {
    for (const bool lasting : {false, true}) {
      Sweep({"nothing", "N."}, operation, lasting);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(points_, 10);
}

TEST(ClassResolverFault, NamesThatCannotBeLookedUpAreRefused) {
  const std::string name(100, 'C');
  AllowedClasses allowed({});
  allowed.Allow("m." + name);
  EXPECT_TRUE(allowed.AllowsGlobal("m", name));
  {
    AllocationFaults faults(1, /*from_then_on=*/false);
    EXPECT_FALSE(allowed.AllowsGlobal("m", name));
  }
  EXPECT_TRUE(allowed.AllowsGlobal("m", name));
}

// Takes blocks of all sizes, and those of the last time once more. False if
// one was not to be had.
bool UseTwice(internal::Arena& arena) {
  for (int round = 0; round < 2; ++round) {
    size_t capacity = 0;
    for (int i = 0; i < 3; ++i) {
      void* large = arena.AllocateLarge(100'000, &capacity);
      if (large == nullptr) return false;
      if (arena.GrowLarge(large, 200'000, &capacity) == nullptr) return false;
      if (capacity < 200'000) return false;
    }
    // Beyond the size from which blocks are of huge pages.
    for (int i = 0; i < 100; ++i) {
      if (arena.Allocate(60'000) == nullptr) return false;
    }
    arena.Reset();
  }
  return true;
}

TEST(ObjectArenaFault, GivesNullWithoutMemoryAndGoesOn) {
  internal::Arena whole;
  ASSERT_TRUE(UseTwice(whole));
  int points = 0;
  for (const bool lasting : {false, true}) {
    for (int64_t n = 1;; ++n) {
      SCOPED_TRACE(::testing::Message() << "allocation " << n);
      internal::Arena arena;
      AllocationFaults faults(n, lasting);
      const bool used = UseTwice(arena);
      const bool hit = faults.Stop() != 0;
      points += hit;
      ASSERT_TRUE(hit || used);
      ASSERT_FALSE(arena.limit_reached());
      arena.Reset();
      ASSERT_TRUE(UseTwice(arena));
      if (!hit) break;
    }
  }
  EXPECT_GT(points, 20);
}

}  // namespace
}  // namespace pickle5
