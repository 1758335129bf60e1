// As convert.h, for what leaderboards are made of.
#ifndef ASSAY_COMMON_RPC_CONVERT_LEADERBOARD_H_
#define ASSAY_COMMON_RPC_CONVERT_LEADERBOARD_H_

#include "absl/status/statusor.h"
#include "assay/v1/leaderboard.pb.h"
#include "common/domain/baseline.h"
#include "common/domain/model_facts.h"
#include "common/leaderboard/leaderboard.h"

namespace assay {

v1::ModelFacts ToProto(const ModelFacts& facts);
v1::Baseline ToProto(const Baseline& baseline);
v1::GetLeaderboardRequest ToProto(const LeaderboardQuery& query);
v1::GetLeaderboardResponse ToProto(const LeaderboardData& data);

absl::StatusOr<ModelFacts> FromProto(const v1::ModelFacts& facts);
absl::StatusOr<Baseline> FromProto(const v1::Baseline& baseline);
absl::StatusOr<LeaderboardQuery> FromProto(const v1::GetLeaderboardRequest& query);
absl::StatusOr<LeaderboardData> FromProto(const v1::GetLeaderboardResponse& data);

}  // namespace assay

#endif  // ASSAY_COMMON_RPC_CONVERT_LEADERBOARD_H_
