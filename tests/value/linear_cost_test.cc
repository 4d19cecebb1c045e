// What is done with a pickle costs time and memory linear in its size, whatever
// is in it. Memory is counted; processor time is judged in the long run only,
// and generously.

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "buffers/bytes/memory_byte_writer.h"
#include "gtest/gtest.h"
#include "pickle/inspect/disassembly.h"
#include "pickle/inspect/scan.h"
#include "pickle/inspect/verify.h"
#include "pickle/show/canonical_tree.h"
#include "pickle/show/json_format.h"
#include "pickle/value/document.h"
#include "pickle/value/document_feeder.h"
#include "pickle/value/equal.h"
#include "pickle/value/hash.h"
#include "pickle/value/repr.h"
#include "pickle/value/value_writer.h"

namespace pickle5 {
namespace {

using std::string_literals::operator""s;

// `n` little-endian bytes of a number.
std::string Bytes(uint64_t number, int n) {
  std::string bytes;
  for (int i = 0; i < n; ++i) {
    bytes += static_cast<char>(number >> (8 * i) & 0xff);
  }
  return bytes;
}

// `n` parts between a beginning and an end.
template <typename Part>
std::string Repeat(std::string_view begin, size_t n, std::string_view end,
                   Part part) {
  std::string pickle(begin);
  for (size_t i = 0; i < n; ++i) pickle += part(i);
  return pickle += end;
}
// The same part every time.
std::string Same(std::string_view begin, size_t n, std::string_view end,
                 std::string_view part) {
  return Repeat(begin, n, end, [part](size_t) { return part; });
}

std::string Text(size_t i) {
  const std::string digits = absl::StrCat("key", i);
  return "X" + Bytes(digits.size(), 4) + digits;
}

// 2^61 - 1, modulo which Python hashes numbers: all of these have one hash.
std::string Colliding(size_t i) {
  constexpr uint64_t kModulus = (uint64_t{1} << 61) - 1;
  const absl::uint128 number = absl::uint128(kModulus) * i;
  return "\x8a\x0c"s + Bytes(absl::Uint128Low64(number), 8) +
         Bytes(absl::Uint128High64(number), 4);
}

struct Generator {
  std::string_view name;
  std::function<std::string(size_t)> make;
};

std::vector<Generator> Generators() {
  return {
      {"ints",
       [](size_t n) {
         return Repeat("(", n, "l.",
                       [](size_t i) { return "J" + Bytes(i * 77, 4); });
       }},
      {"nested lists",
       [](size_t n) {
         return std::string(n, ']') + std::string(n - 1, 'a') + ".";
       }},
      {"one long string",
       [](size_t n) {
         return "X" + Bytes(8 * n, 4) + std::string(8 * n, 'x') + ".";
       }},
      {"strings", [](size_t n) { return Repeat("(", n, "l.", Text); }},
      {"memo",
       [](size_t n) {
         return Repeat("(", n, "l.", [](size_t i) {
           return "]r" + Bytes(i, 4) + "j" + Bytes(i / 2, 4);
         });
       }},
      {"memo with gaps",
       [](size_t n) {
         return Repeat("(", n, "l.", [](size_t i) {
           return "]r" + Bytes(i * 65537, 4) + "j" + Bytes(i / 2 * 65537, 4);
         });
       }},
      {"dict",
       [](size_t n) {
         return Repeat("}(", n, "u.", [](size_t i) { return Text(i) + "K\1"; });
       }},
      {"dict of numbers with one hash",
       [](size_t n) {
         return Repeat("}(", n, "u.",
                       [](size_t i) { return Colliding(i) + "N"; });
       }},
      {"set of tuples",
       [](size_t n) {
         return Repeat("\x8f(", n, "\x90.", [](size_t i) {
           return "J" + Bytes(i, 4) + "J" + Bytes(i / 3, 4) + "\x86";
         });
       }},
      {"tuples shared at every level",
       [](size_t n) { return Same(")", n, ".", "2\x86"); }},
      {"lines",
       [](size_t n) { return Same("(", n, "l.", "I123456\nF1.5\nVtext\n"); }},
      {"one long line",
       [](size_t n) { return "V" + std::string(8 * n, 'x') + "\n."; }},
      {"small frames",
       [](size_t n) {
         return Same("\x80\4(", n, "l.", "\x95\2\0\0\0\0\0\0\0K\1"s);
       }},
      {"calls and states",
       [](size_t n) { return Same("(", n, "l.", "cm\nf\n)R}K\1Nsb"); }},
      {"chain of states",
       [](size_t n) {
         return Same("", n, std::string(n - 1, 'b') + ".", "cm\nf\n)R");
       }},
      {"POP_MARK", [](size_t n) { return Same("(", n, "Nl.", "(NN(K\1]1N1"); }},
      {"DUP", [](size_t n) { return "(]" + std::string(n, '2') + "l."; }},
      {"items one by one",
       [](size_t n) {
         return Repeat("]}", n, "a.", [](size_t i) { return Text(i) + "Ns"; });
       }},
  };
}

// What is measured, and what it works on.
struct Work {
  explicit Work(std::string_view of) : pickle(of) {
    EXPECT_TRUE(document.LoadBorrowed(pickle).ok());
    EXPECT_TRUE(other.LoadBorrowed(pickle).ok());
  }

