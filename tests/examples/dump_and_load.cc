#include <pickle5/pickle5.h>

int main() {
  pickle5::Document out;
  out.SetRoot(pickle5::Maker(&out).Dict({{"step", 7}, {"name", "x"}}));
  if (!pickle5::DumpFile(out, "model.pkl").ok()) return 1;
  auto in = pickle5::LoadFile("model.pkl");
  return in.ok() && in->root().Get<int64_t>("step").value_or(0) == 7 ? 0 : 1;
}
