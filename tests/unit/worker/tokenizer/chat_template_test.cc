#include "worker/tokenizer/chat_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

using ::testing::HasSubstr;

const SpecialTokens kTokens = {.bos = "<s>", .eos = "</s>", .unk = "", .pad = ""};

std::string Render(absl::string_view chat_template, const std::vector<ChatMessage>& messages,
                   bool add_generation_prompt = true) {
  absl::StatusOr<std::string> text =
      RenderChat(chat_template, messages, add_generation_prompt, kTokens);
  return text.ok() ? *text : text.status().ToString();
}

TEST(ChatTemplateTest, MessagesAndGenerationPrompt) {
  constexpr char kTemplate[] =
      "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message.content + '\\n' }}"
      "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";
  EXPECT_EQ(Render(kTemplate, {{"system", "Be brief."}, {"user", "<b>&\"é\""}}),
            "<|system|>Be brief.\n<|user|><b>&\"é\"\n<|assistant|>");
  EXPECT_EQ(Render(kTemplate, {{"user", "x"}}, false), "<|user|>x\n");
}

TEST(ChatTemplateTest, TokensThatTheModelLacksAreUndefined) {
  EXPECT_EQ(Render("{{ bos_token }}{{ eos_token }}{{ pad_token is defined }}", {}), "<s></s>False");
}

TEST(ChatTemplateTest, BlocksAreTrimmedAsInTransformers) {
  EXPECT_EQ(Render("{% if true %}\n  {% set x = 1 %}\n  a\n{% endif %}\nb\n", {}), "  a\nb");
}

TEST(ChatTemplateTest, PythonsMethodsSlicesAndLoopControls) {
  EXPECT_EQ(Render("{{ '  a b '.strip().split(' ')[-1] }}{{ 'abc'.startswith('ab') }}", {}),
            "bTrue");
  EXPECT_EQ(Render("{% for m in messages[1:] %}{% if loop.index0 == 1 %}{% break %}{% endif %}"
                   "{{ m.content }}{% endfor %}",
                   {{"u", "1"}, {"u", "2"}, {"u", "3"}}),
            "2");
  EXPECT_EQ(Render("{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}"
                   "{% endfor %}{{ ns.n }}",
                   {{"u", "1"}, {"u", "2"}}),
            "2");
}

TEST(ChatTemplateTest, JsonIsPythons) {
  EXPECT_EQ(Render("{{ {'b': [1, true, none], 'a': '<é>'} | tojson }}", {}),
            "{\"b\": [1, true, null], \"a\": \"<é>\"}");
  EXPECT_EQ(Render("{{ messages | tojson(indent=2) }}", {{"user", "x"}}),
            "[\n  {\n    \"role\": \"user\",\n    \"content\": \"x\"\n  }\n]");
}

TEST(ChatTemplateTest, GenerationMarksRenderTheirContent) {
  EXPECT_EQ(
      Render("a{% generation %}b{% endgeneration %}c{%- generation -%} d {%- endgeneration -%} e",
             {}),
      "abcde");
}

TEST(ChatTemplateTest, ThePromptDoesNotDependOnTheDay) {
  EXPECT_EQ(Render("{{ strftime_now is defined }}", {}), "False");
}

TEST(ChatTemplateTest, ErrorsAreClear) {
  const auto error = [](absl::string_view chat_template) {
    const auto text = RenderChat(chat_template, {{"user", "x"}}, true, kTokens);
    EXPECT_EQ(text.status().code(), absl::StatusCode::kInvalidArgument) << chat_template;
    return std::string(text.status().message());
  };
  EXPECT_THAT(error(""), HasSubstr("no chat template"));
  EXPECT_THAT(error("a\n{% if %}"), HasSubstr("line 2"));
  EXPECT_THAT(error("{{ raise_exception('roles must alternate') }}"),
              HasSubstr("roles must alternate"));
  EXPECT_THAT(error("{{ strftime_now('%d') }}"), HasSubstr("strftime_now"));
  EXPECT_THAT(error("\xFF"), HasSubstr("not UTF-8"));
  const auto text = RenderChat("{{ messages }}", {{"user", "\xFF"}}, true, kTokens);
  EXPECT_EQ(text.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ChatTemplateTest, ATemplateCannotRunOrGrowForEver) {
  EXPECT_THAT(
      Render("{% for a in range(10000) %}{% for b in range(10000) %}{% for c in range(10000) %}"
             "{% set x = a %}{% endfor %}{% endfor %}{% endfor %}",
             {}),
      HasSubstr("INVALID_ARGUMENT"));
  EXPECT_THAT(Render("{% for a in range(9000) %}{{ 'x' * 1000000 }}{% endfor %}", {}),
              HasSubstr("INVALID_ARGUMENT"));
  EXPECT_THAT(Render("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", {}),
              HasSubstr("INVALID_ARGUMENT"));
}

}  // namespace
}  // namespace assay
