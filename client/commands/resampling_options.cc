#include "client/commands/resampling_options.h"

namespace assay {

void AddResamplingOptions(CLI::App* command, int* resamples, const std::string& resamples_about,
                          uint64_t* seed, const std::string& seed_about) {
  command->add_option("--resamples", *resamples, resamples_about)
      ->type_name("N")
      ->check(CLI::Range(100, 1000000))
      ->capture_default_str();
  command->add_option("--seed", *seed, seed_about)->type_name("N")->capture_default_str();
}

}  // namespace assay
