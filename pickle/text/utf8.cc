#include "pickle/text/utf8.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace pickle5 {
namespace {

// A finite automaton whose states are shift counts: the row of a byte holds
// the next state of every state in six bits each, so that a step is one load
// and one shift, and no branch to predict.
enum State : uint8_t {
  kStart = 0,
  kError = 6,
  kTail1 = 12,    // one more byte 80..BF
  kTail2 = 18,    // two more
  kTail3 = 24,    // three more
  kAfterE0 = 30,  // A0..BF, else overlong
  kAfterED = 36,  // 80..9F, else a surrogate
  kAfterF0 = 42,  // 90..BF, else overlong
  kAfterF4 = 48,  // 80..8F, else above U+10FFFF
};

using Table = std::array<uint64_t, 256>;

consteval State AfterLead(unsigned byte, bool allow_surrogates) {
  if (byte < 0x80) return kStart;
  if (byte < 0xc2) return kError;
  if (byte < 0xe0) return kTail1;
  if (byte == 0xe0) return kAfterE0;
  if (byte == 0xed && !allow_surrogates) return kAfterED;
  if (byte < 0xf0) return kTail2;
  if (byte == 0xf0) return kAfterF0;
  if (byte < 0xf4) return kTail3;
  if (byte == 0xf4) return kAfterF4;
  return kError;
}

consteval State Within(unsigned byte, unsigned first, unsigned last,
                       State next) {
  return byte >= first && byte <= last ? next : kError;
}

consteval State After(State state, unsigned byte, bool allow_surrogates) {
  switch (state) {
    case kStart:
      return AfterLead(byte, allow_surrogates);
    case kError:
      return kError;
    case kTail1:
      return Within(byte, 0x80, 0xbf, kStart);
    case kTail2:
      return Within(byte, 0x80, 0xbf, kTail1);
    case kTail3:
      return Within(byte, 0x80, 0xbf, kTail2);
    case kAfterE0:
      return Within(byte, 0xa0, 0xbf, kTail1);
    case kAfterED:
      return Within(byte, 0x80, 0x9f, kTail1);
    case kAfterF0:
      return Within(byte, 0x90, 0xbf, kTail2);
    case kAfterF4:
      return Within(byte, 0x80, 0x8f, kTail2);
  }
  return kError;
}

consteval Table MakeTable(bool allow_surrogates) {
  Table table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (const State state : {kStart, kError, kTail1, kTail2, kTail3, kAfterE0,
                              kAfterED, kAfterF0, kAfterF4}) {
      table[byte] |= uint64_t{After(state, byte, allow_surrogates)} << state;
    }
  }
  return table;
}

constexpr Table kStrictTable = MakeTable(false);
constexpr Table kSurrogatesTable = MakeTable(true);

constexpr uint64_t kLowBits = 0x0101010101010101;

uint64_t Load8(const void* p) {
  uint64_t word;
  std::memcpy(&word, p, 8);
  return word;
}

#ifdef __SSE2__
constexpr ptrdiff_t kBlock = 16;

__m128i Load16(const uint8_t* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

__m128i Above(__m128i bytes, uint8_t bound) {  // signed: 80 is the least
  return _mm_cmpgt_epi8(bytes, _mm_set1_epi8(static_cast<char>(bound)));
}

__m128i Below(__m128i bytes, uint8_t bound) {  // signed
  return _mm_cmplt_epi8(bytes, _mm_set1_epi8(static_cast<char>(bound)));
}

__m128i Is(__m128i bytes, uint8_t value) {
  return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(static_cast<char>(value)));
}

uint32_t TopBits(__m128i bytes) {
  return static_cast<uint32_t>(_mm_movemask_epi8(bytes));
}

// Bytes of a block that no UTF-8 holds, or that the byte behind them makes
// overlong, a surrogate or too large; marked in their top bits. A byte behind
// that is no tail at all may be marked or not, as it is refused anyway.
__m128i BadLeads(__m128i block, __m128i behind, bool allow_surrogates) {
  const __m128i c0_c1 =
      _mm_andnot_si128(Below(block, 0xc0), Below(block, 0xc2));
  const __m128i f5_ff = _mm_and_si128(block, Above(block, 0xf4));
  const __m128i e0 = _mm_and_si128(Is(block, 0xe0), Below(behind, 0xa0));
  const __m128i f0 = _mm_and_si128(Is(block, 0xf0), Below(behind, 0x90));
  const __m128i f4 = _mm_and_si128(Is(block, 0xf4), Above(behind, 0x8f));
  __m128i bad = _mm_or_si128(_mm_or_si128(_mm_or_si128(c0_c1, f5_ff), e0),
                             _mm_or_si128(f0, f4));
  if (!allow_surrogates) {
    const __m128i ed = _mm_and_si128(Is(block, 0xed), Above(behind, 0x9f));
    bad = _mm_or_si128(bad, ed);
  }
  return bad;
}

