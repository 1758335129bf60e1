#include "worker/machine/machine.h"

#include <gtest/gtest.h>

#include <string>

namespace assay {
namespace {

TEST(MachineTest, StatusBytesFindsTheLineOfTheKeyAlone) {
  const std::string status = "Name:\tassay\nVmHWM:\t  2048 kB\nVmRSS:\t    10 kB\nThreads:\t4\n";
  EXPECT_EQ(StatusBytes(status, "VmRSS"), 10 * 1024);
  EXPECT_EQ(StatusBytes(status, "VmHWM"), 2048 * 1024);
  EXPECT_EQ(StatusBytes(status, "Threads"), 0) << "not an amount of memory";
  EXPECT_EQ(StatusBytes(status, "Vm"), 0);
  EXPECT_EQ(StatusBytes("", "VmRSS"), 0);
}

TEST(MachineTest, QuotaIsRoundedUpToCores) {
  EXPECT_EQ(QuotaCores("200000 100000\n"), 2);
  EXPECT_EQ(QuotaCores("250000 100000\n"), 3);
  EXPECT_EQ(QuotaCores("10000 100000\n"), 1);
  EXPECT_EQ(QuotaCores("max 100000\n"), 0);
  EXPECT_EQ(QuotaCores(""), 0);
  EXPECT_EQ(QuotaCores("1 0"), 0);
}

TEST(MachineTest, MemoryIsMeasured) {
  EXPECT_GT(ResidentBytes(), 1 << 20);
  EXPECT_GE(PeakResidentBytes(), ResidentBytes() / 2);
}

TEST(MachineTest, ThereIsACoreAndAName) {
  EXPECT_GE(PhysicalCores(), 1);
  EXPECT_FALSE(Hostname().empty());
}

}  // namespace
}  // namespace assay
