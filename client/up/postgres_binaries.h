// Finds PostgreSQL's programs.
#ifndef ASSAY_CLIENT_UP_POSTGRES_BINARIES_H_
#define ASSAY_CLIENT_UP_POSTGRES_BINARIES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

struct PostgresBinaries {
  std::string folder;  // of postgres, initdb and psql
  int major = 0;       // 15
};

// The installations of this machine, the preferred first: that of pg_config, then
// /usr/lib/postgresql/*, newest first, then that of PATH. Only those that can run a server.
std::vector<PostgresBinaries> FindPostgresBinaries();

// The preferred installation, or for a cluster that exists (`cluster_version`: the content of its
// PG_VERSION; else empty) one of its very version. NotFound says what is there and what to do.
absl::StatusOr<PostgresBinaries> ChoosePostgresBinaries(
    const std::vector<PostgresBinaries>& installed, absl::string_view cluster_version,
    const std::string& cluster);

// 15 of "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"; 0 when it reads differently.
int ParsePostgresMajor(absl::string_view version_line);

}  // namespace assay

#endif  // ASSAY_CLIENT_UP_POSTGRES_BINARIES_H_
