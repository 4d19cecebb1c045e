#ifndef PICKLE5_PICKLE_MACHINE_OPS_LINE_OPS_H_
#define PICKLE5_PICKLE_MACHINE_OPS_LINE_OPS_H_

#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "pickle/machine/ops/op.h"
#include "pickle/text/text_argument.h"
#include "pickle/text/utf8.h"

namespace pickle5::internal {

// The rule behind a code that reading a text argument gave.
constexpr const char* RuleOfLine(ErrorCode code) {
  switch (code) {
    case ErrorCode::kTruncated:
      return "the line is empty";
    case ErrorCode::kBadInt:
      return "not a decimal integer";
    case ErrorCode::kIndex:
      return "the memo index does not fit 64 bits";
    case ErrorCode::kDigitsLimit:
      return "the integer has too many digits";
    case ErrorCode::kBadFloat:
      return "not a decimal float";
    case ErrorCode::kFloatRange:
      return "the float is out of range";
    case ErrorCode::kBadString:
      return "bad quotes or escapes";
    case ErrorCode::kBadUnicode:
      return "bad \\u or \\U escape";
    default:
      return "malformed line";
  }
}

inline const uint8_t* BytesOf(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

// An opcode with one line as argument, of which O::Make makes a slot, or O::Do
// does something else. Parsing may allocate.
template <class O>
struct LineOp : ColdOp<LineOp<O>> {
  template <class M>
  static Flow Run(M& m) {
    const uint8_t* end;
    const Flow flow = m.FindLine(m.p() + 1, &end);
    if (flow != Flow::kNext) return flow;
    const std::string_view line(reinterpret_cast<const char*>(m.p() + 1),
                                static_cast<size_t>(end - m.p() - 1));
    try {
      return O::Do(m, line, line.size() + 2);
    } catch (const std::bad_alloc&) {
      return m.Fail(ErrorCode::kMemoryLimit, "no memory");
    }
  }
};

template <class M>
Flow FailLine(M& m, ErrorCode code) {
  return m.Fail(code, RuleOfLine(code));
}

template <class M>
Flow PushInt(M& m, const TextInt& number, size_t length) {
  if (number.is_bool) return m.PushCold(m.b.Bool(number.value != 0), length);
  if (!number.is_big) return m.PushCold(m.b.Int(number.value), length);
  return m.PushCold(
      m.b.Long(BytesOf(number.little_endian), number.little_endian.size()),
      length);
}

struct IntLine {
  template <class M>
  static Flow Do(M& m, std::string_view line, size_t length) {
    TextInt number;
    const auto code = ParseInt(line, m.mode(), m.limits().max_digits, &number,
                               M::kTextIntegers);
    return code ? FailLine(m, *code) : PushInt(m, number, length);
  }
};
struct LongLine {
  template <class M>
  static Flow Do(M& m, std::string_view line, size_t length) {
    TextInt number;
    const auto code = ParseLong(line, m.mode(), m.limits().max_digits, &number,
                                M::kTextIntegers);
    return code ? FailLine(m, *code) : PushInt(m, number, length);
  }
};
struct FloatLine {
  template <class M>
  static Flow Do(M& m, std::string_view line, size_t length) {
    double number;
    const auto code = ParseFloat(line, m.mode(), &number);
    return code ? FailLine(m, *code) : m.PushCold(m.b.Float(number), length);
  }
};
struct StringLine {
  template <class M>
  static Flow Do(M& m, std::string_view line, size_t length) {
    std::string bytes;
    const auto code = UnescapeString(line, m.mode(), &bytes);
    return code ? FailLine(m, *code)
                : m.PushCold(m.b.Python2Str(BytesOf(bytes), bytes.size()),
                             length);
  }
};
struct UnicodeLine {
  template <class M>
  static Flow Do(M& m, std::string_view line, size_t length) {
    if constexpr (requires { m.b.RawUnicodeStr(line); }) {
      return m.PushCold(m.b.RawUnicodeStr(line), length);
    } else {
      std::string utf8;
      const auto code = DecodeRawUnicodeEscape(line, &utf8);
      return code ? FailLine(m, *code)
                  : m.PushCold(m.b.CopiedStr(BytesOf(utf8), utf8.size()),
                               length);
    }
  }
};
struct PutLine {
  template <class M>
  static Flow Do(M& m, std::string_view line, size_t length) {
    uint64_t index;
    const auto code = ParsePutIndex(line, m.mode(), &index);
    if (code) return FailLine(m, *code);
    if (!m.HasCold(1)) return m.FailUnderflow();
    if (!m.memo.Put(index, m.sp()[-1])) return m.FailMemo();
    m.set_p(m.p() + length);
    return Flow::kNext;
  }
};
struct GetLine {
  template <class M>
  static Flow Do(M& m, std::string_view line, size_t length) {
    uint64_t index;
    const auto code = ParseGetIndex(line, m.mode(), &index);
    if (code == ErrorCode::kMemoMissing) return m.FailMemoMissing();
    if (code) return FailLine(m, *code);
    const typename M::Slot* found = m.memo.Find(index);
    if (found == nullptr) return m.FailMemoMissing();
    return m.PushCold(m.b.Share(*found), length);
  }
};
struct PersidLine {
  template <class M>
  static Flow Do(M& m, std::string_view line, size_t length) {
    if (!IsAscii(line)) {
      return m.Fail(ErrorCode::kPersidAscii, "persistent id is not ASCII");
    }
    const uint8_t* next = m.p() + length;
    const Flow flow = m.PushCold(m.b.Str(BytesOf(line), line.size()), length);
    if (flow != Flow::kNext) return flow;
    m.set_p(next - length);
    typename M::Slot* f = m.sp() - 1;
    return m.Finish(m.b.Persistent(f), f, 1, next);
  }
};

template <>
struct Op<Code(Opcode::INT)> : LineOp<IntLine> {};
template <>
struct Op<Code(Opcode::LONG)> : LineOp<LongLine> {};
template <>
struct Op<Code(Opcode::FLOAT)> : LineOp<FloatLine> {};
template <>
struct Op<Code(Opcode::STRING)> : LineOp<StringLine> {};
template <>
struct Op<Code(Opcode::UNICODE)> : LineOp<UnicodeLine> {};
template <>
struct Op<Code(Opcode::PUT)> : LineOp<PutLine> {};
template <>
struct Op<Code(Opcode::GET)> : LineOp<GetLine> {};
template <>
struct Op<Code(Opcode::PERSID)> : LineOp<PersidLine> {};

// Reads the two lines of GLOBAL and INST and checks them as names.
template <class M>
Flow ReadNames(M& m, bool ascii, std::string_view* module,
               std::string_view* name, const uint8_t** next) {
  const uint8_t* first;
  Flow flow = m.FindLine(m.p() + 1, &first);
  if (flow != Flow::kNext) return flow;
  const uint8_t* second;
  flow = m.FindLine(first + 1, &second);
  if (flow != Flow::kNext) return flow;
  *module = {reinterpret_cast<const char*>(m.p() + 1),
             static_cast<size_t>(first - m.p() - 1)};
  *name = {reinterpret_cast<const char*>(first + 1),
           static_cast<size_t>(second - first - 1)};
  *next = second + 1;
  for (const std::string_view text : {*module, *name}) {
    if (ascii ? !IsAscii(text)
              : !IsValidUtf8(text, /*allow_surrogates=*/false)) {
      return m.Fail(ErrorCode::kUtf8, ascii ? "name of a class is not ASCII"
                                            : "name of a global is not UTF-8");
    }
  }
  return Flow::kNext;
}

// Makes the global of the two names at the top of the stack.
template <class M>
bool PushGlobal(M& m, std::string_view module, std::string_view name) {
  typename M::Slot* f = m.sp();
  const typename M::Slot a = m.b.Str(BytesOf(module), module.size());
  if (!std::remove_reference_t<decltype(m.b)>::Ok(a)) return false;
  const typename M::Slot b = m.b.Str(BytesOf(name), name.size());
  if (!std::remove_reference_t<decltype(m.b)>::Ok(b)) {
    m.b.Drop(a);
    return false;
  }
  std::remove_reference_t<decltype(m.b)>::Put(f, a);
  std::remove_reference_t<decltype(m.b)>::Put(f + 1, b);
  if (!m.b.Global(f, m.protocol())) return false;
  m.sp() = f + 1;
  return true;
}

template <>
struct Op<Code(Opcode::GLOBAL)> : ColdOp<Op<Code(Opcode::GLOBAL)>> {
  template <class M>
  static Flow Run(M& m) {
    std::string_view module;
    std::string_view name;
    const uint8_t* next;
    const Flow flow = ReadNames(m, /*ascii=*/false, &module, &name, &next);
    if (flow != Flow::kNext) return flow;
    if (!PushGlobal(m, module, name)) return m.FailBuilder();
    m.set_p(next);
    return Flow::kNext;
  }
};

template <>
struct Op<Code(Opcode::INST)> : ColdOp<Op<Code(Opcode::INST)>> {
  // CPython takes the names as ASCII.
  template <class M>
  static Flow Run(M& m) {
    if (!m.strict() && !m.has_mark()) return m.FailNoMark();
    std::string_view module;
    std::string_view name;
    const uint8_t* next;
    const Flow flow =
        ReadNames(m, /*ascii=*/!m.strict(), &module, &name, &next);
    if (flow != Flow::kNext) return flow;
    if (!PushGlobal(m, module, name)) return m.FailBuilder();
    if (!m.has_mark()) return m.FailNoMark();
    // The class goes below its arguments.
    typename M::Slot* f = m.fence();
    typename M::Slot* top = m.sp() - 1;
    const size_t n = static_cast<size_t>(top - f);
    const typename M::Slot made = *top;
    std::memmove(static_cast<void*>(f + 1), f, n * sizeof(typename M::Slot));
    *f = made;
    m.PopMark();
    return m.Finish(m.b.Instance(f, n, /*inst=*/true), f, 1, next);
  }
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_MACHINE_OPS_LINE_OPS_H_
