#include "syscall_faults.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstddef>

namespace pickle5 {
namespace {

SyscallFault plan;
std::atomic<int64_t> countdown = 0;  // 0: nothing fails
std::atomic<int64_t> failed = 0;
std::atomic<const char*> first_call = "";
std::atomic<int64_t> mapped = 0;

// Returns whether this call goes wrong.
bool Hits(SyscallGroup group, const char* call) {
  if (countdown == 0 || (plan.groups & group) == 0) return false;
  if (countdown > 1) {
    --countdown;
    return false;
  }
  if (!plan.lasting) countdown = 0;
  if (failed++ == 0) first_call = call;
  return true;
}

// `real(arguments...)`, unless it is to fail.
template <typename Real, typename... Arguments>
auto Call(SyscallGroup group, const char* call, Real real,
          Arguments... arguments) -> decltype(real(arguments...)) {
  if (Hits(group, call)) {
    errno = plan.error_number;
    return -1;
  }
  return real(arguments...);
}

// A transfer of `size` bytes, done by real(size).
template <typename Real>
ssize_t Transfer(SyscallGroup group, const char* call, size_t size, Real real) {
  if (!Hits(group, call)) return real(size);
  if (plan.error_number == 0) return real((size + 1) / 2);
  errno = plan.error_number;
  return -1;
}

// The same of pieces, done by real(pieces, count).
template <typename Real>
ssize_t TransferPieces(SyscallGroup group, const char* call,
                       const struct iovec* pieces, size_t count, Real real) {
  if (!Hits(group, call)) return real(pieces, count);
  if (plan.error_number != 0) {
    errno = plan.error_number;
    return -1;
  }
  while (count > 1 && pieces->iov_len == 0) {
    ++pieces;
    --count;
  }
  if (count == 0) return real(pieces, count);
  struct iovec first = *pieces;
  first.iov_len = (first.iov_len + 1) / 2;
  return real(&first, size_t{1});
}

int64_t Pages(size_t size) {
  return static_cast<int64_t>((size + 4095) / 4096 * 4096);
}

}  // namespace

SyscallFaults::SyscallFaults(const SyscallFault& fault, int64_t n) {
  plan = fault;
  failed = 0;
  first_call = "";
  countdown = n;
}

int64_t SyscallFaults::Stop() {
  countdown = 0;
  return failed;
}

const char* SyscallFaults::FirstCall() { return first_call; }

int64_t MappedBytes() { return mapped; }

}  // namespace pickle5

using namespace pickle5;  // NOLINT

