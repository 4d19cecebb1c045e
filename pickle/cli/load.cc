#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pickle/cli/error_report.h"
#include "pickle/cli/input.h"
#include "pickle/cli/output.h"
#include "pickle/cli/pickle_stream.h"
#include "pickle/cli/read_flags.h"
#include "pickle/cli/verbs.h"
#include "pickle/numpy/array_text.h"
#include "pickle/show/canonical_tree.h"
#include "pickle/show/json_format.h"
#include "pickle/show/json_text.h"
#include "pickle/text/shown_text.h"
#include "pickle/value/document.h"
#include "pickle/value/path.h"
#include "pickle/value/repr.h"

namespace pickle5::cli {
namespace {

struct Load {
  std::vector<std::string> files;
  ReadFlags read;
  std::string format = "repr";
  std::string path = "$";
  bool full = false;
  bool lossless = false;
  bool all = false;

  bool is_repr() const { return format == "repr"; }

  // Writes a value as the format asks, without a newline.
  absl::Status Show(Value value, ByteWriter& writer) const {
    if (format == "json") {
      JsonOptions options;
      options.lossless = lossless;
      options.ascii = true;
      return WriteJson(value, options, writer);
    }
    if (format == "tree") {
      const absl::StatusOr<std::string> tree = CanonicalTree(value);
      if (!tree.ok()) return tree.status();
      return writer.WriteLarge(*tree) ? absl::OkStatus() : writer.status();
    }
    ReprOptions options = full ? ReprOptions() : ReprOptions::Short();
    options.object_text = internal::AppendArrayText;
    const std::string repr = Repr(value, options);
    return writer.WriteLarge(repr) ? absl::OkStatus() : writer.status();
  }

  // One pickle of a file: the line it is shown on.
  absl::Status ShowPickle(const std::string& file, const Document& document,
                          const Path& where, ByteWriter& writer) const {
    const absl::StatusOr<Value> value = Follow(document.root(), where);
    if (!value.ok()) return value.status();
    const bool framed = files.size() > 1 && !is_repr();
    std::string head;
    if (framed) {
      head = "{\"file\": ";
      internal::AppendJsonString(file, /*ascii=*/true, &head);
      absl::StrAppend(&head,
                      format == "tree" ? ", \"tree\": " : ", \"value\": ");
    }
    if (!writer.Write(head)) return writer.status();
    absl::Status status = Show(*value, writer);
    if (status.ok() && !writer.Write(framed ? "}\n" : "\n")) {
      return writer.status();
    }
    return status;
  }

  absl::Status OneFile(const std::string& file, const Path& where,
                       const std::vector<Buffer>& buffers, Document& document,
                       ByteWriter& writer) const {
    absl::StatusOr<Input> input = Input::Open(file);
    if (!input.ok()) return input.status();
    PickleStream stream(*std::move(input), read.Options(),
                        {.all = all, .member = read.member()}, buffers);
    for (;;) {
      const absl::StatusOr<bool> found = stream.Next(document);
      if (!found.ok()) return found.status();
      if (!*found) return absl::OkStatus();
      absl::Status status = ShowPickle(file, document, where, writer);
      if (!status.ok()) return status;
      // Who writes a stream may wait for the answer.
      if (stream.WouldWait() && !writer.Flush()) return writer.status();
    }
  }

  ExitCode operator()() const {
    const absl::StatusOr<Path> where = ParsePath(path);
    if (!where.ok()) {
      Report("--path", where.status());
      return kUsage;
    }
    const absl::StatusOr<std::vector<Buffer>> buffers = read.Buffers();
    if (!buffers.ok()) return Report("buffers", buffers.status());
    StreamOutput out;
    ExitCode code = kFine;
    for (const std::string& file : files) {
      const bool several = files.size() > 1;
      if (several && is_repr() &&
          !out.writer().Write(
              absl::StrCat("==> ", internal::ShownText(file), " <==\n"))) {
        break;
      }
      // A Document a file: memory that a large pickle took is not carried on.
      Document document;
      const absl::Status status =
          OneFile(file, *where, *buffers, document, out.writer());
      if (status.ok()) continue;
      if (several && !is_repr() && out.writer().ok()) {
        code = std::max(code, ExitCodeOf(status));
        if (!out.writer().Write(ErrorLine(file, status))) break;
      } else {
        code = std::max(code, Report(file, status));
        if (!out.writer().ok()) return kIo;
      }
    }
    return std::max(code, Report("standard output", out.Finish()));
  }
};

}  // namespace

void AddLoad(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand("load", "Loads pickles and shows them");
  auto load = std::make_shared<Load>();
  verb->add_option("FILE", load->files,
                   "Pickles, archives, .npy and .npz files, what joblib and "
                   "torch saved; - is the standard input")
      ->required();
  verb->add_option("--format", load->format,
                   "repr (default): as Python shows it; json; tree: one line "
                   "for comparing implementations")
      ->type_name("NAME")
      ->check(CLI::IsMember({"repr", "json", "tree"}).description(""));
  verb->add_option("--path", load->path,
                   "Show only what is there, as in '$.users[3].name'")
      ->type_name("PATH");
  verb->add_flag("--full", load->full, "repr: leave nothing out");
  verb->add_flag("--lossless", load->lossless,
                 "json: tag what JSON lacks, so that dump --lossless can read "
                 "it back");
  verb->add_flag("--all", load->all,
                 "Every pickle of each file, every object of an archive");
  load->read.AddBuffers(*verb, "--buffers");
  load->read.AddMember(*verb);
  load->read.AddAll(*verb);
  verb->footer(
      "Examples:\n"
      "  pkl5 load model.pkl\n"
      "  pkl5 load --format=json --path '$.params' model.pkl | jq .\n"
      "  pkl5 load --strict --untrusted download.pkl\n"
      "  pkl5 load head.pkl --buffers array.buf\n"
      "  pkl5 load --all log.pkl\n"
      "With several files and --format=json or tree, each has one line of "
      "JSON:\n"
      "  {\"file\": ..., \"tree\": ...} or {\"file\": ..., \"error\": "
      "{\"code\": ...}}");
  verb->callback([load, &run] { run = *load; });
}

}  // namespace pickle5::cli
