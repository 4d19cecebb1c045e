// Buffers from one process to another, as multiples of a copy in memory.
//
// Usage: hand_over_bench [--bytes N] [--repeats N] [--case NAME]...
//
// Prints rows as suite.py reads them: case, what is measured, ours, the
// peer's, and the most that ours may be, as a multiple of the peer's.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/buffers/fan_out.h"
#include "bench/buffers/object.h"
#include "bench/buffers/peer_process.h"
#include "bench/buffers/process_memory.h"
#include "bench/buffers/transport.h"

namespace pickle5::bench {
namespace {

struct Kind {
  std::string_view name;
  double gate;        // multiples of memcpy
  bool is_zero_copy;  // the receiver gets the sender's bytes in place
  MakeTransport make;
};

constexpr Kind kKinds[] = {
    {"arena_readonly", 1.5, true, MakeArenaReadonly},
    {"arena_writable", 2.5, true, MakeArenaWritable},
    {"memfd", 7.5, true, MakeMemfd},
    {"socket", 4.5, false, MakeSocket},
};

constexpr int kReaders = 8;

struct Options {
  size_t bytes = size_t{512} << 20;
  int repeats = 7;
  std::vector<std::string> cases;

  bool Wants(std::string_view name) const {
    return cases.empty() ||
           std::find(cases.begin(), cases.end(), name) != cases.end();
  }
};

double Now() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void PrintRow(std::string_view name, std::string_view what, double ours,
              double peers, double gate) {
  std::cout << name << '\t' << what << '\t' << ours << '\t' << peers << '\t'
            << gate << std::endl;
}

int Fail(std::string_view name, std::string_view what) {
  std::cerr << "hand_over_bench: " << name << ": " << what << "\n";
  return EXIT_FAILURE;
}

// One object after the other to one receiver.
int MeasureTransfer(const Kind& kind, const Options& options) {
  const std::unique_ptr<PeerProcess> peer = PeerProcess::Start(kind.make);
  std::optional<Buffer> warm = MakeObject(options.bytes, 0);
  if (peer == nullptr || !warm) return Fail(kind.name, "cannot start");
  double least_copy = std::numeric_limits<double>::max();
  double least_transfer = least_copy;
  uint64_t sender_grown = 0;
  uint64_t receiver_grown = 0;
  // The first object pays for what later ones use again.
  for (int i = 0; i <= options.repeats; ++i) {
    const std::optional<Buffer> object =
        MakeObject(options.bytes, static_cast<uint64_t>(i) + 1);
    if (!object) return Fail(kind.name, "out of memory");
    double start = Now();
    std::memcpy(warm->mutable_data(), object->data(), options.bytes);
    least_copy = std::min(least_copy, Now() - start);
    const uint64_t sum = SumOfLines(*object);

    const uint64_t anon = AnonymousMemory();
    start = Now();
    const absl::Status sent = peer->transport().Send(*object);
    if (!sent.ok()) return Fail(kind.name, sent.ToString());
    const std::optional<Reply> reply = peer->WaitForReply();
    if (i > 0) least_transfer = std::min(least_transfer, Now() - start);
    const uint64_t after = AnonymousMemory();
    if (!reply || reply->sum != sum) return Fail(kind.name, "wrong bytes");
    sender_grown = std::max(sender_grown, after > anon ? after - anon : 0);
    receiver_grown = std::max(receiver_grown, reply->anon_grown);
    if (!peer->Continue()) return Fail(kind.name, "the receiver died");
  }
  const auto size = static_cast<double>(options.bytes);
  PrintRow(kind.name, "seconds", least_transfer, least_copy, kind.gate);
  PrintRow(kind.name, "sender_private_bytes", static_cast<double>(sender_grown),
           size, 0.01);
  if (kind.is_zero_copy) {
    PrintRow(kind.name, "receiver_private_bytes",
             static_cast<double>(receiver_grown), size, 0.01);
  }
  return EXIT_SUCCESS;
}

std::optional<Options> ParseArguments(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* const value = argv[i + 1];
    if (name == "--bytes") {
      options.bytes = std::strtoull(value, nullptr, 10) & ~(kCacheLine - 1);
    } else if (name == "--repeats") {
      options.repeats = std::atoi(value);
    } else if (name == "--case") {
      options.cases.emplace_back(value);
    } else {
      return std::nullopt;
    }
  }
  if (argc % 2 == 0 || options.repeats < 1 || options.bytes == 0) {
    return std::nullopt;
  }
  return options;
}

int Main(int argc, char** argv) {
  const std::optional<Options> options = ParseArguments(argc, argv);
  if (!options) {
    std::cerr << "usage: hand_over_bench [--bytes N] [--repeats N] "
                 "[--case NAME]...\n";
    return 2;
  }
  for (const Kind& kind : kKinds) {
    if (!options->Wants(kind.name)) continue;
    if (const int code = MeasureTransfer(kind, *options)) return code;
  }
  if (!options->Wants("fan_out")) return EXIT_SUCCESS;
  const std::optional<double> held = MeasureFanOut(kReaders, options->bytes);
  if (!held) return Fail("fan_out", "failed");
  PrintRow("fan_out", "physical_bytes", *held,
           static_cast<double>(options->bytes), 1.02);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace pickle5::bench

int main(int argc, char** argv) { return pickle5::bench::Main(argc, argv); }
