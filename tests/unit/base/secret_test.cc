#include "base/secret.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <type_traits>

#include "base/text.h"

namespace dwh {
namespace {

template <typename T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};
template <typename T>
concept Appendable = requires(std::string text, const T& value) {
  text + value;
};

static_assert(Streamable<std::string> && Appendable<std::string>);
static_assert(!Streamable<Secret>);
static_assert(!Appendable<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<std::string, Secret>);

TEST(Secret, GivesItsTextOnlyWhenAsked) {
  const Secret secret("hush");
  EXPECT_EQ(secret.Reveal(), "hush");
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(Secret().empty());
  EXPECT_TRUE(secret == Secret("hush"));
  EXPECT_FALSE(secret == Secret("loud"));
}

}  // namespace
}  // namespace dwh
