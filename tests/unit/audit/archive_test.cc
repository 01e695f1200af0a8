// Inventories in archives: members in order, limits, and what is left out or refused.
#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>

#include "tests/unit/audit/format_fixture.h"

namespace muster::test {
namespace {

struct Member {
  std::string name, contents;
  unsigned type = AE_IFREG;
};

class ArchiveTest : public FormatTest {
 protected:
  enum class Kind { kTar, kTarGz, kTarXz, kTarZst, kZip, kGz };

  static std::string Pack(Kind kind, const std::vector<Member>& members,
                          const char* password = nullptr) {
    std::string out(std::size_t{8} << 20, '\0');
    const std::unique_ptr<::archive, decltype(&archive_write_free)> archive(archive_write_new(),
                                                                            &archive_write_free);
    const auto must = [&](int status) {
      if (status < ARCHIVE_WARN) throw std::runtime_error(archive_error_string(archive.get()));
    };
    switch (kind) {
      case Kind::kTar: break;
      case Kind::kTarGz:
      case Kind::kGz: must(archive_write_add_filter_gzip(archive.get())); break;
      case Kind::kTarXz: must(archive_write_add_filter_xz(archive.get())); break;
      case Kind::kTarZst: must(archive_write_add_filter_zstd(archive.get())); break;
      case Kind::kZip: break;
    }
    must(kind == Kind::kZip  ? archive_write_set_format_zip(archive.get())
         : kind == Kind::kGz ? archive_write_set_format_raw(archive.get())
                             : archive_write_set_format_pax_restricted(archive.get()));
    if (password != nullptr) {
      must(archive_write_set_options(archive.get(), "zip:encryption=traditional"));
      must(archive_write_set_passphrase(archive.get(), password));
    }
    std::size_t used = 0;
    must(archive_write_open_memory(archive.get(), out.data(), out.size(), &used));
    for (const Member& member : members) {
      const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(
          archive_entry_new(), &archive_entry_free);
      archive_entry_set_pathname(entry.get(), member.name.c_str());
      archive_entry_set_filetype(entry.get(), member.type);
      archive_entry_set_perm(entry.get(), 0644);
      if (member.type == AE_IFLNK) {
        archive_entry_set_symlink(entry.get(), member.contents.c_str());
      } else {
        archive_entry_set_size(entry.get(), static_cast<la_int64_t>(member.contents.size()));
      }
      must(archive_write_header(archive.get(), entry.get()));
      if (member.type == AE_IFREG && !member.contents.empty()) {
        archive_write_data(archive.get(), member.contents.data(), member.contents.size());
      }
    }
    must(archive_write_close(archive.get()));
    out.resize(used);
    return out;
  }

