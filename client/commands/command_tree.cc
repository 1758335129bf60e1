#include "client/commands/command_tree.h"

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

void Add(const CLI::App& app, const std::string& path, std::vector<CommandNode>& nodes) {
  CommandNode node;
  node.path = path;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      node.options.push_back(absl::StrCat("--", name));
    }
  }
  const std::vector<const CLI::App*> below =
      app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* command : below) node.commands.push_back(command->get_name());
  // Not App::help: it adds the command's name to the one given, and helps with the command that was
  // parsed instead of the program.
  node.help = app.get_formatter()->make_help(
      &app, absl::StrCat("assay", path.empty() ? "" : " ", path), CLI::AppFormatMode::Normal);
  nodes.push_back(std::move(node));
  for (const CLI::App* command : below) {
    Add(*command, absl::StrCat(path, path.empty() ? "" : " ", command->get_name()), nodes);
  }
}

}  // namespace

std::vector<CommandNode> CommandTree(const CLI::App& root) {
  std::vector<CommandNode> nodes;
  Add(root, "", nodes);
  return nodes;
}

}  // namespace assay
