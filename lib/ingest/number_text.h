#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ingest/load_error.h"

namespace dwh {

/// Numbers from their text, as COPY reads them. Each returns the reason if the text is no number of
/// that type; the text holds no white space around it.

/// Any integer from `min` to `max`. `whole_numbers`: 12.0 and 1.2e1 count too. `type` is COPY's
/// word in messages: "Short", "Integer", "Long".
std::optional<FieldError> ParseInteger(std::string_view text, bool whole_numbers, int64_t min,
                                       int64_t max, std::string_view type, int64_t& number);

/// A DECIMAL in PostgreSQL's binary form (numeric_send), appended to `out` without its length.
/// Digits beyond the scale are cut, or rounded half away from zero.
std::optional<FieldError> AppendDecimal(std::string_view text, int precision, int scale, bool round,
                                        std::string& out);

std::optional<FieldError> ParseDouble(std::string_view text, std::string_view type, double& number);

}  // namespace dwh
