// How a request is submitted: the key by which it is known when it is sent again, whose it is, and
// what goes first.
#ifndef ASSAY_COORDINATOR_SERVICE_SUBMISSION_KEY_H_
#define ASSAY_COORDINATOR_SERVICE_SUBMISSION_KEY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/sha256.h"
#include "coordinator/store/submission.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace assay {

inline constexpr size_t kLongestSubmissionKey = 128;
inline constexpr size_t kLongestOwner = 128;
inline constexpr int kMostPriority = 100;  // either way

// `Request` has a submission_key, beside which everything tells what is asked for, an owner and a
// priority. InvalidArgument when one is too long, holds a NUL character or is out of its range.
template <typename Request>
absl::StatusOr<Submission> ReadSubmission(Request request) {
  Submission submission{request.submission_key()};
  submission.owner = request.owner();
  submission.priority = request.priority();
  if (submission.owner.size() > kLongestOwner || submission.owner.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("owner: must have at most ", kLongestOwner, " bytes and no NUL character"));
  }
  if (submission.priority < -kMostPriority || submission.priority > kMostPriority) {
    return absl::InvalidArgumentError(absl::StrCat("priority: must be between -", kMostPriority,
                                                   " and ", kMostPriority, ", not ",
                                                   submission.priority));
  }
  if (submission.key.empty()) return submission;
  if (submission.key.size() > kLongestSubmissionKey ||
      submission.key.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat("submission_key: must have at most ",
                                                   kLongestSubmissionKey,
                                                   " bytes and no NUL character"));
  }
  request.clear_submission_key();
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&coded);
  }
  submission.request_sha256 = Sha256Hex(bytes);
  return submission;
}

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_SUBMISSION_KEY_H_
