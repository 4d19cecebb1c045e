#include "pickle/inspect/verify.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "buffers/files/file_bytes.h"
#include "pickle/archive/archive_pickle.h"
#include "pickle/archive/archive_reader.h"
#include "pickle/cli/error_report.h"
#include "pickle/cli/file_content.h"
#include "pickle/cli/input.h"
#include "pickle/cli/output.h"
#include "pickle/cli/progress.h"
#include "pickle/cli/read_flags.h"
#include "pickle/cli/verbs.h"
#include "pickle/numpy/npy.h"
#include "pickle/show/json_text.h"
#include "pickle/text/shown_text.h"
#include "pickle/value/document.h"

namespace pickle5::cli {
namespace {

struct VerifyVerb {
  std::vector<std::string> files;
  ReadFlags read;
  bool all = false;
  bool json = false;
  bool quiet = false;

  // The bytes of the pickles verified, and how many there are.
  struct Extent {
    uint64_t pickles = 0;
    uint64_t bytes = 0;
  };

  absl::StatusOr<Extent> OneFile(const std::string& file) const {
    absl::StatusOr<Input> input = OpenWhole(file);
    if (!input.ok()) return input.status();
    const Progress progress(file, input->bytes());
    ReadOptions options = read.Options();
    options.allow_trailing = all;
    if (IsArchive(input->bytes())) {
      return OneArchive(
          input->bytes(), options,
          file == "-" ? ArchiveReader::Open(FileBytes::Of(input->buffer()),
                                            ArchiveAccess::kReadOnly)
                      : ArchiveReader::Open(file, ArchiveAccess::kReadOnly));
    }
    const absl::StatusOr<FileContent> content =
        OpenContent(input->buffer(), read.member());
    if (!content.ok()) return content.status();
    Extent extent;
    for (const FilePart& part : content->parts) {
      absl::Status status;
      if (IsArchive(part.bytes.chars())) {
        const absl::StatusOr<Extent> archive =
            OneArchive(part.bytes.chars(), options,
                       ArchiveReader::Open(FileBytes::Of(part.bytes),
                                           ArchiveAccess::kReadOnly));
        status = archive.status();
        if (archive.ok()) {
          extent.pickles += archive->pickles;
          extent.bytes += archive->bytes;
        }
      } else {
        status = OnePart(part.bytes, options, &extent);
      }
      if (!status.ok()) return status;
    }
    return extent;
  }

  // The pickles of one thing in a file, or its array.
  static bool IsPlainArray(std::string_view bytes) {
    if (!IsNpy(bytes)) return false;
    const absl::StatusOr<std::string_view> pickle = NpyPickle(bytes);
    return pickle.ok() && pickle->empty();
  }

  absl::Status OnePart(const Buffer& part, ReadOptions options,
                       Extent* extent) const {
    if (IsPlainArray(part.chars())) {
      Document document;
      const absl::StatusOr<Value> array = NpyToValue(part, document);
      if (array.ok()) extent->bytes += part.nbytes();
      return array.status();
    }
    const absl::StatusOr<PartPickles> pickles =
        PicklesOf(part.chars(), options.limits);
    if (!pickles.ok()) return pickles.status();
    // The pickle of an .npy file and that of joblib end where their file does,
    // those of torch's old format in front of the storages.
    const size_t count = pickles->count != 0 ? pickles->count : all ? 0 : 1;
    if (pickles->count != 0) options.allow_trailing = true;
    std::string_view rest = pickles->bytes();
    for (size_t i = 0; count == 0 ? i == 0 || !rest.empty() : i < count; ++i) {
      uint64_t consumed = 0;
      absl::Status status = Verify(rest, options, &consumed);
      if (!status.ok()) return ExplainError(part.chars(), std::move(status));
      ++extent->pickles;
      extent->bytes += consumed;
      rest.remove_prefix(consumed);
    }
    for (const internal::JoblibExtent& array : pickles->joblib.arrays) {
      extent->bytes += array.end - array.begin;
    }
    return absl::OkStatus();
  }

  // The digests of an archive, and the pickles of its objects.
  static absl::StatusOr<Extent> OneArchive(
      std::string_view bytes, ReadOptions options,
      const absl::StatusOr<ArchiveReader>& archive) {
    if (!archive.ok()) return archive.status();
    absl::Status status = archive->VerifyAll();
    options.allow_trailing = true;
    Extent extent;
    for (const ArchiveExtent& object : archive->extents().objects) {
      if (!status.ok()) return status;
      status = Verify(bytes.substr(object.begin), options);
      ++extent.pickles;
      extent.bytes = object.end;
    }
    if (!status.ok()) return status;
    return extent;
  }

  std::string Line(const std::string& file, const Extent& extent) const {
    if (json) {
      std::string line = "{\"file\": ";
      internal::AppendJsonString(file, /*ascii=*/true, &line);
      return absl::StrCat(line, ", \"pickles\": ", extent.pickles,
                          ", \"bytes\": ", extent.bytes, "}\n");
    }
    return absl::StrCat(internal::ShownText(file), ": ok, ", extent.bytes,
                        " bytes",
                        all || extent.pickles > 1
                            ? absl::StrCat(" in ", extent.pickles, " pickles")
                            : "",
                        "\n");
  }

  ExitCode operator()() const {
    StreamOutput out;
    ExitCode code = kFine;
    bool written = true;
    for (const std::string& file : files) {
      const absl::StatusOr<Extent> extent = OneFile(file);
      if (!extent.ok() && json) {
        code = std::max(code, ExitCodeOf(extent.status()));
        written = out.writer().Write(ErrorLine(file, extent.status()));
      } else if (!extent.ok()) {
        code = std::max(code, Report(file, extent.status()));
      } else if (!quiet) {
        written = out.writer().Write(Line(file, *extent));
      }
      if (!written) break;
    }
    return std::max(code, Report("standard output", out.Finish()));
  }
};

}  // namespace

void AddVerify(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand(
      "verify",
      "Checks pickles strictly, without building their objects, and archives "
      "against their digests");
  auto verify = std::make_shared<VerifyVerb>();
  verb->add_option("FILE", verify->files,
                   "Pickles, packed or not, arrays and archives; - is the "
                   "standard input")
      ->required();
  verb->add_flag("--all", verify->all, "Every pickle of each file");
  verb->add_flag("--json", verify->json, "One JSON object a file");
  verb->add_flag("-q,--quiet", verify->quiet, "Say nothing of good files");
  verify->read.AddMember(*verb);
  verify->read.AddEncoding(*verb);
  verify->read.AddLimits(*verb);
  verb->footer(
      "Examples:\n"
      "  pkl5 verify model.pkl\n"
      "  pkl5 verify --untrusted --quiet downloads/*.pkl\n"
      "  pkl5 verify --all --json log.pkl\n"
      "  pkl5 verify model.pkl5\n"
      "Exit code 1 if a file is malformed, 3 if one reaches a limit.");
  verb->callback([verify, &run] { run = *verify; });
}

}  // namespace pickle5::cli
