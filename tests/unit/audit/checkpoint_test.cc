// An audit that goes on from any checkpoint of itself ends as one that was never interrupted.
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "engine/base/encoding.h"
#include "muster/certificate_reader.h"
#include "muster/fleet_audit.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/test_world.h"

namespace muster {
namespace {

namespace fs = std::filesystem;
using test::Entity;

// What of a record the place it is found at must not change.
std::string TextOf(const AuditRecord& record) {
  std::ostringstream text;
  text << record.index << ' ' << record.source.name << ' ' << record.source.member << ' '
       << record.source.line << ' ' << record.source.offset << ' ' << record.device_id << ' '
       << record.read_error << ' ' << NameOf(record.verdict.reason) << ' ' << record.leaf.hex();
  return text.str();
}

std::string TextOf(const AuditReport& report) {
  std::ostringstream text;
  text << report.generation << ' ' << report.devices << ' ' << report.accepted << ' '
       << report.rejected << ' ' << report.unreadable << ' ' << report.input_octets << ' '
       << report.interrupted;
  for (const auto* counts : {&report.by_reason, &report.by_enrollment, &report.by_anchor,
                             &report.by_key_type, &report.by_expiry_month}) {
    for (const auto& [name, count] : *counts) text << '\n' << name << ' ' << count;
  }
  for (const std::string& note : report.notes) text << '\n' << note;
  return text.str();
}

class CheckpointTest : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 12; ++i) {
      const std::string id = "device-" + std::to_string(i);
      leaves_.push_back(i % 3 == 0 ? w_.Leaf(id, root_) : w_.Leaf(id, factory_));
    }
    options_.at = w_.at();
    options_.threads = 2;
    options_.batch_records = 2;
  }

  std::string Write(const std::string& name, const std::string& contents) {
    return folder_.Write(name, contents);
  }
  static std::string Line(const std::string& id, const std::vector<Entity>& chain) {
    std::string line = R"({"deviceId":")" + id + R"(","chain":[)";
    for (std::size_t i = 0; i < chain.size(); ++i) {
      line += (i == 0 ? "\"" : ",\"") + base::EncodeBase64(chain[i].der()) + '"';
    }
    return line + "]}\n";
  }
  static std::string Pem(const Entity& entity) { return EncodePem(entity.der(), "CERTIFICATE"); }

  // Every kind of input: lines, with blank and bad ones, a list without ids, a table, and a folder
  // with an empty file and one that cannot be read as anything.
  std::vector<std::string> Inputs() {
    std::string lines = "\xef\xbb\xbf";
    std::string table = "id,cert\n";
    for (int i = 0; i < 6; ++i) {
      lines += Line("line-" + std::to_string(i), {leaves_[i], factory_});
      if (i == 2) lines += "\n   \n{\"no\":\"chain\"}\n";
      table += "row-" + std::to_string(i) + ",\"" + Pem(leaves_[i]) + "\"\n";
    }
    Write("tree/a.pem", Pem(leaves_[7]) + Pem(factory_));
    Write("tree/b.pem", "");
    Write("tree/c.pem", "nothing of the kind");
    for (int i = 8; i < 12; ++i) Write("tree/d" + std::to_string(i) + ".pem", Pem(leaves_[i]));
    return {Write("lines.ndjson", lines), Write("table.csv", table), folder_.At("tree"),
            Write("more.ndjson", Line("last", {leaves_[6], factory_}))};
  }

  Result<AuditReport> Run(const std::vector<std::string>& inputs, const AuditCheckpoint* resume) {
    records_.clear();
    points_.clear();
    FleetAuditOptions options = options_;
    options.resume = resume;
    options.checkpoint = [this](const AuditCheckpoint& point) {
      points_.emplace_back(records_.size(), point);
    };
    std::istringstream standard_input;
    FleetAudit audit(authenticator_, options);
    return audit.Run(
        inputs, standard_input,
        [&](const AuditRecord& record) {
          records_.push_back(TextOf(record));
          if (records_.size() == stop_after_) stop_ = true;
        },
        &stop_);
  }

  test::World w_{"checkpoint"};
  const Entity root_ = w_.Root("Root");
  const Entity factory_ = w_.Intermediate("Factory", root_);
  std::vector<Entity> leaves_;
  Authenticator authenticator_{test::RegistryBuilder()
                                   .Verified(root_)
                                   .Unverified(factory_)
                                   .Group("line-1", factory_)
                                   .Snapshot()};
  FleetAuditOptions options_;
  test::ScratchFolder folder_;
  std::vector<std::string> records_;
  // With the number of records that came before.
  std::vector<std::pair<std::size_t, AuditCheckpoint>> points_;
  std::atomic<bool> stop_ = false;
  std::size_t stop_after_ = 0;
};

