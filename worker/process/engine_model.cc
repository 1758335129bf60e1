#include "worker/process/engine_model.h"

#include <malloc.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "worker/device/cuda.h"
#include "worker/model/causal_lm.h"
#include "worker/model/loaded_model.h"
#include "worker/tokenizer/chat_template.h"

namespace assay {
namespace {

class TokenizerCodec : public TextCodec {
 public:
  TokenizerCodec(const Tokenizer* tokenizer, bool answers_apart)
      : tokenizer_(tokenizer), answers_apart_(answers_apart) {}
  absl::StatusOr<std::vector<int32_t>> Encode(absl::string_view text) const override {
    return tokenizer_->Encode(text, /*add_special_tokens=*/true);
  }
  absl::StatusOr<std::vector<int32_t>> EncodePlain(absl::string_view text) const override {
    return tokenizer_->Encode(text, /*add_special_tokens=*/false);
  }
  absl::StatusOr<std::string> RenderChat(absl::string_view system,
                                         absl::string_view user) const override {
    std::vector<ChatMessage> messages;
    if (!system.empty()) messages.push_back({"system", std::string(system)});
    messages.push_back({"user", std::string(user)});
    return assay::RenderChat(tokenizer_->chat_template(), messages, /*add_generation_prompt=*/true,
                             tokenizer_->special_tokens());
  }
  std::optional<int32_t> bos_token_id() const override {
    const std::string& bos = tokenizer_->special_tokens().bos;
    return bos.empty() ? std::nullopt : tokenizer_->TokenToId(bos);
  }
  bool answers_apart() const override { return answers_apart_; }
  absl::StatusOr<std::string> Decode(absl::Span<const int32_t> token_ids) const override {
    return tokenizer_->Decode(token_ids, /*skip_special_tokens=*/true);
  }

 private:
  const Tokenizer* const tokenizer_;
  const bool answers_apart_;
};

class EngineModel : public ServedModel {
 public:
  EngineModel(LoadedModel model, const EngineOptions& options)
      : trim_(),
        model_(std::move(model)),
        codec_(model_.tokenizer.get(), model_.language_model->decoder_start_token().has_value()),
        options_(options) {}

  const TextCodec& codec() const override { return codec_; }
  const std::vector<int32_t>& stop_token_ids() const override { return model_.stop_token_ids; }
  absl::Status Submit(Request request) override { return engine_->Submit(std::move(request)); }
  void Cancel(uint64_t id) override { engine_->Cancel(id); }
  bool HasWork() const override { return engine_->HasWork(); }
  const EngineStatistics* statistics() const override { return &engine_->statistics(); }
  absl::Status Step(std::vector<Completion>* finished) override { return engine_->Step(finished); }
  absl::Status ResetEngine() override {
    engine_.reset();  // its cache goes before the new one comes
    ASSAY_ASSIGN_OR_RETURN(engine_, Engine::Create(model_.language_model.get(), options_));
    return absl::OkStatus();
  }

 private:
  // The allocator keeps what a model leaves between its own small pieces; the next model's weights
  // need it back.
  struct HeapTrim {
    ~HeapTrim() { malloc_trim(0); }
  };

  const HeapTrim trim_;  // ends last
  LoadedModel model_;
  const TokenizerCodec codec_;
  const EngineOptions options_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ServedModel>> EngineModelLoader::Load(const ModelSpec& spec,
                                                                     Precision precision) {
  ASSAY_ASSIGN_OR_RETURN(LoadedModel loaded, leader_ != nullptr
                                                 ? leader_->Load(spec, precision)
                                                 : LoadModel(spec, precision, {.device = device_}));
  EngineOptions options = options_;
  if (leader_ != nullptr && !device_.is_cpu() && options.kv_cache_bytes == 0) {
    options.kv_cache_bytes = leader_->kv_cache_bytes();
  } else if (!device_.is_cpu() && options.kv_cache_bytes == 0) {
    ASSAY_ASSIGN_OR_RETURN(const CudaFacts facts, ReadCudaFacts(device_));
    options.kv_cache_bytes = KvCacheBytesFor(facts.free_bytes, facts.total_bytes);
  }
  auto model = std::make_unique<EngineModel>(std::move(loaded), options);
  ASSAY_RETURN_IF_ERROR(model->ResetEngine());
  return model;
}

}  // namespace assay
