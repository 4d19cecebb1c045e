#include "pickle/inspect/global_policy.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "pickle/inspect/known_globals/known_globals.h"
#include "pickle/protocol/hash_table.h"
#include "pickle/protocol/python2_names.h"

namespace pickle5 {
namespace {

// Packages that run code, write files or open connections by what they are
// for: whatever is not allowed of them is dangerous. The standard library is
// the other one.
constexpr std::string_view kDangerousPackages =
    " IPython aiohttp asteval click dill distutils execnet fabric fastapi "
    "flask httpx huggingface_hub invoke ipykernel jedi jinja2 jupyter keras "
    "mako nose numba numexpr paramiko pexpect pip pkg_resources plumbum "
    "psutil ptyprocess pytest py pyparsing requests setuptools sh tensorflow "
    "torch torchvision tornado transformers uncompyle6 urllib3 virtualenv "
    "wheel win32api win32com win32process yaml zmq ";

// Modules of packages that are otherwise not, with all that is in them; and
// single functions.
constexpr std::string_view kDangerousNames[] = {
    "cloudpickle.cloudpickle.load",
    "cloudpickle.cloudpickle.loads",
    "cloudpickle.cloudpickle.subimport",
    "cloudpickle.cloudpickle.dynamic_subimport",
    "cloudpickle.load",
    "cloudpickle.loads",
    "joblib.load",
    "joblib.memory",
    "joblib.numpy_pickle.load",
    "joblib.parallel",
    "numpy.DataSource",
    "numpy._core._ufunc_reconstruct",
    "numpy._core.fromfile",
    "numpy._core.memmap",
    "numpy._core.multiarray.fromfile",
    "numpy.compat",
    "numpy.core._ufunc_reconstruct",
    "numpy.core.fromfile",
    "numpy.core.memmap",
    "numpy.core.multiarray.fromfile",
    "numpy.ctypeslib",
    "numpy.distutils",
    "numpy.f2py",
    "numpy.fromfile",
    "numpy.fromregex",
    "numpy.genfromtxt",
    "numpy.lib",
    "numpy.load",
    "numpy.loads",
    "numpy.loadtxt",
    "numpy.memmap",
    "numpy.save",
    "numpy.savetxt",
    "numpy.savez",
    "numpy.savez_compressed",
    "numpy.show_config",
    "numpy.source",
    "numpy.testing",
    "pandas.DataFrame.eval",
    "pandas.DataFrame.query",
    "pandas.DataFrame.to_csv",
    "pandas.DataFrame.to_pickle",
    "pandas.ExcelFile",
    "pandas.ExcelWriter",
    "pandas.HDFStore",
    "pandas.compat",
    "pandas.core.computation",
    "pandas.eval",
    "pandas.io",
    "pandas.read_csv",
    "pandas.read_excel",
    "pandas.read_feather",
    "pandas.read_fwf",
    "pandas.read_hdf",
    "pandas.read_html",
    "pandas.read_json",
    "pandas.read_orc",
    "pandas.read_parquet",
    "pandas.read_pickle",
    "pandas.read_sas",
    "pandas.read_sql",
    "pandas.read_stata",
    "pandas.read_table",
    "pandas.read_xml",
    "pandas.to_pickle",
    "pandas.util",
    "scipy._lib",
    "scipy.io",
    "scipy.weave",
    "sklearn.datasets",
    "sklearn.externals",
    "sklearn.utils._testing",
};

// What modules have because they import it, and what leads to anything.
constexpr std::string_view kDangerousAttributes[] = {
    "__builtin__", "__builtins__", "builtins",   "ctypes", "importlib",
    "marshal",     "nt",           "os",         "pickle", "posix",
    "runpy",       "shutil",       "subprocess", "sys",
};

// "a.b" covers "a.b" and "a.b.c".
bool Covers(std::string_view prefix, std::string_view name) {
  return name.starts_with(prefix) &&
         (name.size() == prefix.size() || name[prefix.size()] == '.');
}

bool IsDottedName(std::string_view name) {
  return name.find('.') != name.npos && name.front() != '.' &&
         name.back() != '.' && name.find("..") == name.npos &&
         std::none_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isspace(static_cast<unsigned char>(c)) ||
                  absl::ascii_iscntrl(static_cast<unsigned char>(c));
         });
}

// The next word of `text`, which is shortened; empty at its end.
std::string_view NextWord(std::string_view* text) {
  const size_t begin = std::min(text->find_first_not_of(" \n"), text->size());
  const size_t end = std::min(text->find_first_of(" \n", begin), text->size());
  const std::string_view word = text->substr(begin, end - begin);
  text->remove_prefix(end);
  return word;
}

