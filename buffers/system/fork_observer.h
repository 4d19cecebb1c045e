#ifndef PICKLE5_BUFFERS_SYSTEM_FORK_OBSERVER_H_
#define PICKLE5_BUFFERS_SYSTEM_FORK_OBSERVER_H_

#include "buffers/export.h"

namespace pickle5 {

// Is told of every fork() of this process while it lives (pthread_atfork(3)).
//
// Order:   BeforeFork() of all, the youngest first; then the two others of all,
//          the oldest first, each in its process.
// Errors:  nothing may throw. AfterForkInParent() is called too where fork()
//          has failed.
// Threads: the three are called on the thread that forks, with no observer
//          being born or dying. In the child that thread is the only one: what
//          another thread had locked stays locked there.
class PICKLE5_EXPORT ForkObserver {
 public:
  ForkObserver(const ForkObserver&) = delete;
  ForkObserver& operator=(const ForkObserver&) = delete;

 protected:
  ForkObserver() = default;
  ~ForkObserver() = default;

  // To be called by the constructor and the destructor of the derived class,
  // last and first: the observer must be whole while it is watched.
  void StartObserving();
  void StopObserving();

 private:
  friend struct ForkObservers;

  virtual void BeforeFork() = 0;
  virtual void AfterForkInParent() = 0;
  virtual void AfterForkInChild() = 0;

  ForkObserver* older_ = nullptr;
  ForkObserver* younger_ = nullptr;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_SYSTEM_FORK_OBSERVER_H_