// What the linker calls in place of the C library's (--wrap).
extern "C" {

ssize_t __real_read(int, void*, size_t);
ssize_t __real_pread(int, void*, size_t, off_t);
ssize_t __real_recv(int, void*, size_t, int);
ssize_t __real_write(int, const void*, size_t);
ssize_t __real_readv(int, const struct iovec*, int);
ssize_t __real_writev(int, const struct iovec*, int);
ssize_t __real_sendmsg(int, const struct msghdr*, int);
ssize_t __real_recvmsg(int, struct msghdr*, int);
int __real_linkat(int, const char*, int, const char*, int);
int __real_rename(const char*, const char*);
int __real_unlink(const char*);
int __real_shm_unlink(const char*);
int __real_open(const char*, int, ...);
int __real_shm_open(const char*, int, mode_t);
int __real_memfd_create(const char*, unsigned);
int __real_dup(int);
int __real_fcntl(int, int, ...);
int __real_flock(int, int);
int __real_ftruncate(int, off_t);
int __real_fallocate(int, int, off_t, off_t);
void* __real_mmap(void*, size_t, int, int, int, off_t);
int __real_munmap(void*, size_t);
int __real_madvise(void*, size_t, int);
int __real_fstat(int, struct stat*);
int __real_stat(const char*, struct stat*);
int __real_lstat(const char*, struct stat*);
int __real_fchmod(int, mode_t);
off_t __real_lseek(int, off_t, int);
int __real_close(int);
int __real_poll(struct pollfd*, nfds_t, int);
int __real_socket(int, int, int);
int __real_socketpair(int, int, int, int*);
int __real_bind(int, const struct sockaddr*, socklen_t);
int __real_listen(int, int);
int __real_connect(int, const struct sockaddr*, socklen_t);
int __real_getsockopt(int, int, int, void*, socklen_t*);
ssize_t __real_getrandom(void*, size_t, unsigned);
int __real_eventfd(unsigned, int);
int __real_statvfs(const char*, struct statvfs*);

ssize_t __wrap_read(int fd, void* to, size_t size) {
  return Transfer(kRead, "read", size,
                  [=](size_t n) { return __real_read(fd, to, n); });
}
ssize_t __wrap_pread(int fd, void* to, size_t size, off_t offset) {
  return Transfer(kReadAt, "pread", size,
                  [=](size_t n) { return __real_pread(fd, to, n, offset); });
}
ssize_t __wrap_recv(int fd, void* to, size_t size, int flags) {
  return Transfer(kRead, "recv", size,
                  [=](size_t n) { return __real_recv(fd, to, n, flags); });
}
ssize_t __wrap_write(int fd, const void* from, size_t size) {
  return Transfer(kWrite, "write", size,
                  [=](size_t n) { return __real_write(fd, from, n); });
}
ssize_t __wrap_readv(int fd, const struct iovec* pieces, int count) {
  return TransferPieces(kRead, "readv", pieces, static_cast<size_t>(count),
                        [=](const struct iovec* some, size_t n) {
                          return __real_readv(fd, some, static_cast<int>(n));
                        });
}
ssize_t __wrap_writev(int fd, const struct iovec* pieces, int count) {
  return TransferPieces(kWrite, "writev", pieces, static_cast<size_t>(count),
                        [=](const struct iovec* some, size_t n) {
                          return __real_writev(fd, some, static_cast<int>(n));
                        });
}
ssize_t __wrap_sendmsg(int fd, const struct msghdr* message, int flags) {
  return TransferPieces(kWrite, "sendmsg", message->msg_iov,
                        message->msg_iovlen,
                        [=](const struct iovec* some, size_t n) {
                          struct msghdr changed = *message;
                          changed.msg_iov = const_cast<struct iovec*>(some);
                          changed.msg_iovlen = n;
                          return __real_sendmsg(fd, &changed, flags);
                        });
}
ssize_t __wrap_recvmsg(int fd, struct msghdr* message, int flags) {
  return TransferPieces(kRead, "recvmsg", message->msg_iov, message->msg_iovlen,
                        [=](const struct iovec* some, size_t n) {
                          struct msghdr changed = *message;
                          changed.msg_iov = const_cast<struct iovec*>(some);
                          changed.msg_iovlen = n;
                          const ssize_t got =
                              __real_recvmsg(fd, &changed, flags);
                          message->msg_controllen = changed.msg_controllen;
                          message->msg_flags = changed.msg_flags;
                          return got;
                        });
}

int __wrap_fsync(int) {
  return Call(kSync, "fsync", [] { return 0; });
}
int __wrap_fdatasync(int) {
  return Call(kSync, "fdatasync", [] { return 0; });
}
int __wrap_linkat(int from_dir, const char* from, int to_dir, const char* to,
                  int flags) {
  return Call(kName, "linkat", __real_linkat, from_dir, from, to_dir, to,
              flags);
}
int __wrap_rename(const char* from, const char* to) {
  return Call(kName, "rename", __real_rename, from, to);
}
int __wrap_unlink(const char* path) {
  return Call(kUnlink, "unlink", __real_unlink, path);
}
int __wrap_shm_unlink(const char* name) {
  return Call(kUnlink, "shm_unlink", __real_shm_unlink, name);
}

int __wrap_open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const bool has_mode = (flags & (O_CREAT | O_TMPFILE)) != 0;
  const mode_t mode = has_mode ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return Call(kOpen, "open", __real_open, path, flags, mode);
}
int __wrap_shm_open(const char* name, int flags, mode_t mode) {
  return Call(kOpen, "shm_open", __real_shm_open, name, flags, mode);
}
int __wrap_memfd_create(const char* name, unsigned flags) {
  return Call(kOpen, "memfd_create", __real_memfd_create, name, flags);
}
int __wrap_dup(int fd) { return Call(kOpen, "dup", __real_dup, fd); }
int __wrap_fcntl(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void* const argument = va_arg(rest, void*);
  va_end(rest);
  return Call(command == F_DUPFD_CLOEXEC ? kOpen : kLock, "fcntl", __real_fcntl,
              fd, command, argument);
}
int __wrap_flock(int fd, int operation) {
  return Call(kLock, "flock", __real_flock, fd, operation);
}

