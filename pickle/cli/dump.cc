#include <memory>
#include <string>
#include <utility>

#include "buffers/filters/threshold_sink.h"
#include "pickle/archive/archive_writer.h"
#include "pickle/cli/buffer_flags.h"
#include "pickle/cli/error_report.h"
#include "pickle/cli/input.h"
#include "pickle/cli/output.h"
#include "pickle/cli/progress.h"
#include "pickle/cli/verbs.h"
#include "pickle/numpy/npy.h"
#include "pickle/show/json_format.h"
#include "pickle/value/document.h"
#include "pickle/value/value_writer.h"

namespace pickle5::cli {
namespace {

struct DumpVerb {
  std::string in = "-";
  std::string out;
  int protocol = kHighestProtocol;
  bool raw = false;
  bool lossless = false;
  bool archive = false;
  BufferFlags buffers;

  absl::StatusOr<Value> Read(const Input& input, Document& document) const {
    if (raw) return document.MakeBuffer(input.buffer().AsReadonly());
    const Progress progress(in, input.bytes());
    if (IsNpy(input.bytes())) return NpyToValue(input.buffer(), document);
    JsonReadOptions options;
    options.tags = lossless;
    return FromJson(input.bytes(), &document, options);
  }

  ExitCode operator()() const {
    absl::StatusOr<Input> input = OpenWhole(in);
    if (!input.ok()) return Report(in, input.status());
    Document document;
    absl::StatusOr<Value> value = Read(*input, document);
    if (!value.ok()) return Report(in, value.status());
    absl::StatusOr<std::unique_ptr<BufferSink>> sink = buffers.OpenSink();
    if (!sink.ok()) return Report("buffers", sink.status());
    absl::StatusOr<Output> output = Output::Open(out);
    if (!output.ok()) return Report(out, output.status());
    ThresholdSink threshold(buffers.threshold().value_or(0), sink->get());
    WriteOptions options;
    options.protocol = protocol;
    const absl::Status status =
        archive ? ArchiveWriter(&output->writer()).Write(*value)
                : Dump(*value, output->writer(), options,
                       *sink == nullptr ? nullptr : &threshold);
    if (!status.ok()) return Report(out, status);
    if (*sink != nullptr) {
      const absl::Status closed = threshold.Close();
      if (!closed.ok()) return Report("buffers", closed);
    }
    return Report(out, output->Finish());
  }
};

}  // namespace

void AddDump(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand(
      "dump", "Makes a pickle of JSON, of an .npy file or of raw bytes");
  auto dump = std::make_shared<DumpVerb>();
  verb->add_option("IN", dump->in,
                   "JSON or an .npy file, told by its first bytes; - "
                   "(default) is the standard input");
  verb->add_option("-o,--output", dump->out,
                   "The pickle to write; - is the standard output")
      ->type_name("FILE")
      ->required();
  verb->add_option("--protocol", dump->protocol, "0 to 5 (default 5)")
      ->type_name("N")
      ->check(CLI::Range(0, kHighestProtocol));
  verb->add_flag("--raw", dump->raw,
                 "Take the file as it is: bytes, or a readonly buffer where "
                 "it goes out-of-band");
  verb->add_flag("--lossless", dump->lossless,
                 "Read the JSON that `pkl5 load --format=json --lossless` "
                 "writes");
  verb->add_flag("--archive", dump->archive,
                 "Write a .pkl5 archive (the default where the output ends in "
                 ".pkl5)");
  dump->buffers.Add(*verb, "--buffers");
  verb->footer(
      "Examples:\n"
      "  echo '{\"a\": [1, 2.5, null]}' | pkl5 dump -o a.pkl\n"
      "  pkl5 dump array.npy -o array.pkl\n"
      "  pkl5 dump array.npy -o array.pkl5\n"
      "  pkl5 dump array.npy -o head.pkl --buffers file:array.buf\n"
      "  pkl5 dump photo.jpg --raw -o photo.pkl --buffers shm:photo");
  verb->callback([dump, &run] {
    if (dump->buffers.out_of_band() && dump->protocol < 5) {
      throw CLI::ValidationError("--buffers", "needs --protocol 5");
    }
    dump->archive =
        WritesArchive(dump->archive, dump->out, dump->protocol, dump->buffers);
    run = *dump;
  });
}

}  // namespace pickle5::cli
