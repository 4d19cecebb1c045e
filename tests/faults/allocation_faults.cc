#include "allocation_faults.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

thread_local int64_t countdown = 0;  // 0: nothing fails
thread_local bool lasting = false;
thread_local int64_t failed = 0;
std::atomic<int64_t> live = 0;

bool Fails() {
  if (countdown == 0) return false;
  if (countdown > 1) {
    --countdown;
    return false;
  }
  if (!lasting) countdown = 0;
  ++failed;
  return true;
}

}  // namespace

// What the linker calls in place of malloc and its like (--wrap).
extern "C" {

void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void* __real_realloc(void* block, size_t size);
void* __real_aligned_alloc(size_t alignment, size_t size);

void* __wrap_malloc(size_t size) {
  return Fails() ? nullptr : __real_malloc(size);
}
void* __wrap_calloc(size_t count, size_t size) {
  return Fails() ? nullptr : __real_calloc(count, size);
}
void* __wrap_realloc(void* block, size_t size) {
  return Fails() ? nullptr : __real_realloc(block, size);
}
void* __wrap_aligned_alloc(size_t alignment, size_t size) {
  return Fails() ? nullptr : __real_aligned_alloc(alignment, size);
}

}  // extern "C"

namespace {

void* New(size_t size) {
  if (Fails()) return nullptr;
  void* block = __real_malloc(size == 0 ? 1 : size);
  if (block != nullptr) ++live;
  return block;
}

void* NewAligned(size_t size, std::align_val_t alignment) {
  if (Fails()) return nullptr;
  const auto to = static_cast<size_t>(alignment);
  void* block = __real_aligned_alloc(to, (size + to - 1) / to * to);
  if (block != nullptr) ++live;
  return block;
}

void* OrThrow(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void Delete(void* block) {
  if (block == nullptr) return;
  --live;
  std::free(block);
}

}  // namespace

void* operator new(size_t size) { return OrThrow(New(size)); }
void* operator new[](size_t size) { return OrThrow(New(size)); }
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return New(size);
}
void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  return New(size);
}
void* operator new(size_t size, std::align_val_t alignment) {
  return OrThrow(NewAligned(size, alignment));
}
void* operator new[](size_t size, std::align_val_t alignment) {
  return OrThrow(NewAligned(size, alignment));
}
void operator delete(void* block) noexcept { Delete(block); }
void operator delete[](void* block) noexcept { Delete(block); }
void operator delete(void* block, size_t) noexcept { Delete(block); }
void operator delete[](void* block, size_t) noexcept { Delete(block); }
void operator delete(void* block, std::align_val_t) noexcept { Delete(block); }
void operator delete[](void* block, std::align_val_t) noexcept {
  Delete(block);
}
void operator delete(void* block, size_t, std::align_val_t) noexcept {
  Delete(block);
}
void operator delete[](void* block, size_t, std::align_val_t) noexcept {
  Delete(block);
}
void operator delete(void* block, const std::nothrow_t&) noexcept {
  Delete(block);
}
void operator delete[](void* block, const std::nothrow_t&) noexcept {
  Delete(block);
}

namespace pickle5 {

AllocationFaults::AllocationFaults(int64_t n, bool from_then_on) {
  failed = 0;
  lasting = from_then_on;
  countdown = n;
}

int64_t AllocationFaults::Stop() {
  countdown = 0;
  return failed;
}

int64_t LiveAllocations() { return live; }

}  // namespace pickle5
