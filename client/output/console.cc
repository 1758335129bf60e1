#include "client/output/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

bool ColourWanted(int fd) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return isatty(fd) && (no_colour == nullptr || *no_colour == '\0') && term != nullptr &&
         absl::string_view(term) != "dumb";
}

}  // namespace

Console StandardConsole() {
  Console console;
  console.out = &std::cout;
  console.err = &std::cerr;
  console.out_colour = ColourWanted(STDOUT_FILENO);
  console.err_colour = ColourWanted(STDERR_FILENO);
  const char* term = std::getenv("TERM");
  console.err_redraw =
      isatty(STDERR_FILENO) && term != nullptr && absl::string_view(term) != "dumb";
  winsize size = {};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    console.err_width = size.ws_col;
  }
  console.zone = absl::LocalTimeZone();
  return console;
}

std::string Toned(absl::string_view text, Tone tone, bool colour) {
  if (!colour || tone == Tone::kPlain) return std::string(text);
  const absl::string_view code = tone == Tone::kGood ? "32" : tone == Tone::kBad ? "31" : "2";
  return absl::StrCat("\033[", code, "m", text, "\033[0m");
}

}  // namespace assay
