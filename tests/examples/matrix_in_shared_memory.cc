#include <pickle5/pickle5.h>

#include <cstdio>
#include <vector>

int main() {
  std::vector<double> matrix(1'000'000, 0.5);
  pickle5::Document out;
  pickle5::Maker make(&out);
  auto bytes = pickle5::Buffer::Borrow(std::string_view(
      reinterpret_cast<const char*>(matrix.data()), 8'000'000));
  out.SetRoot(make.Dict({{"step", 7}, {"matrix", out.MakeBuffer(bytes)}}));

  // The pickle takes 50 bytes, the 8 MB go to shared memory.
  auto sink = *pickle5::ShmSink::Create("/matrix");
  pickle5::MemoryByteWriter pickle;
  auto status = pickle5::Dump(out, pickle, {}, sink.get());
  status.Update(sink->Close());

  // In another process: a view of the same memory, no copy.
  pickle5::Document in;
  auto source = *pickle5::ShmSource::Open("/matrix");
  status.Update(in.LoadBorrowed(pickle.written(), {}, source.get()));
  auto* values =
      reinterpret_cast<const double*>(in.root()["matrix"].buffer()->data());
  std::printf("%s: step %ld, %zu bytes of pickle, %f\n",
              status.ToString().c_str(), *in.root()["step"].AsInt64(),
              pickle.written().size(), values[999'999]);
  return pickle5::ShmSource::Unlink("/matrix").ok() && status.ok() ? 0 : 1;
}
