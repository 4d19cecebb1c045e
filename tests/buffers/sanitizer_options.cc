// Tests ask for memory that nobody has: the sanitizers' allocators are to
// refuse it as malloc() does, not to end the program.

extern "C" {

__attribute__((visibility("default"), used)) const char*
__asan_default_options() {
  return "allocator_may_return_null=1";
}

__attribute__((visibility("default"), used)) const char*
__tsan_default_options() {
  // Some children of tests start threads.
  return "allocator_may_return_null=1:die_after_fork=0";
}

// Abseil itself is not instrumented: that its table of errors is filled before
// it is read cannot be seen.
__attribute__((visibility("default"), used)) const char*
__tsan_default_suppressions() {
  return "called_from_lib:libabsl_strerror";
}

}  // extern "C"
