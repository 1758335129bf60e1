#include "coordinator/metrics/database_metrics.h"

#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/metrics/gathered.h"

namespace assay {
namespace {

using prometheus::MetricType;

// From a row that is in memory to a server that is stuck.
const prometheus::Histogram::BucketBoundaries& Seconds() {
  static const auto* const kBoundaries = new prometheus::Histogram::BucketBoundaries{
      0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10};
  return *kBoundaries;
}

// The words of a statement that are outside of parentheses and quotes.
std::vector<std::string> OuterWords(absl::string_view sql) {
  std::string outer;
  int depth = 0;
  bool quoted = false;
  for (const char c : sql) {
    if (c == '\'') quoted = !quoted;
    if (!quoted && c == '(') ++depth;
    if (depth == 0 && !quoted) outer.push_back(c == ',' ? ' ' : c);
    if (!quoted && c == ')') {
      --depth;
      outer.push_back(' ');
    }
  }
  return absl::StrSplit(outer, absl::ByAnyChar(" \n\t"), absl::SkipWhitespace());
}

}  // namespace

std::string OperationName(absl::string_view signature) {
  int depth = 0;
  size_t begin = 0;
  size_t end = signature.size();
  for (size_t i = 0; i < signature.size(); ++i) {
    const char c = signature[i];
    if (c == '<') ++depth;
    if (c == '>') --depth;
    if (depth > 0) continue;
    if (c == '(') {
      end = i;
      break;
    }
    if (c == ' ' || c == '*' || c == '&') begin = i + 1;
  }
  absl::string_view name = signature.substr(begin, end - begin);
  absl::ConsumePrefix(&name, "assay::");
  absl::ConsumePrefix(&name, "{anonymous}::");
  return std::string(name);
}

std::string StatementName(absl::string_view sql) {
  const std::vector<std::string> words = OuterWords(sql);
  std::string verb;
  std::string table;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "SELECT" || word == "INSERT" || word == "DELETE") {
      verb = word;
    } else if (word == "UPDATE" && (i == 0 || (words[i - 1] != "DO" && words[i - 1] != "KEY" &&
                                               words[i - 1] != "FOR"))) {
      verb = word;
      if (i + 1 < words.size()) table = words[i + 1];
    } else if ((word == "FROM" && (verb == "DELETE" || (verb == "SELECT" && table.empty()))) ||
               (word == "INTO" && verb == "INSERT")) {
      if (i + 1 < words.size()) table = words[i + 1];
    }
    if (verb == "INSERT" && !table.empty()) break;  // what it selects from does not matter
  }
  if (verb.empty()) return words.empty() ? "" : words.front();
  return table.empty() ? verb : absl::StrCat(verb, " ", table);
}

DatabaseMetrics::DatabaseMetrics(prometheus::Registry* registry)
    : acquire_seconds_(prometheus::BuildHistogram()
                           .Name("assay_database_acquire_duration_seconds")
                           .Help("Time waited for a connection to the database")
                           .Register(*registry)
                           .Add({}, Seconds())),
      transaction_seconds_(prometheus::BuildHistogram()
                               .Name("assay_database_transaction_duration_seconds")
                               .Help("Time of a transaction, by the operation whose it is")
                               .Register(*registry)),
      statement_seconds_(prometheus::BuildHistogram()
                             .Name("assay_database_statement_duration_seconds")
                             .Help("Time of a prepared statement, by what it does to which table")
                             .Register(*registry)),
      rolled_back_(prometheus::BuildCounter()
                       .Name("assay_database_rollbacks_total")
                       .Help("Transactions that were not committed")
                       .Register(*registry)
                       .Add({})) {}

void DatabaseMetrics::Acquired(absl::Duration waited) {
  acquire_seconds_.Observe(absl::ToDoubleSeconds(waited));
}

void DatabaseMetrics::Transacted(const char* function, Outcome outcome, absl::Duration took) {
  if (outcome == Outcome::kRolledBack) rolled_back_.Increment();
  SeriesOf(function, "operation", OperationName, transaction_seconds_, operations_)
      .Observe(absl::ToDoubleSeconds(took));
}

void DatabaseMetrics::Executed(const char* sql, absl::Duration took) {
  SeriesOf(sql, "statement", StatementName, statement_seconds_, statements_)
      .Observe(absl::ToDoubleSeconds(took));
}

prometheus::Histogram& DatabaseMetrics::SeriesOf(
    const char* text, const char* label, std::string (*name)(absl::string_view),
    prometheus::Family<prometheus::Histogram>& family,
    std::map<const char*, prometheus::Histogram*>& known) {
  absl::MutexLock lock(&mutex_);
  prometheus::Histogram*& series = known[text];
  if (series == nullptr) series = &family.Add({{label, name(text)}}, Seconds());
  return *series;
}

std::vector<prometheus::MetricFamily> ConnectionMetrics::Collect() const {
  const Database::Connections connections = database_->connections();
  const auto number = [](int count) { return static_cast<double>(count); };
  return {Gathered("assay_database_connections", "Connections to the database, by state",
                   MetricType::Gauge,
                   {{{{"state", "in_use"}}, number(connections.in_use)},
                    {{{"state", "idle"}}, number(connections.idle)},
                    {{{"state", "waited_for"}}, number(connections.waited_for)}}),
          Gathered("assay_database_connections_limit", "Connections that may be open at once",
                   MetricType::Gauge, {{{}, number(database_->most_connections())}})};
}

}  // namespace assay
