#ifndef PICKLE5_PICKLE_CLI_PROGRESS_H_
#define PICKLE5_PICKLE_CLI_PROGRESS_H_

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "absl/base/attributes.h"

namespace pickle5::cli {

// A progress bar on the standard error while it lives, of work that goes
// through mapped bytes from the first to the last.
//
// Nothing is shown unless the standard error is a terminal, nor in the first
// second. How far the work is, the kernel says: the pages of the mapping that
// this process has touched.
class Progress {
 public:
  Progress(std::string label,
           std::string_view mapped ABSL_ATTRIBUTE_LIFETIME_BOUND);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void Show();
  double TouchedShare() const;

  const std::string label_;
  const std::string_view mapped_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_PROGRESS_H_
