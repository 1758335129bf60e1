#include "common/tracing/span.h"

#include <atomic>

namespace assay {
namespace {

std::atomic<SpanExporter*> exporter_of_process = nullptr;

}  // namespace

void SetSpanExporter(SpanExporter* exporter) { exporter_of_process.store(exporter); }

bool SpansAreWanted() { return exporter_of_process.load() != nullptr; }

void RecordSpan(TraceSpan span) {
  SpanExporter* const exporter = exporter_of_process.load();
  if (exporter != nullptr && span.context.known()) exporter->Add(std::move(span));
}

}  // namespace assay
