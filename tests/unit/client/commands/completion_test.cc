// Completion, as bash does it with the script.
#include <cstdio>
#include <fstream>
#include <set>

#include "absl/strings/str_split.h"
#include "tests/unit/client/commands/commands_fixture.h"

namespace assay {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

class CompletionTest : public CommandsTest {
 protected:
  // What bash offers for the last of the words.
  std::set<std::string> Offered(const std::string& words) {
    EXPECT_EQ(RunAlone({"completion", "bash"}), kExitOk);
    const std::string path = testing::TempDir() + "completion.sh";
    std::ofstream(path) << out_ << "COMP_WORDS=(" << words << ")\n"
                        << "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_assay\n"
                        << "printf '%s\\n' \"${COMPREPLY[@]}\"\n";
    std::string text;
    std::FILE* const pipe = popen(("bash " + path + " 2>&1").c_str(), "r");
    for (int letter = std::fgetc(pipe); letter != EOF; letter = std::fgetc(pipe)) {
      text += static_cast<char>(letter);
    }
    EXPECT_EQ(pclose(pipe), 0) << text;
    return absl::StrSplit(text, '\n', absl::SkipEmpty());
  }
};

TEST_F(CompletionTest, OffersCommandsAndOptions) {
  EXPECT_THAT(Offered("assay ''"), IsSupersetOf({"eval", "model", "report", "completion"}));
  EXPECT_THAT(Offered("assay mod"), Contains("model"));
  EXPECT_THAT(Offered("assay mod"), Not(Contains("eval")));
  EXPECT_THAT(Offered("assay model ''"), IsSupersetOf({"add", "list", "facts"}));
  EXPECT_THAT(Offered("assay model facts ''"), IsSupersetOf({"import", "set"}));
  EXPECT_THAT(Offered("assay eval --model m --sh"), Contains("--shots"));
  EXPECT_THAT(Offered("assay jobs --co"), Contains("--coordinator"));
  EXPECT_THAT(Offered("assay jobs zzz"), IsEmpty());
}

TEST_F(CompletionTest, TheReferenceHasEveryCommand) {
  EXPECT_EQ(RunAlone({"reference"}), kExitOk);
  for (const char* text :
       {"## assay\n", "## assay model facts set\n", "Usage: assay eval", "--dry-run"}) {
    EXPECT_THAT(out_, HasSubstr(text));
  }
}

}  // namespace
}  // namespace assay
