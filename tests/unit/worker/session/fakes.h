// A model, its loader and a benchmark whose every answer can be told in advance.
#ifndef ASSAY_TESTS_UNIT_WORKER_SESSION_FAKES_H_
#define ASSAY_TESTS_UNIT_WORKER_SESSION_FAKES_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/benchmark/benchmark.h"
#include "worker/session/item_preparation.h"
#include "worker/session/program_runner.h"
#include "worker/session/served_model.h"
#include "worker/session/shard_runner.h"

namespace assay {

// A token a byte (byte + 10) after a BOS, except that "Zq" is one token and "^" spells the BOS.
class FakeCodec : public TextCodec {
 public:
  static constexpr int32_t kBos = 1;
  static constexpr int32_t kStop = 2;
  static constexpr int32_t kMerged = 3;
  static std::vector<int32_t> Ids(absl::string_view text) {
    std::vector<int32_t> ids;
    for (size_t i = 0; i < text.size(); ++i) {
      const bool merged = text.substr(i, 2) == "Zq";
      const int32_t own = text[i] == '^' ? kBos : static_cast<unsigned char>(text[i]) + 10;
      ids.push_back(merged ? kMerged : own);
      i += merged;
    }
    return ids;
  }

  absl::StatusOr<std::vector<int32_t>> Encode(absl::string_view text) const override {
    if (absl::StrContains(text, "#") && !absl::StrContains(text, "###")) {
      return absl::InvalidArgumentError("cannot tokenize #");
    }
    std::vector<int32_t> ids = Ids(text);
    ids.insert(ids.begin(), kBos);
    return ids;
  }
  absl::StatusOr<std::vector<int32_t>> EncodePlain(absl::string_view text) const override {
    return Ids(text);
  }
  // Takes no system prompt of "no".
  absl::StatusOr<std::string> RenderChat(absl::string_view system,
                                         absl::string_view user) const override {
    if (system == "no") return absl::InvalidArgumentError("no system role");
    return absl::StrCat("^S(", system, ")U(", user, ")A:\n");
  }
  std::optional<int32_t> bos_token_id() const override { return kBos; }
  bool answers_apart() const override { return is_encoder_decoder; }
  absl::StatusOr<std::string> Decode(absl::Span<const int32_t> token_ids) const override {
    std::string text;
    for (const int32_t id : token_ids) {
      if (id >= 10) text.push_back(static_cast<char>(id - 10));
    }
    return text;
  }

  bool is_encoder_decoder = false;
};

// What fake models do, and what they were seen doing. Thread-safe.
class FakeWorld {
 public:
  // Errors that the next steps of an engine return, in order; OK: a normal step.
  void FailNextStep(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    step_errors_.push_back(std::move(status));
  }
  absl::Status TakeStepError() {
    absl::MutexLock lock(&mutex_);
    if (step_errors_.empty()) return absl::OkStatus();
    absl::Status status = step_errors_.front();
    step_errors_.pop_front();
    return status;
  }
  // While it is closed, a step waits.
  void SetGate(bool open) {
    absl::MutexLock lock(&mutex_);
    gate_open_ = open;
  }
  void PassGate() {
    absl::MutexLock lock(&mutex_);
    ++waiting_;
    mutex_.Await(absl::Condition(&gate_open_));
    --waiting_;
  }
  void WaitUntilAtGate() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](int* waiting) { return *waiting > 0; }, &waiting_));
  }
  void Note(std::string event) {
    absl::MutexLock lock(&mutex_);
    events_.push_back(std::move(event));
  }
  std::vector<std::string> events() {
    absl::MutexLock lock(&mutex_);
    return events_;
  }
  int64_t CountEvents(absl::string_view event) {
    const std::vector<std::string> all = events();
    return std::count(all.begin(), all.end(), event);
  }

 private:
  absl::Mutex mutex_;
  std::deque<absl::Status> step_errors_;
  bool gate_open_ = true;
  int waiting_ = 0;
  std::vector<std::string> events_;
};

// Generates "ok"; the log-likelihood of a choice is minus the number of its tokens. A prompt with
// '!' fails when it runs, one with
// '?' is refused at Submit, one with '~' gives not-a-number.
class FakeModel : public ServedModel {
 public:
  FakeModel(std::string name, FakeWorld* world, size_t requests_per_step = 1)
      : name_(std::move(name)), world_(world), requests_per_step_(requests_per_step) {
    world_->Note("load " + name_);
  }
  ~FakeModel() override { world_->Note("drop " + name_); }

