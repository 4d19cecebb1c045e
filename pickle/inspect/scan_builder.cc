#include "pickle/inspect/scan_builder.h"

#include <algorithm>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pickle/machine.h"

namespace pickle5::internal {
namespace {

constexpr const char kGetattrName[] = "builtins.getattr";

Verdict VerdictOf(GlobalStanding standing) {
  switch (standing) {
    case GlobalStanding::kAllowed:
    case GlobalStanding::kByArguments:
      return Verdict::kSafe;
    case GlobalStanding::kUnknown:
      return Verdict::kUnknown;
    case GlobalStanding::kDangerous:
      break;
  }
  return Verdict::kDangerous;
}

const char* ReasonOf(GlobalStanding standing) {
  switch (standing) {
    case GlobalStanding::kAllowed:
    case GlobalStanding::kByArguments:
      return "";
    case GlobalStanding::kUnknown:
      return "is not on the allow-list";
    case GlobalStanding::kDangerous:
      break;
  }
  return "can run code, or read and write what it likes";
}

// What stands for a callable that is no global.
std::string NameOfOther(Value callable) {
  if (callable.is(Kind::kObject)) {
    const Value made_by = callable.callable();
    if (made_by.is(Kind::kGlobal)) {
      return absl::StrCat("the result of ", std::string(made_by.module()), ".",
                          std::string(made_by.qualname()));
    }
    return "the result of a call";
  }
  if (callable.is(Kind::kPersistentId)) return "a persistent id";
  return callable.is(Kind::kBuffer) ? "a buffer" : "an extension";
}

}  // namespace

bool IsGetattr(Value global) {
  return global.qualname() == "getattr" &&
         (global.module() == "builtins" || global.module() == "__builtin__");
}

void ScanBuilder::StartPickle(const ReadOptions& options,
                              const Machine<ScanBuilder>* machine,
                              uint64_t base) {
  effects.clear();
  buffers.clear();
  arena.Reset(options.limits.max_memory);
  machine_ = machine;
  base_ = base;
  getattr_references_ = 0;
  Start(options, /*views=*/true, /*source=*/nullptr);
}

void ScanBuilder::EndPickle() {
  if (getattr_references_ <= 0) return;
  ScanReport::Name& name = report_.names[names_.at(kGetattrName)];
  name.verdict = Verdict::kDangerous;
  name.reason = "is handed on, to be called with arguments that are not seen";
}

void ScanBuilder::Note(std::string name, Verdict verdict, const char* reason) {
  const auto [found, is_new] =
      names_.try_emplace(name, static_cast<uint32_t>(report_.names.size()));
  if (is_new) report_.names.push_back({std::move(name), verdict, reason});
  ScanReport::Name& noted = report_.names[found->second];
  if (verdict > noted.verdict) {
    noted.verdict = verdict;
    noted.reason = reason;
  }
  report_.sites.push_back({.offset = base_ + machine_->offset(),
                           .opcode = static_cast<Opcode>(*machine_->p()),
                           .name = found->second});
}

bool ScanBuilder::Global(Slot* f, int protocol) {
  if (!ValueBuilder::Global(f, protocol)) return false;
  if (IsGetattr(f[0])) {
    ++getattr_references_;
    Note(kGetattrName, Verdict::kSafe, "");
    return true;
  }
  const GlobalStanding standing = policy_.Judge(f[0].module(), f[0].qualname());
  Note(absl::StrCat(std::string(f[0].module()), ".",
                    std::string(f[0].qualname())),
       VerdictOf(standing), ReasonOf(standing));
  return true;
}

// An attribute of a class or of an object is code that no allow-list has seen,
// but for the constructor; names with underscores lead to everything.
void ScanBuilder::NoteGetattr(Slot args) {
  --getattr_references_;
  const std::span<const Value> items = ValueAccess::items(args);
  const bool plain =
      items.size() == 2 && items[1].is(Kind::kStr) &&
      (items[0].is(Kind::kGlobal) || items[0].is(Kind::kObject)) &&
      !(items[0].is(Kind::kGlobal) && IsGetattr(items[0]));
  const std::string_view name = plain ? *items[1].AsStr() : std::string_view();
  if (plain && name == "__new__" && items[0].is(Kind::kGlobal)) {
    Note(kGetattrName, Verdict::kSafe, "");
  } else if (plain && !name.starts_with("_")) {
    Note(kGetattrName, Verdict::kUnknown, "fetches a method");
  } else {
    Note(kGetattrName, Verdict::kDangerous,
         "fetches what may lead to any object");
  }
}

void ScanBuilder::NoteCall(Slot callable, Slot args) {
  if (!callable.is(Kind::kGlobal)) {
    if (ValueAccess::is_extensible(callable)) {
      Note(NameOfOther(callable), Verdict::kUnknown,
           "is called, and no global");
    }
    return;
  }
  if (IsGetattr(callable)) return NoteGetattr(args);
  const GlobalStanding standing =
      policy_.Judge(callable.module(), callable.qualname());
  Note(absl::StrCat(std::string(callable.module()), ".",
                    std::string(callable.qualname())),
       VerdictOf(standing), ReasonOf(standing));
}

bool ScanBuilder::Reduce(Slot* f) {
  NoteCall(f[0], f[1]);
  return ValueBuilder::Reduce(f);
}

bool ScanBuilder::NewObj(Slot* f) {
  NoteCall(f[0], f[1]);
  return ValueBuilder::NewObj(f);
}

bool ScanBuilder::NewObjEx(Slot* f) {
  NoteCall(f[0], f[1]);
  return ValueBuilder::NewObjEx(f);
}

bool ScanBuilder::Instance(Slot* f, size_t n, bool inst) {
  NoteCall(f[0], Value());
  return ValueBuilder::Instance(f, n, inst);
}

bool ScanBuilder::Build(Slot* f) {
  if (f[0].is(Kind::kGlobal)) {
    Note(absl::StrCat(std::string(f[0].module()), ".",
                      std::string(f[0].qualname())),
         Verdict::kDangerous, "is changed: it is given a state");
  }
  return ValueBuilder::Build(f);
}

Value ScanBuilder::Extension(int64_t code) {
  Note(absl::StrCat("extension code ", code), Verdict::kUnknown,
       "hides a name in the registry of copyreg");
  return ValueBuilder::Extension(code);
}

}  // namespace pickle5::internal
