#include "pickle/text/text_encoder.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#ifdef __SSE2__
#include <emmintrin.h>
#include <tmmintrin.h>
#endif

namespace pickle5 {
namespace {

// --- Sizes -------------------------------------------------------------------

// The sum of `size_of`, which is at most kMost, over all units. It is taken in
// parts that a Lane holds, which compilers make vectors of.
template <typename Lane, size_t kMost, typename Unit, typename SizeOf>
__attribute__((always_inline)) inline size_t SumOver(const Unit* units,
                                                     size_t count,
                                                     SizeOf size_of) {
  constexpr size_t kLanes = 16;
  constexpr size_t kPart =
      std::min<size_t>(std::numeric_limits<Lane>::max() / kMost, 4096) /
      kLanes * kLanes;
  size_t sum = 0;
  while (count != 0) {
    const size_t part = std::min(count, kPart);
    Lane lane = 0;
    for (size_t i = 0; i != part; ++i) {
      lane = static_cast<Lane>(lane + size_of(units[i]));
    }
    sum += lane;
    units += part;
    count -= part;
  }
  return sum;
}

// 1 if the code point is above the other one, else 0. Without comparisons,
// which compilers make branches of where one follows from another, instead of
// vectors.
inline uint32_t Above(uint32_t unit, uint32_t other) {
  return (other - unit) >> 31;
}

__attribute__((always_inline)) inline size_t SumOfUtf8(const uint8_t* units,
                                                       size_t count) {
  return count + SumOver<uint8_t, 1>(units, count, [](uint8_t unit) {
           return static_cast<uint8_t>(unit >> 7);
         });
}

__attribute__((always_inline)) inline size_t SumOfUtf8(const uint16_t* units,
                                                       size_t count) {
  return count + SumOver<uint16_t, 2>(units, count, [](uint16_t unit) {
           return static_cast<uint16_t>((unit > 0x7f ? 1 : 0) +
                                        (unit > 0x7ff ? 1 : 0));
         });
}

__attribute__((always_inline)) inline size_t SumOfUtf8(const uint32_t* units,
                                                       size_t count) {
  return count + SumOver<uint32_t, 3>(units, count, [](uint32_t unit) {
           return Above(unit, 0x7f) + Above(unit, 0x7ff) + Above(unit, 0xffff);
         });
}

// Returns whether code points below 0x100 are escaped in the line of UNICODE.
consteval std::array<bool, 256> MakeEscapedTable() {
  std::array<bool, 256> table{};
  for (const char code : {'\\', '\0', '\n', '\r', '\x1a'})
    table[static_cast<uint8_t>(code)] = true;
  return table;
}
constexpr std::array<bool, 256> kEscaped = MakeEscapedTable();

// --- One code point after another --------------------------------------------

template <typename Unit>
uint8_t* PutUtf8Scalar(uint8_t* to, const Unit* from, const Unit* end) {
  for (; from != end; ++from) {
    const uint32_t code = *from;
    const auto tail = [code](int shift) {
      return static_cast<uint8_t>(0x80 | (code >> shift & 0x3f));
    };
    if (code < 0x80) {
      *to++ = static_cast<uint8_t>(code);
    } else if (code < 0x800) {
      *to++ = static_cast<uint8_t>(0xc0 | code >> 6);
      *to++ = tail(0);
    } else if (code < 0x10000) {
      *to++ = static_cast<uint8_t>(0xe0 | code >> 12);
      *to++ = tail(6);
      *to++ = tail(0);
    } else {
      *to++ = static_cast<uint8_t>(0xf0 | code >> 18);
      *to++ = tail(12);
      *to++ = tail(6);
      *to++ = tail(0);
    }
  }
  return to;
}

struct HexDigits {
  char pair[2];
};

consteval std::array<HexDigits, 256> MakeHexTable() {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<HexDigits, 256> table{};
  for (size_t i = 0; i != table.size(); ++i) {
    table[i] = {{kDigits[i >> 4], kDigits[i & 15]}};
  }
  return table;
}
constexpr std::array<HexDigits, 256> kHexTable = MakeHexTable();

uint8_t* PutHexByte(uint8_t* to, uint32_t byte) {
  std::memcpy(to, kHexTable[byte & 0xff].pair, 2);
  return to + 2;
}

template <typename Unit>
uint8_t* PutEscapeScalar(uint8_t* to, const Unit* from, const Unit* end) {
  for (; from != end; ++from) {
    const uint32_t code = *from;
    if (code < 0x100 && !kEscaped[code]) {
      *to++ = static_cast<uint8_t>(code);
      continue;
    }
    std::memcpy(to, code < 0x10000 ? "\\u" : "\\U", 2);
    to += 2;
    if (code >= 0x10000) {
      to = PutHexByte(to, 0);
      to = PutHexByte(to, code >> 16);
    }
    to = PutHexByte(to, code >> 8);
    to = PutHexByte(to, code);
  }
  return to;
}

// --- Vectors of code points --------------------------------------------------

#ifdef __SSE2__
// Vectors may be stored beyond what counts in them, never beyond what the
// units that follow take, a byte each at the least.

// What moves the bytes that count to the front of a vector, and how many.
struct Packing {
  alignas(16) std::array<std::array<uint8_t, 16>, 256> shuffles;
  std::array<uint8_t, 256> sizes;
};

constexpr uint8_t kNoByte = 0x80;

// Of eight words; the second byte counts where the index has a bit.
consteval Packing MakeWordPacking() {
  Packing packing{};
  for (size_t index = 0; index != 256; ++index) {
    auto& shuffle = packing.shuffles[index];
    shuffle.fill(kNoByte);
    size_t size = 0;
    for (size_t lane = 0; lane != 8; ++lane) {
      shuffle[size++] = static_cast<uint8_t>(2 * lane);
      if ((index >> lane & 1) != 0) {
        shuffle[size++] = static_cast<uint8_t>(2 * lane + 1);
      }
    }
    packing.sizes[index] = static_cast<uint8_t>(size);
  }
  return packing;
}
constexpr Packing kWordPacking = MakeWordPacking();

// Of four double words; the last bytes count, one more of them than more_of()
// says of an index and a lane.
template <typename MoreOf>
consteval Packing MakeDoubleWordPacking(MoreOf more_of) {
  Packing packing{};
  for (size_t index = 0; index != 256; ++index) {
    auto& shuffle = packing.shuffles[index];
    shuffle.fill(kNoByte);
    size_t size = 0;
    for (size_t lane = 0; lane != 4; ++lane) {
      for (size_t byte = 3 - more_of(index, lane); byte != 4; ++byte) {
        shuffle[size++] = static_cast<uint8_t>(4 * lane + byte);
      }
    }
    packing.sizes[index] = static_cast<uint8_t>(size);
  }
  return packing;
}
// Two bits of the index for each lane.
constexpr Packing kDoubleWordPacking = MakeDoubleWordPacking(
    [](size_t index, size_t lane) { return index >> 2 * lane & 3; });
// A bit of its lower half for each lane of two bytes and more, one of its upper
// half for each lane of three.
constexpr Packing kTriplePacking =
    MakeDoubleWordPacking([](size_t index, size_t lane) {
      return (index >> lane & 1) + (index >> lane >> 4 & 1);
    });

const bool kHasSsse3 = __builtin_cpu_supports("ssse3") != 0;
const bool kHasAvx2 = __builtin_cpu_supports("avx2") != 0;

template <typename Unit>
__m128i Load(const Unit* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

uint8_t* Store(uint8_t* to, __m128i bytes, size_t size = 16) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
  return to + size;
}

uint32_t Mask(__m128i bytes) {
  return static_cast<uint32_t>(_mm_movemask_epi8(bytes));
}

__m128i Choose(__m128i mask, __m128i yes, __m128i no) {
  return _mm_or_si128(_mm_and_si128(mask, yes), _mm_andnot_si128(mask, no));
}

// Marks words, which are unsigned, of at most `most`.
__m128i WordsUpTo(__m128i words, uint16_t most) {
  return _mm_cmpeq_epi16(
      _mm_subs_epu16(words, _mm_set1_epi16(static_cast<short>(most))),
      _mm_setzero_si128());
}

// The two bytes of words from 0x80 to 0x7ff.
__m128i PairsOf(__m128i words) {
  const __m128i lead =
      _mm_or_si128(_mm_srli_epi16(words, 6), _mm_set1_epi16(0xc0));
  const __m128i tail = _mm_or_si128(_mm_and_si128(words, _mm_set1_epi16(0x3f)),
                                    _mm_set1_epi16(0x80));
  return _mm_or_si128(lead, _mm_slli_epi16(tail, 8));
}

// Eight words below 0x800. `ascii`: those below 0x80.
__attribute__((target("ssse3"))) uint8_t* PutWords(uint8_t* to, __m128i words,
                                                   __m128i ascii) {
  const uint32_t pairs = ~Mask(_mm_packs_epi16(ascii, ascii)) & 0xff;
  const __m128i chosen = Choose(ascii, words, PairsOf(words));
  return Store(to,
               _mm_shuffle_epi8(chosen, Load(&kWordPacking.shuffles[pairs])),
               kWordPacking.sizes[pairs]);
}

// Four double words, each as the last of its four bytes.
struct Encoded {
  __m128i bytes;
  uint32_t more;  // two bits each: bytes that count, but for one
};

inline Encoded EncodeDoubleWords(__m128i codes) {
  const __m128i two = _mm_cmpgt_epi32(codes, _mm_set1_epi32(0x7f));
  const __m128i three = _mm_cmpgt_epi32(codes, _mm_set1_epi32(0x7ff));
  const __m128i four = _mm_cmpgt_epi32(codes, _mm_set1_epi32(0xffff));
  const __m128i last = _mm_slli_epi32(codes, 24);
  const __m128i t0 = _mm_and_si128(last, _mm_set1_epi32(0x3f000000));
  const __m128i t1 =
      _mm_and_si128(_mm_slli_epi32(codes, 10), _mm_set1_epi32(0x3f0000));
  const __m128i t2 =
      _mm_and_si128(_mm_srli_epi32(codes, 4), _mm_set1_epi32(0x3f00));
  const __m128i t3 = _mm_srli_epi32(codes, 18);
  __m128i bytes = _mm_or_si128(_mm_or_si128(t0, t1), _mm_or_si128(t2, t3));
  bytes = _mm_or_si128(bytes, _mm_set1_epi32(static_cast<int>(0x808080f0)));
  // What is a lead, not a tail.
  bytes = _mm_or_si128(bytes, _mm_andnot_si128(four, _mm_set1_epi32(0x6000)));
  bytes =
      _mm_or_si128(bytes, _mm_andnot_si128(three, _mm_set1_epi32(0x400000)));
  bytes = Choose(two, bytes, last);
  const __m128i more = _mm_sub_epi32(
      _mm_setzero_si128(), _mm_add_epi32(_mm_add_epi32(two, three), four));
  const __m128i words = _mm_packs_epi32(more, more);
  auto counts =
      static_cast<uint32_t>(_mm_cvtsi128_si32(_mm_packs_epi16(words, words)));
  counts |= counts >> 6;
  counts |= counts >> 12;
  return {bytes, counts & 0xff};
}

__attribute__((target("ssse3"))) uint8_t* PutDoubleWords(uint8_t* to,
                                                         __m128i codes) {
  const Encoded encoded = EncodeDoubleWords(codes);
  return Store(
      to,
      _mm_shuffle_epi8(encoded.bytes,
                       Load(&kDoubleWordPacking.shuffles[encoded.more])),
      kDoubleWordPacking.sizes[encoded.more]);
}

// The same of double words up to 0xffff.
__attribute__((target("ssse3"))) uint8_t* PutUpToTriples(uint8_t* to,
                                                         __m128i codes) {
  const __m128i two = _mm_cmpgt_epi32(codes, _mm_set1_epi32(0x7f));
  const __m128i three = _mm_cmpgt_epi32(codes, _mm_set1_epi32(0x7ff));
  const __m128i last = _mm_slli_epi32(codes, 24);
  const __m128i t0 = _mm_and_si128(last, _mm_set1_epi32(0x3f000000));
  const __m128i t1 =
      _mm_and_si128(_mm_slli_epi32(codes, 10), _mm_set1_epi32(0x3f0000));
  const __m128i t2 =
      _mm_and_si128(_mm_srli_epi32(codes, 4), _mm_set1_epi32(0xf00));
  // What is a lead, not a tail.
  const __m128i leads =
      _mm_or_si128(_mm_set1_epi32(static_cast<int>(0x8080e000)),
                   _mm_andnot_si128(three, _mm_set1_epi32(0x400000)));
  const __m128i bytes =
      _mm_or_si128(_mm_or_si128(t0, t1), _mm_or_si128(t2, leads));
  const auto index =
      static_cast<uint32_t>(_mm_movemask_ps(_mm_castsi128_ps(two)) |
                            _mm_movemask_ps(_mm_castsi128_ps(three)) << 4);
  return Store(to,
               _mm_shuffle_epi8(Choose(two, bytes, last),
                                Load(&kTriplePacking.shuffles[index])),
               kTriplePacking.sizes[index]);
}

// Four double words of any kind, most often ASCII.
__attribute__((target("ssse3"))) uint8_t* PutAnyDoubleWords(uint8_t* to,
                                                            __m128i codes) {
  if (Mask(_mm_cmpgt_epi32(codes, _mm_set1_epi32(0x7f))) == 0) {
    const __m128i words = _mm_packs_epi32(codes, codes);
    return Store(to, _mm_packus_epi16(words, words), 4);
  }
  if (Mask(_mm_cmpgt_epi32(codes, _mm_set1_epi32(0xffff))) == 0) {
    return PutUpToTriples(to, codes);
  }
  return PutDoubleWords(to, codes);
}

// Four double words above 0xffff.
uint8_t* PutQuads(uint8_t* to, __m128i codes) {
  const __m128i t0 =
      _mm_and_si128(_mm_slli_epi32(codes, 24), _mm_set1_epi32(0x3f000000));
  const __m128i t1 =
      _mm_and_si128(_mm_slli_epi32(codes, 10), _mm_set1_epi32(0x3f0000));
  const __m128i t2 =
      _mm_and_si128(_mm_srli_epi32(codes, 4), _mm_set1_epi32(0x3f00));
  const __m128i tails = _mm_or_si128(t0, _mm_or_si128(t1, t2));
  const __m128i leads = _mm_or_si128(
      _mm_srli_epi32(codes, 18), _mm_set1_epi32(static_cast<int>(0x808080f0)));
  return Store(to, _mm_or_si128(tails, leads));
}

// Four double words from 0x800 to 0xffff: two of them take 6 bytes.
uint8_t* PutTriples(uint8_t* to, __m128i codes) {
  const __m128i low = _mm_set1_epi32(0x3f);
  const __m128i t0 = _mm_slli_epi32(_mm_and_si128(codes, low), 16);
  const __m128i t1 =
      _mm_slli_epi32(_mm_and_si128(_mm_srli_epi32(codes, 6), low), 8);
  const __m128i triples = _mm_or_si128(
      _mm_or_si128(t0, t1),
      _mm_or_si128(_mm_srli_epi32(codes, 12), _mm_set1_epi32(0x8080e0)));
  const __m128i first = _mm_set_epi32(0, -1, 0, -1);
  const __m128i packed =
      _mm_or_si128(_mm_and_si128(triples, first),
                   _mm_srli_epi64(_mm_andnot_si128(first, triples), 8));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), packed);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to + 6),
                   _mm_unpackhi_epi64(packed, packed));
  return to + 12;
}

