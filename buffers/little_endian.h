#ifndef PICKLE5_BUFFERS_LITTLE_ENDIAN_H_
#define PICKLE5_BUFFERS_LITTLE_ENDIAN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pickle5 {

// Appends unsigned little-endian numbers, and bytes, to a string.
class LittleEndianEncoder {
 public:
  explicit LittleEndianEncoder(std::string* out) : out_(out) {}

  template <typename Number>
  void Put(Number number) {
    for (size_t i = 0; i < sizeof(Number); ++i) {
      out_->push_back(static_cast<char>((number >> (8 * i)) & 0xff));
    }
  }
  void PutBytes(std::string_view bytes) { out_->append(bytes); }
  void PutZeros(size_t count) { out_->append(count, '\0'); }

 private:
  std::string* out_;
};

// Takes them back. Precondition of each Get: so many bytes are left().
class LittleEndianDecoder {
 public:
  explicit LittleEndianDecoder(std::string_view bytes) : bytes_(bytes) {}

  size_t left() const { return bytes_.size(); }

  template <typename Number>
  Number Get() {
    Number number = 0;
    for (size_t i = 0; i < sizeof(Number); ++i) {
      number |= static_cast<Number>(
          static_cast<Number>(static_cast<uint8_t>(bytes_[i])) << (8 * i));
    }
    bytes_.remove_prefix(sizeof(Number));
    return number;
  }
  std::string_view GetBytes(size_t count) {
    const std::string_view bytes = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return bytes;
  }

 private:
  std::string_view bytes_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_LITTLE_ENDIAN_H_
