// A private PostgreSQL server for tests: a cluster in a temporary folder, reached by a Unix socket
// only.
#ifndef ASSAY_TESTS_SUPPORT_POSTGRES_POSTGRES_SERVER_H_
#define ASSAY_TESTS_SUPPORT_POSTGRES_POSTGRES_SERVER_H_

#include <sys/types.h>

#include <string>

namespace assay {

// Aborts the test program, with the reason, when the server cannot be had. Not thread-safe.
class PostgresServer {
 public:
  // The one of this test program, started when it is first asked for.
  static PostgresServer& Shared();
  ~PostgresServer();

  // A new database; returns its URL. Empty, or what is in the one at the URL `like`, to which
  // nobody is connected.
  std::string CreateDatabase(const std::string& like = "");

  // As by kill -9 of the whole server, and its start after that.
  void Crash();
  void Start();

 private:
  PostgresServer();
  std::string Url(const std::string& database) const;

  std::string binaries_;
  std::string folder_;
  uid_t user_;  // who runs it; the postgres user when the tests run as root
  gid_t group_;
  pid_t process_ = 0;
  int databases_ = 0;
};

}  // namespace assay

#endif  // ASSAY_TESTS_SUPPORT_POSTGRES_POSTGRES_SERVER_H_