// Encodes whole blocks of *from while enough units follow.
template <bool kShuffle>
__attribute__((always_inline)) inline uint8_t* PutUtf8Blocks(
    uint8_t* to, const uint8_t** from, const uint8_t* end) {
  const uint8_t* at = *from;
  for (; end - at >= 24; at += 16) {
    const __m128i block = Load(at);
    const uint32_t high = Mask(block);
    if (high == 0) {
      to = Store(to, block);
      continue;
    }
    const __m128i low_words = _mm_unpacklo_epi8(block, _mm_setzero_si128());
    const __m128i high_words = _mm_unpackhi_epi8(block, _mm_setzero_si128());
    if (high == 0xffff) {
      to = Store(to, PairsOf(low_words));
      to = Store(to, PairsOf(high_words));
    } else if constexpr (kShuffle) {
      to = PutWords(to, low_words, WordsUpTo(low_words, 0x7f));
      to = PutWords(to, high_words, WordsUpTo(high_words, 0x7f));
    } else {
      to = PutUtf8Scalar(to, at, at + 16);
    }
  }
  *from = at;
  return to;
}

template <bool kShuffle>
__attribute__((always_inline)) inline uint8_t* PutUtf8Blocks(
    uint8_t* to, const uint16_t** from, const uint16_t* end) {
  const uint16_t* at = *from;
  const __m128i zero = _mm_setzero_si128();
  for (; end - at >= 24; at += 8) {
    const __m128i block = Load(at);
    const __m128i ascii = WordsUpTo(block, 0x7f);
    const __m128i pairs = WordsUpTo(block, 0x7ff);
    if (Mask(ascii) == 0xffff) {
      to = Store(to, _mm_packus_epi16(block, block), 8);
    } else if (Mask(pairs) == 0) {
      to = PutTriples(to, _mm_unpacklo_epi16(block, zero));
      to = PutTriples(to, _mm_unpackhi_epi16(block, zero));
    } else if (Mask(pairs) == 0xffff && Mask(ascii) == 0) {
      to = Store(to, PairsOf(block));
    } else if constexpr (!kShuffle) {
      to = PutUtf8Scalar(to, at, at + 8);
    } else if (Mask(pairs) == 0xffff) {
      to = PutWords(to, block, ascii);
    } else {
      to = PutUpToTriples(to, _mm_unpacklo_epi16(block, zero));
      to = PutUpToTriples(to, _mm_unpackhi_epi16(block, zero));
    }
  }
  *from = at;
  return to;
}

