#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pickle/cli/error_report.h"
#include "pickle/cli/input.h"
#include "pickle/cli/output.h"
#include "pickle/cli/pickle_stream.h"
#include "pickle/cli/read_flags.h"
#include "pickle/cli/verbs.h"
#include "pickle/numpy/npy.h"
#include "pickle/value/document.h"
#include "pickle/value/path.h"

namespace pickle5::cli {
namespace {

struct Extract {
  std::string file;
  std::string path = "$";
  std::string out;
  size_t object = 0;
  ReadFlags read;

  // An array as an .npy file, bytes and text as they are.
  static absl::Status Write(Value value, ByteWriter& writer) {
    const std::optional<std::string_view> bytes =
        value.is(Kind::kStr) ? value.AsStr() : value.AsBytes();
    if (!bytes.has_value()) return ValueToNpy(value, writer);
    return writer.WriteLarge(*bytes) ? absl::OkStatus() : writer.status();
  }

  ExitCode operator()() const {
    const absl::StatusOr<Path> where = ParsePath(path);
    if (!where.ok()) {
      Report("--path", where.status());
      return kUsage;
    }
    absl::StatusOr<Input> input = Input::Open(file);
    if (!input.ok()) return Report(file, input.status());
    absl::StatusOr<std::vector<Buffer>> given = read.Buffers();
    if (!given.ok()) return Report("buffers", given.status());
    PickleStream stream(*std::move(input), read.Options(),
                        {.object = object, .member = read.member()},
                        *std::move(given));
    Document document;
    const absl::StatusOr<bool> found = stream.Next(document);
    if (!found.ok()) return Report(file, found.status());
    const absl::StatusOr<Value> value = Follow(document.root(), *where);
    if (!value.ok()) return Report(file, value.status());
    absl::StatusOr<Output> output = Output::Open(out);
    if (!output.ok()) return Report(out, output.status());
    const absl::Status status = Write(*value, output->writer());
    return Report(status.ok() ? out : file,
                  status.ok() ? output->Finish() : status);
  }
};

}  // namespace

void AddExtract(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand(
      "extract",
      "Writes one value as a file: an array as .npy, bytes and text as they "
      "are");
  auto extract = std::make_shared<Extract>();
  verb->add_option("FILE", extract->file,
                   "A pickle or an archive; - is the standard input")
      ->required();
  verb->add_option("--path", extract->path,
                   "Where the value is, as in '$.layers[3].bias' (default $)")
      ->type_name("PATH");
  verb->add_option("--object", extract->object,
                   "Which object of the archive, counted from 0 (default 0)")
      ->type_name("N");
  verb->add_option("-o,--output", extract->out,
                   "The file to write; - is the standard output")
      ->type_name("FILE")
      ->required();
  extract->read.AddBuffers(*verb, "--buffers");
  extract->read.AddMember(*verb);
  extract->read.AddAll(*verb);
  verb->footer(
      "Examples:\n"
      "  pkl5 extract model.pkl5 --path '$.weights' -o weights.npy\n"
      "  pkl5 extract run.pkl5 --object 2 --path '$.log' -o log.txt\n"
      "  pkl5 extract photo.pkl -o photo.jpg\n"
      "Exit code 1 if there is nothing at the path, or neither array nor "
      "bytes.");
  verb->callback([extract, &run] { run = *extract; });
}

}  // namespace pickle5::cli
