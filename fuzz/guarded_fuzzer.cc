// Promise: pkl5.loads() and load() with allow=() and limits end in bounded time
// and memory whatever the bytes are, and raise no audit event: nothing is
// imported, looked up or called. What they load is what CPython loads.

#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "fuzz/fuzz_input.h"
#include "fuzz/input_count.h"
#include "pickle/protocol/scanner.h"
#include "pickle/python/handle.h"

extern "C" {

PyObject* PyInit__pkl5();

// As in embedded_python.cc.
__attribute__((visibility("default"), used)) const char*
__asan_default_options() {
  return "detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=64";
}
__attribute__((visibility("default"), used)) int __lsan_is_turned_off() {
  return 1;
}

}  // extern "C"

namespace pickle5 {
namespace {

using python::Handle;

// What Python holds, as malloc counts it.
size_t held = 0;
size_t most_held = 0;

void* Counted(void* block) {
  if (block == nullptr) return nullptr;
  held += malloc_usable_size(block);
  most_held = std::max(most_held, held);
  return block;
}
void Uncount(void* block) {
  if (block != nullptr) held -= malloc_usable_size(block);
}
void* Allocate(void*, size_t size) {
  return Counted(std::malloc(size == 0 ? 1 : size));
}
void* AllocateZeroed(void*, size_t count, size_t size) {
  return Counted(count == 0 || size == 0 ? std::calloc(1, 1)
                                         : std::calloc(count, size));
}
void* Reallocate(void*, void* block, size_t size) {
  const size_t before = block == nullptr ? 0 : malloc_usable_size(block);
  void* moved = std::realloc(block, size == 0 ? 1 : size);
  if (moved == nullptr) return nullptr;
  held -= before;
  return Counted(moved);
}
void Release(void*, void* block) {
  Uncount(block);
  std::free(block);
}

uint64_t CpuTime() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<uint64_t>(now.tv_nsec);
}

Handle Import() {
  PyMemAllocatorEx allocator = {nullptr, Allocate, AllocateZeroed, Reallocate,
                                Release};
  for (const auto domain :
       {PYMEM_DOMAIN_RAW, PYMEM_DOMAIN_MEM, PYMEM_DOMAIN_OBJ}) {
    PyMem_SetAllocator(domain, &allocator);
  }
  Require(PyImport_AppendInittab("_pkl5", PyInit__pkl5) == 0);
  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  config.write_bytecode = 0;
  Require(PyStatus_Exception(Py_InitializeFromConfig(&config)) == 0);
  PyConfig_Clear(&config);
  for (const char* folder : {PICKLE5_FUZZ_DIR, PICKLE5_PACKAGE_DIR}) {
    const Handle path(PyUnicode_FromString(folder));
    Require(PyList_Append(PySys_GetObject("path"), path.get()) == 0);
  }
  Handle module(PyImport_ImportModule("guarded_loads"));
  if (!module) PyErr_Print();
  Require(static_cast<bool>(module));
  return module;
}

// CPython's memo is an array: it takes memory on the word of an index.
bool CPythonTakesIt(std::string_view pickle) {
  Scanner scanner(pickle);
  Token token;
  while (scanner.Next(token) == Scanner::Result::kToken) {
    if (token.opcode() == Opcode::LONG_BINPUT ||
        (token.opcode() == Opcode::PUT && token.argument.size() > 4)) {
      return false;
    }
  }
  return true;
}

void Load(const FuzzInput& input, PyObject* module) {
  // Units of work, objects of each opcode, and a sanitizer's pace.
  constexpr uint64_t kMostTime = 5'000'000'000;
  constexpr size_t kMemory = size_t{4} << 20;
  constexpr size_t kMemoryPerByte = 1024;
  const Handle data(PyBytes_FromStringAndSize(
      input.pickle.data(), static_cast<Py_ssize_t>(input.pickle.size())));
  const size_t before = held;
  most_held = held;
  const uint64_t start = CpuTime();
  const Handle done(
      PyObject_CallMethod(module, "load", "Oi", data.get(), input.choice));
  if (!done) PyErr_Print();
  Require(static_cast<bool>(done));
  const uint64_t time = CpuTime() - start;
  const size_t memory = most_held - before;
  const bool loaded = PyTuple_GetItem(done.get(), 1) == Py_None;
  CountInput(loaded);
  PyObject* events = PyTuple_GetItem(done.get(), 2);
  if (PyList_GET_SIZE(events) != 0) PyObject_Print(events, stderr, 0);
  Require(PyList_GET_SIZE(events) == 0);
  if (memory > kMemory + kMemoryPerByte * input.pickle.size()) {
    std::fprintf(stderr, "%zu bytes of memory\n", memory);
    Require(false);
  }
  Require(time < kMostTime);
  if (!loaded || !CPythonTakesIt(input.pickle)) return;
  const Handle differs(PyObject_CallMethod(module, "differs", "OiO", data.get(),
                                           input.choice,
                                           PyTuple_GetItem(done.get(), 0)));
  if (!differs) PyErr_Print();
  Require(differs.get() == Py_False);
}

}  // namespace
}  // namespace pickle5

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static PyObject* const module = pickle5::Import().release();
  static unsigned runs = 0;
  pickle5::Load(pickle5::FuzzInput::Of(data, size), module);
  if (++runs % 1024 == 0) {
    pickle5::python::Handle(PyObject_CallMethod(module, "collect", nullptr));
  }
  return 0;
}
