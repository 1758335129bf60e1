// The options of the command line that say how a coordinator is connected to.
#ifndef ASSAY_COMMON_RPC_CONNECTION_OPTIONS_H_
#define ASSAY_COMMON_RPC_CONNECTION_OPTIONS_H_

#include "CLI/CLI.hpp"
#include "common/rpc/client_security.h"

namespace assay {

inline void AddConnectionOptions(CLI::App& app, ConnectionOptions* options) {
  constexpr char kGroup[] = "Security";
  app.add_option("--tls-ca", options->tls.ca,
                 "PEM file of the CA that signed the coordinator's certificate; \"system\": those "
                 "that this machine trusts. Without it the connection is not encrypted")
      ->envname("ASSAY_TLS_CA")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--tls-certificate", options->tls.certificate,
                 "PEM file of one's own certificate, where the coordinator asks for one")
      ->envname("ASSAY_TLS_CERTIFICATE")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--tls-key", options->tls.key, "PEM file of that certificate's key")
      ->envname("ASSAY_TLS_KEY")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--token-file", options->token_file,
                 "File that holds the token to show, and that others may not read; without it, the "
                 "environment's ASSAY_TOKEN")
      ->envname("ASSAY_TOKEN_FILE")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_flag("--insecure", options->insecure,
               "Show the token even where the connection is not encrypted")
      ->envname("ASSAY_INSECURE")
      ->group(kGroup);
}

}  // namespace assay

#endif  // ASSAY_COMMON_RPC_CONNECTION_OPTIONS_H_