template <bool kShuffle>
__attribute__((always_inline)) inline uint8_t* PutUtf8Blocks(
    uint8_t* to, const uint32_t** from, const uint32_t* end) {
  const uint32_t* at = *from;
  for (; end - at >= 24; at += 8) {
    const __m128i low = Load(at);
    const __m128i high = Load(at + 4);
    const __m128i most = _mm_set1_epi32(0x7f);
    if (Mask(_mm_cmpgt_epi32(_mm_or_si128(low, high), most)) == 0) {
      const __m128i words = _mm_packs_epi32(low, high);
      to = Store(to, _mm_packus_epi16(words, words), 8);
      continue;
    }
    const __m128i four = _mm_set1_epi32(0xffff);
    if (Mask(_mm_and_si128(_mm_cmpgt_epi32(low, four),
                           _mm_cmpgt_epi32(high, four))) == 0xffff) {
      to = PutQuads(PutQuads(to, low), high);
    } else if constexpr (kShuffle) {
      to = PutAnyDoubleWords(to, low);
      to = PutAnyDoubleWords(to, high);
    } else {
      to = PutUtf8Scalar(to, at, at + 8);
    }
  }
  *from = at;
  return to;
}

template <typename Unit>
__attribute__((target("ssse3"))) uint8_t* PutUtf8Shuffled(uint8_t* to,
                                                          const Unit** from,
                                                          const Unit* end) {
  return PutUtf8Blocks<true>(to, from, end);
}

