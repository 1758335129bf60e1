// The options of the command line that say how a process's metrics are served.
#ifndef ASSAY_COMMON_METRICS_METRICS_OPTIONS_H_
#define ASSAY_COMMON_METRICS_METRICS_OPTIONS_H_

#include "CLI/CLI.hpp"
#include "common/http/http_server.h"

namespace assay {

inline void AddMetricsOptions(CLI::App& app, HttpServerOptions* options) {
  constexpr char kGroup[] = "Metrics";
  app.add_option("--metrics-listen", options->listen,
                 "HOST:PORT to serve metrics to Prometheus at (GET /metrics); default: none")
      ->group(kGroup);
  app.add_option("--metrics-tls-certificate", options->tls.certificate,
                 "PEM file of the certificate to serve metrics with, and of those that lead to its "
                 "CA. It and those below are read again when they change")
      ->envname("ASSAY_METRICS_TLS_CERTIFICATE")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--metrics-tls-key", options->tls.key, "PEM file of that certificate's key")
      ->envname("ASSAY_METRICS_TLS_KEY")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--metrics-tls-client-ca", options->tls.ca,
                 "PEM file of the CA that signs the certificates of those who may read the metrics")
      ->envname("ASSAY_METRICS_TLS_CLIENT_CA")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_flag("--metrics-insecure", options->insecure,
               "Serve metrics to other machines without TLS: they name models and programs")
      ->envname("ASSAY_METRICS_INSECURE")
      ->group(kGroup);
}

}  // namespace assay

#endif  // ASSAY_COMMON_METRICS_METRICS_OPTIONS_H_