// Checks whole blocks as long as a byte is behind them. Returns the start of
// the first code point not seen whole, or nullptr if a fault was found.
const uint8_t* CheckBlocks(const uint8_t* p, const uint8_t* end,
                           bool allow_surrogates) {
  uint32_t tails = 0;  // where tails must be, from the block before
  for (; end - p > kBlock; p += kBlock) {
    const __m128i block = Load16(p);
    const uint32_t high = TopBits(block);
    if ((high | tails) == 0) continue;
    const uint32_t actual = TopBits(Below(block, 0xc0));
    const uint32_t two_and_up = high & ~actual;
    const uint32_t three_and_up = high & TopBits(Above(block, 0xdf));
    const uint32_t four = high & TopBits(Above(block, 0xef));
    tails |= two_and_up << 1 | three_and_up << 2 | four << 3;
    const __m128i bad = BadLeads(block, Load16(p + 1), allow_surrogates);
    if ((tails & 0xffff) != actual || TopBits(bad) != 0) return nullptr;
    tails >>= kBlock;
  }
  if (tails == 0) return p;
  do {
    --p;
  } while ((*p & 0xc0) == 0x80);
  return p;
}
#endif

bool CheckBytes(const uint8_t* p, const uint8_t* end, bool allow_surrogates) {
  const Table& table = allow_surrogates ? kSurrogatesTable : kStrictTable;
  // The bits of a state above its six are those of other states' successors.
  uint64_t state = kStart;
  while (p < end) state = table[*p++] >> (state & 63);
  return (state & 63) == kStart;
}

}  // namespace

bool IsValidUtf8(const uint8_t* data, size_t size, bool allow_surrogates) {
  const uint8_t* const end = data + size;
#ifdef __SSE2__
  data = CheckBlocks(data, end, allow_surrogates);
  if (data == nullptr) return size == 0;
#endif
  return CheckBytes(data, end, allow_surrogates);
}

size_t CountCodePoints(std::string_view utf8) {
  const char* p = utf8.data();
  const char* const end = p + utf8.size();
  size_t continuations = 0;
  while (end - p >= 8) {
    // Byte-wise sums, which hold up to 255 words.
    uint64_t sums = 0;
    for (int i = 0; i < 255 && end - p >= 8; ++i, p += 8) {
      const uint64_t word = Load8(p);
      sums += (word >> 7) & ~(word >> 6) & kLowBits;
    }
    constexpr uint64_t kEvenBytes = 0x00ff00ff00ff00ff;
    sums = (sums & kEvenBytes) + ((sums >> 8) & kEvenBytes);
    continuations += static_cast<size_t>((sums * 0x0001000100010001) >> 48);
  }
  for (; p < end; ++p) {
    if ((static_cast<uint8_t>(*p) & 0xc0) == 0x80) ++continuations;
  }
  return utf8.size() - continuations;
}

bool HasSurrogates(std::string_view utf8) {
  size_t at = 0;
  while ((at = utf8.find('\xed', at)) != std::string_view::npos) {
    if (static_cast<uint8_t>(utf8[at + 1]) >= 0xa0) return true;
    at += 3;
  }
  return false;
}

void AppendUtf8(char32_t code_point, std::string* out) {
  const auto tail = [code_point](int shift) {
    return static_cast<char>(0x80 | ((code_point >> shift) & 0x3f));
  };
  if (code_point < 0x80) {
    out->push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    const char bytes[] = {static_cast<char>(0xc0 | code_point >> 6), tail(0)};
    out->append(bytes, sizeof bytes);
  } else if (code_point < 0x10000) {
    const char bytes[] = {static_cast<char>(0xe0 | code_point >> 12), tail(6),
                          tail(0)};
    out->append(bytes, sizeof bytes);
  } else {
    const char bytes[] = {static_cast<char>(0xf0 | code_point >> 18), tail(12),
                          tail(6), tail(0)};
    out->append(bytes, sizeof bytes);
  }
}

}  // namespace pickle5
