#include "client/commands/app.h"
#include "client/output/console.h"
#include "common/base/clock.h"

int main(int argc, char** argv) {
  const assay::Console console = assay::StandardConsole();
  return assay::RunApp(argc, argv, console, assay::Clock::Real());
}