TEST_F(CheckpointTest, GoingOnFromAnyPointEndsTheSame) {
  const std::vector<std::string> inputs = Inputs();
  for (const std::size_t batch_records : {1, 2, 5}) {
    SCOPED_TRACE(batch_records);
    options_.batch_records = batch_records;
    const std::string whole = TextOf(test::Must(Run(inputs, nullptr)));
    const std::vector<std::string> all = records_;
    const auto points = points_;
    ASSERT_GE(all.size(), 20u);
    ASSERT_GT(points.size(), all.size() / batch_records);  // Before the first one, too.
    for (const auto& [before, point] : points) {
      SCOPED_TRACE(before);
      const AuditReport report = test::Must(Run(inputs, &point));
      EXPECT_EQ(TextOf(report), whole);
      EXPECT_EQ(records_, std::vector<std::string>(all.begin() + static_cast<long>(before),
                                                   all.end()));
    }
  }
}

TEST_F(CheckpointTest, AnInterruptedAuditTellsWhereItStood) {
  const std::vector<std::string> inputs = Inputs();
  const std::string whole = TextOf(test::Must(Run(inputs, nullptr)));
  const std::vector<std::string> all = records_;
  options_.threads = 1;
  stop_after_ = 3;
  EXPECT_TRUE(test::Must(Run(inputs, nullptr)).interrupted);
  ASSERT_LT(records_.size(), all.size());
  const std::vector<std::string> first = records_;
  ASSERT_FALSE(points_.empty());
  EXPECT_EQ(points_.back().first, first.size());
  const AuditCheckpoint point = points_.back().second;
  EXPECT_TRUE(point.report.interrupted);
  stop_after_ = 0;
  stop_ = false;
  EXPECT_EQ(TextOf(test::Must(Run(inputs, &point))), whole);
  std::vector<std::string> both = first;
  both.insert(both.end(), records_.begin(), records_.end());
  EXPECT_EQ(both, all);
}

TEST_F(CheckpointTest, ChangedInputsAreRefused) {
  const std::vector<std::string> inputs = Inputs();
  test::Must(Run(inputs, nullptr));
  const auto points = points_;
  // A file that is done, and one that is begun: both count.
  const fs::path lines = inputs[0];
  const auto before = fs::last_write_time(lines);
  fs::last_write_time(lines, before + std::chrono::seconds(1));
  std::size_t refused = 0;
  for (const auto& [count, point] : points) {
    const auto report = Run(inputs, &point);
    if (count == 0) {
      EXPECT_TRUE(report) << "nothing was read yet";
      continue;
    }
    ASSERT_FALSE(report) << count;
    EXPECT_EQ(report.error().code, ErrorCode::kUnreadableInput);
    EXPECT_NE(report.error().message.find("begin anew"), std::string::npos);
    EXPECT_TRUE(records_.empty());
    ++refused;
  }
  EXPECT_GT(refused, 5u);
  fs::last_write_time(lines, before);
  EXPECT_TRUE(Run(inputs, &points.back().second));
  // Fewer files than were done.
  EXPECT_FALSE(Run({inputs[0]}, &points.back().second));
  // A record less, in a table with the old time and size of its file: it is shorter than it was.
  AuditCheckpoint beyond = points[points.size() / 2].second;
  beyond.records = 1'000;
  EXPECT_FALSE(Run(inputs, &beyond));
}

TEST_F(CheckpointTest, StandardInputIsRefused) {
  const auto report = Run({"-"}, nullptr);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(points_.empty());
}

}  // namespace
}  // namespace muster
