#include "pickle/text/integer_text.h"

#include <algorithm>
#include <bit>
#include <boost/multiprecision/cpp_int.hpp>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace pickle5 {
namespace {

using BigInt = boost::multiprecision::cpp_int;

// Below these sizes the quadratic algorithms are the faster ones.
constexpr size_t kChunkDigits = 18;
constexpr size_t kLeafDigits = 32 * kChunkDigits;
constexpr unsigned kSchoolbookBits = 8192;

bool IsNegative(std::string_view little_endian) {
  return !little_endian.empty() &&
         static_cast<uint8_t>(little_endian.back()) >= 0x80;
}

void Negate(std::string* little_endian) {
  unsigned carry = 1;
  for (char& byte : *little_endian) {
    carry += static_cast<uint8_t>(~byte);
    byte = static_cast<char>(carry);
    carry >>= 8;
  }
}

// Makes the shortest two's complement of a little-endian magnitude.
std::string FromMagnitude(std::string magnitude, bool negative) {
  magnitude.push_back('\0');
  if (negative) Negate(&magnitude);
  magnitude.resize(ShortestTwosComplement(magnitude).size());
  return magnitude;
}

unsigned Bits(const BigInt& positive) {
  return static_cast<unsigned>(msb(positive)) + 1;
}

// 2**(2n) / divisor for a divisor of n bits, a few units off: a Newton step
// on that of the divisor's upper half. cpp_int multiplies by Karatsuba's
// algorithm but divides in quadratic time.
BigInt Reciprocal(const BigInt& divisor) {
  const unsigned bits = Bits(divisor);
  const BigInt one = BigInt(1) << (2 * bits);
  if (bits <= kSchoolbookBits) return one / divisor;
  const unsigned half = bits / 2 + 2;
  const BigInt upper = divisor >> (bits - half);
  const BigInt guess = Reciprocal(upper);
  const BigInt error = one - ((divisor * guess) << (bits - half));
  return (guess << (bits - half)) + ((guess * (error >> bits)) >> half);
}

// A power of ten by which to split numbers below its square.
struct Power {
  BigInt value;
  BigInt reciprocal;  // of values above kSchoolbookBits
};

// Barrett's division; what the reciprocal is off is put right at the end.
void Divide(const BigInt& dividend, const Power& power, BigInt* quotient,
            BigInt* remainder) {
  if (power.reciprocal.is_zero()) {
    divide_qr(dividend, power.value, *quotient, *remainder);
    return;
  }
  const unsigned bits = Bits(power.value);
  *quotient = (dividend >> (bits - 1)) * power.reciprocal;
  *quotient >>= bits + 1;
  *remainder = dividend - *quotient * power.value;
  while (*remainder < 0) {
    *remainder += power.value;
    --*quotient;
  }
  while (*remainder >= power.value) {
    *remainder -= power.value;
    ++*quotient;
  }
}

// Appends number, below the square of powers[levels - 1], with leading zeros.
void AppendDecimal(const BigInt& number, const std::vector<Power>& powers,
                   size_t levels, std::string* out) {
  if (levels == 0) {
    const std::string digits = number.str();
    out->append(kLeafDigits - digits.size(), '0');
    out->append(digits);
    return;
  }
  BigInt high;
  BigInt low;
  Divide(number, powers[levels - 1], &high, &low);
  AppendDecimal(high, powers, levels - 1, out);
  AppendDecimal(low, powers, levels - 1, out);
}

BigInt LeafPower() {
  return pow(BigInt(10), static_cast<unsigned>(kLeafDigits));
}

std::string Decimal(const BigInt& magnitude) {
  std::vector<Power> powers;
  const unsigned bits = Bits(magnitude);
  BigInt power = LeafPower();
  // Until bits(number) <= 2 * (bits(power) - 1), so that number < power**2.
  for (;;) {
    const unsigned power_bits = Bits(power);
    const bool last = bits <= 2 * (power_bits - 1);
    BigInt reciprocal;
    if (power_bits > kSchoolbookBits) reciprocal = Reciprocal(power);
    BigInt square;
    if (!last) square = power * power;
    powers.push_back({std::move(power), std::move(reciprocal)});
    if (last) break;
    power = std::move(square);
  }
  std::string out;
  AppendDecimal(magnitude, powers, powers.size(), &out);
  out.erase(0, out.find_first_not_of('0'));
  return out;
}

BigInt ParseLeaf(std::string_view digits) {
  BigInt number;
  while (!digits.empty()) {
    const size_t size = (digits.size() - 1) % kChunkDigits + 1;
    uint64_t chunk = 0;
    std::from_chars(digits.data(), digits.data() + size, chunk);
    number *= uint64_t{1'000'000'000'000'000'000};
    number += chunk;
    digits.remove_prefix(size);
  }
  return number;
}

// `powers` are 10 ** (kLeafDigits << i) for all i that are needed.
BigInt ParseDecimal(std::string_view digits,
                    const std::vector<BigInt>& powers) {
  if (digits.size() <= kLeafDigits) return ParseLeaf(digits);
  size_t level = 0;
  while (kLeafDigits << (level + 1) < digits.size()) ++level;
  const size_t low = kLeafDigits << level;
  const size_t high = digits.size() - low;
  return ParseDecimal(digits.substr(0, high), powers) * powers[level] +
         ParseDecimal(digits.substr(high), powers);
}

}  // namespace

