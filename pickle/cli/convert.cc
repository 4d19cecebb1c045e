#include <memory>
#include <string>
#include <utility>

#include "buffers/filters/threshold_sink.h"
#include "pickle/archive/archive_writer.h"
#include "pickle/cli/buffer_flags.h"
#include "pickle/cli/error_report.h"
#include "pickle/cli/input.h"
#include "pickle/cli/output.h"
#include "pickle/cli/pickle_stream.h"
#include "pickle/cli/read_flags.h"
#include "pickle/cli/verbs.h"
#include "pickle/value/document.h"
#include "pickle/value/value_writer.h"

namespace pickle5::cli {
namespace {

// Smaller bytes and bytearray objects cost more out-of-band than in-band.
constexpr uint64_t kDefaultThreshold = 2048;

struct Convert {
  std::string in;
  std::string out;
  int protocol = kHighestProtocol;
  bool fix_imports = true;
  bool all = false;
  bool archive = false;
  ReadFlags read;
  BufferFlags buffers;

  absl::Status Copy(PickleStream& stream, ByteWriter& writer,
                    BufferSink* sink) const {
    WriteOptions options;
    options.protocol = protocol;
    options.fix_imports = fix_imports;
    if (sink != nullptr) {
      options.out_of_band_threshold =
          buffers.threshold().value_or(kDefaultThreshold);
    }
    Document document;
    ValueWriter value_writer;
    for (;;) {
      const absl::StatusOr<bool> found = stream.Next(document);
      if (!found.ok()) return found.status();
      if (!*found) return absl::OkStatus();
      absl::Status status = value_writer.Write(document, writer, options, sink);
      if (!status.ok()) return status;
    }
  }

  absl::Status Archive(PickleStream& stream, ByteWriter& writer) const {
    Document document;
    ArchiveWriter archive_writer(&writer);
    for (;;) {
      const absl::StatusOr<bool> found = stream.Next(document);
      if (!found.ok()) return found.status();
      if (!*found) return archive_writer.Close();
      absl::Status status = archive_writer.Write(document);
      if (!status.ok()) return status;
    }
  }

  ExitCode operator()() const {
    absl::StatusOr<Input> input = Input::Open(in);
    if (!input.ok()) return Report(in, input.status());
    absl::StatusOr<std::vector<Buffer>> given = read.Buffers();
    if (!given.ok()) return Report("buffers", given.status());
    absl::StatusOr<std::unique_ptr<BufferSink>> sink = buffers.OpenSink();
    if (!sink.ok()) return Report("buffers", sink.status());
    absl::StatusOr<Output> output = Output::Open(out);
    if (!output.ok()) return Report(out, output.status());
    ThresholdSink threshold(buffers.threshold().value_or(0), sink->get());
    PickleStream stream(*std::move(input), read.Options(),
                        {.all = all, .member = read.member()},
                        *std::move(given));
    const absl::Status status =
        archive ? Archive(stream, output->writer())
                : Copy(stream, output->writer(),
                       *sink == nullptr ? nullptr : &threshold);
    if (!status.ok()) return Report(in, status);
    if (*sink != nullptr) {
      const absl::Status closed = threshold.Close();
      if (!closed.ok()) return Report("buffers", closed);
    }
    return Report(out, output->Finish());
  }
};

}  // namespace

void AddConvert(CLI::App& app, Run& run) {
  CLI::App* verb =
      app.add_subcommand("convert",
                         "Writes pickles in another protocol, buffers in- or "
                         "out-of-band");
  auto convert = std::make_shared<Convert>();
  verb->add_option("IN", convert->in,
                   "A pickle or an archive; - is the standard input")
      ->required();
  verb->add_option("OUT", convert->out,
                   "The pickle to write; - is the standard output")
      ->required();
  verb->add_option("--protocol", convert->protocol, "0 to 5 (default 5)")
      ->type_name("N")
      ->check(CLI::Range(0, kHighestProtocol));
  verb->add_flag("--fix-imports,!--no-fix-imports", convert->fix_imports,
                 "Name Python 2's modules in protocols 0 to 2 (default)");
  verb->add_flag("--all", convert->all, "Every pickle of the file");
  verb->add_flag("--archive", convert->archive,
                 "Write a .pkl5 archive (the default where OUT ends in .pkl5)");
  convert->buffers.Add(*verb, "--buffers");
  convert->read.AddBuffers(*verb, "--from-buffers");
  convert->read.AddMember(*verb);
  convert->read.AddAll(*verb);
  verb->footer(
      "Examples:\n"
      "  pkl5 convert old.pkl new.pkl --protocol 5\n"
      "  pkl5 convert array.pkl head.pkl --buffers file:array.buf\n"
      "  pkl5 convert head.pkl whole.pkl --from-buffers array.buf\n"
      "  pkl5 convert array.pkl head.pkl --buffers shm:array\n"
      "  pkl5 convert model.pkl model.pkl5\n"
      "  pkl5 convert model.pkl5 model.pkl --protocol 4\n"
      "With --buffers, bytes and bytearray objects of 2048 bytes and more "
      "(--threshold)\ngo out-of-band, too: who loads the pickle finds in "
      "their place what it gives\nas buffers.");
  verb->callback([convert, &run] {
    if (convert->buffers.out_of_band() && convert->protocol < 5) {
      throw CLI::ValidationError("--buffers", "needs --protocol 5");
    }
    convert->archive = WritesArchive(convert->archive, convert->out,
                                     convert->protocol, convert->buffers);
    run = *convert;
  });
}

}  // namespace pickle5::cli
