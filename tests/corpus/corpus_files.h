#ifndef PICKLE5_TESTS_CORPUS_CORPUS_FILES_H_
#define PICKLE5_TESTS_CORPUS_CORPUS_FILES_H_

#include <cstddef>
#include <string>
#include <vector>

namespace pickle5 {

// One pickle of a corpus.
struct CorpusFile {
  std::string name;
  std::string bytes;
};

// The pickles of at most `max_size` bytes, equal ones once. Empty if the corpus
// is not there.
std::vector<CorpusFile> GoldenFiles(size_t max_size);
std::vector<CorpusFile> HostileFiles(size_t max_size);

}  // namespace pickle5

#endif  // PICKLE5_TESTS_CORPUS_CORPUS_FILES_H_
