// A job's progress, live: a bar for each run on a terminal, a line now and then elsewhere.
#ifndef ASSAY_CLIENT_PROGRESS_PROGRESS_DISPLAY_H_
#define ASSAY_CLIENT_PROGRESS_PROGRESS_DISPLAY_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/output/console.h"
#include "client/progress/rate_window.h"
#include "common/base/clock.h"
#include "common/domain/run.h"

namespace assay {

// Writes to console.err. Not thread-safe.
class ProgressDisplay {
 public:
  // Both must outlive the display.
  ProgressDisplay(const Console* console, Clock* clock);

  // The newest state of the job. Draws when it is time: at most four times a second on a terminal,
  // every ten seconds elsewhere; a change of a run's state is always drawn.
  void Update(const JobProgress& job);
  // Draws again when it is time; to be called a few times a second.
  void Tick();
  // A line of its own, above the bars.
  void Note(absl::string_view line);
  // Draws the last state; afterwards the cursor is below the bars.
  void Finish();

 private:
  struct Rates {
    RateWindow items{absl::Seconds(15)};
    RateWindow tokens{absl::Seconds(15)};
  };

  void Draw();
  void Erase();
  std::string BarLine(const RunProgress& run, int label_width);
  std::string PlainLine(const RunProgress& run);
  // Why nothing of the run is done now, or "".
  std::string Halt(const RunProgress& run) const;
  // "31.2 items/s  12.3k tokens/s  0:23 left", or "" while there is nothing to say.
  std::string Speed(const RunProgress& run);

  const Console* console_;
  Clock* clock_;
  JobProgress job_;
  std::map<int64_t, Rates> rates_;        // by run
  std::map<int64_t, State> drawn_state_;  // by run; for changes
  absl::Time drawn_ = absl::InfinitePast();
  int lines_ = 0;  // of the bars that are on the terminal now
};

}  // namespace assay

#endif  // ASSAY_CLIENT_PROGRESS_PROGRESS_DISPLAY_H_
