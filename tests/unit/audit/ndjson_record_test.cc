#include "engine/audit/ndjson_record.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <vector>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"

namespace muster::audit {
namespace {

// 18 octets: long enough for the plain form.
const Bytes kLeaf = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
const Bytes kCa = {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 42};

class LineTest : public testing::Test {
 protected:
  const DeviceLine& Decode(const std::string& line) {
    lines_.push_back(line);
    decoder_.Decode(lines_.back(), &out_);
    return out_;
  }
  std::string ErrorOf(const std::string& line) {
    const DeviceLine& out = Decode(line);
    EXPECT_EQ(ChainOf(out), std::vector<Bytes>{});
    return out.error;
  }
  static std::vector<Bytes> ChainOf(const DeviceLine& line) {
    std::vector<Bytes> chain;
    if (!line.chain.leaf().empty()) chain.push_back(base::ToBytes(line.chain.leaf()));
    for (const ByteView der : line.chain.untrusted()) chain.push_back(base::ToBytes(der));
    return chain;
  }
  static std::string Text(const Bytes& der) { return '"' + base::EncodeBase64(der) + '"'; }

  Bytes arena_ = Bytes(std::size_t{32} << 20);
  std::deque<std::string> lines_;  // The decoder keeps views of them.
  LineDecoder decoder_{arena_};
  DeviceLine out_;
};

TEST_F(LineTest, ReadsTheUsualForm) {
  const DeviceLine& out =
      Decode(R"({"deviceId":"pump-7","chain":[)" + Text(kLeaf) + "," + Text(kCa) + "]}");
  EXPECT_EQ(out.error, "");
  EXPECT_EQ(out.device_id, "pump-7");
  EXPECT_EQ(ChainOf(out), (std::vector{kLeaf, kCa}));
}

TEST_F(LineTest, ReadsEveryFormAlike) {
  const std::string leaf = Text(kLeaf);
  for (const std::string& line :
       {"{\"chain\":[" + leaf + "],\"deviceId\":\"pump-7\"}",
        " { \"deviceId\" : \"pump-7\" ,\t\"chain\" : [ " + leaf + " ] }\r",
        "{\"deviceId\":\"pump\\u002d7\",\"chain\":[" + leaf + "]}",
        "{\"x\":{\"deviceId\":1,\"chain\":[{}]},\"deviceId\":\"pump-7\",\"chain\":[" + leaf + "]}",
        "{\"deviceId\":\"pump-7\",\"chain\":[" + leaf + "],\"more\":[1,2.5,true,null,\"x\"]}"}) {
    const DeviceLine& out = Decode(line);
    EXPECT_EQ(out.error, "") << line;
    EXPECT_EQ(out.device_id, "pump-7") << line;
    EXPECT_EQ(ChainOf(out), (std::vector<Bytes>{kLeaf})) << line;
  }
}

TEST_F(LineTest, TheIdMayBeLeftOut) {
  const DeviceLine& out = Decode("{\"chain\":[" + Text(kLeaf) + "]}");
  EXPECT_EQ(out.error, "");
  EXPECT_EQ(out.device_id, "");
  EXPECT_EQ(ChainOf(out), (std::vector<Bytes>{kLeaf}));
}

TEST_F(LineTest, RecurringCertificatesAreDecodedOnce) {
  const std::string line = R"({"deviceId":"a","chain":[)" + Text(kLeaf) + "," + Text(kCa) + "]}";
  Decode(line);
  const PresentedChain first = out_.chain;
  Decode(line);
  EXPECT_EQ(out_.chain.untrusted()[0].data(), first.untrusted()[0].data());
  EXPECT_NE(out_.chain.leaf().data(), first.leaf().data());
  EXPECT_EQ(ChainOf(out_), (std::vector{kLeaf, kCa}));
}

// What was decoded before a line fails half-way must stay right.
TEST_F(LineTest, AFailedLineLeavesNoTrace) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_NE(ErrorOf(R"({"deviceId":"a","chain":[)" + Text(kLeaf) + "," + Text(kCa) + ",\"?\"]}"),
              "");
    Decode(R"({"deviceId":"b","chain":[)" + Text(kLeaf) + "," + Text(kCa) + "]}");
    EXPECT_EQ(ChainOf(out_), (std::vector{kLeaf, kCa}));
  }
}

