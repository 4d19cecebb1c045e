#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pickle/cli/error_report.h"
#include "pickle/cli/file_content.h"
#include "pickle/cli/input.h"
#include "pickle/cli/output.h"
#include "pickle/cli/progress.h"
#include "pickle/cli/read_flags.h"
#include "pickle/cli/verbs.h"
#include "pickle/inspect/disassembly.h"
#include "pickle/text/shown_text.h"

namespace pickle5::cli {
namespace {

struct Dis {
  std::vector<std::string> files;
  bool json = false;
  bool all = false;
  ReadFlags read;

  ExitCode OneFile(const std::string& file, ByteWriter& writer) const {
    absl::StatusOr<Input> input = all ? OpenWhole(file) : OpenPickle(file);
    if (!input.ok()) return Report(file, input.status());
    const Progress progress(file, input->bytes());
    const absl::StatusOr<FileContent> content =
        OpenContent(input->buffer(), read.member());
    if (!content.ok()) return Report(file, content.status());
    ExitCode code = kFine;
    for (const FilePart& part : content->parts) {
      const std::string name =
          part.name.empty() ? file : absl::StrCat(file, ":", part.name);
      if (content->parts.size() > 1 && !json &&
          !writer.Write(
              absl::StrCat("==> ", internal::ShownText(name), " <==\n"))) {
        return kIo;
      }
      const absl::StatusOr<PartPickles> pickles = PicklesOf(part.bytes.chars());
      if (!pickles.ok()) {
        code = std::max(code, Report(name, pickles.status()));
      } else {
        code = std::max(code, OnePart(name, *pickles, writer));
      }
    }
    return code;
  }

  ExitCode OnePart(const std::string& file, const PartPickles& pickles,
                   ByteWriter& writer) const {
    DisassemblyOptions options;
    options.json = json;
    options.base_offset = pickles.offset;
    std::vector<DisassemblyGap> gaps;
    uint64_t passed = 0;
    for (const internal::JoblibExtent& array : pickles.joblib.arrays) {
      gaps.push_back({array.begin - passed, array.end - array.begin});
      passed += gaps.back().bytes;
    }
    options.gaps = gaps;
    ExitCode code = kFine;
    const std::string_view bytes = pickles.bytes();
    std::string_view rest = bytes;
    do {
      uint64_t consumed = 0;
      const absl::Status status = Disassemble(rest, options, writer, &consumed);
      // What was listed comes before what is wrong with it.
      if (!status.ok() && !writer.Flush()) return kIo;
      code = std::max(code, Report(file, ExplainError(bytes, status)));
      if (consumed == 0) break;
      rest.remove_prefix(consumed);
      options.base_offset += consumed;
      // Behind bytes that are no pickle no other can be found.
    } while (all && !rest.empty() && code != kIo &&
             bytes[bytes.size() - rest.size() - 1] == '.');
    return code;
  }

  ExitCode operator()() const {
    StreamOutput out;
    ExitCode code = kFine;
    for (const std::string& file : files) {
      if (files.size() > 1 && !json &&
          !out.writer().Write(
              absl::StrCat("==> ", internal::ShownText(file), " <==\n"))) {
        break;
      }
      code = std::max(code, OneFile(file, out.writer()));
    }
    return std::max(code, Report("standard output", out.Finish()));
  }
};

}  // namespace

void AddDis(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand(
      "dis", "Lists the opcodes of pickles, as pickletools.dis");
  auto dis = std::make_shared<Dis>();
  verb->add_option("FILE", dis->files,
                   "Pickles, packed or not; - is the standard input")
      ->required();
  verb->add_flag("--json", dis->json,
                 "One JSON object a line: pos, opcode, arg");
  verb->add_flag("--all", dis->all, "Every pickle of each file");
  dis->read.AddMember(*verb);
  verb->footer(
      "Examples:\n"
      "  pkl5 dis model.pkl\n"
      "  pkl5 dis --json model.pkl | grep GLOBAL\n"
      "  python3 -c 'import pickle,sys; "
      "sys.stdout.buffer.write(pickle.dumps(1))' | pkl5 dis -\n"
      "  pkl5 dis model.pt --member data.pkl\n"
      "Of a joblib dump, the arrays between the opcodes are passed over.\n"
      "Exit code 1 if the pickle is cut short or misuses stack or memo.");
  verb->callback([dis, &run] { run = *dis; });
}

}  // namespace pickle5::cli