// The same steps: what AVX2 adds is that results need not replace operands.
template <typename Unit>
__attribute__((target("avx2"))) uint8_t* PutUtf8WithAvx2(uint8_t* to,
                                                         const Unit** from,
                                                         const Unit* end) {
  return PutUtf8Blocks<true>(to, from, end);
}

template <typename Unit>
__attribute__((target("avx2"))) size_t Utf8SizeWithAvx2(const Unit* units,
                                                        size_t count) {
  return SumOfUtf8(units, count);
}

// kPlain code points as bytes, of which those above 0xff are none, and marks of
// those that are escaped, and that are above 0xffff.
constexpr ptrdiff_t kPlain = 16;
struct PlainBlock {
  __m128i bytes;
  __m128i escaped;
  __m128i quads;
};

__m128i MarkEscaped(__m128i bytes) {
  __m128i escaped = _mm_cmpeq_epi8(bytes, _mm_setzero_si128());
  for (const char c : {'\\', '\n', '\r', '\x1a'}) {
    escaped = _mm_or_si128(escaped, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
  }
  return escaped;
}

PlainBlock BlockOfWords(__m128i low, __m128i high, __m128i quads) {
  const __m128i bytes = _mm_packus_epi16(low, high);
  const __m128i above = _mm_xor_si128(
      _mm_packs_epi16(WordsUpTo(low, 0xff), WordsUpTo(high, 0xff)),
      _mm_set1_epi8(-1));
  return {bytes, _mm_or_si128(above, MarkEscaped(bytes)), quads};
}

PlainBlock LoadBlock(const uint8_t* from) {
  const __m128i bytes = Load(from);
  return {bytes, MarkEscaped(bytes), _mm_setzero_si128()};
}

PlainBlock LoadBlock(const uint16_t* from) {
  return BlockOfWords(Load(from), Load(from + 8), _mm_setzero_si128());
}

PlainBlock LoadBlock(const uint32_t* from) {
  const auto pack = [](__m128i low, __m128i high) {
    return _mm_packs_epi32(low, high);
  };
  const auto is_quad = [from](int i) {
    return _mm_cmpgt_epi32(Load(from + i), _mm_set1_epi32(0xffff));
  };
  return BlockOfWords(pack(Load(from), Load(from + 4)),
                      pack(Load(from + 8), Load(from + 12)),
                      _mm_packs_epi16(pack(is_quad(0), is_quad(4)),
                                      pack(is_quad(8), is_quad(12))));
}

// How many bytes are marked, in two lanes.
__m128i CountMarks(__m128i marks) {
  return _mm_sad_epu8(_mm_and_si128(marks, _mm_set1_epi8(1)),
                      _mm_setzero_si128());
}

size_t SumOfLanes(__m128i sums) {
  return static_cast<size_t>(_mm_cvtsi128_si64(sums)) +
         static_cast<size_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(sums, sums)));
}

