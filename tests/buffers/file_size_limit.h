#ifndef PICKLE5_TESTS_BUFFERS_FILE_SIZE_LIMIT_H_
#define PICKLE5_TESTS_BUFFERS_FILE_SIZE_LIMIT_H_

#include <signal.h>
#include <sys/resource.h>

namespace pickle5 {

// While it lives, no file of this process grows over `bytes` (EFBIG).
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    old_handler_ = ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_limit_);
    struct rlimit limit = old_limit_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_limit_);
    ::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  struct rlimit old_limit_ = {};
  void (*old_handler_)(int) = nullptr;
};

}  // namespace pickle5

#endif  // PICKLE5_TESTS_BUFFERS_FILE_SIZE_LIMIT_H_
