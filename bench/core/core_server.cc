// The core suite's contestants in C++, one repetition on command, so that a
// driver can take turns with contestants in other processes.
//
// Usage: core_server FOLDER         answers commands, see ../server.py
//        core_server --peak FILE    prints the bytes that loading FILE takes
//        core_server --versions     prints what it was built with

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <cstdint>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "bench/case_data.h"
#include "bench/contestant.h"
#include "bench/core/contestants.h"
#include "bench/peak_memory.h"
#include "pickle/value/document.h"

namespace pickle5::bench {
namespace {

// A repetition of less time is made of several runs.
constexpr double kLeastSeconds = 0.02;

class Server {
 public:
  explicit Server(std::string folder) : folder_(std::move(folder)) {}

  std::string Answer(const std::string& line) {
    std::istringstream words(line);
    std::string command, name, operation, argument;
    words >> command >> name >> operation >> argument;
    if (command == "forget") return Forget();
    if (command == "prepare") return Prepare(name, operation, argument);
    const auto found = contestants_.find({name, operation});
    if (found == contestants_.end()) return "error: it was not prepared";
    if (command == "run") return Run(*found->second);
    if (command == "save") return Save(*found->second, argument);
    return "error: no such command";
  }

 private:
  std::string Prepare(const std::string& name, const std::string& operation,
                      const std::string& case_name) {
    for (const Entrant& entrant : Entrants()) {
      if (entrant.name != name || entrant.operation != operation) continue;
      if (!data_ || data_->name != case_name) {
        if (!contestants_.empty()) return "error: another case is in use";
        data_ = ReadCase(folder_, case_name);
        if (!data_) return "error: the case cannot be read";
      }
      std::unique_ptr<Contestant> contestant = entrant.make(*data_);
      if (contestant == nullptr) return "none";
      contestants_[{name, operation}] = std::move(contestant);
      return "ok";
    }
    return "none";
  }

  static std::string Run(Contestant& contestant) {
    double total = 0;
    int runs = 0;
    while (total < kLeastSeconds) {
      const std::optional<double> seconds = TimedRun(contestant);
      if (!seconds) return "error: it failed";
      total += *seconds;
      ++runs;
    }
    return "ok " + std::to_string(total / runs * 1e9);
  }

  static std::string Save(Contestant& contestant, const std::string& path) {
    if (!contestant.Run()) return "error: it failed";
    std::ofstream file(path, std::ios::binary);
    file << contestant.output();
    file.close();
    contestant.Release();
    return file ? "ok" : "error: cannot write";
  }

  std::string Forget() {
    contestants_.clear();
    data_.reset();
    return "ok";
  }

  std::string folder_;
  std::optional<CaseData> data_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Contestant>>
      contestants_;
};

int Serve(const std::string& folder) {
  Server server(folder);
  std::string line;
  while (std::getline(std::cin, line)) {
    std::cout << server.Answer(line) << std::endl;
  }
  return 0;
}

int PrintPeak(const std::string& path) {
  const std::optional<std::string> pickle = ReadFile(path);
  if (!pickle) return 1;
  const PeakMemory peak;
  Document document;
  if (!document.LoadBorrowed(*pickle).ok()) return 1;
  const int64_t grown = peak.Grown();
  benchmark::DoNotOptimize(document.root());
  std::cout << grown << std::endl;
  return 0;
}

int PrintVersions() {
#ifdef __clang__
  std::cout << "compiler\tclang " __clang_version__ "\n";
#else
  std::cout << "compiler\tgcc " __VERSION__ "\n";
#endif
  std::cout << "simdjson\t" << simdjson::SIMDJSON_VERSION_MAJOR << '.'
            << simdjson::SIMDJSON_VERSION_MINOR << '.'
            << simdjson::SIMDJSON_VERSION_REVISION << ", "
            << simdjson::get_active_implementation()->name() << std::endl;
  return 0;
}

}  // namespace
}  // namespace pickle5::bench

int main(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (argc == 2 && first == "--versions") {
    return pickle5::bench::PrintVersions();
  }
  if (argc == 3 && first == "--peak") {
    return pickle5::bench::PrintPeak(argv[2]);
  }
  if (argc == 2) return pickle5::bench::Serve(argv[1]);
  std::cerr << "usage: core_server FOLDER | --peak FILE | --versions\n";
  return 2;
}
