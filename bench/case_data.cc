#include "bench/case_data.h"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ios>
#include <system_error>
#include <utility>

namespace pickle5::bench {
namespace {

struct Row {
  std::string name;
  int64_t elements;
};

std::vector<Row> ReadRows(const std::string& folder) {
  std::ifstream file(folder + "/cases.tsv");
  std::vector<Row> rows;
  Row row;
  std::string element;
  while (file >> row.name >> row.elements && std::getline(file, element)) {
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

std::optional<std::string> ReadFile(const std::string& path) {
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::string content(static_cast<size_t>(size), '\0');
  if (!file.read(content.data(), static_cast<std::streamsize>(size))) {
    return std::nullopt;
  }
  return content;
}

std::optional<CaseData> ReadCase(const std::string& folder,
                                 const std::string& name) {
  for (const Row& row : ReadRows(folder)) {
    if (row.name != name) continue;
    const std::string stem = folder + "/" + name;
    std::optional<std::string> pickle = ReadFile(stem + ".pkl");
    if (!pickle) return std::nullopt;
    const std::string json = stem + ".json";
    return CaseData{name, row.elements, *std::move(pickle),
                    std::filesystem::exists(json) ? json : ""};
  }
  return std::nullopt;
}

std::vector<std::string> ListCases(const std::string& folder) {
  std::vector<std::string> names;
  for (Row& row : ReadRows(folder)) names.push_back(std::move(row.name));
  return names;
}

}  // namespace pickle5::bench
