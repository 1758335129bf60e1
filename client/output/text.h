// Text for people: what a terminal shows of untrusted strings, numbers and spans of time.
#ifndef ASSAY_CLIENT_OUTPUT_TEXT_H_
#define ASSAY_CLIENT_OUTPUT_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace assay {

// The columns that valid UTF-8 takes on a terminal: two for East Asian wide characters and emoji,
// none for combining marks.
int DisplayWidth(absl::string_view text);

// `text` on one line: backslash, newline, tab and carriage return as \\ \n \t \r, other control
// characters (and bytes that are not UTF-8) as \xHH. What a model wrote can so never steer the
// terminal.
std::string EscapeLine(absl::string_view text);

// As EscapeLine, but newlines, tabs and backslashes stay: for prompts that are shown as they are.
std::string EscapeControls(absl::string_view text);

// At most `width` columns; what is cut is replaced by "…".
std::string Ellipsize(absl::string_view text, int width);

// 999, 12.3k, 4.56M, 7.89G.
std::string HumanCount(double value);
// "0:07", "12:34", "3:04:05"; rounded to seconds, negative spans as 0:00.
std::string HumanDuration(absl::Duration duration);
// "2026-01-31 13:05:09", in `zone`; "-" for an infinite time.
std::string HumanTime(absl::Time time, absl::TimeZone zone);
// "1,234,567".
std::string GroupedDigits(int64_t value);

}  // namespace assay

#endif  // ASSAY_CLIENT_OUTPUT_TEXT_H_