TEST_F(LineTest, BadLinesSayWhatIsWrong) {
  const std::string leaf = Text(kLeaf);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "not JSON"},
      {"nonsense", "not JSON"},
      {"{\"deviceId\":\"a\"", "not JSON"},
      {"{\"deviceId\":\"a\",\"chain\":[" + leaf + "]} trailing", "not JSON"},
      {"{\"deviceId\":\"a\",\"chain\":[" + leaf + ",]}", "not JSON"},
      {"[1]", "an array instead of an object"},
      {"\"text\"", "text instead of an object"},
      {"17", "a number instead of an object"},
      {"null", "null instead of an object"},
      {"{\"deviceId\":\"a\"}", "has no member \"chain\""},
      {"{}", "has no member \"chain\""},
      {"{\"deviceId\":\"a\",\"chain\":[]}", "chain is empty"},
      {"{\"deviceId\":7,\"chain\":[" + leaf + "]}", "deviceId is a number"},
      {"{\"deviceId\":null,\"chain\":[" + leaf + "]}", "deviceId is null"},
      {"{\"deviceId\":true,\"chain\":[" + leaf + "]}", "deviceId is a truth value"},
      {"{\"deviceId\":{},\"chain\":[" + leaf + "]}", "deviceId is an object"},
      {"{\"deviceId\":[\"a\"],\"chain\":[" + leaf + "]}", "deviceId is an array"},
      {"{\"deviceId\":\"a\",\"chain\":" + leaf + "}", "chain is text"},
      {"{\"deviceId\":\"a\",\"chain\":{}}", "chain is an object"},
      {"{\"deviceId\":\"a\",\"chain\":null}", "chain is null"},
      {"{\"deviceId\":\"a\",\"chain\":[7]}", "chain[0] is a number"},
      {"{\"deviceId\":\"a\",\"chain\":[" + leaf + ",null]}", "chain[1] is null"},
      {"{\"deviceId\":\"a\",\"chain\":[[" + leaf + "]]}", "chain[0] is an array"},
      {"{\"deviceId\":\"a\",\"chain\":[{\"x\":1}]}", "chain[0] is an object"},
      {"{\"deviceId\":\"a\",\"chain\":[\"\"]}", "chain[0] is empty"},
      {"{\"deviceId\":\"a\",\"chain\":[\"AA?A\"]}", "chain[0] is not base64: wrong at character 2"},
      {"{\"deviceId\":\"a\",\"chain\":[" + leaf + ",\"AAAAAAAAAAAAAAAAAAA\"]}",
       "chain[1] is not base64"},
      {"{\"deviceId\":\"a\",\"deviceId\":\"b\",\"chain\":[" + leaf + "]}",
       "deviceId is given twice"},
      {"{\"chain\":[" + leaf + "],\"deviceId\":\"a\",\"chain\":[" + leaf + "]}",
       "chain is given twice"},
      {"{\"deviceId\":\"a\\u0000b\",\"chain\":[" + leaf + "]}", "deviceId holds a NUL"},
      {"{\"deviceId\":\"\xff\",\"chain\":[" + leaf + "]}", "not UTF-8, at octet 13"},
      {"{\"deviceId\":\"\xed\xa0\x80\",\"chain\":[" + leaf + "]}", "not UTF-8"},
      {"{\"deviceId\":\"\xc0\xaf\",\"chain\":[" + leaf + "]}", "not UTF-8"},
      // Good sequences of every length come before.
      {"{\"deviceId\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91\xff\",\"chain\":[" + leaf + "]}",
       "not UTF-8, at octet 22"},
      {"{\"deviceId\":\"\xed\x9f\xbf\xf4\x8f\xbf\xbf\xe0\x80\x80\",\"chain\":[" + leaf + "]}",
       "not UTF-8, at octet 20"},
      {"{\"deviceId\":\"\xf0\x80\x80\x80\",\"chain\":[" + leaf + "]}", "not UTF-8, at octet 13"},
      {"{\"deviceId\":\"\xf4\x90\x80\x80\",\"chain\":[" + leaf + "]}", "not UTF-8, at octet 13"},
      {"{\"deviceId\":\"\xe2\x82\",\"chain\":[" + leaf + "]}", "not UTF-8, at octet 13"},
      {"{\"deviceId\":\"a\xf0\x9f\x94\",\"chain\":[" + leaf + "]}", "not UTF-8, at octet 14"},
      {"{\"deviceId\":\"a\",\"chain\":[" + leaf + "]}" + std::string(1, '\0') + "{", "NUL octet"},
      {std::string("{\"deviceId\":\"a\0b\"", 17), "NUL octet, at octet 14"},
  };
  for (const auto& [line, message] : cases) {
    EXPECT_NE(ErrorOf(line).find(message), std::string::npos)
        << line << "\n-> '" << out_.error << "' lacks '" << message << "'";
  }
}

