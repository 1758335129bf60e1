#include "common/domain/model_facts.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace assay {
namespace {

constexpr std::array<absl::string_view, 4> kMethods = {"", "pretrained", "supervised", "rlhf"};
constexpr std::array<absl::string_view, 3> kTunings = {"", "full", "lora"};
constexpr size_t kMostBytes = 1000;
constexpr size_t kMostAliases = 100;
constexpr int64_t kLargestCount = int64_t{1} << 53;

struct TextFact {
  absl::string_view key;
  std::string ModelFacts::*member;
};
constexpr std::array<TextFact, 8> kTexts = {{{"title", &ModelFacts::title},
                                             {"family", &ModelFacts::family},
                                             {"foundation", &ModelFacts::foundation},
                                             {"instruction_data", &ModelFacts::instruction_data},
                                             {"prompt_template", &ModelFacts::prompt_template},
                                             {"precision", &ModelFacts::precision},
                                             {"license", &ModelFacts::license},
                                             {"source", &ModelFacts::source}}};

struct CountFact {
  absl::string_view key;
  int64_t ModelFacts::*member;
};
constexpr std::array<CountFact, 2> kCounts = {
    {{"parameters", &ModelFacts::parameters},
     {"instruction_examples", &ModelFacts::instruction_examples}}};

absl::Status CheckText(absl::string_view key, absl::string_view text) {
  if (text.size() > kMostBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(key, ": ", text.size(), " bytes, and at most ", kMostBytes, " are allowed"));
  }
  for (const char c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError(absl::StrCat(key, ": holds a control character"));
    }
  }
  return absl::OkStatus();
}

bool IsModelName(absl::string_view name) {
  for (const char c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '_' && c != '-') {
      return false;
    }
  }
  return !name.empty();
}

std::string KnownKeys() {
  std::vector<absl::string_view> keys;
  for (const TextFact& fact : kTexts) keys.push_back(fact.key);
  for (const CountFact& fact : kCounts) keys.push_back(fact.key);
  keys.insert(keys.end(), {"method", "tuning", "aliases"});
  return absl::StrJoin(keys, ", ");
}

absl::Status Named(absl::string_view key, const absl::Status& status) {
  return absl::InvalidArgumentError(absl::StrCat(key, ": ", status.message()));
}

// "no method" reads better than an empty name in a list.
template <typename Enum, size_t N>
absl::StatusOr<Enum> ParseOrUnknown(absl::string_view what, absl::string_view name,
                                    const std::array<absl::string_view, N>& names) {
  for (size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown ", what, " \"", name,
                   "\"; there are: ", absl::StrJoin(names.begin() + 1, names.end(), ", ")));
}

}  // namespace

absl::string_view TrainingMethodName(TrainingMethod method) {
  return kMethods[static_cast<size_t>(method)];
}
absl::StatusOr<TrainingMethod> ParseTrainingMethod(absl::string_view name) {
  return ParseOrUnknown<TrainingMethod>("training method", name, kMethods);
}
absl::string_view TuningName(Tuning tuning) { return kTunings[static_cast<size_t>(tuning)]; }
absl::StatusOr<Tuning> ParseTuning(absl::string_view name) {
  return ParseOrUnknown<Tuning>("tuning", name, kTunings);
}

absl::Status CheckModelFacts(const ModelFacts& facts) {
  if (!IsModelName(facts.name) || facts.name.size() > kMostBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("name: \"", facts.name.substr(0, 80),
                     "\" is not a model's name: letters, digits, '.', '_' and '-'"));
  }
  for (const TextFact& fact : kTexts) {
    if (absl::Status status = CheckText(fact.key, facts.*fact.member); !status.ok()) return status;
  }
  for (const CountFact& fact : kCounts) {
    if (facts.*fact.member < 0) {
      return absl::InvalidArgumentError(absl::StrCat(fact.key, ": must not be negative"));
    }
  }
  if (facts.aliases.size() > kMostAliases) {
    return absl::InvalidArgumentError(
        absl::StrCat("aliases: ", facts.aliases.size(), ", and at most ", kMostAliases));
  }
  for (const std::string& alias : facts.aliases) {
    if (absl::Status status = CheckText("aliases", alias); !status.ok()) return status;
    if (alias.empty()) return absl::InvalidArgumentError("aliases: one is empty");
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> ParseCount(absl::string_view text) {
  absl::string_view digits = text;
  double unit = 1;
  if (!digits.empty()) {
    switch (absl::ascii_tolower(static_cast<unsigned char>(digits.back()))) {
      case 'k':
        unit = 1e3;
        break;
      case 'm':
        unit = 1e6;
        break;
      case 'b':
        unit = 1e9;
        break;
      default:
        break;
    }
    if (unit > 1) digits.remove_suffix(1);
  }
  double number = 0;
  const bool plain =
      !digits.empty() && digits.find_first_not_of("0123456789.") == absl::string_view::npos;
  if (!plain || !absl::SimpleAtod(digits, &number) ||
      number * unit > static_cast<double>(kLargestCount)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not a number such as 52002, 52k, 350m or 0.7b"));
  }
  const double thousandth = std::round(number * 1000) * (unit / 1000);
  return static_cast<int64_t>(std::llround(unit > 1 ? thousandth : number));
}

absl::Status SetFact(absl::string_view key, absl::string_view value, ModelFacts* facts) {
  for (const TextFact& fact : kTexts) {
    if (fact.key != key) continue;
    if (absl::Status status = CheckText(key, value); !status.ok()) return status;
    facts->*fact.member = std::string(value);
    return absl::OkStatus();
  }
  for (const CountFact& fact : kCounts) {
    if (fact.key != key) continue;
    const absl::StatusOr<int64_t> count = value.empty() ? 0 : ParseCount(value);
    if (!count.ok()) return Named(key, count.status());
    facts->*fact.member = *count;
    return absl::OkStatus();
  }
  if (key == "method") {
    const absl::StatusOr<TrainingMethod> method = ParseTrainingMethod(value);
    if (!method.ok()) return Named(key, method.status());
    facts->method = *method;
    return absl::OkStatus();
  }
  if (key == "tuning") {
    const absl::StatusOr<Tuning> tuning = ParseTuning(value);
    if (!tuning.ok()) return Named(key, tuning.status());
    facts->tuning = *tuning;
    return absl::OkStatus();
  }
  if (key == "aliases") {
    facts->aliases.clear();
    for (const absl::string_view part : absl::StrSplit(value, ',')) {
      const absl::string_view alias = absl::StripAsciiWhitespace(part);
      if (!alias.empty()) facts->aliases.emplace_back(alias);
    }
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown fact \"", key, "\"; there are: ", KnownKeys()));
}

void FillMissingFacts(const ModelFacts& other, ModelFacts* facts) {
  for (const TextFact& fact : kTexts) {
    if ((facts->*fact.member).empty()) facts->*fact.member = other.*fact.member;
  }
  for (const CountFact& fact : kCounts) {
    if (facts->*fact.member == 0) facts->*fact.member = other.*fact.member;
  }
  if (facts->method == TrainingMethod::kUnknown) facts->method = other.method;
  if (facts->tuning == Tuning::kUnknown) facts->tuning = other.tuning;
  if (facts->aliases.empty()) facts->aliases = other.aliases;
}

}  // namespace assay
