#include <memory>
#include <optional>
#include <string_view>

#include "bench/core/contestants.h"
#include "buffers/bytes/memory_byte_writer.h"
#include "pickle/value/document.h"
#include "pickle/value/value_writer.h"

namespace pickle5::bench {
namespace {

class Load final : public Contestant {
 public:
  explicit Load(std::string_view pickle) : pickle_(pickle) {}
  bool Run() override { return document_.LoadBorrowed(pickle_).ok(); }

 private:
  std::string_view pickle_;
  Document document_;
};

class LoadFresh final : public Contestant {
 public:
  explicit LoadFresh(std::string_view pickle) : pickle_(pickle) {}
  bool Run() override {
    document_.emplace();
    return document_->LoadBorrowed(pickle_).ok();
  }
  void Release() override { document_.reset(); }

 private:
  std::string_view pickle_;
  std::optional<Document> document_;
};

class Dump final : public Contestant {
 public:
  explicit Dump(std::string_view pickle)
      : loaded_(document_.LoadBorrowed(pickle).ok()) {}
  bool Run() override {
    output_.Reset();
    return loaded_ && writer_.Write(document_, output_).ok();
  }
  std::string_view output() const override { return output_.written(); }

 private:
  Document document_;
  bool loaded_;
  MemoryByteWriter output_;
  ValueWriter writer_;
};

}  // namespace

std::unique_ptr<Contestant> MakePickle5Load(const CaseData& data) {
  return std::make_unique<Load>(data.pickle);
}

std::unique_ptr<Contestant> MakePickle5LoadFresh(const CaseData& data) {
  return std::make_unique<LoadFresh>(data.pickle);
}

std::unique_ptr<Contestant> MakePickle5Dump(const CaseData& data) {
  return std::make_unique<bench::Dump>(data.pickle);
}

}  // namespace pickle5::bench
