#include "engine/audit/record_reader.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace muster::audit {
namespace {

namespace fs = std::filesystem;
using Kind = RawRecord::Kind;

class ReaderTest : public testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& contents) {
    return folder_.Write(name, contents);
  }

  struct Seen {
    Kind kind;
    std::string name;
    std::uint64_t line, offset;
    std::string text;  // Or the error.
  };
  std::vector<Seen> ReadAll(const std::vector<std::string>& inputs, const std::string& input = {}) {
    std::istringstream standard_input(input);
    RecordReader reader(inputs, standard_input, options_);
    std::vector<Seen> seen;
    RawBatch batch;
    batches_ = 0;
    while (reader.Read(&batch)) {
      ++batches_;
      for (const RawRecord& record : batch.records) {
        seen.push_back(
            {record.kind, batch.names[record.source.name], record.source.line, record.source.offset,
             record.kind == Kind::kError ? record.error : std::string(batch.TextOf(record))});
      }
    }
    octets_ = reader.octets();
    reader.digests().Describe(&report_);
    return seen;
  }

  FleetAuditOptions options_;
  test::ScratchFolder folder_;
  int batches_ = 0;
  std::uint64_t octets_ = 0;
  AuditReport report_;  // Of the inputs alone.
};

Fingerprint DigestOf(std::string_view text) { return Fingerprint::Of(base::AsBytes(text)); }

TEST_F(ReaderTest, CutsLines) {
  const std::string text = "{1}\n\n  \r\n{22}\r\n{3}";
  const auto seen = ReadAll({"-"}, text);
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].text, "{1}");
  EXPECT_EQ(seen[0].name, "-");
  EXPECT_EQ(seen[0].line, 1u);
  EXPECT_EQ(seen[0].offset, 0u);
  EXPECT_EQ(seen[1].text, "{22}\r");
  EXPECT_EQ(seen[1].line, 4u);
  EXPECT_EQ(seen[1].offset, 9u);
  EXPECT_EQ(seen[2].text, "{3}");
  EXPECT_EQ(seen[2].line, 5u);
  EXPECT_EQ(seen[2].offset, 15u);
  EXPECT_EQ(octets_, text.size());
}

TEST_F(ReaderTest, AByteOrderMarkIsNoPartOfTheLine) {
  const auto seen = ReadAll({"-"}, "\xef\xbb\xbf{1}\n{2}\n");
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].text, "{1}");
  EXPECT_EQ(seen[0].offset, 3u);
  EXPECT_EQ(seen[1].offset, 7u);
}

TEST_F(ReaderTest, BatchesHoldSoManyRecords) {
  options_.batch_records = 4;
  std::string text;
  for (int i = 0; i < 10; ++i) text += "{" + std::to_string(i) + "}\n";
  EXPECT_EQ(ReadAll({"-"}, text).size(), 10u);
  EXPECT_EQ(batches_, 3);
}

TEST_F(ReaderTest, LinesLongerThanABlockAreWhole) {
  const std::string big = "{" + std::string(1'000'000, 'x') + "}";
  const auto seen = ReadAll({"-"}, "{1}\n" + big + "\n{2}\n");
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[1].text, big);
  EXPECT_EQ(seen[2].text, "{2}");
  EXPECT_EQ(seen[2].line, 3u);
  EXPECT_EQ(seen[2].offset, big.size() + 5);
}

TEST_F(ReaderTest, OverlongLinesAreSkippedAndReported) {
  options_.record_size_max = 1000;
  for (std::size_t size : {1000u, 1001u, 300'000u, 3'000'000u}) {
    const std::string big = "{" + std::string(size - 2, 'x') + "}";
    const auto seen = ReadAll({"-"}, "{1}\n" + big + "\n{2}");
    ASSERT_EQ(seen.size(), 3u) << size;
    EXPECT_EQ(seen[1].line, 2u);
    EXPECT_EQ(seen[1].offset, 4u);
    if (size == 1000) {
      EXPECT_EQ(seen[1].text, big);
    } else {
      EXPECT_EQ(seen[1].kind, Kind::kError);
      EXPECT_EQ(seen[1].text,
                "the line has " + std::to_string(size) + " octets, more than the limit of 1000");
    }
    EXPECT_EQ(seen[2].text, "{2}");
    EXPECT_EQ(seen[2].line, 3u);
    EXPECT_EQ(seen[2].offset, size + 5);
  }
}

TEST_F(ReaderTest, AnOverlongLastLineIsReportedToo) {
  options_.record_size_max = 1000;
  const auto seen = ReadAll({"-"}, "{1}\n{" + std::string(500'000, 'x'));
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[1].kind, Kind::kError);
}

TEST_F(ReaderTest, OtherFilesAreRecordsAsAWhole) {
  const std::string pem = Write("a.pem", "-----BEGIN\nsomething");
  const std::string der = Write("b.der", std::string("\x30\x03\0\n\0", 5));
  const auto seen = ReadAll({pem, der});
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].kind, Kind::kFile);
  EXPECT_EQ(seen[0].name, pem);
  EXPECT_EQ(seen[0].line, 0u);
  EXPECT_EQ(seen[0].text, "-----BEGIN\nsomething");
  EXPECT_EQ(seen[1].text.size(), 5u);
}