// The arena must do for lines that are decoded twice, and no more is promised.
TEST_F(LineTest, TheArenaIsLargeEnough) {
  for (const std::string& line :
       {R"({"chain":[)" + Text(kLeaf) + "," + Text(kLeaf) + ",\"?\"]}",
        R"({"deviceId":")" + std::string(500, 'x') + R"(","chain":[)" + Text(kLeaf) + "],\"x\":1}"}) {
    Bytes arena(LineDecoder::ArenaFor(line.size()));
    LineDecoder decoder(arena);
    DeviceLine out;
    decoder.Decode(line, &out);
  }
}

TEST_F(LineTest, ElevenCertificatesAreReadAndTwelveAreNot) {
  const auto line = [&](std::size_t count) {
    std::string chain;
    for (std::size_t i = 0; i < count; ++i) chain += (i == 0 ? "" : ",") + Text(kLeaf);
    return R"({"deviceId":"a","chain":[)" + chain + "]}";
  };
  EXPECT_EQ(Decode(line(kChainMax)).error, "");
  EXPECT_EQ(ChainOf(out_).size(), kChainMax);
  EXPECT_NE(ErrorOf(line(kChainMax + 1)).find("more than 11 certificates"), std::string::npos);
}

TEST_F(LineTest, DeepNestingIsNoDanger) {
  std::string deep = "{\"x\":";
  deep += std::string(200'000, '[');
  EXPECT_NE(ErrorOf(deep), "");
  deep += std::string(200'000, ']') + ",\"chain\":[" + Text(kLeaf) + "]}";
  EXPECT_EQ(Decode(deep).error, "");
}

// The short cut and the full parser agree: a line with an unknown member takes the long way.
TEST_F(LineTest, BothWaysAgreeOnMutatedLines) {
  std::mt19937 random(5);
  const std::string line =
      R"({"deviceId":"pump-7","chain":[)" + Text(kLeaf) + "," + Text(kCa) + "]}";
  int good = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = line;
    for (int edits = static_cast<int>(random() % 3); edits >= 0; --edits) {
      const std::size_t at = 1 + random() % (changed.size() - 1);
      switch (random() % 3) {
        case 0:
          changed[at] = static_cast<char>(random() % 128);
          break;
        case 1:
          changed.erase(at, 1);
          break;
        default:
          changed.insert(at, 1, "\",[]{}: \\A="[random() % 11]);
      }
    }
    const DeviceLine plain = Decode(changed);
    const DeviceLine full = Decode("{\"\":0," + changed.substr(1));
    if (changed.front() != '{') continue;
    ASSERT_EQ(plain.error.empty(), full.error.empty()) << changed << '\n'
                                                       << plain.error << full.error;
    ASSERT_EQ(plain.device_id, full.device_id) << changed;
    ASSERT_EQ(ChainOf(plain), ChainOf(full)) << changed;
    good += plain.error.empty();
  }
  EXPECT_GT(good, 100);
}

}  // namespace
}  // namespace muster::audit
