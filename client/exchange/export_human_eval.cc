#include <filesystem>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/exchange/export.h"
#include "client/exchange/text_file.h"
#include "common/base/status_macros.h"

namespace assay {

absl::StatusOr<Files> ExportHumanEval(const ExportSource& source, const std::string& folder) {
  Files files;
  for (const ExportedRun& run : source.runs) {
    const v1::RunSpec& spec = run.result.run().spec();
    if (spec.benchmark() != "human_eval") {
      return absl::InvalidArgumentError(
          absl::StrCat("run ", spec.run_id(), " is of ", spec.benchmark(),
                       "; human-eval's samples are of human_eval only (run:N names one run)"));
    }
    files.push_back(absl::StrCat("run-", spec.run_id(), "/samples.jsonl"));
    const std::string path = absl::StrCat(folder, "/", files.back());
    std::filesystem::create_directory(std::filesystem::path(path).parent_path());
    ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<TextFileWriter> file,
                           TextFileWriter::Create(path));
    const auto take = [&](const v1::GradedPrediction& graded) -> absl::Status {
      // "human_eval/HumanEval/7" or the like; the problem's own id has one slash.
      absl::string_view id = graded.prediction().item_id();
      absl::ConsumePrefix(&id, "human_eval/");
      // What was put behind the prompt and run; where no other grader looked at it.
      const bool extracted = graded.score().grader() == "human_eval";
      const ExchangeJson line = {
          {"task_id", std::string(id)},
          {"completion", extracted ? graded.score().extracted() : graded.prediction().output()}};
      return file->Write(
          line.dump(-1, ' ', false, ExchangeJson::error_handler_t::replace).append("\n"));
    };
    ASSAY_RETURN_IF_ERROR(source.predictions(spec.run_id(), take));
    ASSAY_RETURN_IF_ERROR(file->Finish());
  }
  return files;
}

}  // namespace assay
