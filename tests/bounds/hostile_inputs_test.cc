// Inputs that are large, deep or made of very many parts: each is refused or read entirely, and the
// memory that this takes is bounded by the size of the input.
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "engine/audit/file_devices.h"
#include "engine/base/byte_view.h"
#include "engine/x509/crl.h"
#include "muster/certificate_reader.h"
#include "muster/fleet_audit.h"
#include "tests/bounds/live_memory.h"
#include "tests/support/hostile_chains.h"
#include "tests/unit/path/extension_writer.h"

namespace muster {
namespace {

using test::Entity;

constexpr std::size_t kMiB = std::size_t{1} << 20;

std::string Repeated(std::string_view part, std::size_t size) {
  std::string text;
  text.reserve(size + part.size());
  while (text.size() < size) text += part;
  return text;
}

class HostileInputTest : public testing::Test {
 protected:
  std::vector<AuditRecord> Audit(const std::string& text, AuditReport* report = nullptr) {
    FleetAuditOptions options;
    options.at = w_.at();
    options.threads = 1;
    std::istringstream input(text);
    std::vector<AuditRecord> records;
    AuditReport done = test::Must(FleetAudit(authenticator_, options).Run(
        {"-"}, input, [&](const AuditRecord& record) { records.push_back(record); }));
    if (report != nullptr) *report = std::move(done);
    return records;
  }

