// FormatTest: audits a text as an inventory, and keeps the records.
#ifndef MUSTER_TESTS_UNIT_AUDIT_FORMAT_FIXTURE_H_
#define MUSTER_TESTS_UNIT_AUDIT_FORMAT_FIXTURE_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"
#include "muster/certificate_reader.h"
#include "muster/fleet_audit.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/test_world.h"

namespace muster::test {

using Json = nlohmann::json;

class FormatTest : public testing::Test {
 protected:
  // What is planted beside certificates, and must not be seen again.
  static constexpr const char* kSecret = "c2VjcmV0LXN5bW1ldHJpYy1rZXk";

  FormatTest() {
    options_.at = w_.at();
    options_.threads = 1;
  }

  std::string Write(const std::string& name, const std::string& contents) const {
    return folder_.Write(name, contents);
  }

  void Audit(const std::string& text) {
    records_.clear();
    std::istringstream input(text);
    report_ = Must(FleetAudit(authenticator_, options_)
                       .Run({"-"}, input, [this](const AuditRecord& r) { records_.push_back(r); }));
    for (const AuditRecord& record : records_) {
      EXPECT_EQ(record.read_error.find(kSecret), std::string::npos);
      EXPECT_EQ(record.device_id.find(kSecret), std::string::npos);
    }
  }
  // "pump-1 none", "pump-2 link-not-presented", "pump-3: the message".
  std::vector<std::string> Outcomes() const {
    std::vector<std::string> outcomes;
    for (const AuditRecord& record : records_) {
      outcomes.push_back(record.device_id + (record.read_error.empty()
                                                 ? " " + std::string(NameOf(record.verdict.reason))
                                                 : ": " + record.read_error));
    }
    return outcomes;
  }
  std::vector<std::string> Of(const std::string& text) {
    Audit(text);
    return Outcomes();
  }
  // The only record is bad, and its message holds `part`.
  void Refuses(const std::string& text, const std::string& part) {
    Audit(text);
    ASSERT_EQ(records_.size(), 1u) << text.substr(0, 200);
    EXPECT_NE(records_[0].read_error.find(part), std::string::npos)
        << records_[0].read_error << "\nfor " << text.substr(0, 200);
  }

  static std::string Pem(const std::vector<Entity>& entities) {
    std::string pem;
    for (const Entity& entity : entities) pem += EncodePem(entity.der(), "CERTIFICATE");
    return pem;
  }
  static std::string Base64(const Entity& entity) { return base::EncodeBase64(entity.der()); }
  static std::string Der(const Entity& entity) { return std::string(base::AsText(entity.der())); }
  static std::string OwnLine(const std::string& id, const std::vector<Entity>& chain) {
    Json line{{"deviceId", id}, {"chain", Json::array()}};
    for (const Entity& entity : chain) line["chain"].push_back(Base64(entity));
    return line.dump() + "\n";
  }

  World w_{"formats"};
  const Entity root_ = w_.Root("Root");
  const Entity factory_ = w_.Intermediate("Factory", root_);
  const Entity one_ = w_.Leaf("pump-1", factory_);
  const Entity two_ = w_.Leaf("pump-2", factory_);
  Authenticator authenticator_{RegistryBuilder()
                                   .Verified(root_)
                                   .Unverified(factory_)
                                   .Group("line-1", factory_)
                                   .Snapshot()};
  FleetAuditOptions options_;
  test::ScratchFolder folder_;
  std::vector<AuditRecord> records_;
  AuditReport report_;
};

using Lines = std::vector<std::string>;

}  // namespace muster::test

#endif  // MUSTER_TESTS_UNIT_AUDIT_FORMAT_FIXTURE_H_
