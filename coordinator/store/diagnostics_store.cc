#include "coordinator/store/diagnostics_store.h"

#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kClock[] = "SELECT extract(epoch FROM clock_timestamp())";
constexpr char kState[] =
    "SELECT current_setting('server_version_num')::integer, current_setting('server_version'), "
    "  (SELECT coalesce(max(version), 0) FROM schema_migrations), "
    // This very transaction is read-only by its own choice.
    "  pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on', "
    "  pg_database_size(current_database()), "
    "  (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), "
    "  (SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database())";
// Names that a server does not have are left out.
constexpr char kSettings[] =
    "SELECT name, current_setting(name) FROM pg_settings WHERE name IN ("
    "  'archive_mode', 'autovacuum', 'data_checksums', 'fsync', 'full_page_writes', "
    "  'max_connections', 'reserved_connections', "
    "  'shared_buffers', 'statement_timeout', 'superuser_reserved_connections', "
    "  'synchronous_commit', 'track_counts', 'wal_level')";
constexpr char kArchiver[] =
    "SELECT archived_count, failed_count, extract(epoch FROM last_archived_time), "
    "  extract(epoch FROM last_failed_time) FROM pg_stat_archiver";

absl::Time TimeOf(const pqxx::field& epoch) {
  return epoch.is_null() ? absl::InfinitePast()
                         : absl::UnixEpoch() + absl::Seconds(epoch.as<double>());
}

ArchiverState ReadArchiver(pqxx::work& tx) {
  const pqxx::row row = tx.exec1(kArchiver);
  return {row[0].as<int64_t>(), row[1].as<int64_t>(), TimeOf(row[2]), TimeOf(row[3])};
}

}  // namespace

absl::StatusOr<DatabaseState> DiagnosticsStore::Read() {
  return Transact(*database_, [this](pqxx::work& tx) -> absl::StatusOr<DatabaseState> {
    DatabaseState state;
    tx.exec("SET TRANSACTION READ ONLY");
    const pqxx::row row = tx.exec1(kState);
    state.version_number = row[0].as<int>();
    state.version = row[1].c_str();
    state.schema_version = row[2].as<int>();
    state.read_only = row[3].as<bool>();
    state.size_bytes = row[4].as<int64_t>();
    state.connections = row[5].as<int>();
    state.transaction_age = row[6].as<int64_t>();
    for (const auto& setting : tx.exec(kSettings)) {
      state.settings[setting[0].c_str()] = setting[1].c_str();
    }
    if (state.settings["archive_mode"] != "off") state.archiver = ReadArchiver(tx);
    // After the others: by now the connection and the server's caches are warm.
    const absl::Time before = clock_->Now();
    state.clock = TimeOf(tx.exec1(kClock)[0]);
    state.round_trip = clock_->Now() - before;
    state.own_clock = before + state.round_trip / 2;
    return state;
  });
}

}  // namespace assay
