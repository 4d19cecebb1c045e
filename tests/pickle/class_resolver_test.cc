#include "pickle/protocol/class_resolver.h"

#include <string_view>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pickle/value/document.h"

namespace pickle5 {
namespace {

absl::Status Load(std::string_view pickle, ClassResolver* resolver) {
  ReadOptions options;
  options.class_resolver = resolver;
  Document document;
  return document.LoadBorrowed(pickle, options);
}

TEST(ClassResolver, WithoutOneEveryGlobalIsAName) {
  EXPECT_TRUE(Load("cos\nsystem\n.", nullptr).ok());
}

TEST(ClassResolver, AllowedClassesAreExactNames) {
  AllowedClasses allowed({"collections.OrderedDict", "a.b.c"});
  EXPECT_TRUE(allowed.AllowsGlobal("collections", "OrderedDict"));
  EXPECT_TRUE(allowed.AllowsGlobal("a.b", "c"));
  EXPECT_TRUE(allowed.AllowsGlobal("a", "b.c"));
  EXPECT_FALSE(allowed.AllowsGlobal("collections", "OrderedDict.fromkeys"));
  EXPECT_FALSE(allowed.AllowsGlobal("collections", "Ordered"));
  EXPECT_FALSE(allowed.AllowsGlobal("os", "system"));
}

TEST(ClassResolver, RefusalIsPermissionDeniedAndNamesThePlace) {
  AllowedClasses allowed({"a.b"});
  EXPECT_TRUE(Load("ca\nb\n.", &allowed).ok());
  const absl::Status status = Load("Ncos\nsystem\n\x86.", &allowed);
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()),
              testing::HasSubstr("at byte 1: GLOBAL: os.system"));
}

TEST(ClassResolver, EveryWayToAGlobalIsAsked) {
  AllowedClasses none({});
  EXPECT_EQ(Load("(ios\nsystem\n.", &none).code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Load("\x8c\x02os\x8c\x06system\x93.", &none).code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Load("\x82\x01.", &none).code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(ClassResolver, ExtensionsAreItsDecision) {
  class OneExtension final : public ClassResolver {
   public:
    bool AllowsGlobal(std::string_view, std::string_view) override {
      return false;
    }
    bool AllowsExtension(int64_t code) override { return code == 300; }
  };
  OneExtension one;
  EXPECT_TRUE(Load("\x83\x2c\x01.", &one).ok());
  const absl::Status status = Load("N\x82\x01\x86.", &one);
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()),
              testing::HasSubstr("at byte 1: EXT1: extension code 1"));
}

}  // namespace
}  // namespace pickle5