std::string_view ShortestTwosComplement(std::string_view little_endian) {
  size_t size = little_endian.size();
  const auto byte = [&](size_t i) {
    return static_cast<uint8_t>(little_endian[i]);
  };
  const uint8_t sign = IsNegative(little_endian) ? 0xff : 0;
  while (size > 1 && byte(size - 1) == sign &&
         ((byte(size - 2) ^ sign) & 0x80) == 0) {
    --size;
  }
  if (size == 1 && byte(0) == 0) size = 0;
  return little_endian.substr(0, size);
}

std::optional<int64_t> Int64FromTwosComplement(std::string_view little_endian) {
  const std::string_view bytes = ShortestTwosComplement(little_endian);
  if (bytes.size() > 8) return std::nullopt;
  uint64_t value = IsNegative(bytes) ? std::numeric_limits<uint64_t>::max() : 0;
  for (size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return static_cast<int64_t>(value);
}

std::string TwosComplementFromInt64(int64_t value) {
  std::string bytes(8, '\0');
  auto rest = static_cast<uint64_t>(value);
  for (char& byte : bytes) {
    byte = static_cast<char>(rest);
    rest >>= 8;
  }
  bytes.resize(ShortestTwosComplement(bytes).size());
  return bytes;
}

std::string DecimalFromTwosComplement(std::string_view little_endian) {
  if (const auto small = Int64FromTwosComplement(little_endian)) {
    return std::to_string(*small);
  }
  std::string magnitude(little_endian);
  const bool negative = IsNegative(little_endian);
  if (negative) Negate(&magnitude);
  BigInt number;
  const auto* bytes = reinterpret_cast<const uint8_t*>(magnitude.data());
  import_bits(number, bytes, bytes + magnitude.size(), 8, false);
  std::string digits = Decimal(number);
  if (negative) digits.insert(digits.begin(), '-');
  return digits;
}

std::string TwosComplementFromDecimal(std::string_view digits, bool negative) {
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  std::vector<BigInt> powers;
  for (size_t size = kLeafDigits; size < digits.size(); size *= 2) {
    powers.push_back(powers.empty() ? LeafPower()
                                    : BigInt(powers.back() * powers.back()));
  }
  const BigInt number = ParseDecimal(digits, powers);
  std::string magnitude;
  export_bits(number, std::back_inserter(magnitude), 8, false);
  return FromMagnitude(std::move(magnitude), negative);
}

std::string TwosComplementFromHexOctBin(std::string_view digits, int base,
                                        bool negative) {
  const int width = base == 16 ? 4 : base == 8 ? 3 : 1;
  std::string magnitude;
  magnitude.reserve(digits.size() * static_cast<size_t>(width) / 8 + 2);
  unsigned pending = 0;
  int bits = 0;
  for (size_t i = digits.size(); i-- > 0;) {
    pending |= static_cast<unsigned>(DigitValue(digits[i])) << bits;
    bits += width;
    if (bits >= 8) {
      magnitude.push_back(static_cast<char>(pending));
      pending >>= 8;
      bits -= 8;
    }
  }
  magnitude.push_back(static_cast<char>(pending));
  return FromMagnitude(std::move(magnitude), negative);
}

uint64_t BitLength(std::string_view little_endian) {
  const std::string_view bytes = ShortestTwosComplement(little_endian);
  if (bytes.empty()) return 0;
  const auto top = static_cast<uint8_t>(bytes.back());
  const std::string_view rest = bytes.substr(0, bytes.size() - 1);
  const uint64_t rest_bits = uint64_t{rest.size()} * 8;
  if (top < 0x80) {
    return rest_bits + static_cast<unsigned>(std::bit_width(top));
  }
  // The magnitude is the inverse plus one, which carries into the top byte if
  // all other bytes are zero.
  unsigned magnitude = static_cast<uint8_t>(~top);
  if (rest.find_first_not_of('\0') == std::string_view::npos) ++magnitude;
  return rest_bits + static_cast<unsigned>(std::bit_width(magnitude));
}

namespace {

// Above this many bytes an int is written in hexadecimal.
constexpr size_t kMaxDecimalBytes = size_t{1} << 17;

std::string Hexadecimal(std::string_view little_endian) {
  const bool negative = (little_endian.back() & 0x80) != 0;
  std::string magnitude(little_endian.rbegin(), little_endian.rend());
  if (negative) {
    bool carry = true;
    for (size_t i = magnitude.size(); i-- > 0;) {
      const auto byte = static_cast<uint8_t>(~magnitude[i]);
      magnitude[i] = static_cast<char>(byte + (carry ? 1 : 0));
      carry = carry && byte == 0xff;
    }
  }
  std::string digits = absl::BytesToHexString(magnitude);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return absl::StrCat(negative ? "-0x" : "0x", digits);
}

}  // namespace

std::string IntLiteral(std::string_view little_endian) {
  return little_endian.size() > kMaxDecimalBytes
             ? Hexadecimal(little_endian)
             : DecimalFromTwosComplement(little_endian);
}

}  // namespace pickle5
