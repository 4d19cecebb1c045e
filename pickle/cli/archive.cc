#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pickle/archive/archive_writer.h"
#include "pickle/cli/error_report.h"
#include "pickle/cli/input.h"
#include "pickle/cli/output.h"
#include "pickle/cli/pickle_stream.h"
#include "pickle/cli/read_flags.h"
#include "pickle/cli/verbs.h"
#include "pickle/value/document.h"

namespace pickle5::cli {
namespace {

struct Archive {
  std::string in;
  std::string out;
  bool append = false;
  bool all = false;
  ReadFlags read;

  ExitCode Copy(PickleStream& stream, ArchiveWriter& writer) const {
    Document document;
    for (;;) {
      const absl::StatusOr<bool> found = stream.Next(document);
      if (!found.ok()) return Report(in, found.status());
      if (!*found) return Report(out, writer.Close());
      const absl::Status status = writer.Write(document);
      if (!status.ok()) return Report(out, status);
    }
  }

  ExitCode operator()() const {
    absl::StatusOr<Input> input = Input::Open(in);
    if (!input.ok()) return Report(in, input.status());
    absl::StatusOr<std::vector<Buffer>> given = read.Buffers();
    if (!given.ok()) return Report("buffers", given.status());
    PickleStream stream(*std::move(input), read.Options(),
                        {.all = all, .member = read.member()},
                        *std::move(given));
    if (append) {
      auto writer = ArchiveWriter::Append(out);
      if (!writer.ok()) return Report(out, writer.status());
      return Copy(stream, **writer);
    }
    absl::StatusOr<Output> output = Output::Open(out);
    if (!output.ok()) return Report(out, output.status());
    ArchiveWriter writer(&output->writer());
    const ExitCode code = Copy(stream, writer);
    return code == kFine ? Report(out, output->Finish()) : code;
  }
};

}  // namespace

void AddArchive(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand(
      "archive",
      "Writes pickles as a .pkl5 archive, which pickle.load reads and pkl5 "
      "maps");
  auto archive = std::make_shared<Archive>();
  verb->add_option("IN", archive->in,
                   "A pickle or an archive; - is the standard input")
      ->required();
  verb->add_option("OUT", archive->out,
                   "The archive to write; - is the standard output")
      ->required();
  verb->add_flag("--append", archive->append,
                 "Add to the archive OUT, which stays readable meanwhile");
  verb->add_flag("--all", archive->all,
                 "Every pickle or object of the file, one object each");
  archive->read.AddBuffers(*verb, "--from-buffers");
  archive->read.AddMember(*verb);
  archive->read.AddAll(*verb);
  verb->footer(
      "Examples:\n"
      "  pkl5 archive model.pkl model.pkl5\n"
      "  pkl5 archive --append step2.pkl run.pkl5\n"
      "  pkl5 archive head.pkl whole.pkl5 --from-buffers array.buf\n"
      "  pkl5 archive --all log.pkl log.pkl5\n"
      "  python3 -c 'import pickle; print(pickle.load(open(\"model.pkl5\", "
      "\"rb\")))'");
  verb->callback([archive, &run] {
    if (archive->append && archive->out == "-") {
      throw CLI::ValidationError("--append", "needs a file");
    }
    run = *archive;
  });
}

}  // namespace pickle5::cli
