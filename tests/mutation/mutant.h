// What mutated sources ask: whether a mutant is the one that is alive.
//
// PICKLE5_MUTANT names it. PICKLE5_MUTANT_HITS names a file of kMutants bytes,
// of which those of the mutants that were reached become 1.

#ifndef PICKLE5_TESTS_MUTATION_MUTANT_H_
#define PICKLE5_TESTS_MUTATION_MUTANT_H_

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <type_traits>

namespace pickle5::mutation {

constexpr int kMutants = 1 << 18;

inline constinit unsigned char unread[kMutants] = {};
inline constinit unsigned char* hits = unread;
inline constinit int alive = -1;

// Before the constructors of the program's own objects.
[[gnu::constructor(101)]] inline void Begin() {
  if (const char* mutant = getenv("PICKLE5_MUTANT")) alive = atoi(mutant);
  const char* path = getenv("PICKLE5_MUTANT_HITS");
  if (path == nullptr || hits != unread) return;
  const int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) abort();
  void* map =
      mmap(nullptr, kMutants, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (map == MAP_FAILED) abort();
  close(file);
  hits = static_cast<unsigned char*>(map);
}

// False where the compiler evaluates: a constant has no mutants.
constexpr bool Is(int mutant) {
  if (std::is_constant_evaluated()) return false;
  hits[mutant] = 1;
  return mutant == alive;
}

}  // namespace pickle5::mutation

#endif  // PICKLE5_TESTS_MUTATION_MUTANT_H_
