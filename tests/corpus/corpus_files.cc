#include "corpus_files.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <unordered_set>
#include <utility>

namespace pickle5 {
namespace {

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file),
          std::istreambuf_iterator<char>()};
}

std::vector<CorpusFile> Files(const std::string& corpus, size_t max_size) {
  std::vector<CorpusFile> files;
  std::unordered_set<std::string> seen;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           PICKLE5_CORPUS_DIR "/" + corpus, error)) {
    const std::filesystem::path& path = entry.path();
    if (path.extension() != ".pkl" || entry.file_size() > max_size) continue;
    std::string bytes = ReadFile(path);
    if (!seen.insert(bytes).second) continue;
    files.push_back({path.string(), std::move(bytes)});
  }
  return files;
}

}  // namespace

std::vector<CorpusFile> GoldenFiles(size_t max_size) {
  return Files("golden", max_size);
}

std::vector<CorpusFile> HostileFiles(size_t max_size) {
  return Files("hostile", max_size);
}

}  // namespace pickle5
