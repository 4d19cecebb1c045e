#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "buffers/arena/shm_doctor.h"
#include "pickle/cli/error_report.h"
#include "pickle/cli/output.h"
#include "pickle/cli/verbs.h"
#include "pickle/show/json_text.h"

namespace pickle5::cli {
namespace {

std::string Table(const ShmDiagnosis& diagnosis) {
  std::string table;
  for (const ShmFact& fact : diagnosis.facts) {
    absl::StrAppend(
        &table, absl::StrFormat("%-4s  %-14s  %s%s%s\n",
                                fact.fine ? "ok" : "BAD", fact.name, fact.value,
                                fact.note.empty() ? "" : "; ", fact.note));
  }
  return absl::StrCat(table, "buffers go to other processes by: ",
                      ShmTransportName(diagnosis.transport), "\n");
}

std::string Json(const ShmDiagnosis& diagnosis) {
  std::string json = "{\"transport\": \"";
  absl::StrAppend(&json, ShmTransportName(diagnosis.transport),
                  "\", \"facts\": [");
  const char* separator = "";
  for (const ShmFact& fact : diagnosis.facts) {
    absl::StrAppend(&json, separator, "{\"name\": \"", fact.name,
                    "\", \"fine\": ", fact.fine ? "true" : "false",
                    ", \"value\": ");
    internal::AppendJsonString(fact.value, /*ascii=*/true, &json);
    json.append(", \"note\": ");
    internal::AppendJsonString(fact.note, /*ascii=*/true, &json);
    json.push_back('}');
    separator = ", ";
  }
  return json + "]}\n";
}

struct Doctor {
  bool json = false;

  ExitCode operator()() const {
    const absl::StatusOr<ShmDiagnosis> diagnosis = DiagnoseShm();
    if (!diagnosis.ok()) return Report("doctor", diagnosis.status());
    StreamOutput out;
    static_cast<void>(
        out.writer().Write(json ? Json(*diagnosis) : Table(*diagnosis)));
    return Report("standard output", out.Finish());
  }
};

}  // namespace

void AddDoctor(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand(
      "doctor", "Tells how buffers can get to other processes on this machine");
  auto doctor = std::make_shared<Doctor>();
  verb->add_flag("--json", doctor->json, "One JSON object");
  verb->footer(
      "Examples:\n"
      "  pkl5 doctor\n"
      "  pkl5 doctor --json");
  verb->callback([doctor, &run] { run = *doctor; });
}

}  // namespace pickle5::cli
