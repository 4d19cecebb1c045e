#ifndef PICKLE5_BUFFERS_SYSTEM_FORK_MUTEX_H_
#define PICKLE5_BUFFERS_SYSTEM_FORK_MUTEX_H_

#include <pthread.h>

namespace pickle5 {

// The mutex of a ForkObserver, which fork() holds: BeforeFork() locks it, and
// parent and child unlock theirs.
//
// A thread that holds one must not start or stop to observe forks, nor destroy
// what does: a fork that has stopped that would wait for this mutex. Unlike
// std::mutex it tells when it dies, without which a sanitizer takes a later
// one at its address for the same.
class ForkMutex {
 public:
  ForkMutex() { ::pthread_mutex_init(&mutex_, nullptr); }
  ~ForkMutex() { ::pthread_mutex_destroy(&mutex_); }
  ForkMutex(const ForkMutex&) = delete;
  ForkMutex& operator=(const ForkMutex&) = delete;

  // As std::lock_guard calls them.
  void lock() { ::pthread_mutex_lock(&mutex_); }
  void unlock() { ::pthread_mutex_unlock(&mutex_); }

 private:
  pthread_mutex_t mutex_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_SYSTEM_FORK_MUTEX_H_