std::string_view Stripped(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

std::string Dotted(std::string_view module, std::string_view qualname) {
  std::string name(module);
  name += '.';
  name += qualname;
  return name;
}

// The name in Python 3 of a global of either Python.
std::string Python3Dotted(std::string_view module, std::string_view qualname) {
  const auto mapped = Python3Name(module, qualname);
  return mapped.has_value() ? Dotted(mapped->first, mapped->second)
                            : Dotted(module, qualname);
}

}  // namespace

struct GlobalPolicy::Names {
  internal::HashSet<std::string> allowed;
  internal::HashSet<std::string> dangerous_packages;

  void AllowKnown(std::string_view text) {
    std::string_view module;
    for (std::string_view word = NextWord(&text); !word.empty();
         word = NextWord(&text)) {
      if (word.back() == ':') {
        module = word.substr(0, word.size() - 1);
      } else {
        allowed.insert(Dotted(module, word));
      }
    }
  }
  // Returns whether an attribute on the way is a module of the dangerous ones,
  // "os" in "os.system", or leads to any object, "__globals__".
  bool LeadsAway(std::string_view qualname) const {
    const std::string_view last = qualname.substr(qualname.rfind('.') + 1);
    if (std::ranges::find(kDangerousAttributes, last) !=
        std::end(kDangerousAttributes)) {
      return true;
    }
    while (qualname.size() != last.size()) {
      std::string_view part = qualname.substr(0, qualname.find('.'));
      qualname.remove_prefix(part.size() + 1);
      if (part.starts_with("__")) return true;
      part.remove_prefix(std::min(part.find_first_not_of('_'), part.size()));
      if (dangerous_packages.contains(std::string(part))) return true;
    }
    return false;
  }
  void AddDangerousPackages(std::string_view text) {
    for (std::string_view word = NextWord(&text); !word.empty();
         word = NextWord(&text)) {
      dangerous_packages.insert(std::string(word));
    }
  }
};

GlobalPolicy::GlobalPolicy() : names_(std::make_unique<Names>()) {
  for (const std::string_view known :
       {internal::kStdlibGlobals, internal::kNumpyGlobals,
        internal::kPandasGlobals, internal::kSklearnGlobals,
        internal::kTorchGlobals}) {
    names_->AllowKnown(known);
  }
  names_->AddDangerousPackages(internal::kStdlibModules);
  names_->AddDangerousPackages(kDangerousPackages);
}

GlobalPolicy::GlobalPolicy(GlobalPolicy&&) noexcept = default;
GlobalPolicy& GlobalPolicy::operator=(GlobalPolicy&&) noexcept = default;
GlobalPolicy::~GlobalPolicy() = default;

void GlobalPolicy::Allow(std::string_view dotted_name) {
  names_->allowed.insert(std::string(dotted_name));
}

absl::Status GlobalPolicy::AllowList(std::string_view text) {
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    while (!line.empty() &&
           absl::ascii_isspace(static_cast<unsigned char>(line.back()))) {
      line.remove_suffix(1);
    }
    while (!line.empty() &&
           absl::ascii_isspace(static_cast<unsigned char>(line.front()))) {
      line.remove_prefix(1);
    }
    if (line.empty()) continue;
    if (!IsDottedName(line)) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number, " is not a dotted name"));
    }
    Allow(line);
  }
  return absl::OkStatus();
}

GlobalStanding GlobalPolicy::Judge(std::string_view module,
                                   std::string_view qualname) const {
  if (names_->allowed.contains(Dotted(module, qualname))) {
    return GlobalStanding::kAllowed;
  }
  std::string name = Python3Dotted(module, qualname);
  if (names_->allowed.contains(name)) return GlobalStanding::kAllowed;
  if (name == "builtins.getattr") return GlobalStanding::kByArguments;
  // Lines that end in "\r\n" lose their "\r" where a file is opened as text.
  name = Python3Dotted(Stripped(module), Stripped(qualname));
  const std::string_view package =
      std::string_view(name).substr(0, name.find('.'));
  if (names_->dangerous_packages.contains(std::string(package))) {
    return GlobalStanding::kDangerous;
  }
  for (const std::string_view prefix : kDangerousNames) {
    if (Covers(prefix, name)) return GlobalStanding::kDangerous;
  }
  if (names_->LeadsAway(qualname)) return GlobalStanding::kDangerous;
  return GlobalStanding::kUnknown;
}

}  // namespace pickle5
