#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "pickle/inspect/statistics.h"
#include "pickle/show/json_text.h"
#include "pickle/text/shown_text.h"

namespace pickle5 {
namespace {

struct Total {
  std::string_view name;
  uint64_t value;
};

std::array<Total, 8> Totals(const Statistics& statistics) {
  return {{{"pickle_bytes", statistics.pickle_bytes},
           {"values", statistics.values},
           {"value_bytes", statistics.value_bytes},
           {"shared_objects", statistics.shared_objects},
           {"references", statistics.references},
           {"buffers", statistics.buffers},
           {"readonly_buffers", statistics.readonly_buffers},
           {"buffer_bytes", statistics.buffer_bytes}}};
}

struct Section {
  std::string_view name;
  std::string_view title;
  const std::vector<StatisticsRow>* rows;
  uint64_t whole;  // what 100 % is
};

std::array<Section, 4> Sections(const Statistics& statistics) {
  const uint64_t values = statistics.value_bytes;
  return {
      {{"paths", "by path, with all below", &statistics.paths, values},
       {"types", "by type", &statistics.types, values},
       {"classes", "by class, with all inside", &statistics.classes, values},
       {"opcodes", "by opcode", &statistics.opcodes, statistics.pickle_bytes}}};
}

std::string WithUnit(uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"KiB", "MiB", "GiB",
                                                      "TiB", "PiB"};
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  double amount = static_cast<double>(bytes);
  size_t unit = 0;
  for (amount /= 1024; amount >= 1024 && unit + 1 < kUnits.size(); ++unit) {
    amount /= 1024;
  }
  return absl::StrFormat("%.1f %s", amount, std::string(kUnits[unit]));
}

void AppendSection(const Section& section, std::string* out) {
  if (section.rows->empty()) return;
  absl::StrAppendFormat(out, "\n%12s %6s %10s  %s\n", "bytes", "%", "count",
                        std::string(section.title));
  for (const StatisticsRow& row : *section.rows) {
    const double share = section.whole == 0
                             ? 0
                             : 100.0 * static_cast<double>(row.bytes) /
                                   static_cast<double>(section.whole);
    absl::StrAppendFormat(out, "%12d %6.1f %10d  %s\n", row.bytes, share,
                          row.count, internal::ShownText(row.name));
  }
}

}  // namespace

std::string StatisticsTable(const Statistics& statistics) {
  std::string out = absl::StrFormat(
      "pickle     %s, protocol %d\n"
      "values     %d, %s\n"
      "sharing    %d shared objects, %d references to them\n",
      WithUnit(statistics.pickle_bytes), statistics.protocol, statistics.values,
      WithUnit(statistics.value_bytes), statistics.shared_objects,
      statistics.references);
  if (statistics.buffers != 0) {
    absl::StrAppendFormat(&out, "buffers    %d (%d readonly), %s\n",
                          statistics.buffers, statistics.readonly_buffers,
                          WithUnit(statistics.buffer_bytes));
  }
  for (const Section& section : Sections(statistics)) {
    AppendSection(section, &out);
  }
  return out;
}

std::string StatisticsJson(const Statistics& statistics) {
  std::string out = absl::StrCat("{\"protocol\": ", statistics.protocol);
  for (const Total& total : Totals(statistics)) {
    absl::StrAppend(&out, ", \"", std::string(total.name), "\": ", total.value);
  }
  for (const Section& section : Sections(statistics)) {
    absl::StrAppend(&out, ", \"", std::string(section.name), "\": [");
    const char* separator = "";
    for (const StatisticsRow& row : *section.rows) {
      absl::StrAppend(&out, separator, "{\"name\": ");
      internal::AppendJsonString(row.name, /*ascii=*/true, &out);
      absl::StrAppend(&out, ", \"count\": ", row.count,
                      ", \"bytes\": ", row.bytes, "}");
      separator = ", ";
    }
    out.push_back(']');
  }
  out.append("}\n");
  return out;
}

}  // namespace pickle5
