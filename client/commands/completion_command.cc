#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/command_tree.h"
#include "client/commands/context.h"

namespace assay {
namespace {

// Finds the command that the words name so far and offers its commands, or options after a dash;
// the shell offers files where nothing fits. "-" is the program itself, since a key is not empty.
constexpr char kFunction[] = R"sh(_assay() {
  local current="${COMP_WORDS[COMP_CWORD]}" command="-" word
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ " ${_assay_commands[$command]} " == *" $word "* ]]; then
      if [[ $command == - ]]; then command="$word"; else command="$command $word"; fi
    fi
  done
  COMPREPLY=()
  local offered="${_assay_commands[$command]}"
  if [[ $current == -* ]]; then offered="${_assay_options[$command]} ${_assay_options[-]}"; fi
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$offered" -- "$current")
}
complete -o default -F _assay assay
)sh";

std::string Key(const std::string& path) { return path.empty() ? "-" : path; }

std::string Script(const CLI::App& root, bool is_zsh) {
  std::string script = is_zsh ? "autoload -U +X bashcompinit && bashcompinit\n" : "";
  script += "declare -gA _assay_commands=(\n";
  std::string options = "declare -gA _assay_options=(\n";
  for (const CommandNode& node : CommandTree(root)) {
    absl::StrAppend(&script, "  [\"", Key(node.path), "\"]=\"", absl::StrJoin(node.commands, " "),
                    "\"\n");
    absl::StrAppend(&options, "  [\"", Key(node.path), "\"]=\"", absl::StrJoin(node.options, " "),
                    "\"\n");
  }
  return absl::StrCat(script, ")\n", options, ")\n", kFunction);
}

}  // namespace

void AddCompletionCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command = parent.add_subcommand(
      "completion", "A script by which a shell completes commands and options");
  command->footer(
      "bash: source <(assay completion bash), in ~/.bashrc; zsh: source <(assay completion zsh), "
      "in "
      "~/.zshrc.");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash or zsh")
      ->required()
      ->type_name("SHELL")
      ->check(CLI::IsMember({"bash", "zsh"}));
  command->callback([&parent, &context, shell] {
    context.action = [&parent, &context, shell] {
      *context.console->out << Script(parent, *shell == "zsh") << std::flush;
      return kExitOk;
    };
  });
}

void AddReferenceCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command = parent.add_subcommand("reference", "The help of every command, as Markdown");
  command->callback([&parent, &context] {
    context.action = [&parent, &context] {
      std::ostream& out = *context.console->out;
      out << "# The commands of `assay`\n\nMade by `assay reference`.\n";
      for (const CommandNode& node : CommandTree(parent)) {
        out << "\n## assay" << (node.path.empty() ? "" : " ") << node.path << "\n\n```text\n"
            << node.help << "```\n";
      }
      out << std::flush;
      return kExitOk;
    };
  });
}

}  // namespace assay