// What escapes add to the size of whole blocks of *from.
template <typename Unit>
size_t MoreOfBlocks(const Unit** from, const Unit* end) {
  __m128i escaped = _mm_setzero_si128();
  __m128i quads = _mm_setzero_si128();
  for (; end - *from >= kPlain; *from += kPlain) {
    const PlainBlock block = LoadBlock(*from);
    escaped = _mm_add_epi64(escaped, CountMarks(block.escaped));
    quads = _mm_add_epi64(quads, CountMarks(block.quads));
  }
  return 5 * SumOfLanes(escaped) + 4 * SumOfLanes(quads);
}
#endif

template <typename Unit>
size_t Utf8SizeOf(const Unit* units, size_t count) {
#ifdef __SSE2__
  if (kHasAvx2) return Utf8SizeWithAvx2(units, count);
#endif
  return SumOfUtf8(units, count);
}

template <typename Unit>
uint8_t* PutUtf8Of(uint8_t* to, const Unit* from, size_t count) {
  const Unit* const end = from + count;
#ifdef __SSE2__
  if (count >= 24) {
    to = kHasAvx2    ? PutUtf8WithAvx2(to, &from, end)
         : kHasSsse3 ? PutUtf8Shuffled(to, &from, end)
                     : PutUtf8Blocks<false>(to, &from, end);
  }
#endif
  return PutUtf8Scalar(to, from, end);
}