int __wrap_ftruncate(int fd, off_t size) {
  return Call(kSize, "ftruncate", __real_ftruncate, fd, size);
}
int __wrap_fallocate(int fd, int mode, off_t offset, off_t size) {
  return Call(kSize, "fallocate", __real_fallocate, fd, mode, offset, size);
}
void* __wrap_mmap(void* at, size_t size, int protection, int flags, int fd,
                  off_t offset) {
  if (Hits(kMap, "mmap")) {
    errno = plan.error_number;
    return MAP_FAILED;
  }
  void* const memory = __real_mmap(at, size, protection, flags, fd, offset);
  if (memory != MAP_FAILED) mapped += Pages(size);
  return memory;
}
int __wrap_munmap(void* memory, size_t size) {
  const int result = __real_munmap(memory, size);
  if (result == 0) mapped -= Pages(size);
  return Call(kRelease, "munmap", [=] { return result; });
}
int __wrap_madvise(void* memory, size_t size, int advice) {
  return Call(kAdvise, "madvise", __real_madvise, memory, size, advice);
}
int __wrap_sync_file_range(int, off_t, off_t, unsigned) {
  return Call(kAdvise, "sync_file_range", [] { return 0; });
}

int __wrap_fstat(int fd, struct stat* info) {
  return Call(kStat, "fstat", __real_fstat, fd, info);
}
int __wrap_stat(const char* path, struct stat* info) {
  return Call(kStat, "stat", __real_stat, path, info);
}
int __wrap_lstat(const char* path, struct stat* info) {
  return Call(kStat, "lstat", __real_lstat, path, info);
}
int __wrap_fchmod(int fd, mode_t mode) {
  return Call(kStat, "fchmod", __real_fchmod, fd, mode);
}
off_t __wrap_lseek(int fd, off_t offset, int whence) {
  return Call(kStat, "lseek", __real_lseek, fd, offset, whence);
}
int __wrap_close(int fd) {
  const int result = __real_close(fd);
  return Call(kRelease, "close", [=] { return result; });
}
int __wrap_poll(struct pollfd* fds, nfds_t count, int timeout) {
  return Call(kPoll, "poll", __real_poll, fds, count, timeout);
}

int __wrap_socket(int domain, int type, int protocol) {
  return Call(kSocket, "socket", __real_socket, domain, type, protocol);
}
int __wrap_socketpair(int domain, int type, int protocol, int* fds) {
  return Call(kSocket, "socketpair", __real_socketpair, domain, type, protocol,
              fds);
}
int __wrap_bind(int fd, const struct sockaddr* address, socklen_t size) {
  return Call(kSocket, "bind", __real_bind, fd, address, size);
}
int __wrap_listen(int fd, int backlog) {
  return Call(kSocket, "listen", __real_listen, fd, backlog);
}
int __wrap_connect(int fd, const struct sockaddr* address, socklen_t size) {
  return Call(kSocket, "connect", __real_connect, fd, address, size);
}
int __wrap_getsockopt(int fd, int level, int name, void* value,
                      socklen_t* size) {
  return Call(kSocket, "getsockopt", __real_getsockopt, fd, level, name, value,
              size);
}
ssize_t __wrap_getrandom(void* to, size_t size, unsigned flags) {
  return Call(kSystem, "getrandom", __real_getrandom, to, size, flags);
}
int __wrap_eventfd(unsigned count, int flags) {
  return Call(kSystem, "eventfd", __real_eventfd, count, flags);
}
int __wrap_statvfs(const char* path, struct statvfs* info) {
  return Call(kSystem, "statvfs", __real_statvfs, path, info);
}

}  // extern "C"