TEST_F(ReaderTest, FilesThatAreTooLargeAreReported) {
  options_.record_size_max = 100'000;
  const std::string fits = Write("fits", std::string(100'000, 'x'));
  const std::string large = Write("large", std::string(100'001, 'x'));
  const auto seen = ReadAll({fits, large, fits});
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].kind, Kind::kFile);
  EXPECT_EQ(seen[1].kind, Kind::kError);
  EXPECT_NE(seen[1].text.find("100001 octets"), std::string::npos);
  EXPECT_EQ(seen[2].text.size(), 100'000u);
}

TEST_F(ReaderTest, EmptyInputsAreReported) {
  const std::string empty = Write("empty", ""), blank = Write("blank", " \n\t\n");
  const auto seen = ReadAll({empty, blank, "-"});
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].text, "is empty");
  EXPECT_EQ(seen[1].text, "is empty");
  EXPECT_EQ(seen[2].text, "is empty");
  for (const Seen& one : seen) EXPECT_EQ(one.kind, Kind::kError);
}

TEST_F(ReaderTest, ZerosAreNotNothing) {
  const auto seen = ReadAll({Write("zeros", std::string(1000, '\0'))});
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].text.find("is empty"), std::string::npos);
}

TEST_F(ReaderTest, AnArrayIsCutIntoItsElements) {
  const auto seen = ReadAll({"-"}, "[{\"deviceId\":\"a\"},\n {\"deviceId\":\"b\"}]");
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].kind, Kind::kLine);
  EXPECT_EQ(seen[0].text, "{\"deviceId\":\"a\"}");
  EXPECT_EQ(seen[1].text, "{\"deviceId\":\"b\"}");
  EXPECT_EQ(seen[1].line, 2u);
  EXPECT_EQ(seen[1].offset, 20u);
}

TEST_F(ReaderTest, FoldersAreWalkedInNameOrder) {
  for (const char* name :
       {"b/2.pem", "b/1.pem", "a.pem", "c.pem", ".hidden.pem", ".git/x.pem", "b/deep/er/3.pem"}) {
    Write(name, std::string("contents of ") + name);
  }
  const test::ScratchFolder elsewhere;
  const fs::path& outside = elsewhere.path();
  std::ofstream(outside / "target.pem") << "linked";
  fs::create_directory_symlink(outside, folder_.path() / "d-link");
  fs::create_directory_symlink(folder_.path(), folder_.path() / "e-loop");
  fs::create_symlink(outside / "target.pem", folder_.path() / "f.pem");
  fs::create_symlink(outside / "gone.pem", folder_.path() / "g.pem");
  const auto seen = ReadAll({folder_.path().string()});
  std::vector<std::string> texts;
  for (const Seen& one : seen) texts.push_back(one.text);
  ASSERT_EQ(texts.size(), 7u);
  EXPECT_EQ(texts[0], "contents of a.pem");
  EXPECT_EQ(texts[1], "contents of b/1.pem");
  EXPECT_EQ(texts[2], "contents of b/2.pem");
  EXPECT_EQ(texts[3], "contents of b/deep/er/3.pem");
  EXPECT_EQ(texts[4], "contents of c.pem");
  EXPECT_EQ(texts[5], "linked");
  EXPECT_NE(texts[6].find("cannot be opened"), std::string::npos);
}

TEST_F(ReaderTest, AnEmptyFolderIsReported) {
  fs::create_directories(folder_.path() / "empty");
  const auto seen = ReadAll({folder_.At("empty")});
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].text, "the folder holds no file");
}

