// Loads one pickle with the installed library.

#include <pickle5/pickle5.h>

#include <cstdio>
#include <optional>
#include <string_view>

using std::string_view_literals::operator""sv;

int main() {
  // {'weights': [0, 1, 2.5]} in protocol 2.
  constexpr std::string_view kPickle =
      "\x80\x02}X\x07\0\0\0weights](K\0K\1G@\x04\0\0\0\0\0\0es."sv;
  pickle5::Document document;
  const absl::Status status = document.LoadBorrowed(kPickle);
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return 1;
  }
  const std::optional<double> weight = document.root()["weights"][2].AsDouble();
  if (weight != 2.5) {
    std::fprintf(stderr, "weights[2] is not 2.5\n");
    return 1;
  }
  return 0;
}
