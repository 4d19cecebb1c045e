#ifndef PICKLE5_TESTS_FAULTS_ALLOCATION_FAULTS_H_
#define PICKLE5_TESTS_FAULTS_ALLOCATION_FAULTS_H_

#include <cstdint>

namespace pickle5 {

// Lets allocations of this thread fail, between construction and Stop(): the
// n-th one, counted from 1, and with `from_then_on` all that follow it.
// operator new throws std::bad_alloc; malloc and its like, where this program
// and the library call them, give a null pointer.
//
// Threads: one object at a time in the program.
class AllocationFaults {
 public:
  AllocationFaults(int64_t n, bool from_then_on);
  ~AllocationFaults() { Stop(); }
  AllocationFaults(const AllocationFaults&) = delete;
  AllocationFaults& operator=(const AllocationFaults&) = delete;

  // How many allocations failed.
  int64_t Stop();
};

// Blocks of operator new that were not deleted yet.
int64_t LiveAllocations();

}  // namespace pickle5

#endif  // PICKLE5_TESTS_FAULTS_ALLOCATION_FAULTS_H_
