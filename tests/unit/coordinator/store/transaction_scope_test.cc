#include "coordinator/store/transaction_scope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <string>

#include "coordinator/store/events.h"
#include "coordinator/store/transaction.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;

// What is logged within its life.
class CapturedLog {
 public:
  CapturedLog() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "captured", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
  }
  ~CapturedLog() { spdlog::set_default_logger(before_); }
  std::string text() const { return text_.str(); }

 private:
  const std::shared_ptr<spdlog::logger> before_;
  std::ostringstream text_;
};

class TransactionScopeTest : public CoordinatorTest {};

TEST_F(TransactionScopeTest, EventsAreLoggedOnceTheyAreCommitted) {
  const CapturedLog log;
  const absl::Status refused = Transact(coordinator_.database, [](pqxx::work& tx) -> absl::Status {
    RecordEvent(tx, {.kind = "never_happened"});
    return absl::InvalidArgumentError("rolled back");
  });
  EXPECT_TRUE(absl::IsInvalidArgument(refused));
  EXPECT_EQ(log.text(), "");
  ASSERT_TRUE(Transact(coordinator_.database, [&](pqxx::work& tx) -> absl::Status {
                RecordEvent(tx, {.kind = "happened", .message = "twice"});
                EXPECT_EQ(log.text(), "");
                return absl::OkStatus();
              }).ok());
  EXPECT_THAT(log.text(), HasSubstr("happened: twice"));
  EXPECT_EQ(TransactionScope::Current(), nullptr);
}

}  // namespace
}  // namespace assay
