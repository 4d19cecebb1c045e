#ifndef PICKLE5_TESTS_BUFFERS_FAILING_SYSCALL_H_
#define PICKLE5_TESTS_BUFFERS_FAILING_SYSCALL_H_

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace pickle5 {

inline bool InstallFilter(std::span<struct sock_filter> program) {
  const struct sock_fprog filter = {static_cast<unsigned short>(program.size()),
                                    program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// From now on a system call (SYS_...) of this process fails with an errno.
// There is no way back: for children. False where the kernel has no filters.
inline bool LetSyscallFail(long number, int error_number) {
  const auto data = static_cast<uint32_t>(error_number) & SECCOMP_RET_DATA;
  std::array<struct sock_filter, 4> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | data),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  return InstallFilter(program);
}

// The same for mmap() of a file; memory is still given.
inline bool LetFileMappingsFail(int error_number) {
  const auto data = static_cast<uint32_t>(error_number) & SECCOMP_RET_DATA;
  std::array<struct sock_filter, 6> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
               offsetof(struct seccomp_data, args[4])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, UINT32_MAX, 1, 0),  // no descriptor
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | data),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  return InstallFilter(program);
}

// The same for openat() of a file without a name (O_TMPFILE).
inline bool LetNamelessFilesFail(int error_number) {
  const auto data = static_cast<uint32_t>(error_number) & SECCOMP_RET_DATA;
  constexpr auto kFlag = static_cast<uint32_t>(O_TMPFILE);
  std::array<struct sock_filter, 7> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
               offsetof(struct seccomp_data, args[2])),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, kFlag),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kFlag, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | data),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  return InstallFilter(program);
}

}  // namespace pickle5

#endif  // PICKLE5_TESTS_BUFFERS_FAILING_SYSCALL_H_
