// Internal to the store: what both sides of the ratings read, that of campaigns and that of raters.
#ifndef ASSAY_COORDINATOR_STORE_RATING_ROWS_H_
#define ASSAY_COORDINATOR_STORE_RATING_ROWS_H_

#include <string>
#include <vector>

namespace assay {

// The column rating_campaigns.criteria.
std::string EncodeTexts(const std::vector<std::string>& texts);
std::vector<std::string> DecodeTexts(const char* json);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_RATING_ROWS_H_
