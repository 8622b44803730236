#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"

namespace dwh {

/// Runs `action`, which must throw an Error of this kind with a hint; gives its message back.
template <typename Action>
std::string ErrorMessage(ErrorKind kind, const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    EXPECT_FALSE(error.hint().empty()) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

/// The same, and the message must begin and go on like this.
template <typename Action>
void ExpectError(ErrorKind kind, const Action& action, const std::string& begins,
                 std::string_view holds) {
  const std::string message = ErrorMessage(kind, action);
  EXPECT_EQ(message.substr(0, begins.size()), begins);
  EXPECT_NE(message.find(holds, begins.size()), std::string::npos)
      << "'" << message << "' does not hold '" << holds << "'";
}

}  // namespace dwh
