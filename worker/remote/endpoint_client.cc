#include "worker/remote/endpoint_client.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "spdlog/spdlog.h"
#include "worker/remote/api_keys.h"
#include "worker/remote/endpoint_errors.h"
#include "worker/session/backoff.h"

namespace assay {

EndpointClient::EndpointClient(const ModelSpec& model, std::string key,
                               const EndpointOptions& options, HttpTransport* transport,
                               Clock* clock, WaitFunction wait, std::function<double()> random)
    : model_(model),
      key_(std::move(key)),
      options_(options),
      transport_(transport),
      clock_(clock),
      wait_(std::move(wait)),
      random_(std::move(random)),
      limiter_(model_.remote->requests_per_minute, model_.remote->tokens_per_minute, clock) {}

absl::Status EndpointClient::Ask(absl::string_view path, const std::string& body,
                                 int64_t estimated_tokens, const Reader& read, ItemTime* time,
                                 const Cancellation& cancellation) {
  const std::string url = absl::StrCat(model_.path, path);
  Backoff backoff(options_.first_wait, options_.longest_wait, random_);
  for (int tries = 1;; ++tries) {
    ASSAY_RETURN_IF_ERROR(AwaitTurn(estimated_tokens, time, cancellation));
    const Try last = TryOnce(url, body, read, *time, cancellation);
    if (last.reached) reached_ = true;
    if (last.end != Try::End::kTryAgain) return last.status;
    if (cancellation.cancelled()) return absl::CancelledError("called off");
    const absl::Duration wait = std::max(backoff.Next(), last.wait);
    if (clock_->Now() + wait >= time->deadline) return GiveUp(tries, last);
    SPDLOG_LOGGER_CALL(spdlog::default_logger_raw(), spdlog::level::debug,
                       "model {}: {}; again in {:.1f} s", model_.name,
                       std::string(last.status.message()), absl::ToDoubleSeconds(wait));
    wait_(wait, cancellation);
  }
}

absl::Status EndpointClient::AwaitTurn(int64_t tokens, ItemTime* time,
                                       const Cancellation& cancellation) {
  const absl::Duration turn = limiter_.Take(tokens);
  if (turn > absl::ZeroDuration()) {
    wait_(turn, cancellation);
    time->deadline += turn;
  }
  if (cancellation.cancelled()) return absl::CancelledError("called off");
  time->deadline = std::min(time->deadline, clock_->Now() + options_.item_time);
  return absl::OkStatus();
}

EndpointClient::Try EndpointClient::TryOnce(const std::string& url, const std::string& body,
                                            const Reader& read, const ItemTime& time,
                                            const Cancellation& cancellation) {
  HttpRequest request;
  request.url = url;
  request.bearer = key_;
  request.body = body;
  request.timeout = std::min(options_.request_time, time.deadline - clock_->Now());
  const absl::StatusOr<HttpResponse> response = transport_->Post(request, cancellation);
  if (!response.ok()) {
    const absl::Status error(response.status().code(), Redact(response.status().message(), key_));
    switch (error.code()) {
      case absl::StatusCode::kUnavailable:
      case absl::StatusCode::kDeadlineExceeded:
        return {Try::End::kTryAgain, error, absl::ZeroDuration(), /*reached=*/false};
      case absl::StatusCode::kFailedPrecondition:
      case absl::StatusCode::kCancelled:
        return {Try::End::kFailed, error, absl::ZeroDuration(), /*reached=*/false};
      default:
        return {Try::End::kFailed, error};
    }
  }
  if (response->status != 200) return OnRefusal(*response);
  absl::Status status = read(response->body);
  if (status.ok()) return {};
  const Try::End end = absl::IsDataLoss(status) ? Try::End::kTryAgain : Try::End::kFailed;
  return {end, absl::Status(status.code(), Redact(status.message(), key_))};
}

EndpointClient::Try EndpointClient::OnRefusal(const HttpResponse& response) {
  const std::string words =
      absl::StrCat("HTTP ", response.status, ": ", EndpointWords(response.body, key_));
  switch (RemedyFor(response.status, response.body)) {
    case Remedy::kGiveUp:
      return {Try::End::kFailed,
              absl::InvalidArgumentError(absl::StrCat("the endpoint refused it: ", words))};
    case Remedy::kFailRun: {
      const bool bad_key = response.status == 401 || response.status == 403;
      return {Try::End::kFailed, absl::FailedPreconditionError(absl::StrCat(
                                     "the endpoint ", model_.path,
                                     bad_key ? " does not accept the key"
                                     : response.status == 404
                                         ? absl::StrCat(" knows no model \"", model_.remote->model,
                                                        "\", or has no such API")
                                         : std::string(" does not take such requests"),
                                     " (", words, ")"))};
    }
    case Remedy::kTryAgain:
      break;
  }
  const absl::Time now = clock_->Now();
  const absl::Duration asked =
      ReadRetryAfter(response.retry_after, now).value_or(absl::ZeroDuration());
  // One request's being too many is every request's.
  if (asked > absl::ZeroDuration()) limiter_.PauseUntil(now + asked);
  return {Try::End::kTryAgain, absl::UnavailableError(words), asked};
}

absl::Status EndpointClient::GiveUp(int tries, const Try& last) const {
  const std::string what =
      absl::StrCat("no answer within ", absl::FormatDuration(options_.item_time), " and ", tries,
                   tries == 1 ? " try" : " tries", "; the last one: ", last.status.message());
  if (!reached_) {
    return absl::FailedPreconditionError(
        absl::StrCat("the endpoint ", model_.path, " has not answered: ", what));
  }
  return absl::DeadlineExceededError(what);
}

}  // namespace assay
