// `assay token` and `assay audit`.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "assay/v1/admin_service.grpc.pb.h"
#include "client/commands/context.h"
#include "client/commands/other_service.h"
#include "client/commands/outcome.h"
#include "client/output/text.h"
#include "common/base/status_macros.h"
#include "common/domain/principal.h"
#include "common/rpc/timestamp.h"

namespace assay {
namespace {

using Admin = v1::AdminService;

std::string TimeText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", FromTimestamp(time), absl::UTCTimeZone());
}

Cell TimeCell(bool is_there, const google::protobuf::Timestamp& time) {
  return is_there ? Cell(TimeText(time)) : Cell(Json(), "-");
}

absl::Status CreateToken(const CommandContext& context, const v1::CreateTokenRequest& request) {
  ASSAY_ASSIGN_OR_RETURN(const v1::CreateTokenResponse response,
                         CallOf<Admin>(context, &Admin::Stub::CreateToken, request));
  TellOutcome(context, response.token(),
              {{"name", request.name()}, {"user", request.user()}, {"token", response.token()}});
  *context.console->err
      << "this token is shown once: keep it in a file that only you may read, and "
         "name that by --token-file or ASSAY_TOKEN_FILE\n"
      << std::flush;
  return absl::OkStatus();
}

absl::Status ListTokens(const CommandContext& context, OutputFormat format) {
  ASSAY_ASSIGN_OR_RETURN(const v1::ListTokensResponse response,
                         CallOf<Admin>(context, &Admin::Stub::ListTokens, v1::ListTokensRequest()));
  auto writer = RecordWriter::Create(format, "tokens",
                                     {{"name", "name"},
                                      {"user", "user"},
                                      {"roles", "roles"},
                                      {"methods", "methods"},
                                      {"valid", "valid"},
                                      {"created", "created"},
                                      {"expires", "expires"},
                                      {"revoked", "revoked"},
                                      {"last_used", "last used"},
                                      {"created_by", "created by"}},
                                     *context.console);
  for (const v1::Token& token : response.tokens()) {
    RoleSet roles;
    for (const int role : token.roles()) roles.Add(static_cast<Role>(role - 1));
    writer->Add({token.name(), token.user(), roles.ToString(), absl::StrJoin(token.methods(), ","),
                 Cell(token.valid(), token.valid() ? "yes" : "no",
                      token.valid() ? Tone::kGood : Tone::kDim),
                 TimeText(token.created()), TimeCell(token.has_expires(), token.expires()),
                 TimeCell(token.has_revoked(), token.revoked()),
                 TimeCell(token.has_last_used(), token.last_used()), token.created_by()});
  }
  writer->Finish();
  return absl::OkStatus();
}

absl::Status RevokeToken(const CommandContext& context, const std::string& name) {
  v1::RevokeTokenRequest request;
  request.set_name(name);
  ASSAY_RETURN_IF_ERROR(CallOf<Admin>(context, &Admin::Stub::RevokeToken, request).status());
  TellOutcome(context, absl::StrCat("revoked ", EscapeLine(name)),
              {{"name", name}, {"revoked", true}});
  return absl::OkStatus();
}

absl::Status ShowAudit(const CommandContext& context, const v1::ListAuditLogRequest& request,
                       OutputFormat format) {
  ASSAY_ASSIGN_OR_RETURN(const v1::ListAuditLogResponse response,
                         CallOf<Admin>(context, &Admin::Stub::ListAuditLog, request));
  auto writer = RecordWriter::Create(format, "audit",
                                     {{"audit_id", "id", Align::kRight},
                                      {"at", "at"},
                                      {"user", "user"},
                                      {"token", "token"},
                                      {"method", "method"},
                                      {"object", "object"},
                                      {"peer", "peer"},
                                      {"outcome", "outcome"}},
                                     *context.console);
  for (const v1::AuditEntry& entry : response.entries()) {
    writer->Add({entry.audit_id(), TimeText(entry.at()), entry.user(), entry.token_name(),
                 entry.method(), entry.object(), entry.peer(), entry.outcome()});
  }
  writer->Finish();
  return absl::OkStatus();
}

void AddTokenCreate(CLI::App* parent, CommandContext& context) {
  CLI::App* create = parent->add_subcommand("create", "Make a token, and show it this once");
  struct Options {
    std::string name, user, roles = "read";
    std::vector<std::string> methods;
    double days = 90;
  };
  auto options = std::make_shared<Options>();
  create->add_option("name", options->name, "The token's name, of which there was none")
      ->required()
      ->type_name("NAME");
  create->add_option("--user", options->user, "Who shows it")->required()->type_name("USER");
  create
      ->add_option("--roles", options->roles,
                   "read, submit, worker, admin, with commas between them; none but admin includes "
                   "another")
      ->check([](const std::string& text) {
        return std::string(RoleSet::Parse(text).status().message());
      })
      ->capture_default_str();
  create
      ->add_option("--methods", options->methods,
                   "Only these methods, \"GetJob\" or \"List*\"; default: all that the roles allow")
      ->delimiter(',');
  create->add_option("--days", options->days, "How long it is valid; 0: until it is revoked")
      ->check(CLI::Range(0.0, 36500.0))
      ->capture_default_str();
  AddOutcomeFormat(create, context);
  create->callback([&context, options] {
    context.action = [&context, options] {
      v1::CreateTokenRequest request;
      request.set_name(options->name);
      request.set_user(options->user);
      for (const Role role : RoleSet::Parse(options->roles)->List()) {
        request.add_roles(static_cast<v1::Role>(static_cast<int>(role) + 1));
      }
      for (const std::string& method : options->methods) request.add_methods(method);
      request.set_lifetime_seconds(options->days * 86400);
      return ExitCodeOf(*context.console, CreateToken(context, request));
    };
  });
}

void AddTokenCommands(CLI::App& parent, CommandContext& context) {
  CLI::App* token = parent.add_subcommand("token", "Tokens that let users and workers in");
  token->require_subcommand(1);
  AddTokenCreate(token, context);
  CLI::App* list =
      token->add_subcommand("list", "All tokens that were made, without their secrets");
  auto format = AddFormatOption(list);
  list->callback([&context, format] {
    context.action = [&context, format] {
      return ExitCodeOf(*context.console, ListTokens(context, *format));
    };
  });
  CLI::App* revoke = token->add_subcommand("revoke", "Let nobody in by a token any more");
  auto name = std::make_shared<std::string>();
  revoke->add_option("name", *name, "The token's name")->required()->type_name("NAME");
  AddOutcomeFormat(revoke, context);
  revoke->callback([&context, name] {
    context.action = [&context, name] {
      return ExitCodeOf(*context.console, RevokeToken(context, *name));
    };
  });
}

void AddAuditCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* audit = parent.add_subcommand("audit", "Who changed what, the latest first");
  struct Options {
    std::string user, method;
    int64_t before = 0;
    int limit = 50;
  };
  auto options = std::make_shared<Options>();
  audit->add_option("--user", options->user, "Only what this user did")->type_name("USER");
  audit->add_option("--method", options->method, "Only methods with this in their name");
  audit->add_option("--before", options->before, "Only what came before the entry of this id")
      ->check(CLI::NonNegativeNumber);
  audit->add_option("--limit", options->limit, "Entries at most")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  auto format = AddFormatOption(audit);
  audit->callback([&context, options, format] {
    context.action = [&context, options, format] {
      v1::ListAuditLogRequest request;
      request.set_user(options->user);
      request.set_method(options->method);
      request.set_before_id(options->before);
      request.set_limit(options->limit);
      return ExitCodeOf(*context.console, ShowAudit(context, request, *format));
    };
  });
}

}  // namespace

void AddAdminCommands(CLI::App& parent, CommandContext& context) {
  AddTokenCommands(parent, context);
  AddAuditCommand(parent, context);
}

}  // namespace assay
