#include "pickle/inspect/scan_builder.h"

#include <algorithm>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pickle/machine/machine.h"

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

std::string DottedName(Value global) {
  std::string name(global.module());
  name += '.';
  name += global.qualname();
  return name;
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
  globals_.clear();
  getattr_references_ = 0;
  wrapper_references_ = 0;
  doubtful_wrapper_ = false;
  wrapper_.reset();
  Start(options, /*views=*/true, /*source=*/nullptr);
}

void ScanBuilder::EndPickle() {
  if (getattr_references_ <= 0) return;
  ScanReport::Name& name = report_.names[names_.at(kGetattrName)];
  name.verdict = Verdict::kDangerous;
  name.reason = "is handed on, to be called with arguments that are not seen";
}

void ScanBuilder::Note(uint32_t name) {
  report_.sites.push_back({.offset = base_ + machine_->offset(),
                           .opcode = static_cast<Opcode>(*machine_->p()),
                           .name = name});
}

void ScanBuilder::Note(uint32_t name, Verdict verdict, const char* reason) {
  ScanReport::Name& noted = report_.names[name];
  if (verdict > noted.verdict) {
    noted.verdict = verdict;
    noted.reason = reason;
  }
  Note(name);
}

uint32_t ScanBuilder::Enter(std::string name, Verdict verdict,
                            const char* reason) {
  const auto [found, is_new] =
      names_.try_emplace(name, static_cast<uint32_t>(report_.names.size()));
  if (is_new) report_.names.push_back({std::move(name), verdict, reason});
  return found->second;
}

uint32_t ScanBuilder::NameOf(Slot global) {
  const auto* node = ValueAccess::node<const ObjectNode>(global);
  const std::pair<uint64_t, uint64_t> key(ValueAccess::bits(node->a),
                                          ValueAccess::bits(node->b));
  const auto known = globals_.find(key);
  if (known != globals_.end()) return known->second;
  const GlobalStanding standing =
      policy_.Judge(global.module(), global.qualname());
  const uint32_t name =
      Enter(IsGetattr(global) ? kGetattrName : DottedName(global),
            VerdictOf(standing), ReasonOf(standing));
  globals_.try_emplace(key, name);
  return name;
}

uint32_t ScanBuilder::NameOfResult(Slot object) {
  static constexpr char kReason[] = "is called, and no global";
  const Value made_by = object.callable();
  if (!made_by.is(Kind::kGlobal)) {
    return Enter("the result of a call", Verdict::kUnknown, kReason);
  }
  const uint32_t name = NameOf(made_by);
  const auto known = results_.find(name);
  if (known != results_.end()) return known->second;
  const uint32_t result =
      Enter(absl::StrCat("the result of ", report_.names[name].name),
            Verdict::kUnknown, kReason);
  results_.try_emplace(name, result);
  return result;
}

bool ScanBuilder::Global(Slot* f, int protocol) {
  if (!ValueBuilder::Global(f, protocol)) return false;
  CountReference(f[0]);
  Note(NameOf(f[0]));
  return true;
}

// An attribute of a class or of an object is code that no allow-list has seen,
// but for the constructor; names with underscores lead to everything.
void ScanBuilder::NoteGetattr(Slot getattr, Slot args) {
  const uint32_t this_name = NameOf(getattr);
  --getattr_references_;
  const std::span<const Value> items = ValueAccess::items(args);
  const bool plain =
      items.size() == 2 && items[1].is(Kind::kStr) &&
      (items[0].is(Kind::kGlobal) || items[0].is(Kind::kObject)) &&
      !(items[0].is(Kind::kGlobal) && IsGetattr(items[0]));
  const std::string_view name = plain ? *items[1].AsStr() : std::string_view();
  if (plain && name == "__new__" && items[0].is(Kind::kGlobal)) {
    Note(this_name);
  } else if (plain && !name.starts_with("_")) {
    Note(this_name, Verdict::kUnknown, "fetches a method");
  } else {
    Note(this_name, Verdict::kDangerous, "fetches what may lead to any object");
  }
}

void ScanBuilder::NoteCall(Slot callable, Slot args) {
  if (callable.is(Kind::kGlobal)) {
    return IsGetattr(callable) ? NoteGetattr(callable, args)
                               : Note(NameOf(callable));
  }
  if (callable.is(Kind::kObject)) {
    Note(NameOfResult(callable));
  } else if (ValueAccess::is_extensible(callable)) {
    Note(Enter("a persistent id, an extension or a buffer", Verdict::kUnknown,
               "is called, and no global"));
  }
}

bool ScanBuilder::Reduce(Slot* f) {
  NoteCall(f[0], f[1]);
  return ValueBuilder::Reduce(f);
}

bool ScanBuilder::NewObj(Slot* f) {
  if (f[0].is(Kind::kGlobal) && IsJoblibWrapper(f[0])) --wrapper_references_;
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
    Note(NameOf(f[0]), Verdict::kDangerous, "is changed: it is given a state");
  } else if (f[0].is(Kind::kObject) && f[0].callable().is(Kind::kGlobal) &&
             IsJoblibWrapper(f[0].callable())) {
    // The second time, joblib has an array there.
    doubtful_wrapper_ |=
        ValueAccess::first_post(f[0]) != nullptr || wrapper_.has_value();
    wrapper_ = {.state = f[1], .end = base_ + machine_->offset() + 1};
  }
  return ValueBuilder::Build(f);
}

Value ScanBuilder::Extension(int64_t code) {
  Note(Enter(absl::StrCat("extension code ", code), Verdict::kUnknown,
             "hides a name in the registry of copyreg"));
  return ValueBuilder::Extension(code);
}

}  // namespace pickle5::internal