  const TextCodec& codec() const override { return codec_; }
  const std::vector<int32_t>& stop_token_ids() const override { return stop_; }

  absl::Status Submit(Request request) override {
    if (Has(request, '?')) return absl::InvalidArgumentError("refused");
    requests_.push_back(std::move(request));
    return absl::OkStatus();
  }
  void Cancel(uint64_t id) override {
    const auto found = std::find_if(requests_.begin(), requests_.end(),
                                    [id](const Request& request) { return request.id == id; });
    if (found == requests_.end()) return;
    world_->Note("cancel");
    requests_.erase(found);
  }
  bool HasWork() const override { return !requests_.empty(); }
  absl::Status Step(std::vector<Completion>* finished) override {
    world_->PassGate();
    if (absl::Status status = world_->TakeStepError(); !status.ok()) return status;
    for (size_t i = 0; i < requests_per_step_ && !requests_.empty(); ++i) {
      finished->push_back(Run(newest_first ? requests_.back() : requests_.front()));
      newest_first ? requests_.pop_back() : requests_.pop_front();
    }
    return absl::OkStatus();
  }
  absl::Status ResetEngine() override {
    world_->Note("reset");
    requests_.clear();
    return reset_status;
  }

  absl::Status reset_status;
  bool newest_first = false;  // the order in which requests are run
  std::deque<Request>& requests() { return requests_; }

 private:
  static bool Has(const Request& request, char c) {
    return std::count(request.prompt.begin(), request.prompt.end(), c + 10) > 0;
  }
  static Completion Run(const Request& request) {
    Completion completion;
    completion.id = request.id;
    if (Has(request, '!')) completion.status = absl::InternalError("went wrong");
    if (request.choices.empty()) {
      completion.token_ids = FakeCodec::Ids("ok");
      completion.finish_reason = FinishReason::kStop;
    }
    for (const std::vector<int32_t>& choice : request.choices) {
      const double again = Has(request, ' ') ? 100 : 0;  // tells an item's prompts apart
      completion.choice_loglikelihoods.push_back(
          Has(request, '~') ? std::nan("") : -double(choice.size()) - again);
    }
    completion.cached_tokens = 1;
    return completion;
  }

  const std::string name_;
  FakeWorld* const world_;
  const size_t requests_per_step_;
  const FakeCodec codec_;
  const std::vector<int32_t> stop_ = {FakeCodec::kStop};
  std::deque<Request> requests_;
};

class FakeLoader : public ModelLoader {
 public:
  explicit FakeLoader(FakeWorld* world) : world_(world) {}
  absl::StatusOr<std::unique_ptr<ServedModel>> Load(const ModelSpec& spec,
                                                    Precision precision) override {
    if (auto found = errors.find(spec.name); found != errors.end()) {
      world_->Note("cannot load " + spec.name);
      return found->second;
    }
    auto model =
        std::make_unique<FakeModel>(absl::StrCat(spec.name, "/", PrecisionName(precision)), world_);
    model->reset_status = reset_status;
    model->newest_first = newest_first;
    return model;
  }
  std::map<std::string, absl::Status> errors;  // by the model's name; set before it is used
  absl::Status reset_status;
  bool newest_first = false;

 private:
  FakeWorld* const world_;
};

// Programs pass unless they hold "fail"; one with "crash" cannot be run, one with "wait" waits for
// the gate. Thread-safe.
class FakeProgramRunner : public ProgramRunner {
 public:
  absl::Status Check() override {
    absl::MutexLock lock(&mutex_);
    return check_;
  }
  absl::StatusOr<std::string> Run(std::string program) override {
    absl::MutexLock lock(&mutex_);
    programs_.push_back(program);
    if (absl::StrContains(program, "wait")) mutex_.Await(absl::Condition(&open_));
    if (stopped_) return absl::CancelledError("stopped");
    if (absl::StrContains(program, "crash")) return absl::InternalError("no sandbox");
    return absl::StrContains(program, "fail") ? std::string("failed: AssertionError")
                                              : std::string(kProgramPassed);
  }
  void Stop() override {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    open_ = true;
  }
  void Open() {
    absl::MutexLock lock(&mutex_);
    open_ = true;
  }
  void SetCheck(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    check_ = std::move(status);
  }
  std::vector<std::string> programs() {
    absl::MutexLock lock(&mutex_);
    return programs_;
  }

