// Options of commands that resample: --resamples and --seed.
#ifndef ASSAY_CLIENT_COMMANDS_RESAMPLING_OPTIONS_H_
#define ASSAY_CLIENT_COMMANDS_RESAMPLING_OPTIONS_H_

#include <cstdint>
#include <string>

#include "CLI/CLI.hpp"

namespace assay {

// What the values hold before are the defaults; `resamples_about` and `seed_about` are the help.
void AddResamplingOptions(CLI::App* command, int* resamples, const std::string& resamples_about,
                          uint64_t* seed, const std::string& seed_about);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_RESAMPLING_OPTIONS_H_
