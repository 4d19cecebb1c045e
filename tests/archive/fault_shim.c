/* Preloaded before pkl5: makes the n-th of chosen system calls go wrong.
 *
 * FAULT_CALL names the calls: write, read, sync, link, open, map, stat.
 * FAULT_KIND says how:
 * an errno's number, or "short" for a transfer of a part. FAULT_AT is the call
 * that goes wrong, counted from 1; with FAULT_EVERY set, every FAULT_AT-th one.
 * Each fault appends a byte to the file FAULT_LOG. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static long calls;

static int is_regular(int fd) {
  struct stat info;
  return syscall(SYS_fstat, fd, &info) == 0 && S_ISREG(info.st_mode);
}

static void log_fault(void) {
  const char* path = getenv("FAULT_LOG");
  const int fd = path ? (int)syscall(SYS_open, path,
                                     O_WRONLY | O_APPEND | O_CREAT, 0600)
                      : -1;
  if (fd >= 0) {
    syscall(SYS_write, fd, "x", 1);
    close(fd);
  }
}

/* 0: goes on, -1: fails with errno, 1: is to be short. */
static int fault(const char* call) {
  const char* wanted = getenv("FAULT_CALL");
  const char* kind = getenv("FAULT_KIND");
  const char* at = getenv("FAULT_AT");
  if (!wanted || !kind || !at || strcmp(wanted, call) != 0) return 0;
  ++calls;
  const long n = atol(at);
  if (getenv("FAULT_EVERY") ? calls % n != 0 : calls != n) return 0;
  log_fault();
  if (strcmp(kind, "short") == 0) return 1;
  errno = atoi(kind);
  return -1;
}

ssize_t writev(int fd, const struct iovec* pieces, int count) {
  const int how = is_regular(fd) ? fault("write") : 0;
  if (how < 0) return -1;
  if (how == 0) return syscall(SYS_writev, fd, pieces, count);
  int i = 0;
  while (i + 1 < count && pieces[i].iov_len == 0) ++i;
  return syscall(SYS_write, fd, pieces[i].iov_base,
                 (pieces[i].iov_len + 1) / 2);
}

ssize_t read(int fd, void* to, size_t length) {
  const int how = is_regular(fd) ? fault("read") : 0;
  if (how < 0) return -1;
  return syscall(SYS_read, fd, to, how ? (length + 1) / 2 : length);
}

ssize_t pread64(int fd, void* to, size_t length, off_t offset) {
  const int how = fault("read");
  if (how < 0) return -1;
  return syscall(SYS_pread64, fd, to, how ? (length + 1) / 2 : length, offset);
}

ssize_t pread(int fd, void* to, size_t length, off_t offset) {
  return pread64(fd, to, length, offset);
}

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  if (fault("open") != 0) return -1;
  return (int)syscall(SYS_open, path, flags, mode);
}

/* Of a file; memory is given. */
void* mmap(void* at, size_t length, int protection, int flags, int fd,
           off_t offset) {
  if (fd >= 0 && fault("map") != 0) return MAP_FAILED;
  return (void*)syscall(SYS_mmap, at, length, protection, flags, fd, offset);
}

int fstat(int fd, struct stat* info) {
  if (fault("stat") != 0) return -1;
  return (int)syscall(SYS_fstat, fd, info);
}

int stat(const char* path, struct stat* info) {
  if (fault("stat") != 0) return -1;
  return (int)syscall(SYS_stat, path, info);
}

int fsync(int fd) {
  if (fault("sync") != 0) return -1;
  return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
  if (fault("sync") != 0) return -1;
  return (int)syscall(SYS_fdatasync, fd);
}

int linkat(int from_dir, const char* from, int to_dir, const char* to,
           int flags) {
  if (fault("link") != 0) return -1;
  return (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

int rename(const char* from, const char* to) {
  if (fault("link") != 0) return -1;
  return (int)syscall(SYS_rename, from, to);
}
