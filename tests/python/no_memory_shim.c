/* Preloaded before a program: refuses it memory.
 *
 * refuse_memory(first, stop) lets the allocations from the first-th to the one
 * before the stop-th fail, counted from 0 and from this call on. The variable
 * REFUSE_MEMORY=first,stop calls it before main(). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static long count, first_refused, stop_refused;

void refuse_memory(long first, long stop) {
  first_refused = first;
  stop_refused = stop;
  count = 0;
}

__attribute__((constructor)) static void refuse_from_the_start(void) {
  const char* range = getenv("REFUSE_MEMORY");
  long first;
  long stop;
  if (range != NULL && sscanf(range, "%ld,%ld", &first, &stop) == 2) {
    refuse_memory(first, stop);
  }
}

static int refused(void) {
  if (stop_refused == 0) return 0;
  const long n = count++;
  if (n < first_refused || n >= stop_refused) return 0;
  errno = ENOMEM;
  return 1;
}

void* __libc_malloc(size_t size);
void* __libc_calloc(size_t items, size_t size);
void* __libc_realloc(void* block, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) { return refused() ? NULL : __libc_malloc(size); }

void* calloc(size_t items, size_t size) {
  return refused() ? NULL : __libc_calloc(items, size);
}

void* realloc(void* block, size_t size) {
  return refused() ? NULL : __libc_realloc(block, size);
}

void* aligned_alloc(size_t alignment, size_t size) {
  return refused() ? NULL : __libc_memalign(alignment, size);
}