template <typename Unit>
size_t EscapeSize(const Unit* from, const Unit* end) {
  auto size = static_cast<size_t>(end - from);
#ifdef __SSE2__
  size += MoreOfBlocks(&from, end);
#endif
  for (; from != end; ++from) {
    const uint32_t code = *from;
    if (code > 0xff || kEscaped[code]) size += code > 0xffff ? 9 : 5;
  }
  return size;
}

// Stretches without escapes are copied in blocks.
template <typename Unit>
uint8_t* PutEscape(uint8_t* to, const Unit* from, const Unit* end) {
#ifdef __SSE2__
  for (; end - from >= kPlain; from += kPlain) {
    const PlainBlock block = LoadBlock(from);
    if (Mask(block.escaped) == 0) {
      to = Store(to, block.bytes);
    } else {
      to = PutEscapeScalar(to, from, from + kPlain);
    }
  }
#endif
  return PutEscapeScalar(to, from, end);
}

}  // namespace

size_t Utf8Size(const uint8_t* units, size_t count) {
  return Utf8SizeOf(units, count);
}

size_t Utf8Size(const uint16_t* units, size_t count) {
  return Utf8SizeOf(units, count);
}

size_t Utf8Size(const uint32_t* units, size_t count) {
  return Utf8SizeOf(units, count);
}