 private:
  absl::Mutex mutex_;
  absl::Status check_;
  bool open_ = false;
  bool stopped_ = false;
  std::vector<std::string> programs_;
};

// "Q=TARGET;" for each shot, then "Q:".
class FakeBenchmark : public Benchmark {
 public:
  FakeBenchmark() {
    ProtocolSpec generate;
    generate.name = "generate";
    generate.version = 1;
    generate.max_input = 20;
    generate.max_output = 4;
    ProtocolSpec choices;
    choices.name = "choices";
    choices.version = 2;
    choices.request_type = RequestType::kScoreChoices;
    choices.max_input = 20;
    choices.choice_prefix = " ";
    ProtocolSpec both_ways = choices;
    both_ways.name = "both-ways";
    both_ways.choice_prefix = "";
    both_ways.choice_tokens = ChoiceTokens::kFirstToken;
    both_ways.variants = 2;
    ProtocolSpec programs = generate;
    programs.name = "programs";
    programs.program = ProgramKind::kHumanEval;
    protocols_ = {generate, choices, both_ways, programs};
  }
  absl::string_view name() const override { return "fake"; }
  absl::string_view description() const override { return "for tests"; }
  const std::vector<ProtocolSpec>& protocols() const override { return protocols_; }
  bool IsDataFile(absl::string_view path) const override { return false; }
  absl::StatusOr<std::vector<Item>> Parse(absl::Span<const SourceFile> files) const override {
    return absl::UnimplementedError("no files");
  }
  absl::StatusOr<Selection> Select(const ProtocolSpec& protocol, int shots,
                                   absl::Span<const Item> group) const override {
    return absl::UnimplementedError("no selection");
  }
  std::string RenderPrompt(const ProtocolSpec& protocol, const Item& item,
                           absl::Span<const Item> shots) const override {
    std::string prompt;
    for (const Item& shot : shots) {
      absl::StrAppend(&prompt, shot.fields.at("q"), "=", shot.target, ";");
    }
    return absl::StrCat(prompt, item.fields.at("q"), ":");
  }
  // "Q again:".
  std::string RenderVariant(const ProtocolSpec& protocol, const Item& item,
                            absl::Span<const Item> shots, int variant) const override {
    if (variant == 0) return RenderPrompt(protocol, item, shots);
    return absl::StrCat(item.fields.at("q"), " again:");
  }

 private:
  std::vector<ProtocolSpec> protocols_;
};

inline absl::StatusOr<std::shared_ptr<const Benchmark>> FindFakeBenchmark(const Lease& lease) {
  const std::string& name = lease.run.benchmark;
  if (name != "fake") return absl::NotFoundError(absl::StrCat("no benchmark ", name));
  return std::make_shared<const FakeBenchmark>();
}

inline Item FakeItem(const std::string& id, const std::string& question,
                     const std::string& target = "A") {
  Item item;
  item.id = id;
  item.group = "g";
  item.split = "test";
  item.fields = {{"q", question}};
  item.choices = {"A", "BB"};
  item.target = target;
  return item;
}

// A lease of shard `n` on `model`, with an item for each question.
inline Lease FakeLease(int64_t n, const std::vector<std::string>& questions,
                       const std::string& model = "m") {
  Lease lease;
  lease.key = {n, 1, 100 + n};
  lease.run.run_id = 1;
  lease.run.job_id = 1;
  lease.run.benchmark = "fake";
  lease.run.settings.protocol = "generate";
  lease.run.settings.protocol_version = 1;
  lease.run.settings.precision = Precision::kFloat32;
  lease.run.model_name = model;
  lease.model.name = model;
  lease.model.path = "/models/" + model;
  lease.model.format = "gguf";
  lease.model.architecture = "llama";
  lease.model.weights_sha256 = std::string(64, model[0] % 2 == 0 ? 'a' : 'b');
  lease.model.tokenizer_sha256 = std::string(64, '0');
  lease.model.parameters = 1;
  lease.model.context_length = 64;
  lease.model.vocabulary_size = 300;
  for (size_t i = 0; i < questions.size(); ++i) {
    lease.items.push_back(FakeItem(absl::StrCat(n, "/", i), questions[i]));
  }
  return lease;
}

}  // namespace assay

#endif  // ASSAY_TESTS_UNIT_WORKER_SESSION_FAKES_H_
