// Metrics whose values are read when they are asked for.
#ifndef ASSAY_COMMON_METRICS_GATHERED_H_
#define ASSAY_COMMON_METRICS_GATHERED_H_

#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace assay {

// A family of counters or gauges with these labels and values.
inline prometheus::MetricFamily Gathered(
    std::string name, std::string help, prometheus::MetricType type,
    const std::vector<std::pair<std::map<std::string, std::string>, double>>& values) {
  prometheus::MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  for (const auto& [labels, value] : values) {
    prometheus::ClientMetric metric;
    for (const auto& [label, text] : labels) metric.label.push_back({label, text});
    if (type == prometheus::MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    family.metric.push_back(std::move(metric));
  }
  return family;
}

}  // namespace assay

#endif  // ASSAY_COMMON_METRICS_GATHERED_H_
