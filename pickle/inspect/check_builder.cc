#include "pickle/inspect/check_builder.h"

#include <algorithm>
#include <cstring>

#include "pickle/text/utf8.h"

namespace pickle5::internal {

CheckBuilder::Slot CheckBuilder::Str(const uint8_t* p, size_t n) {
  const bool name = n != 0 && std::memchr(p, 0, n) == nullptr;
  return {name ? Type::kStr : Type::kBadName, true};
}

CheckBuilder::Slot CheckBuilder::Python2Str(const uint8_t* p, size_t n) {
  switch (encoding_) {
    case StringEncoding::kBytes:
      return {Type::kBytes, true};
    case StringEncoding::kLatin1:
      return Str(p, n);
    case StringEncoding::kAscii:
      if (IsAscii(p, n)) return Str(p, n);
      break;
    case StringEncoding::kUtf8:
      if (IsValidUtf8(p, n, /*allow_surrogates=*/false)) return Str(p, n);
      break;
  }
  Fail(ErrorCode::kEncoding, "8-bit string is not in the encoding asked for");
  return Null();
}

bool CheckBuilder::Tuple(Slot* f, size_t n) {
  const bool hashable =
      std::all_of(f, f + n, [](const Slot& s) { return s.hashable; });
  *f = {Type::kTuple, hashable};
  return true;
}

bool CheckBuilder::FrozenSet(Slot* f, size_t n) {
  if (!Hashable(f, n, 1)) return false;
  *f = {Type::kFrozenSet, true};
  return true;
}

bool CheckBuilder::List(Slot* f, size_t) {
  *f = NewList();
  return true;
}

bool CheckBuilder::Dict(Slot* f, size_t n) {
  if (!Hashable(f, n / 2, 2)) return false;
  *f = NewDict();
  return true;
}

bool CheckBuilder::Fill(Slot target, Type type) {
  return target.type == type || target.type == Type::kObject ||
         Fail(ErrorCode::kType, "the object cannot be filled by this opcode");
}

bool CheckBuilder::Append(Slot* f, size_t) { return Fill(f[-1], Type::kList); }

bool CheckBuilder::SetItems(Slot* f, size_t n) {
  return Hashable(f, n / 2, 2) && Fill(f[-1], Type::kDict);
}

bool CheckBuilder::AddItems(Slot* f, size_t n) {
  return Hashable(f, n, 1) && Fill(f[-1], Type::kSet);
}

bool CheckBuilder::Hashable(const Slot* f, size_t n, size_t step) {
  for (const Slot* end = f + n * step; f != end; f += step) {
    if (!f->hashable) {
      return Fail(ErrorCode::kUnhashable, "an unhashable key or set item");
    }
  }
  return true;
}

bool CheckBuilder::Charge(size_t n) {
  if (n > memory_left_) {
    return Fail(ErrorCode::kMemoryLimit,
                "objects take more memory than allowed");
  }
  memory_left_ -= n;
  return true;
}

bool CheckBuilder::Global(Slot* f, int) {
  for (const Slot& name : {f[0], f[1]}) {
    if (name.type != Type::kStr && name.type != Type::kBadName) {
      return Fail(ErrorCode::kType, "module and name must be str");
    }
  }
  if (f[0].type == Type::kBadName || f[1].type == Type::kBadName) {
    return Fail(ErrorCode::kBadName,
                "name of a global is empty or holds a NUL");
  }
  *f = Object();
  return true;
}

bool CheckBuilder::Call(Slot* f) {
  if (f[0].type != Type::kObject) {
    return Fail(ErrorCode::kNotCallable, "what is called is no callable");
  }
  if (f[1].type != Type::kTuple) {
    return Fail(ErrorCode::kType, "arguments are not a tuple");
  }
  *f = Object();
  return true;
}

bool CheckBuilder::NewObjEx(Slot* f) {
  const bool kwargs_are_dict = f[2].type == Type::kDict;
  if (!Call(f)) return false;
  return kwargs_are_dict ||
         Fail(ErrorCode::kType, "keyword arguments are not a dict");
}

bool CheckBuilder::Instance(Slot* f, size_t, bool) {
  f[1] = EmptyTuple();
  return Call(f);
}

bool CheckBuilder::Build(Slot* f) {
  return f->type == Type::kObject ||
         Fail(ErrorCode::kType, "state is given to something without state");
}

bool CheckBuilder::Persistent(Slot* f) {
  *f = Object();
  return true;
}

bool CheckBuilder::ReadonlyBuffer(Slot* f) {
  return f->type == Type::kObject || f->type == Type::kBytes ||
         f->type == Type::kByteArray || Fail(ErrorCode::kType, "not a buffer");
}

}  // namespace pickle5::internal