TEST_F(ReaderTest, MissingInputsAreFoundBeforehand) {
  const std::string there = Write("there", "x");
  EXPECT_TRUE(InputWalk::Check({there, folder_.path().string(), "-"}));
  const auto missing = InputWalk::Check({there, folder_.At("gone")});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kUnreadableInput);
  EXPECT_NE(missing.error().message.find("gone"), std::string::npos);
  const auto twice = InputWalk::Check({"-", there, "-"});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(ReaderTest, ManyInputsComeOneAfterTheOther) {
  const std::string lines = Write("lines.ndjson", "{1}\n{2}\n"), file = Write("file.pem", "pem");
  const auto seen = ReadAll({lines, file, "-", lines}, "{3}");
  ASSERT_EQ(seen.size(), 6u);
  EXPECT_EQ(seen[2].text, "pem");
  EXPECT_EQ(seen[3].text, "{3}");
  EXPECT_EQ(seen[4].line, 1u);
  EXPECT_EQ(octets_, 8u + 3 + 3 + 8);
}

// Whatever becomes of a file, its digest is that of all its octets.
TEST_F(ReaderTest, HashesWhatItReads) {
  options_.input_digests_max = 10;
  options_.record_size_max = 1'000;
  const std::vector<std::string> contents = {
      "{1}\n\n{2}",                                  // Lines.
      "\xef\xbb\xbf{1}\n",                           // With a byte order mark.
      "{\"deviceId\":\"" + std::string(2'000, 'x') + "\"}\n{}\n",  // One that is too long.
      "-----BEGIN CERTIFICATE-----\n",               // A file of certificates.
      "-----BEGIN CERTIFICATE-----\n" + std::string(700'000, '\n'),  // Too large a one.
      "id,cert\na,b\nc,d\n",                         // Another format.
      "PK\x03\x04" + std::string(300'000, 'x'),      // An archive that breaks off at once.
      ""};
  std::vector<std::string> inputs;
  std::string digests;
  for (const std::string& text : contents) {
    inputs.push_back(Write("file-" + std::to_string(inputs.size()), text));
    const Fingerprint digest = DigestOf(text);
    digests.append(digest.bytes.begin(), digest.bytes.end());
  }
  ReadAll(inputs);
  ASSERT_EQ(report_.inputs.size(), contents.size());
  for (std::size_t i = 0; i < contents.size(); ++i) {
    EXPECT_EQ(report_.inputs[i].name, inputs[i]);
    EXPECT_EQ(report_.inputs[i].octets, contents[i].size()) << i;
    EXPECT_EQ(report_.inputs[i].digest, DigestOf(contents[i])) << i;
    EXPECT_TRUE(report_.inputs[i].whole) << i;
  }
  EXPECT_EQ(report_.input_files, contents.size());
  EXPECT_EQ(report_.inputs_digest, DigestOf(digests));
  options_.input_digests_max = 1;
  ReadAll(inputs);
  EXPECT_EQ(report_.inputs.size(), 1u);
  EXPECT_EQ(report_.input_files, contents.size());
  EXPECT_EQ(report_.inputs_digest, DigestOf(digests));
}

TEST_F(ReaderTest, HashesOfStandardInputWhatItReadsOfIt) {
  options_.input_digests_max = 1;
  ReadAll({"-"}, "{1}\n{2}\n");
  ASSERT_EQ(report_.inputs.size(), 1u);
  EXPECT_EQ(report_.inputs[0].digest, DigestOf("{1}\n{2}\n"));
  EXPECT_TRUE(report_.inputs[0].whole);
  // It may never end: what a reader leaves is not waited for.
  const std::string broken = "PK\x03\x04" + std::string(600'000, 'x');
  ReadAll({"-"}, broken);
  ASSERT_EQ(report_.inputs.size(), 1u);
  EXPECT_EQ(report_.inputs[0].digest, DigestOf(broken.substr(0, report_.inputs[0].octets)));
}

TEST_F(ReaderTest, HashesNothingUnasked) {
  ReadAll({"-"}, "{1}\n");
  EXPECT_TRUE(report_.inputs.empty());
  EXPECT_EQ(report_.input_files, 0u);
  EXPECT_EQ(report_.inputs_digest, Fingerprint());
}

}  // namespace
}  // namespace muster::audit
