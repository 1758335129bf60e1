// docs/reference/schema.md is what a migrated database has: the tables and columns by its own word,
// what they are for by the comments of the migrations. ASSAY_FIX_REFERENCE=1 writes it anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "coordinator/store/migrator.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

constexpr char kDocument[] = "docs/reference/schema.md";

// A line a column: table, kind, column, type, default, key, comments of the table and of the
// column. Partitions are their table's.
constexpr char kColumns[] = R"(
SELECT string_agg(concat_ws(E'\x1f', c.relname, CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END, a.attname,
    format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull OR c.relkind = 'v' THEN '' ELSE ', or null' END,
    coalesce(CASE WHEN a.attidentity <> '' THEN 'identity' ELSE pg_get_expr(d.adbin, d.adrelid) END, ''),
    coalesce((SELECT string_agg(CASE k.contype WHEN 'p' THEN 'primary key' ELSE '-> ' || k.confrelid::regclass END, ', '
        ORDER BY k.contype DESC, k.conname)
      FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('p', 'f') AND a.attnum = ANY (k.conkey)), ''),
    coalesce(obj_description(c.oid, 'pg_class'), ''), coalesce(col_description(c.oid, a.attnum), '')),
  E'\n' ORDER BY c.relname, a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped)";

// By table, and by "table.column": the comments that stand above a CREATE TABLE, and behind what
// declares a column.
std::map<std::string, std::string> CommentsOfMigrations() {
  std::map<std::string, std::string> comments;
  for (const Migration& migration : EmbeddedMigrations()) {
    std::vector<std::string> above;
    std::string table;
    for (absl::string_view line : absl::StrSplit(migration.sql, '\n')) {
      if (absl::ConsumePrefix(&line, "-- ")) {
        above.emplace_back(line);
        continue;
      }
      absl::string_view rest = line;
      if (absl::ConsumePrefix(&rest, "CREATE TABLE ") ||
          absl::ConsumePrefix(&rest, "ALTER TABLE ")) {
        const std::vector<std::string> words =
            absl::StrSplit(rest, absl::ByAnyChar(" (;"), absl::SkipEmpty());
        table = words.empty() ? "" : words.front();
        if (absl::StartsWith(line, "CREATE") && !above.empty()) {
          comments[table] = absl::StrJoin(above, " ");
        }
      }
      above.clear();
      const size_t behind = line.find(" -- ");
      if (table.empty() || behind == absl::string_view::npos) continue;
      absl::string_view declaration = absl::StripAsciiWhitespace(line.substr(0, behind));
      absl::ConsumePrefix(&declaration, absl::StrCat("ALTER TABLE ", table, " "));
      absl::ConsumePrefix(&declaration, "ADD COLUMN ");
      const std::string column(declaration.substr(0, declaration.find(' ')));
      comments[absl::StrCat(table, ".", column)] =
          std::string(absl::StripAsciiWhitespace(line.substr(behind + 4)));
    }
  }
  return comments;
}

std::string Cell(const std::string& text) {
  return absl::StrReplaceAll(text, {{"|", "\\|"}, {"\n", " "}});
}

class SchemaReferenceTest : public CoordinatorTest {
 protected:
  std::string Document() {
    std::map<std::string, std::string> comments = CommentsOfMigrations();
    std::string text =
        "# The database's tables\n\nMade by `coordinator_store_test` from a migrated database "
        "(`ASSAY_FIX_REFERENCE=1` writes it anew), with the comments of `migrations/`.\n";
    std::string table;
    const std::string columns = Query(kColumns);
    for (const absl::string_view line : absl::StrSplit(columns, '\n')) {
      const std::vector<std::string> parts = absl::StrSplit(line, '\x1f');
      if (parts.size() != 8) {
        ADD_FAILURE() << line;
        continue;
      }
      if (parts[0] != table) {
        table = parts[0];
        const std::string& about = parts[6].empty() ? comments[table] : parts[6];
        absl::StrAppend(&text, "\n## ", table, parts[1] == "view" ? " (view)" : "", "\n\n",
                        about.empty() ? "" : absl::StrCat(about, "\n\n"),
                        "| column | type | default | | |\n|---|---|---|---|---|\n");
      }
      const std::string& about =
          parts[7].empty() ? comments[absl::StrCat(table, ".", parts[2])] : parts[7];
      absl::StrAppend(&text, "| `", parts[2], "` | ", parts[3], " | ",
                      parts[4].empty() ? "" : absl::StrCat("`", Cell(parts[4]), "`"), " | ",
                      parts[5], " | ", Cell(about), " |\n");
    }
    return text;
  }
};

TEST_F(SchemaReferenceTest, TheDocumentIsTheDatabases) {
  const std::string text = Document();
  if (std::getenv("ASSAY_FIX_REFERENCE") != nullptr) {
    std::ofstream(kDocument) << text;
    return;
  }
  std::ostringstream written;
  written << std::ifstream(kDocument).rdbuf();
  EXPECT_TRUE(written.str() == text)
      << kDocument << " is not what the migrations make; write it anew:\n"
      << "  ASSAY_FIX_REFERENCE=1 build/release/bin/coordinator_store_test "
         "--gtest_filter='SchemaReference*'";
}

}  // namespace
}  // namespace assay
