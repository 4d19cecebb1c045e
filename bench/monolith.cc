#include "bench/monolith.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "pickle/protocol/opcode.h"
#include "pickle/text/utf8.h"

namespace pickle5::bench {
namespace {

using Cell = Monolith::Cell;

// Reserved, not used: pages that nobody touches cost nothing.
constexpr size_t kStackBytes = size_t{1} << 30;
constexpr size_t kMemoBytes = size_t{1} << 30;
constexpr size_t kMarksBytes = size_t{1} << 28;
constexpr size_t kArenaBytes = size_t{1} << 33;
constexpr size_t kAllBytes =
    kStackBytes + kMemoBytes + kMarksBytes + kArenaBytes;

// Cells are copied in fours, texts by 16 bytes: so much may be overwritten.
constexpr size_t kSlack = 64;
// The longest opcode with its fixed argument has 9 bytes.
constexpr ptrdiff_t kRoom = 10;
constexpr size_t kViewThreshold = 256;

enum Kind : uint64_t {
  kNone = 1,
  kBool,
  kInt,
  kFloat,
  kBigInt,  // from here on with a node
  kStr,
  kBytes,
  kView,  // a long text in the input
  kTuple,
  kGlobal,
  kObject,
  kList,  // from here on unhashable
  kDict,
};

struct Sequence {
  Cell* items;
  uint32_t size;
  uint32_t capacity;
};

struct Object {
  Cell callable;
  Cell args;
  Cell state;
};

struct Arena {
  char* next;
  char* end;
};

ABSL_ATTRIBUTE_ALWAYS_INLINE inline Cell Make(Kind kind, uint64_t bits,
                                              uint64_t length = 0) {
  return Cell{kind | length << 16, bits};
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline uint64_t KindOf(Cell cell) {
  return cell[0] & 0xff;
}

template <typename T>
ABSL_ATTRIBUTE_ALWAYS_INLINE inline T Read(const uint8_t* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

// A node of `size` bytes behind its cleared header.
ABSL_ATTRIBUTE_ALWAYS_INLINE inline char* Allocate(Arena& arena, size_t size) {
  const size_t all = (sizeof(uint64_t) + size + 7) & ~size_t{7};
  if (ABSL_PREDICT_FALSE(static_cast<size_t>(arena.end - arena.next) < all)) {
    return nullptr;
  }
  const uint64_t header = 0;
  std::memcpy(arena.next, &header, sizeof header);
  char* node = arena.next + sizeof header;
  arena.next += all;
  return node;
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline uint64_t Address(const void* node) {
  return reinterpret_cast<uint64_t>(node);
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline void CopyCells(Cell* to, const Cell* from,
                                                   size_t n) {
  if (ABSL_PREDICT_FALSE(n > 64)) {
    std::memcpy(static_cast<void*>(to), from, n * sizeof(Cell));
    return;
  }
  for (const Cell* end = from + n; from < end; from += 4, to += 4) {
    const Cell a = from[0], b = from[1], c = from[2], d = from[3];
    to[0] = a, to[1] = b, to[2] = c, to[3] = d;
  }
}

// Makes room for n more; the arena's new start, nullptr if it is full.
ABSL_ATTRIBUTE_NOINLINE char* Grow(Sequence* sequence, size_t n, Arena arena) {
  const size_t size = sequence->size + n;
  const bool last = reinterpret_cast<char*>(sequence->items +
                                            sequence->capacity) == arena.next;
  const size_t capacity =
      last ? size : std::max<size_t>(size, 2 * size_t{sequence->capacity});
  char* to = last ? reinterpret_cast<char*>(sequence->items) : arena.next;
  if (static_cast<size_t>(arena.end - to) / sizeof(Cell) < capacity) {
    return nullptr;
  }
  Cell* items = reinterpret_cast<Cell*>(to);
  if (!last) CopyCells(items, sequence->items, sequence->size);
  sequence->items = items;
  sequence->capacity = static_cast<uint32_t>(capacity);
  return to + capacity * sizeof(Cell);
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool Extend(Arena& arena, Cell target,
                                                const Cell* items, size_t n) {
  auto* sequence = reinterpret_cast<Sequence*>(target[1]);
  if (ABSL_PREDICT_FALSE(n > sequence->capacity - sequence->size)) {
    char* next = nullptr;
    if (sequence->capacity == 0 && n <= 64 &&
        static_cast<size_t>(arena.end - arena.next) > n * sizeof(Cell)) {
      sequence->items = reinterpret_cast<Cell*>(arena.next);
      sequence->capacity = static_cast<uint32_t>(n);
      next = arena.next + n * sizeof(Cell);
    } else {
      next = Grow(sequence, n, arena);
    }
    if (next == nullptr) return false;
    arena.next = next;
  }
  CopyCells(sequence->items + sequence->size, items, n);
  sequence->size += static_cast<uint32_t>(n);
  return true;
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool SetItems(Arena& arena, Cell target,
                                                  const Cell* items, size_t n) {
  if (KindOf(target) != kDict || n % 2 != 0) return false;
  for (size_t i = 0; i < n; i += 2) {
    const uint64_t kind = KindOf(items[i]);
    // Whether a tuple is hashable is not looked into.
    if (ABSL_PREDICT_FALSE(kind >= kList || kind == kTuple)) return false;
  }
  return Extend(arena, target, items, n);
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool Tuple(Arena& arena, Cell* items,
                                               size_t n) {
  char* node = Allocate(arena, n * sizeof(Cell));
  if (ABSL_PREDICT_FALSE(node == nullptr)) return false;
  CopyCells(reinterpret_cast<Cell*>(node), items, n);
  *items = Make(kTuple, Address(node), n);
  return true;
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool NewSequence(Arena& arena, Kind kind,
                                                     Cell* to) {
  char* node = Allocate(arena, sizeof(Sequence));
  if (ABSL_PREDICT_FALSE(node == nullptr)) return false;
  *reinterpret_cast<Sequence*>(node) = {nullptr, 0, 0};
  *to = Make(kind, Address(node));
  return true;
}

// The payload of n bytes at p.
ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool Text(Arena& arena, Kind kind,
                                              const uint8_t* p,
                                              const uint8_t* end, uint64_t n,
                                              Cell* to) {
  if (ABSL_PREDICT_FALSE(n > static_cast<size_t>(end - p))) return false;
  if (kind == kStr && ABSL_PREDICT_FALSE(!IsAscii(p, n)) &&
      !IsValidUtf8(p, n, /*allow_surrogates=*/true)) {
    return false;
  }
  const bool view = n >= kViewThreshold;
  char* node = Allocate(arena, view ? sizeof p : n);
  if (ABSL_PREDICT_FALSE(node == nullptr)) return false;
  if (ABSL_PREDICT_FALSE(view)) {
    std::memcpy(node, &p, sizeof p);
    kind = kView;
  } else if (n <= 16 && ABSL_PREDICT_TRUE(end - p >= 16)) {
    std::memcpy(node, p, 16);
  } else {
    std::memcpy(node, p, n);
  }
  *to = Make(kind, Address(node), n);
  return true;
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool Long(Arena& arena, const uint8_t* p,
                                              const uint8_t* end, Cell* to) {
  const size_t n = p[1];
  if (n > static_cast<size_t>(end - p) - 2) return false;
  if (n > 8) return Text(arena, kBigInt, p + 2, end, n, to);
  uint64_t value = 0;
  std::memcpy(&value, p + 2, n);
  const size_t shift = 64 - 8 * n;
  *to = Make(kInt, n == 0 ? 0
                          : static_cast<uint64_t>(
                                static_cast<int64_t>(value << shift) >> shift));
  return true;
}

ABSL_ATTRIBUTE_NOINLINE char* NewObject(Arena arena, Kind kind, Cell* to) {
  if (kind == kGlobal ? KindOf(to[0]) != kStr || KindOf(to[1]) != kStr
                      : KindOf(to[0]) != kGlobal || KindOf(to[1]) != kTuple) {
    return nullptr;
  }
  char* node = Allocate(arena, sizeof(Object));
  if (node == nullptr) return nullptr;
  *reinterpret_cast<Object*>(node) = {to[0], to[1], Cell{}};
  *to = Make(kind, Address(node));
  return arena.next;
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool Get(const Cell* memo,
                                             const Cell* memo_next,
                                             uint64_t index, Cell* to) {
  if (ABSL_PREDICT_FALSE(index >= static_cast<size_t>(memo_next - memo))) {
    return false;
  }
  const Cell cell = memo[index];
  if (KindOf(cell) >= kBigInt && cell[1] != 0) {
    *reinterpret_cast<uint64_t*>(cell[1] - sizeof(uint64_t)) = 1;  // shared
  }
  *to = cell;
  return true;
}

ABSL_ATTRIBUTE_NOINLINE bool HasWholeOpcode(const uint8_t* p,
                                            const uint8_t* end) {
  if (p == end) return false;
  const OpcodeInfo* info = FindOpcode(*p);
  return info != nullptr && end - p > ShapeOf(info->argument).fixed;
}

// What a run holds in registers.
struct Run {
  const uint8_t* p;
  const uint8_t* end;
  Cell* sp;
  Cell* fence;  // where the items above the topmost mark start
  Cell* memo_next;
  Cell** mark;
  Arena arena;
  Cell* const stack_end;
  Cell* const memo;
  Cell* const memo_end;
  Cell** const marks;
  Cell** const marks_end;
};

#define PICKLE5_OP ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool

PICKLE5_OP Has(const Run& r, ptrdiff_t n) {
  return ABSL_PREDICT_TRUE(r.sp - r.fence >= n);
}

// Goes on behind an opcode of `size` bytes that left `pushed` more cells.
PICKLE5_OP Next(Run& r, size_t size, ptrdiff_t pushed) {
  r.p += size;
  r.sp += pushed;
  return true;
}

PICKLE5_OP Push(Run& r, Cell cell, size_t size) {
  *r.sp = cell;
  return Next(r, size, 1);
}

PICKLE5_OP DoProto(Run& r) {
  return r.p[1] <= kHighestProtocol && Next(r, 2, 0);
}

PICKLE5_OP DoFrame(Run& r) {
  return Read<uint64_t>(r.p + 1) <= static_cast<size_t>(r.end - r.p) - 9 &&
         Next(r, 9, 0);
}

PICKLE5_OP DoLong(Run& r) {
  return Long(r.arena, r.p, r.end, r.sp) && Next(r, 2 + size_t{r.p[1]}, 1);
}

template <typename Length>
PICKLE5_OP DoText(Run& r, Kind kind) {
  constexpr size_t kHead = 1 + sizeof(Length);
  const size_t n = Read<Length>(r.p + 1);
  return Text(r.arena, kind, r.p + kHead, r.end, n, r.sp) &&
         Next(r, kHead + n, 1);
}

PICKLE5_OP DoSequence(Run& r, Kind kind) {
  return NewSequence(r.arena, kind, r.sp) && Next(r, 1, 1);
}

PICKLE5_OP DoTuple(Run& r, ptrdiff_t n) {
  return Has(r, n) && Tuple(r.arena, r.sp - n, static_cast<size_t>(n)) &&
         Next(r, 1, 1 - n);
}

PICKLE5_OP DoMark(Run& r) {
  if (ABSL_PREDICT_FALSE(r.mark == r.marks_end)) return false;
  *r.mark++ = r.fence;
  r.fence = r.sp;
  return Next(r, 1, 0);
}

PICKLE5_OP Fill(Run& r, Kind kind, Cell* items, size_t n) {
  r.sp = items;
  return (kind == kList ? KindOf(items[-1]) == kList &&
                              Extend(r.arena, items[-1], items, n)
                        : SetItems(r.arena, items[-1], items, n)) &&
         Next(r, 1, 0);
}

// APPEND and SETITEM.
PICKLE5_OP DoFillOne(Run& r, Kind kind, ptrdiff_t n) {
  return Has(r, n + 1) && Fill(r, kind, r.sp - n, static_cast<size_t>(n));
}

// APPENDS and SETITEMS.
PICKLE5_OP DoFill(Run& r, Kind kind) {
  if (ABSL_PREDICT_FALSE(r.mark == r.marks)) return false;
  Cell* const items = r.fence;
  r.fence = *--r.mark;
  return items != r.fence &&
         Fill(r, kind, items, static_cast<size_t>(r.sp - items));
}

PICKLE5_OP DoMemoize(Run& r) {
  if (!Has(r, 1) || r.memo_next == r.memo_end) return false;
  *r.memo_next++ = r.sp[-1];
  return Next(r, 1, 0);
}

template <typename Index>
PICKLE5_OP DoGet(Run& r) {
  return Get(r.memo, r.memo_next, Read<Index>(r.p + 1), r.sp) &&
         Next(r, 1 + sizeof(Index), 1);
}

// STACK_GLOBAL and NEWOBJ.
PICKLE5_OP DoObject(Run& r, Kind kind) {
  if (!Has(r, 2)) return false;
  r.arena.next = NewObject(r.arena, kind, r.sp - 2);
  return r.arena.next != nullptr && Next(r, 1, -1);
}

PICKLE5_OP DoBuild(Run& r) {
  if (!Has(r, 2) || KindOf(r.sp[-2]) != kObject) return false;
  reinterpret_cast<Object*>(r.sp[-2][1])->state = r.sp[-1];
  return Next(r, 1, -1);
}

// Does the opcode at p; false at STOP and at what is wrong.
PICKLE5_OP Step(Run& r) {
  switch (static_cast<Opcode>(*r.p)) {
    case Opcode::PROTO:
      return DoProto(r);
    case Opcode::FRAME:
      return DoFrame(r);
    case Opcode::NONE:
      return Push(r, Make(kNone, 0), 1);
    case Opcode::NEWTRUE:
      return Push(r, Make(kBool, 1), 1);
    case Opcode::NEWFALSE:
      return Push(r, Make(kBool, 0), 1);
    case Opcode::BININT1:
      return Push(r, Make(kInt, r.p[1]), 2);
    case Opcode::BININT2:
      return Push(r, Make(kInt, Read<uint16_t>(r.p + 1)), 3);
    case Opcode::BININT:
      return Push(r, Make(kInt, static_cast<uint64_t>(Read<int32_t>(r.p + 1))),
                  5);
    case Opcode::LONG1:
      return DoLong(r);
    case Opcode::BINFLOAT:
      return Push(r, Make(kFloat, __builtin_bswap64(Read<uint64_t>(r.p + 1))),
                  9);
    case Opcode::SHORT_BINUNICODE:
      return DoText<uint8_t>(r, kStr);
    case Opcode::BINUNICODE:
      return DoText<uint32_t>(r, kStr);
    case Opcode::BINBYTES:
      return DoText<uint32_t>(r, kBytes);
    case Opcode::EMPTY_LIST:
      return DoSequence(r, kList);
    case Opcode::EMPTY_DICT:
      return DoSequence(r, kDict);
    case Opcode::EMPTY_TUPLE:
      return Push(r, Make(kTuple, 0), 1);
    case Opcode::TUPLE1:
      return DoTuple(r, 1);
    case Opcode::TUPLE2:
      return DoTuple(r, 2);
    case Opcode::TUPLE3:
      return DoTuple(r, 3);
    case Opcode::MARK:
      return DoMark(r);
    case Opcode::APPEND:
      return DoFillOne(r, kList, 1);
    case Opcode::SETITEM:
      return DoFillOne(r, kDict, 2);
    case Opcode::APPENDS:
      return DoFill(r, kList);
    case Opcode::SETITEMS:
      return DoFill(r, kDict);
    case Opcode::MEMOIZE:
      return DoMemoize(r);
    case Opcode::BINGET:
      return DoGet<uint8_t>(r);
    case Opcode::LONG_BINGET:
      return DoGet<uint32_t>(r);
    case Opcode::STACK_GLOBAL:
      return DoObject(r, kGlobal);
    case Opcode::NEWOBJ:
      return DoObject(r, kObject);
    case Opcode::BUILD:
      return DoBuild(r);
    default:
      return false;
  }
}

#undef PICKLE5_OP

}  // namespace

Monolith::Monolith()
    : memory_(static_cast<char*>(
          mmap(nullptr, kAllBytes, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))) {
  if (memory_ == MAP_FAILED) {
    memory_ = nullptr;
    return;
  }
  madvise(memory_, kAllBytes, MADV_HUGEPAGE);
  stack_ = reinterpret_cast<Cell*>(memory_);
  memo_ = reinterpret_cast<Cell*>(memory_ + kStackBytes);
  marks_ = reinterpret_cast<Cell**>(memory_ + kStackBytes + kMemoBytes);
  arena_ = memory_ + kStackBytes + kMemoBytes + kMarksBytes;
}

Monolith::~Monolith() {
  if (memory_ != nullptr) munmap(memory_, kAllBytes);
}

bool Monolith::Load(std::string_view pickle) {
  if (memory_ == nullptr) return false;
  const auto* p = reinterpret_cast<const uint8_t*>(pickle.data());
  Run r = {p,
           p + pickle.size(),
           stack_,
           stack_,
           memo_,
           marks_,
           {arena_, arena_ + kArenaBytes - kSlack},
           stack_ + (kStackBytes - kSlack) / sizeof(Cell),
           memo_,
           memo_ + kMemoBytes / sizeof(Cell),
           marks_,
           marks_ + kMarksBytes / sizeof(Cell*)};
  do {
    if (ABSL_PREDICT_FALSE(r.sp >= r.stack_end)) return false;
    if (ABSL_PREDICT_FALSE(r.end - r.p < kRoom) &&
        !HasWholeOpcode(r.p, r.end)) {
      return false;
    }
  } while (Step(r));
  if (*r.p != static_cast<uint8_t>(Opcode::STOP) || !Has(r, 1)) return false;
  root_ = r.sp[-1];
  return true;
}

}  // namespace pickle5::bench
