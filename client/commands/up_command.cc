#include <cstdlib>
#include <memory>

#include "client/commands/context.h"
#include "client/up/up.h"

namespace assay {

void AddUpCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command = parent.add_subcommand(
      "up", "Start PostgreSQL, a coordinator and workers on this machine; Ctrl-C stops them");
  auto options = std::make_shared<UpOptions>();
  command
      ->add_option("--data", options->data,
                   "Folder for everything that is kept (default: /var/lib/assay as root, else "
                   "~/.local/share/assay)")
      ->type_name("DIR");
  command->add_option("--workers", options->workers, "Workers to start")
      ->capture_default_str()
      ->check(CLI::Range(0, 256));
  command->add_option("--listen", options->listen, "Address of the coordinator; port 0: a free one")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  command
      ->add_option("--database", options->database,
                   "An existing database, postgresql://...; default: a private cluster in the "
                   "data folder")
      ->envname("ASSAY_DATABASE")
      ->type_name("URL");
  command
      ->add_option("--postgres-user", options->postgres_user,
                   "As root: the user that the private cluster belongs to")
      ->type_name("USER")
      ->capture_default_str();
  command
      ->add_option("--threads", options->threads,
                   "Threads of each worker (default: the processors, divided among the workers)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--token-budget", options->token_budget,
                   "Tokens a worker computes at once, at most")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--kv-cache-mb", options->kv_cache_mb,
                   "Memory of each worker for keys and values, in MiB")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--sandbox", options->sandbox,
                   "What keeps programs that models write apart from this machine (default: "
                   "namespaces); rlimits, for machines without namespaces, is much weaker")
      ->type_name("MODE")
      ->check(CLI::IsMember({"namespaces", "rlimits"}));
  // The workers check the values themselves.
  const auto pass_on = [command, options](const std::string& name, const std::string& type,
                                          const std::string& what) {
    command
        ->add_option_function<std::string>(
            name,
            [options, name](const std::string& value) {
              options->worker_arguments.insert(options->worker_arguments.end(), {name, value});
            },
            what)
        ->type_name(type);
  };
  command
      ->add_option("--device", options->device,
                   "What the workers compute on: cpu, cuda:N, or cuda, which gives each worker a "
                   "GPU of its own (default: cpu)")
      ->type_name("DEVICE");
  pass_on("--tensor-parallel", "N",
          "Processes that compute one model together, each with a share of its weights");
  command
      ->add_option(
          "--metrics-listen", options->metrics_listen,
          "Serve metrics to Prometheus: the coordinator's at HOST:PORT, the workers' at the "
          "ports behind it")
      ->type_name("HOST:PORT");
  command
      ->add_option("--web-listen", options->web_listen,
                   "Address of the web page; none: without it (default: where the coordinator's "
                   "metrics are, or else on this machine alone, at the port behind --listen's)")
      ->type_name("HOST:PORT")
      ->excludes(command->get_option("--metrics-listen"));
  pass_on("--api-key-file", "FILE",
          "The workers' keys for endpoints, a line each: NAME URL KEY; others are environment "
          "variables");
  pass_on("--ca-file", "FILE", "Certificates that the workers trust of endpoints, PEM");
  pass_on("--remote-request-seconds", "S", "An endpoint's answer may take so long");
  pass_on("--remote-item-seconds", "S",
          "After so long with all tries, an item of a remote model is stored as an error");
  command
      ->add_option("--lease-seconds", options->lease_seconds,
                   "After so long without a sign of life a worker's items go to another")
      ->type_name("S")
      ->check(CLI::PositiveNumber);
  command->add_option("--log-level", options->log_level, "Of the coordinator and the workers")
      ->capture_default_str();
  command->callback([&context, options] {
    context.action = [&context, options] {
      // What is started speaks to itself, on this machine, by nobody's certificate or token.
      for (const char* variable :
           {"ASSAY_TLS_CA", "ASSAY_TLS_CERTIFICATE", "ASSAY_TLS_KEY", "ASSAY_TLS_CLIENT_CA",
            "ASSAY_TOKEN_FILE", "ASSAY_METRICS_TLS_CERTIFICATE", "ASSAY_METRICS_TLS_KEY",
            "ASSAY_METRICS_TLS_CLIENT_CA"}) {
        unsetenv(variable);
      }
      if (context.connection.insecure) {
        for (const char* variable : {"ASSAY_INSECURE", "ASSAY_METRICS_INSECURE"}) {
          setenv(variable, "1", /*overwrite=*/1);
        }
      }
      return ExitCodeOf(*context.console, RunUp(*options, context.console->out, context.clock));
    };
  });
}

}  // namespace assay
