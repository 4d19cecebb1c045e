#ifndef PICKLE5_TESTS_BUFFERS_MESSAGE_BYTES_H_
#define PICKLE5_TESTS_BUFFERS_MESSAGE_BYTES_H_

#include <string>
#include <string_view>
#include <vector>

#include "buffers/buffer.h"
#include "buffers/streams/message.h"
#include "buffers/streams/message_head.h"
#include "gtest/gtest.h"

namespace pickle5 {

inline Message MessageOf(std::string_view pickle,
                         const std::vector<std::string>& buffers) {
  Message message;
  message.pickle = *Buffer::Copy(pickle);
  for (const std::string& buffer : buffers) {
    message.buffers.push_back(*Buffer::Copy(buffer));
  }
  return message;
}

// The message as it stands on a stream.
inline std::string BytesOf(const Message& message) {
  std::string bytes = *EncodeMessageHead(message);
  bytes += message.pickle.chars();
  for (const Buffer& buffer : message.buffers) bytes += buffer.chars();
  return bytes;
}

inline void ExpectSame(const Message& got, const Message& wanted) {
  EXPECT_TRUE(got.pickle.chars() == wanted.pickle.chars());
  ASSERT_EQ(got.buffers.size(), wanted.buffers.size());
  for (size_t i = 0; i < wanted.buffers.size(); ++i) {
    EXPECT_TRUE(got.buffers[i].chars() == wanted.buffers[i].chars()) << i;
    EXPECT_EQ(got.buffers[i].readonly(), wanted.buffers[i].readonly()) << i;
  }
}

}  // namespace pickle5

#endif  // PICKLE5_TESTS_BUFFERS_MESSAGE_BYTES_H_