  std::vector<std::string> Members() const {
    std::vector<std::string> members;
    for (const AuditRecord& record : records_) members.push_back(record.source.member);
    return members;
  }
};

TEST_F(ArchiveTest, MembersOfEveryFormat) {
  const std::vector<Member> members = {
      {"a/chain.pem", "text\n" + Pem({one_, factory_})},
      {"fleet.ndjson", OwnLine("x", {one_, factory_}) + "broken\n" + OwnLine("y", {two_})},
      {"table.csv", "id,cert\nz," + Base64(two_) + "\n"},
      {"one.der", Der(one_)},
      {"device.key", one_.key().ToPem()},
  };
  for (const Kind kind :
       {Kind::kTar, Kind::kTarGz, Kind::kTarXz, Kind::kTarZst, Kind::kZip}) {
    Audit(Pack(kind, members));
    EXPECT_EQ(Members(), (Lines{"a/chain.pem", "fleet.ndjson", "fleet.ndjson", "fleet.ndjson",
                                "table.csv", "one.der"}));
    ASSERT_EQ(records_.size(), 6u);
    EXPECT_TRUE(records_[0].verdict.accepted());
    EXPECT_EQ(records_[0].source.line, 2u);
    EXPECT_EQ(records_[1].device_id, "x");
    EXPECT_NE(records_[2].read_error, "");
    EXPECT_EQ(records_[3].source.line, 3u);
    EXPECT_EQ(records_[4].device_id, "z");
    EXPECT_EQ(records_[4].source.line, 2u);
    EXPECT_EQ(report_.devices, 5u);
  }
}

TEST_F(ArchiveTest, ASingleCompressedFileHasNoMemberName) {
  Audit(Pack(Kind::kGz, {{"x", OwnLine("x", {one_, factory_})}}));
  EXPECT_EQ(Outcomes(), Lines{"x none"});
  EXPECT_EQ(Members(), Lines{""});
  // What is asked for is what lies inside.
  options_.inventory.format = "csv";
  EXPECT_EQ(Of(Pack(Kind::kGz, {{"x", "i,c\ny," + Base64(one_) + "\n"}})),
            Lines{" link-not-presented"});
}

TEST_F(ArchiveTest, BatchesOfAnySizeSayTheSame) {
  std::vector<Member> members;
  for (int i = 0; i < 40; ++i) {
    const Entity& device = i % 2 == 0 ? one_ : two_;
    members.push_back({"m" + std::to_string(i) + ".pem", Pem({device, factory_})});
    members.push_back({"n" + std::to_string(i), OwnLine(std::to_string(i), {one_})});
  }
  const std::string packed = Pack(Kind::kTarGz, members);
  const auto together = Of(packed);
  const auto names = Members();
  ASSERT_EQ(together.size(), 80u);
  options_.batch_records = 1;
  options_.threads = 3;
  EXPECT_EQ(Of(packed), together);
  EXPECT_EQ(Members(), names);
}

TEST_F(ArchiveTest, LinksFoldersAndHiddenFilesAreLeftOut) {
  EXPECT_EQ(Of(Pack(Kind::kTar, {{"d", "", AE_IFDIR},
                                 {"link.pem", "/etc/passwd", AE_IFLNK},
                                 {"pipe", "", AE_IFIFO},
                                 {"d/._one.pem", "apple"},
                                 {".git/x", "hidden"},
                                 {"./one.pem", Pem({one_, factory_})}})),
            Lines{" none"});
}

TEST_F(ArchiveTest, AnArchiveInAnArchiveIsRefused) {
  const std::string inner = Pack(Kind::kTarGz, {{"x.pem", Pem({one_, factory_})}});
  const auto outcomes = Of(Pack(Kind::kZip, {{"inner.tgz", inner}, {"b.pem", Pem({one_})}}));
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_NE(outcomes[0].find("inside of an archive"), std::string::npos);
  EXPECT_EQ(records_[0].source.member, "inner.tgz");
  EXPECT_EQ(outcomes[1], " link-not-presented");
}

TEST_F(ArchiveTest, AskedForItHoldsMembersOfAnyFormat) {
  options_.inventory.format = "archive";
  EXPECT_EQ(Of(Pack(Kind::kTarGz, {{"a.pem", Pem({one_, factory_})},
                                   {"b.ndjson", OwnLine("b", {two_, factory_})}})),
            (Lines{" none", "b none"}));
}

TEST_F(ArchiveTest, WhatIsNoArchiveIsRefused) {
  using namespace std::string_literals;
  const auto refused = [this](const std::string& text) {
    const auto outcomes = Of(text);
    ASSERT_EQ(outcomes.size(), 1u);
    EXPECT_NE(outcomes[0].find("is no archive"), std::string::npos) << outcomes[0];
  };
  // The beginning of gzip, and nothing that follows it.
  refused("\x1f\x8b\x08z1}\n"s);
  options_.inventory.format = "archive";
  refused("\x1f\x8b\x08z1}\n"s);
  refused("any text");
  refused(OwnLine("x", {one_, factory_}));
  refused(Pem({one_, factory_}));
}

TEST_F(ArchiveTest, EncryptedAndEmptyMembersAreReported) {
  Audit(Pack(Kind::kZip, {{"secret.pem", Pem({one_})}}, "password"));
  ASSERT_EQ(records_.size(), 1u);
  EXPECT_NE(records_[0].read_error.find("encrypted"), std::string::npos) << records_[0].read_error;
  Audit(Pack(Kind::kTar, {{"nothing.pem", ""}, {"b.pem", Pem({one_})}}));
  ASSERT_EQ(records_.size(), 2u);
  EXPECT_EQ(records_[0].read_error, "is empty");
}

TEST_F(ArchiveTest, LimitsLeaveTheRestOut) {
  const std::string pem = Pem({one_, factory_});
  const std::vector<Member> members = {{"a.pem", pem}, {"b.pem", pem}, {"c.pem", pem}};
  const std::string packed = Pack(Kind::kTarGz, members);
  const auto ends = [&](const std::string& why, std::size_t records) {
    Audit(packed);
    ASSERT_EQ(records_.size(), records) << why;
    const std::string& error = records_.back().read_error;
    EXPECT_NE(error.find(why), std::string::npos) << error;
    EXPECT_NE(error.find("the rest of the archive was not read"), std::string::npos) << error;
  };
  options_.inventory.archive.members_max = 2;
  ends("more than 2 members", 3);
  options_.inventory.archive = {};
  options_.inventory.archive.member_octets_max = pem.size() - 1;
  ends("the member has more than", 1);
  options_.inventory.archive = {};
  options_.inventory.archive.octets_max = 2 * pem.size();
  ends("the archive holds more than", 3);
  options_.inventory.archive = {};
  options_.inventory.archive.member_octets_max = pem.size();
  options_.inventory.archive.octets_max = 3 * pem.size();
  options_.inventory.archive.members_max = 3;
  EXPECT_EQ(Of(packed), (Lines{" none", " none", " none"}));
}

// A bomb is stopped by its ratio, wherever it lies: in what is read, and in what is passed over.
// The limit of a record holds for a member that is one, and for a line of one.
TEST_F(ArchiveTest, RecordsInMembersHaveALimitToo) {
  options_.record_size_max = 4'000;
  const std::string line = OwnLine("pump-1", {one_, factory_});
  const std::string large = Pem({one_, factory_}) + std::string(5'000, '\n');
  Audit(Pack(Kind::kTar, {{"a.ndjson", line + std::string(5'000, 'x') + "\n" + line},
                          {"b.pem", large},
                          {"c.pem", Pem({two_, factory_})}}));
  ASSERT_EQ(records_.size(), 5u);
  EXPECT_TRUE(records_[0].verdict.accepted());
  EXPECT_EQ(records_[1].read_error, "the line has 5000 octets, more than the limit of 4000");
  EXPECT_TRUE(records_[2].verdict.accepted());
  EXPECT_EQ(records_[3].read_error, "the file has " + std::to_string(large.size()) +
                                        " octets, more than the limit of 4000");
  EXPECT_TRUE(records_[4].verdict.accepted());
}

TEST_F(ArchiveTest, BombsAreStopped) {
  const std::string zeros(std::size_t{64} << 20, '\0');
  const std::string pem = Pem({one_, factory_});
  for (const char* name : {"zeros.ndjson", ".hidden"}) {
    for (const Kind kind : {Kind::kTarGz, Kind::kZip}) {
      Audit(Pack(kind, {{"a.pem", pem}, {name, zeros}, {"b.pem", pem}}));
      ASSERT_EQ(records_.size(), 2u) << name;
      EXPECT_TRUE(records_[0].verdict.accepted());
      EXPECT_NE(records_[1].read_error.find("100 times its size"), std::string::npos)
          << records_[1].read_error;
    }
  }
}

TEST_F(ArchiveTest, DamageIsARecord) {
  std::vector<Member> members;
  for (int i = 0; i < 8; ++i) {
    members.push_back({"d" + std::to_string(i), Der(w_.Leaf("x" + std::to_string(i), factory_))});
  }
  for (const Kind kind : {Kind::kTar, Kind::kTarGz, Kind::kTarXz, Kind::kTarZst, Kind::kZip}) {
    const std::string packed = Pack(kind, members);
    for (std::size_t part = 1; part < 8; ++part) {
      Audit(packed.substr(0, packed.size() * part / 8));
      std::size_t bad = 0;
      for (const AuditRecord& record : records_) bad += record.read_error.empty() ? 0 : 1;
      // A tar may be cut between two members, where nothing shows; nothing is made up anywhere.
      EXPECT_LE(records_.size() - bad, 8u);
      if (kind == Kind::kTarGz) {
        EXPECT_GE(bad, 1u) << part;
      }
      std::string flipped = packed;
      flipped[packed.size() * part / 8] ^= 0x40;
      Audit(flipped);
      EXPECT_LE(records_.size(), 20u);
    }
  }
}

}  // namespace
}  // namespace muster::test
