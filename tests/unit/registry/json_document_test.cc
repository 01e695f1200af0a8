#include "engine/registry/json_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/registry/store/failure.h"

namespace muster::registry {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Error ErrorOf(std::string_view text) {
  try {
    ParseStrictJson(text);
  } catch (const RegistryFailure& failure) {
    return failure.error();
  }
  ADD_FAILURE() << "read: " << text.substr(0, 100);
  return {};
}

template <typename Work>
std::string MessageOf(const Work& work) {
  try {
    work();
  } catch (const RegistryFailure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kInvalidArgument);
    return failure.error().message;
  }
  ADD_FAILURE() << "did not fail";
  return {};
}

TEST(ParseStrictJsonTest, ReadsEveryKindOfValue) {
  const nlohmann::json json =
      ParseStrictJson(R"({"a": [null, true, -1, 2, 3.5, "x\u00e4"], "b": {"a": {}}})");
  EXPECT_EQ(json["a"].size(), 6u);
  EXPECT_TRUE(json["a"][0].is_null());
  EXPECT_EQ(json["a"][1], true);
  EXPECT_EQ(json["a"][2], -1);
  EXPECT_EQ(json["a"][3], 2u);
  EXPECT_EQ(json["a"][4], 3.5);
  EXPECT_EQ(json["a"][5], "xä");
  EXPECT_TRUE(json["b"]["a"].is_object());
}

TEST(ParseStrictJsonTest, ReadsNestedContainersInOrder) {
  const nlohmann::json json = ParseStrictJson(R"([[1, [2]], [3], {"x": [4, {"y": 5}]}, []])");
  EXPECT_EQ(json.dump(), R"([[1,[2]],[3],{"x":[4,{"y":5}]},[]])");
}

TEST(ParseStrictJsonTest, RefusesWhatIsNotJson) {
  for (const std::string text :
       {"", " ", "{", "}", "[1,]", "{\"a\":}", "{\"a\" 1}", "{'a':1}", "nul", "[1] [2]", "[1]x",
        "\"\xff\"", "\"a\nb\"", "\"\\ud800\"", "// comment\n{}", "[NaN]", "[01]", "\xef\xbb"}) {
    const Error error = ErrorOf(text);
    EXPECT_EQ(error.code, ErrorCode::kUnreadableInput) << text;
    EXPECT_THAT(error.message, HasSubstr("at octet")) << text;
  }
  EXPECT_THAT(ErrorOf("[1e999]").message, HasSubstr("out of range"));
}

TEST(ParseStrictJsonTest, RefusesANameThatOccursTwice) {
  const Error error = ErrorOf(R"({"a": [0, {"b": 1, "c": 2, "b": 1}]})");
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message, StartsWith("/a/1/b: "));
  EXPECT_THAT(ErrorOf(R"({"a": 1, "a": 1})").message, StartsWith("/a: "));
  EXPECT_THAT(ErrorOf(R"({"\u0061": 1, "a": 1})").message, StartsWith("/a: "));
  EXPECT_TRUE(ParseStrictJson(R"([{"a": 1}, {"a": 1}])").is_array());
}

TEST(ParseStrictJsonTest, BoundsDepth) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(ParseStrictJson(nested(kJsonDepthMax)).is_array());
  const Error error = ErrorOf(nested(kJsonDepthMax + 1));
  EXPECT_EQ(error.code, ErrorCode::kUnreadableInput);
  EXPECT_THAT(error.message, HasSubstr("deeper than 16"));
  EXPECT_EQ(ErrorOf(std::string(1'000'000, '[')).code, ErrorCode::kUnreadableInput);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_EQ(ErrorOf(objects).code, ErrorCode::kUnreadableInput);
}

TEST(ParseStrictJsonTest, BoundsSize) {
  const std::string blanks(kJsonSizeMax - 2, ' ');
  EXPECT_TRUE(ParseStrictJson("[]" + blanks).is_array());
  EXPECT_THAT(ErrorOf("[]" + blanks + " ").message, HasSubstr("more than"));
}

TEST(JsonObjectTest, ReadsMembers) {
  const nlohmann::json json =
      ParseStrictJson(R"({"text": "x", "flag": true, "list": [{"a": "1"}, {"a": "2"}]})");
  const JsonObject object(json, "/root");
  EXPECT_EQ(object.Text("text"), "x");
  EXPECT_EQ(object.OptionalText("none"), std::nullopt);
  EXPECT_TRUE(object.Bool("flag", false));
  EXPECT_TRUE(object.Bool("none", true));
  EXPECT_FALSE(object.Bool("none", false));
  std::string seen;
  object.ForEachObject("list", [&](const JsonObject& element) {
    seen += element.pointer() + "=" + element.Text("a") + " ";
  });
  EXPECT_EQ(seen, "/root/list/0=1 /root/list/1=2 ");
  object.ForEachObject("none", [&](const JsonObject&) { FAIL(); });
  object.CheckNames({"text", "flag", "list", "more"});
}

TEST(JsonObjectTest, SaysWhereWhatIsNotAsItShouldBe) {
  const nlohmann::json json =
      ParseStrictJson(R"({"text": 1, "flag": "yes", "list": {}, "mixed": [{}, 1], "null": null})");
  const JsonObject object(json, "/root");
  EXPECT_EQ(MessageOf([&] { object.Text("text"); }),
            "/root/text: a string belongs here, not number");
  EXPECT_EQ(MessageOf([&] { object.Text("none"); }), "/root/none: this string is missing");
  EXPECT_EQ(MessageOf([&] { object.OptionalText("null"); }),
            "/root/null: a string belongs here, not null");
  EXPECT_EQ(MessageOf([&] { object.Bool("flag", true); }),
            "/root/flag: true or false belongs here, not string");
  const auto ignore = [](const JsonObject&) {};
  EXPECT_EQ(MessageOf([&] { object.ForEachObject("list", ignore); }),
            "/root/list: an array belongs here, not object");
  EXPECT_EQ(MessageOf([&] { object.ForEachObject("mixed", ignore); }),
            "/root/mixed/1: an object belongs here, not number");
  EXPECT_EQ(MessageOf([&] {
              object.CheckNames({"text", "flag", "list", "mixed"});
            }),
            "/root/null: the schema does not know this name");
  EXPECT_EQ(MessageOf([] { JsonObject(nlohmann::json::array(), ""); }),
            "/: an object belongs here, not array");
}

TEST(JsonObjectTest, HostileNamesAreShownHarmlessly) {
  const nlohmann::json json = ParseStrictJson(R"({"\u001b[2J\u009b~a/b": 1})");
  const std::string message = MessageOf([&] { JsonObject(json, "").CheckNames({}); });
  EXPECT_THAT(message, StartsWith("/\\u001b[2J\\u009b~0a~1b: "));
  const nlohmann::json long_name = {{std::string(100'000, 'a'), 1}};
  EXPECT_LT(MessageOf([&] { JsonObject(long_name, "").CheckNames({}); }).size(), 200u);
}

}  // namespace
}  // namespace muster::registry
