// Where a command writes, and what the other end can show.
#ifndef ASSAY_CLIENT_OUTPUT_CONSOLE_H_
#define ASSAY_CLIENT_OUTPUT_CONSOLE_H_

#include <ostream>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace assay {

struct Console {
  std::ostream* out = nullptr;  // results: what a script reads
  std::ostream* err = nullptr;  // progress, notes and errors
  bool out_colour = false;
  bool err_colour = false;
  bool err_redraw = false;  // err is a terminal: progress is redrawn in place
  int err_width = 80;       // columns of err
  absl::TimeZone zone = absl::UTCTimeZone();
};

// Standard output and error. No colour where the stream is not a terminal, TERM is "dumb" or
// NO_COLOR is set and not empty (no-color.org).
Console StandardConsole();

enum class Tone { kPlain, kGood, kBad, kDim };
// `text` in the colour of `tone`, or as it is.
std::string Toned(absl::string_view text, Tone tone, bool colour);

}  // namespace assay

#endif  // ASSAY_CLIENT_OUTPUT_CONSOLE_H_
