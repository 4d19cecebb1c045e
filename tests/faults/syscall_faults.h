#ifndef PICKLE5_TESTS_FAULTS_SYSCALL_FAULTS_H_
#define PICKLE5_TESTS_FAULTS_SYSCALL_FAULTS_H_

#include <cstdint>

namespace pickle5 {

// Groups of system calls that go wrong alike; a set is their sum.
enum SyscallGroup : uint32_t {
  kRead = 1 << 0,      // read, readv, recv, recvmsg
  kReadAt = 1 << 1,    // pread
  kWrite = 1 << 2,     // write, writev, sendmsg
  kSync = 1 << 3,      // fsync, fdatasync
  kName = 1 << 4,      // linkat, rename
  kUnlink = 1 << 5,    // unlink, shm_unlink
  kOpen = 1 << 6,      // open, shm_open, memfd_create, dup, F_DUPFD_CLOEXEC
  kSize = 1 << 7,      // ftruncate, fallocate
  kMap = 1 << 8,       // mmap
  kAdvise = 1 << 9,    // madvise, sync_file_range
  kStat = 1 << 10,     // fstat, stat, lstat, fchmod, lseek
  kLock = 1 << 11,     // flock, fcntl
  kRelease = 1 << 12,  // close, munmap: done, and then said to have failed
  kPoll = 1 << 13,
  kSocket = 1 << 14,  // socket, socketpair, bind, listen, connect, getsockopt
  kSystem = 1 << 15,  // getrandom, eventfd, statvfs
};
inline constexpr uint32_t kAllSyscalls = (1 << 16) - 1;

// What happens to a system call in place of what should.
struct SyscallFault {
  uint32_t groups = kAllSyscalls;
  int error_number = 0;  // 0: half of what was asked for is transferred
  bool lasting = false;  // also to all that follow
};

// Lets system calls of this program fail, between construction and Stop(): of
// those of the groups the n-th one, counted from 1. What the C library calls by
// itself is left alone. Nothing is ever synced, which only costs time.
//
// Threads: one object at a time in the program.
class SyscallFaults {
 public:
  SyscallFaults(const SyscallFault& fault, int64_t n);
  ~SyscallFaults() { Stop(); }
  SyscallFaults(const SyscallFaults&) = delete;
  SyscallFaults& operator=(const SyscallFaults&) = delete;

  // How many calls went wrong.
  int64_t Stop();
  // The name of the first of them, or "".
  static const char* FirstCall();
};

// Bytes that this program and the library have mapped and not unmapped.
int64_t MappedBytes();

}  // namespace pickle5

#endif  // PICKLE5_TESTS_FAULTS_SYSCALL_FAULTS_H_
