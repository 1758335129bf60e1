#include "common/declaration/yaml_node.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

constexpr size_t kMostBytes = size_t{256} << 10;
constexpr size_t kMostDepth = 16;
constexpr size_t kMostValues = 20'000;

// Leaves the parser, which has no other way to be stopped; never leaves this file.
class Refusal : public std::exception {
 public:
  Refusal(const YAML::Mark& mark, std::string reason) : mark_(mark), reason_(std::move(reason)) {}
  const YAML::Mark& mark() const { return mark_; }
  const std::string& reason() const { return reason_; }

 private:
  YAML::Mark mark_;
  std::string reason_;
};

size_t CountValues(const YamlNode& node) {
  size_t count = 1;
  for (const YamlNode& key : node.keys) count += CountValues(key);
  for (const YamlNode& item : node.items) count += CountValues(item);
  return count;
}

size_t Depth(const YamlNode& node) {
  size_t deepest = 0;
  for (const YamlNode& item : node.items) deepest = std::max(deepest, Depth(item));
  return deepest + 1;
}

// Puts the document together from the parser's events.
class NodeBuilder : public YAML::EventHandler {
 public:
  YamlNode Take() && { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(Node(mark, YamlNode::Kind::kNothing), anchor, mark);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = Node(mark, YamlNode::Kind::kScalar);
    node.text = value;
    node.is_quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!node.is_quoted) CheckTag(mark, tag);
    Add(std::move(node), anchor, mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    CheckTag(mark, tag);
    Open(Node(mark, YamlNode::Kind::kList), anchor, mark);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    CheckTag(mark, tag);
    Open(Node(mark, YamlNode::Kind::kMapping), anchor, mark);
  }
  void OnMapEnd() override { Close(); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end()) throw Refusal(mark, "the alias is inside what it stands for");
    if (open_.size() + Depth(found->second) > kMostDepth) RefuseDepth(mark);
    CountTowardsLimit(mark, CountValues(found->second));
    YamlNode copy = found->second;
    copy.line = mark.line + 1;
    copy.column = mark.column + 1;
    Put(std::move(copy), mark);
  }

 private:
  struct OpenNode {
    YamlNode node;
    YAML::anchor_t anchor;
    YAML::Mark mark;
  };

  static YamlNode Node(const YAML::Mark& mark, YamlNode::Kind kind) {
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  static void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw Refusal(mark, absl::StrCat("the tag ", Excerpt(tag), " means nothing here; remove it"));
    }
  }

  [[noreturn]] static void RefuseDepth(const YAML::Mark& mark) {
    throw Refusal(mark, absl::StrCat("nested in more than ", kMostDepth, " levels"));
  }

  void CountTowardsLimit(const YAML::Mark& mark, size_t values) {
    values_ += values;
    if (values_ > kMostValues) {
      throw Refusal(mark, absl::StrCat("the document has more than ", kMostValues, " values"));
    }
  }

  void Open(YamlNode node, YAML::anchor_t anchor, const YAML::Mark& mark) {
    CountTowardsLimit(mark, 1);
    if (open_.size() == kMostDepth) RefuseDepth(mark);
    open_.push_back({std::move(node), anchor, mark});
  }

  void Close() {
    OpenNode closed = std::move(open_.back());
    open_.pop_back();
    if (closed.anchor != 0) anchored_[closed.anchor] = closed.node;
    Put(std::move(closed.node), closed.mark);
  }

  void Add(YamlNode node, YAML::anchor_t anchor, const YAML::Mark& mark) {
    CountTowardsLimit(mark, 1);
    if (anchor != 0) anchored_[anchor] = node;
    Put(std::move(node), mark);
  }

  // Where a value goes: into the list or mapping that is open, as a key or behind one.
  void Put(YamlNode node, const YAML::Mark& mark) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    YamlNode& parent = open_.back().node;
    const bool is_key =
        parent.kind == YamlNode::Kind::kMapping && parent.keys.size() == parent.items.size();
    if (!is_key) {
      if (node.kind == YamlNode::Kind::kNothing && !parent.keys.empty()) {
        // The parser is at what follows by now.
        node.line = parent.keys.back().line;
        node.column = parent.keys.back().column;
      }
      parent.items.push_back(std::move(node));
      return;
    }
    if (node.kind != YamlNode::Kind::kScalar) {
      throw Refusal(mark,
                    absl::StrCat("a key is ", YamlKindName(node.kind), " where it must be a text"));
    }
    if (parent.Find(node.text) != nullptr) {
      throw Refusal(mark, absl::StrCat("the key ", Excerpt(node.text), " is there twice"));
    }
    parent.keys.push_back(std::move(node));
  }

  YamlNode root_;
  std::vector<OpenNode> open_;
  std::map<YAML::anchor_t, YamlNode> anchored_;
  size_t values_ = 0;
};

absl::Status Error(absl::string_view path, const YAML::Mark& mark, absl::string_view reason) {
  if (mark.is_null()) return absl::InvalidArgumentError(absl::StrCat(path, ": ", reason));
  return absl::InvalidArgumentError(
      absl::StrCat(path, ":", mark.line + 1, ":", mark.column + 1, ": ", reason));
}

}  // namespace

const YamlNode* YamlNode::Find(absl::string_view key) const {
  for (size_t i = 0; i < keys.size() && i < items.size(); ++i) {
    if (keys[i].text == key) return &items[i];
  }
  return nullptr;
}

absl::string_view YamlKindName(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kNothing:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "a text";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMapping:
      return "a mapping";
  }
  return "";
}

absl::StatusOr<YamlNode> ReadYaml(absl::string_view path, absl::string_view text) {
  if (text.size() > kMostBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": the file has more than ", kMostBytes, " bytes"));
  }
  ASSAY_RETURN_IF_ERROR(CheckText(path, text));
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    NodeBuilder builder;
    if (!parser.HandleNextDocument(builder)) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": the file is empty"));
    }
    NodeBuilder second;
    if (parser.HandleNextDocument(second)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": the file holds more than one YAML document"));
    }
    return std::move(builder).Take();
  } catch (const Refusal& refusal) {
    return Error(path, refusal.mark(), refusal.reason());
  } catch (const YAML::Exception& error) {
    return Error(path, error.mark, absl::StrCat("not YAML: ", error.msg));
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": not YAML: ", error.what()));
  }
}

}  // namespace assay
