#include "buffers/system/fork_observer.h"

#include <pthread.h>

#include <mutex>

namespace pickle5 {

// All observers of this process. fork() is global, so this list is.
struct ForkObservers {
  std::mutex mutex;
  ForkObserver* oldest = nullptr;
  ForkObserver* youngest = nullptr;

  // Never destroyed: a fork may come while the program ends.
  static ForkObservers& Get() {
    static ForkObservers* const observers = [] {
      auto* const created = new ForkObservers;
      ::pthread_atfork(Before, InParent, InChild);
      return created;
    }();
    return *observers;
  }

  static void Before() {
    ForkObservers& all = Get();
    all.mutex.lock();
    for (auto* i = all.youngest; i != nullptr; i = i->older_) i->BeforeFork();
  }
  static void InParent() {
    ForkObservers& all = Get();
    for (auto* i = all.oldest; i != nullptr; i = i->younger_) {
      i->AfterForkInParent();
    }
    all.mutex.unlock();
  }
  // The child's thread is the copy of the one that holds the lock.
  static void InChild() {
    ForkObservers& all = Get();
    for (auto* i = all.oldest; i != nullptr; i = i->younger_) {
      i->AfterForkInChild();
    }
    all.mutex.unlock();
  }
};

void ForkObserver::StartObserving() {
  ForkObservers& all = ForkObservers::Get();
  const std::lock_guard<std::mutex> lock(all.mutex);
  older_ = all.youngest;
  (older_ == nullptr ? all.oldest : older_->younger_) = this;
  all.youngest = this;
}

void ForkObserver::StopObserving() {
  ForkObservers& all = ForkObservers::Get();
  const std::lock_guard<std::mutex> lock(all.mutex);
  (older_ == nullptr ? all.oldest : older_->younger_) = younger_;
  (younger_ == nullptr ? all.youngest : younger_->older_) = older_;
}

}  // namespace pickle5
