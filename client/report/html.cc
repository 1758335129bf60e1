#include "client/report/html.h"

#include <cstddef>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "client/report/style.h"

namespace assay {
namespace {

std::string Escaped(absl::string_view text) {
  std::string escaped;
  for (const char letter : text) {
    switch (letter) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += letter;
    }
  }
  return escaped;
}

std::string TextOf(const Cell& cell) {
  if (!cell.text.empty() || cell.value.is_null()) return cell.text;
  return cell.value.is_string() ? cell.value.get<std::string>() : DumpJson(cell.value);
}

void WriteList(absl::string_view kind, const std::vector<std::string>& texts, std::string& html) {
  if (texts.empty()) return;
  absl::StrAppend(&html, "<ul class=\"", kind, "\">\n");
  for (const std::string& text : texts) {
    absl::StrAppend(&html, "<li>", Escaped(text), "</li>\n");
  }
  html += "</ul>\n";
}

void WriteTable(const ReportTable& table, std::string& html) {
  absl::StrAppend(&html, "<details><summary>", Escaped(table.title), " (", table.rows.size(),
                  " rows, <code>", Escaped(table.name), ".csv</code>)</summary>\n",
                  "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"",
                  Escaped(table.title), "\"><table>\n<thead><tr>");
  const auto cell_class = [&](size_t i) {
    return table.columns[i].align == Align::kRight ? " class=\"number\"" : "";
  };
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].title.empty()) continue;
    absl::StrAppend(&html, "<th scope=\"col\"", cell_class(i), ">", Escaped(table.columns[i].title),
                    "</th>");
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const std::vector<Cell>& row : table.rows) {
    html += "<tr>";
    for (size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].title.empty()) continue;
      absl::StrAppend(&html, "<td", cell_class(i), ">", Escaped(TextOf(row[i])), "</td>");
    }
    html += "</tr>\n";
  }
  html += "</tbody></table></div></details>\n";
}

void WriteSection(const ReportSection& section, std::string& html) {
  absl::StrAppend(&html, "<section id=\"", section.id, "\">\n<h2>", Escaped(section.title),
                  "</h2>\n<p class=\"question\">", Escaped(section.question), "</p>\n");
  WriteList("findings", section.findings, html);
  WriteList("limits", section.limits, html);
  for (const ReportFigure& figure : section.figures) {
    absl::StrAppend(&html, "<figure role=\"group\" aria-label=\"", Escaped(figure.caption),
                    "\"><div class=\"plot\">", figure.svg, "</div>\n<figcaption>",
                    Escaped(figure.caption), "</figcaption></figure>\n");
  }
  for (const ReportTable& table : section.tables) WriteTable(table, html);
  html += "</section>\n";
}

}  // namespace

std::string ToHtml(const ReportPage& page) {
  std::string html = absl::StrCat(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
      Escaped(page.title), "</title>\n<style>\n", ReportStyle(), "</style>\n</head>\n<body>\n",
      "<header><h1>", Escaped(page.title), "</h1>\n<p>", Escaped(page.selection), "</p>\n<p>",
      Escaped(page.made), "</p></header>\n<nav aria-label=\"Sections\"><ul>\n");
  for (const ReportSection& section : page.sections) {
    absl::StrAppend(&html, "<li><a href=\"#", section.id, "\">", Escaped(section.title),
                    "</a></li>\n");
  }
  html += "</ul></nav>\n<main>\n";
  for (const ReportSection& section : page.sections) WriteSection(section, html);
  html += "</main>\n</body>\n</html>\n";
  return html;
}

std::string ToCsv(const ReportTable& table) {
  std::ostringstream out;
  Console console;
  console.out = &out;
  const auto writer = RecordWriter::Create(OutputFormat::kCsv, table.name, table.columns, console);
  for (const std::vector<Cell>& row : table.rows) writer->Add(row);
  writer->Finish();
  return out.str();
}

}  // namespace assay
