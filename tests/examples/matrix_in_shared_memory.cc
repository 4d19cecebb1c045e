// A matrix goes to another process through shared memory; the pickle takes 50
// bytes.

#include <pickle5/pickle5.h>

#include <cstdio>
#include <vector>

int main() {
  const std::vector<double> matrix(1'000'000, 0.5);
  pickle5::Document out;
  out.SetRoot(pickle5::Maker(&out).Dict(
      {{"step", 7}, {"matrix", *pickle5::Buffer::Borrow(matrix)}}));

  // A dump that fails leaves no segment: Close() then returns its status.
  auto sink = *pickle5::ShmSink::Create("/matrix");
  auto pickle = pickle5::DumpToString(out, {}, sink.get());
  absl::Status status = sink->Close();

  // In another process: a view of the same memory, no copy.
  auto source = *pickle5::ShmSource::Open("/matrix");
  auto in = pickle5::LoadString(*pickle, {}, source.get());
  auto values = *in->root().Get<std::span<const double>>("matrix");
  std::printf("%s: step %d, %zu bytes of pickle, %f\n",
              status.ToString().c_str(), *in->root().Get<int>("step"),
              pickle->size(), values.back());
  return pickle5::ShmSource::Unlink("/matrix").ok() && status.ok() ? 0 : 1;
}
