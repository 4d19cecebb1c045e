#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "buffers/files/file_bytes.h"
#include "pickle/archive/archive_pickle.h"
#include "pickle/archive/archive_reader.h"
#include "pickle/cli/error_report.h"
#include "pickle/cli/file_members.h"
#include "pickle/cli/input.h"
#include "pickle/cli/output.h"
#include "pickle/cli/verbs.h"
#include "pickle/show/json_text.h"
#include "pickle/text/shown_text.h"

namespace pickle5::cli {
namespace {

std::string DigestText(const BufferDigest& digest) {
  return absl::BytesToHexString(
      std::string(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

std::string ShapeText(const BufferDescription& description) {
  return absl::StrJoin(description.shape, ", ");
}

struct List {
  std::vector<std::string> files;
  bool json = false;

  static std::string PayloadJson(const ArchivePayload& payload,
                                 uint64_t begin) {
    const BufferDescription& description = payload.description;
    std::string out = absl::StrCat(
        "{\"offset\": ", begin + payload.offset,
        ", \"length\": ", payload.length, ", \"kind\": \"",
        std::string(PayloadKindName(payload.kind)),
        "\", \"readonly\": ", description.readonly ? "true" : "false");
    if (description.has_layout) {
      out += ", \"format\": ";
      internal::AppendJsonString(description.format, /*ascii=*/true, &out);
      absl::StrAppend(&out, ", \"itemsize\": ", description.itemsize,
                      ", \"shape\": [", ShapeText(description),
                      "], \"order\": \"", description.fortran_order ? "F" : "C",
                      "\"");
    }
    absl::StrAppend(&out, ", \"xxh3_128\": \"", DigestText(payload.digest),
                    "\"}");
    return out;
  }

  static std::string ObjectJson(const ArchiveExtent& extent,
                                const ArchiveIndex& index) {
    std::vector<std::string> payloads;
    for (const ArchivePayload& payload : index.payloads) {
      payloads.push_back(PayloadJson(payload, extent.begin));
    }
    return absl::StrCat("{\"offset\": ", extent.begin,
                        ", \"pickle\": ", extent.index - extent.begin,
                        ", \"index\": ", extent.end - extent.index,
                        ", \"in_band_xxh3_128\": \"", DigestText(index.in_band),
                        "\", \"payloads\": [", absl::StrJoin(payloads, ", "),
                        "]}");
  }

  static std::string ObjectTable(size_t i, const ArchiveExtent& extent,
                                 const ArchiveIndex& index) {
    uint64_t in_band = extent.index - extent.begin;
    for (const ArchivePayload& payload : index.payloads) {
      in_band -= payload.length;
    }
    std::string out = absl::StrFormat(
        "object %d at %d: %d bytes, %d in-band, %d payloads\n", i, extent.begin,
        extent.end - extent.begin, in_band, index.payloads.size());
    if (index.payloads.empty()) return out;
    absl::StrAppendFormat(&out, "  %7s  %14s  %14s  %-9s  %-8s  %s\n",
                          "payload", "offset", "length", "kind", "access",
                          "layout");
    for (size_t k = 0; k < index.payloads.size(); ++k) {
      const ArchivePayload& payload = index.payloads[k];
      const BufferDescription& description = payload.description;
      std::string layout = "-";
      if (description.has_layout) {
        layout = absl::StrCat(description.format, " [", ShapeText(description),
                              "]", description.fortran_order ? " Fortran" : "");
      }
      absl::StrAppendFormat(&out, "  %7d  %14d  %14d  %-9s  %-8s  %s\n", k,
                            extent.begin + payload.offset, payload.length,
                            std::string(PayloadKindName(payload.kind)),
                            description.readonly ? "readonly" : "writable",
                            layout);
    }
    return out;
  }

  std::string MembersText(const std::string& file,
                          const std::vector<ListedMember>& members) const {
    std::string out;
    if (json) {
      out = "{\"file\": ";
      internal::AppendJsonString(file, /*ascii=*/true, &out);
      out += ", \"members\": [";
    }
    const char* separator = "";
    for (const ListedMember& member : members) {
      if (json) {
        absl::StrAppend(&out, separator, "{\"name\": ");
        internal::AppendJsonString(member.name, /*ascii=*/true, &out);
        absl::StrAppend(&out, ", \"bytes\": ", member.bytes, "}");
        separator = ", ";
      } else {
        absl::StrAppendFormat(&out, "%14d  %s\n", member.bytes,
                              internal::ShownText(member.name));
      }
    }
    return json ? out + "]}\n" : out;
  }

  absl::StatusOr<std::string> OneFile(const std::string& file) const {
    const absl::StatusOr<Input> input = OpenWhole(file);
    if (!input.ok()) return input.status();
    if (!IsArchive(input->bytes())) {
      absl::StatusOr<std::vector<ListedMember>> members =
          ListMembers(input->bytes());
      if (!members.ok()) return members.status();
      if (!members->empty()) return MembersText(file, *members);
    }
    const absl::StatusOr<ArchiveReader> archive = ArchiveReader::Open(
        FileBytes::Of(input->buffer()), ArchiveAccess::kReadOnly);
    if (!archive.ok()) return archive.status();
    std::vector<std::string> objects;
    for (size_t i = 0; i < archive->size(); ++i) {
      const absl::StatusOr<ArchiveIndex> index = archive->Index(i);
      if (!index.ok()) return index.status();
      const ArchiveExtent& extent = archive->extents().objects[i];
      objects.push_back(json ? ObjectJson(extent, *index)
                             : ObjectTable(i, extent, *index));
    }
    std::vector<std::string> lost;
    for (const auto& [begin, end] : archive->extents().lost) {
      lost.push_back(json ? absl::StrCat("[", begin, ", ", end, "]")
                          : absl::StrCat("bytes ", begin, " to ", end,
                                         " belong to no object\n"));
    }
    if (!json)
      return absl::StrCat(absl::StrJoin(objects, ""), absl::StrJoin(lost, ""));
    std::string line = "{\"file\": ";
    internal::AppendJsonString(file, /*ascii=*/true, &line);
    absl::StrAppend(&line, ", \"objects\": [", absl::StrJoin(objects, ", "),
                    "], \"lost\": [", absl::StrJoin(lost, ", "), "]}\n");
    return line;
  }

  ExitCode operator()() const {
    StreamOutput out;
    ExitCode code = kFine;
    bool written = true;
    for (const std::string& file : files) {
      const absl::StatusOr<std::string> text = OneFile(file);
      if (!text.ok() && json) {
        code = std::max(code, ExitCodeOf(text.status()));
        written = out.writer().Write(ErrorLine(file, text.status()));
      } else if (!text.ok()) {
        code = std::max(code, Report(file, text.status()));
      } else {
        if (files.size() > 1 && !json) {
          written = out.writer().Write(
              absl::StrCat("==> ", internal::ShownText(file), " <==\n"));
        }
        written = written && out.writer().Write(*text);
      }
      if (!written) break;
    }
    return std::max(code, Report("standard output", out.Finish()));
  }
};

}  // namespace

void AddList(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand(
      "list",
      "Lists the objects of archives and their payloads, and the "
      "members of zips");
  auto list = std::make_shared<List>();
  verb->add_option("FILE", list->files,
                   "Archives and zips; - is the standard input")
      ->required();
  verb->add_flag("--json", list->json, "One line of JSON a file");
  verb->footer(
      "Examples:\n"
      "  pkl5 list model.pkl5\n"
      "  pkl5 list model.pt\n"
      "  pkl5 list --json model.pkl5 | jq '.objects[0].payloads[].length'\n"
      "Exit code 1 if a file is neither an archive nor a zip, or is damaged.");
  verb->callback([list, &run] { run = *list; });
}

}  // namespace pickle5::cli