bool HasSurrogates(const uint16_t* units, size_t count) {
  return SumOver<uint16_t, 1>(units, count, [](uint16_t unit) {
           return static_cast<uint16_t>((unit & 0xf800) == 0xd800 ? 1 : 0);
         }) != 0;
}

bool HasSurrogates(const uint32_t* units, size_t count) {
  return SumOver<uint32_t, 1>(units, count, [](uint32_t unit) {
           return ((unit & 0x1ff800) == 0xd800 ? 1u : 0u);
         }) != 0;
}

uint8_t* PutUtf8(uint8_t* to, const uint8_t* units, size_t count) {
  return PutUtf8Of(to, units, count);
}

uint8_t* PutUtf8(uint8_t* to, const uint16_t* units, size_t count) {
  return PutUtf8Of(to, units, count);
}

uint8_t* PutUtf8(uint8_t* to, const uint32_t* units, size_t count) {
  return PutUtf8Of(to, units, count);
}

size_t RawUnicodeEscapeSize(const uint8_t* units, size_t count) {
  return EscapeSize(units, units + count);
}

size_t RawUnicodeEscapeSize(const uint16_t* units, size_t count) {
  return EscapeSize(units, units + count);
}

size_t RawUnicodeEscapeSize(const uint32_t* units, size_t count) {
  return EscapeSize(units, units + count);
}

uint8_t* PutRawUnicodeEscape(uint8_t* to, const uint8_t* units, size_t count) {
  return PutEscape(to, units, units + count);
}

uint8_t* PutRawUnicodeEscape(uint8_t* to, const uint16_t* units, size_t count) {
  return PutEscape(to, units, units + count);
}

uint8_t* PutRawUnicodeEscape(uint8_t* to, const uint32_t* units, size_t count) {
  return PutEscape(to, units, units + count);
}

}  // namespace pickle5
