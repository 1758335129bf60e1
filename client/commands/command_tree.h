// The commands that a program has, with those below them.
#ifndef ASSAY_CLIENT_COMMANDS_COMMAND_TREE_H_
#define ASSAY_CLIENT_COMMANDS_COMMAND_TREE_H_

#include <string>
#include <vector>

#include "CLI/CLI.hpp"

namespace assay {

struct CommandNode {
  std::string path;                   // "model add"; empty: the program itself
  std::vector<std::string> commands;  // below it
  std::vector<std::string> options;   // "--limit"
  std::string help;                   // as --help shows it
};

// The program first, then each command before those below it, in the order of the help.
std::vector<CommandNode> CommandTree(const CLI::App& root);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_COMMAND_TREE_H_