  test::World w_;
  Entity root_ = w_.Root("Root"), factory_ = w_.Intermediate("Factory", root_);
  Entity leaf_ = w_.Leaf("device", factory_);
  Authenticator authenticator_{
      test::RegistryBuilder().Verified(root_).Group("g", factory_).Snapshot()};
};

// --- Certificates -----------------------------------------------------------------------------

TEST_F(HostileInputTest, AMegabyteExtensionIsTooLargeWhereverItStands) {
  const test::Edit edit = [](CertificateTemplate& t) {
    t.extensions.push_back({"1.2.3.4", false, Bytes(kMiB, 0)});
  };
  const Entity leaf = w_.Leaf("device", factory_, edit);
  const Entity ca = w_.Intermediate("Large", root_, edit);
  for (const auto& chain : {test::Presented(leaf, {factory_}), test::Presented(leaf_, {ca})}) {
    const Verdict verdict = authenticator_.Authenticate(chain, w_.at());
    EXPECT_EQ(verdict.reason, RejectReason::kCertificateTooLarge) << NameOf(verdict.reason);
  }
}

TEST_F(HostileInputTest, ThousandsOfExtensionsAreMalformed) {
  const Entity leaf = w_.Leaf("device", factory_, [](CertificateTemplate& t) {
    for (int i = 0; i < 4'000; ++i) {
      t.extensions.push_back({"1.2." + std::to_string(i), false, {}});
    }
  });
  const Verdict verdict =
      authenticator_.Authenticate(test::Presented(leaf, {factory_}), w_.at());
  EXPECT_EQ(verdict.reason, RejectReason::kMalformedExtension) << NameOf(verdict.reason);
}

// `tag` around `tag` around `tag`, thousands of times.
Bytes Nested(std::uint8_t tag, std::size_t layers) {
  const Bytes core(256, 0);  // So that every length takes two octets.
  Bytes nested;
  for (std::size_t left = layers; left-- > 0;) {
    const std::size_t size = core.size() + 4 * left;
    nested.insert(nested.end(), {tag, 0x82, static_cast<std::uint8_t>(size >> 8),
                                 static_cast<std::uint8_t>(size)});
  }
  nested.insert(nested.end(), core.begin(), core.end());
  return nested;
}

// A reader that descends by recursion would overrun its stack.
TEST_F(HostileInputTest, DeepNestingIsReadWithoutAStack) {
  for (const std::uint8_t tag : {std::uint8_t{der::kSequence}, std::uint8_t{der::kSet},
                                 der::ContextConstructed(0)}) {
    const Bytes nested = Nested(tag, 15'000);
    EXPECT_FALSE(CertificateView::Parse(nested).has_value());
    EXPECT_FALSE(x509::CrlView::Parse(nested).has_value());
    EXPECT_FALSE(DisplayName(nested).empty());
    EXPECT_FALSE(ReadAllCertificates(nested, "nested").has_value());
    for (const char* oid : {"2.5.29.17", "2.5.29.30", "2.5.29.32", "2.5.29.31", "2.5.29.35"}) {
      const Entity leaf = w_.Leaf("device", factory_, [&](CertificateTemplate& t) {
        t.authority_key_id = false;
        t.extensions.push_back({oid, false, nested});
      });
      const Verdict verdict =
          authenticator_.Authenticate(test::Presented(leaf, {factory_}), w_.at());
      EXPECT_EQ(verdict.reason, RejectReason::kMalformedExtension) << oid;
    }
  }
}

// --- Files ------------------------------------------------------------------------------------

TEST_F(HostileInputTest, AChainOfAThousandCertificatesIsTooLong) {
  std::vector<Entity> cas = {root_};
  for (int i = 0; i < 1'000; ++i) {
    cas.push_back(w_.Intermediate("Level " + std::to_string(i), cas.back()));
  }
  std::string pem = EncodePem(w_.Leaf("device", cas.back()).der(), "CERTIFICATE");
  for (std::size_t i = cas.size(); i-- > 0;) pem += EncodePem(cas[i].der(), "CERTIFICATE");
  const auto records = Audit(pem);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records.front().read_error, "");
  EXPECT_EQ(records.front().verdict.reason, RejectReason::kChainTooLong);
}

// Every device of a file has at most kUntrustedMax of its CAs, however many there are.
TEST_F(HostileInputTest, ThousandsOfDevicesUnderThousandsOfNamesakes) {
  std::vector<Bytes> certificates;
  const test::Edit unlike = [](CertificateTemplate& t) { t.subject_key_id = false; };
  for (int i = 0; i < 1'000; ++i) {
    certificates.push_back(
        w_.Root("Namesake", {.key_label = std::to_string(i), .edit = unlike}).bytes());
  }
  const Entity issuer = w_.Root("Namesake", {.key_label = "0", .edit = unlike});
  for (int i = 0; i < 1'000; ++i) {
    certificates.push_back(w_.Leaf("device-" + std::to_string(i), issuer).bytes());
  }
  const std::vector<ByteView> views(certificates.begin(), certificates.end());
  std::vector<audit::FileDevice> devices;
  [[maybe_unused]] const test::MemoryUse use =
      test::MeasureMemory([&] { devices = audit::FindDevices(views); });
  ASSERT_EQ(devices.size(), 1'000u);
  for (const audit::FileDevice& device : devices) {
    EXPECT_LE(device.untrusted.size(), kUntrustedMax);
  }
#if MUSTER_MEASURES_MEMORY
  EXPECT_LE(use.peak_octets, 2 * kMiB);
#endif
}

// Faults are many, and none of them is looked for from the start again: the faults that are kept
// are bounded, and the last one says so.
TEST_F(HostileInputTest, PemOfBoundariesOnlyEnds) {
  for (const std::string_view part : {"-----BEGIN CERTIFICATE-----", "-----BEGIN ", "-----",
                                      "-----BEGIN CERTIFICATE-----A-----", "-----BEGIN X-----\n"}) {
    const std::string text = "-----BEGIN CERTIFICATE-----" + Repeated(part, 2 * kMiB);
    Result<ReadOutcome> outcome;
    [[maybe_unused]] const test::MemoryUse use =
        test::MeasureMemory([&] { outcome = ReadEncoded(base::AsBytes(text)); });
    ASSERT_TRUE(outcome.has_value()) << part;
    EXPECT_TRUE(outcome->objects.empty());
    EXPECT_FALSE(outcome->faults.empty());
    EXPECT_LE(outcome->faults.size(), 10'001u);
#if MUSTER_MEASURES_MEMORY
    EXPECT_LE(use.peak_octets, 8 * kMiB) << part;
#endif
  }
}

// The smallest that passes for a certificate, tens of thousands of times.
TEST_F(HostileInputTest, AFileOfTinyCertificatesIsReadEntirely) {
  const std::string pem =
      Repeated("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", 2 * kMiB);
  AuditReport report;
  std::size_t records = 0;
  [[maybe_unused]] const test::MemoryUse use =
      test::MeasureMemory([&] { records = Audit(pem, &report).size(); });
  EXPECT_GT(records, 30'000u);
  EXPECT_EQ(report.by_reason.size(), 1u);
  EXPECT_EQ(report.by_reason["malformed-certificate"], records);
#if MUSTER_MEASURES_MEMORY
  EXPECT_LE(use.peak_octets, 128 * pem.size());
#endif
}

// --- Lines ------------------------------------------------------------------------------------

TEST_F(HostileInputTest, DeepAndLongLinesAreRecordsLikeAnyOther) {
  const std::string good = R"({"deviceId":"d","chain":["AAAA"]})";
  const std::vector<std::string> lines = {
      R"({"x":)" + std::string(kMiB, '['),
      R"({"chain":)" + Repeated("{\"chain\":", kMiB),
      R"({"x":)" + std::string(kMiB / 2, '[') + std::string(kMiB / 2, ']') + R"(,"chain":["AAAA"]})",
      "{" + Repeated(R"("x":0,)", kMiB) + R"("chain":["AAAA"]})",
      R"({"deviceId":")" + std::string(kMiB, 'a') + R"(","chain":["AAAA"]})",
      R"({"chain":[")" + std::string(kMiB, 'A') + R"("]})",
      R"({"chain":["AAAA")" + Repeated(R"(,"AAAA")", kMiB) + "]}",
      R"({"x":)" + std::string(kMiB, '9') + "}",
  };
  for (const std::string& line : lines) {
    SCOPED_TRACE(line.substr(0, 40));
    std::vector<AuditRecord> records;
    [[maybe_unused]] const test::MemoryUse use =
        test::MeasureMemory([&] { records = Audit(line + "\n" + good + "\n"); });
    ASSERT_EQ(records.size(), 2u);
    EXPECT_FALSE(records[0].verdict.accepted());
    EXPECT_EQ(records[1].source.line, 2u);
    EXPECT_EQ(records[1].device_id, "d");
#if MUSTER_MEASURES_MEMORY
    EXPECT_LE(use.peak_octets, 32 * kMiB);
#endif
  }
}

TEST_F(HostileInputTest, ALineBeyondTheLimitIsNotHeld) {
  const std::string text = "{" + std::string(64 * kMiB, ' ') + "}\n{}\n";
  std::vector<AuditRecord> records;
  [[maybe_unused]] const test::MemoryUse use = test::MeasureMemory([&] { records = Audit(text); });
  ASSERT_EQ(records.size(), 2u);
  EXPECT_NE(records[0].read_error, "");
#if MUSTER_MEASURES_MEMORY
  EXPECT_LE(use.peak_octets, text.size() + 32 * kMiB);  // The stream has a copy of the text.
#endif
}

// --- CRLs -------------------------------------------------------------------------------------

TEST_F(HostileInputTest, AHundredThousandEntriesAreFoundByOneLookUp) {
  const test::HostileChain large = test::LargeCrl(100'000);
  const auto& crls = large.snapshot->contents().crls;
  ASSERT_EQ(crls.size(), 1u);
  std::shared_ptr<const RegistrySnapshot> compiled;
  [[maybe_unused]] const test::MemoryUse use = test::MeasureMemory(
      [&] { compiled = test::Must(RegistrySnapshot::Compile(large.snapshot->contents())); });
  const Verdict verdict =
      Authenticator(compiled).Authenticate(large.Chain(), large.world->at());
  EXPECT_TRUE(verdict.accepted()) << NameOf(verdict.reason);
#if MUSTER_MEASURES_MEMORY
  EXPECT_LE(use.peak_octets, 8 * crls.front().der.size());
#endif
}

}  // namespace
}  // namespace muster