  std::string_view pickle;
  Document document;
  Document other;
  GlobalPolicy policy;
};

struct Operation {
  std::string_view name;
  std::function<bool(Work&)> run;
};

bool Feed(Work& work) {
  Document fed;
  DocumentFeeder feeder;
  absl::Status status = feeder.Start(&fed);
  for (size_t at = 0; status.ok() && at < work.pickle.size(); at += 13) {
    status = feeder.Feed(work.pickle.substr(at, 13)).status();
  }
  return status.ok();
}

bool Write(Work& work, int protocol) {
  MemoryByteWriter out;
  return Dump(work.document, out, {.protocol = protocol}).ok();
}

std::vector<Operation> Operations() {
  return {
      {"load", [](Work& w) { return Document().LoadBorrowed(w.pickle).ok(); }},
      {"feed", Feed},
      {"verify", [](Work& w) { return Verify(w.pickle).ok(); }},
      {"dis",
       [](Work& w) {
         MemoryByteWriter out;
         return Disassemble(w.pickle, {}, out).ok();
       }},
      {"scan", [](Work& w) { return Scan(w.pickle, w.policy).status.ok(); }},
      {"tree", [](Work& w) { return CanonicalTree(w.document.root()).ok(); }},
      {"repr", [](Work& w) { return !Repr(w.document.root()).empty(); }},
      {"json",
       [](Work& w) {
         return ToJson(w.document.root(), {.lossless = true}).ok();
       }},
      {"equal",
       [](Work& w) { return Equal(w.document.root(), w.other.root()); }},
      {"identical",
       [](Work& w) { return Identical(w.document.root(), w.other.root()); }},
      {"hash",
       [](Work& w) {
         (void)Hash(w.document.root());
         return true;
       }},
      {"copy",
       [](Work& w) { return !Document().Copy(w.document.root()).is_null(); }},
      {"dump 5", [](Work& w) { return Write(w, 5); }},
      {"dump 0", [](Work& w) { return Write(w, 0); }},
  };
}

double ProcessorSeconds() {
  struct timespec now = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

double Fastest(const Operation& operation, Work& work) {
  double fastest = 1e9;
  for (int i = 0; i < 5; ++i) {
    const double begin = ProcessorSeconds();
    EXPECT_TRUE(operation.run(work)) << operation.name;
    fastest = std::min(fastest, ProcessorSeconds() - begin);
  }
  return fastest;
}

TEST(LinearCost, OfMemory) {
  for (const Generator& generator : Generators()) {
    SCOPED_TRACE(std::string(generator.name));
    size_t first = 0;
    for (const size_t n : {10'000u, 20'000u, 40'000u, 80'000u}) {
      const std::string pickle = generator.make(n);
      Document document;
      const absl::Status status = document.LoadBorrowed(pickle);
      ASSERT_TRUE(status.ok()) << status;
      const size_t used = document.memory_used();
      if (first == 0) first = used;
      // Blocks and tables grow by doubling.
      EXPECT_LE(used, 2 * first * (n / 10'000)) << n;
      EXPECT_LE(used, (size_t{64} << 10) + 256 * pickle.size()) << n;
    }
  }
}

TEST(LinearCost, OfTime) {
  const bool judged = std::getenv("PICKLE5_LONG_TESTS") != nullptr;
  constexpr size_t kSize = 10'000;
  // How much more than its share a larger input may take: the least one lies in
  // the processor's cache, the largest one does not. Where cost grows with the
  // square, 16 times the input take 16 times their share.
  constexpr double kMost = 6;
  // What is shorter is not told from what surrounds it.
  constexpr double kShortest = 0.0005;
  for (const Generator& generator : Generators()) {
    for (const Operation& operation : Operations()) {
      double first = 0;
      for (const size_t times : {1u, 4u, 16u}) {
        const std::string pickle = generator.make(kSize * times);
        Work work(pickle);
        const double seconds = Fastest(operation, work);
        if (!judged) break;
        if (times == 1) first = std::max(seconds, kShortest);
        EXPECT_LE(seconds, first * kMost * static_cast<double>(times))
            << operation.name << " of " << generator.name << ", " << times
            << " times " << first << " s";
      }
    }
  }
}

}  // namespace
}  // namespace pickle5
