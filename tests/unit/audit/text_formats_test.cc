// Inventories in text: CSV, LDIF, PEM in its layouts, and what is only recognised.
#include <algorithm>
#include <utility>

#include "tests/unit/audit/format_fixture.h"

namespace muster::test {
namespace {

class TextFormatTest : public FormatTest {
 protected:
  static std::string Quoted(const std::string& cell) {
    std::string out = "\"";
    for (char c : cell) out += c == '"' ? "\"\"" : std::string(1, c);
    return out + '"';
  }
  static std::string B64(const std::string& octets) {
    return base::EncodeBase64(base::AsBytes(octets));
  }
  static std::string Hex(const Entity& entity) { return base::HexUpper(entity.der()); }
};

TEST_F(TextFormatTest, CellsOfEveryEncoding) {
  const Lines expected = {"pump-1 none", "pump-2 link-not-presented"};
  for (const char* delimiter : {",", ";", "\t", "|"}) {
    for (const char* end : {"\n", "\r\n"}) {
      const auto row = [&](const std::string& id, const std::string& cell) {
        return id + delimiter + cell + delimiter + "x" + end;
      };
      const std::string header = row("device_id", "what");
      EXPECT_EQ(Of(header + row("pump-1", Quoted(Pem({one_, factory_}))) +
                   row("pump-2", Quoted(Pem({two_})))),
                expected);
      EXPECT_EQ(Of(row("pump-1", Quoted(Pem({one_, factory_}))) + row("pump-2", Base64(two_))),
                expected);
      EXPECT_EQ(Of(header + row("pump-2", Base64(two_)) + row("pump-2", Hex(two_))),
                (Lines{expected[1], expected[1]}));
    }
  }
}

TEST_F(TextFormatTest, RowsKeepTheirPlace) {
  const std::string first = "pump-1," + Quoted(Pem({one_, factory_})) + "\n";
  Audit("id,cert\n\n" + first + "\npump-2," + Base64(two_));
  ASSERT_EQ(records_.size(), 2u);
  EXPECT_EQ(records_[0].source.line, 3u);
  EXPECT_EQ(records_[0].source.offset, 9u);
  EXPECT_EQ(records_[1].source.offset, 9 + first.size() + 1);
  EXPECT_EQ(records_[1].source.line,
            static_cast<std::uint64_t>(4 + std::count(first.begin(), first.end(), '\n')));
}

// Exports that are known: RainMaker's node_certs.csv, and nRF Cloud's onboarding file.
TEST_F(TextFormatTest, KnownExports) {
  EXPECT_EQ(Of("node_id,certs\r\nn1," + Quoted(Pem({one_, factory_})) + "\r\n"), Lines{"n1 none"});
  EXPECT_EQ(Of("nrf-1,gateway,a|b,APP|MODEM," + Quoted(Pem({one_, factory_})) + "\n"),
            Lines{"nrf-1 none"});
}

TEST_F(TextFormatTest, ColumnsAreMapped) {
  const std::string text = "a;b;c;d\nx;" + Base64(one_) + ";" + Base64(factory_) + ";pump-1\n";
  for (const char* map : {"id=d,cert=b,chain=c", "chain=3,cert=2,id=4", "id=d,cert=2,chain=c"}) {
    options_.inventory.columns = Must(ParseColumnMap(map));
    EXPECT_EQ(Of(text), Lines{"pump-1 none"}) << map;
  }
  options_.inventory.columns = Must(ParseColumnMap("cert=b"));
  EXPECT_EQ(Of(text), Lines{" link-not-presented"});
  options_.inventory.columns = Must(ParseColumnMap("cert=e"));
  Refuses(text, "no column 'e'");
  options_.inventory.columns = Must(ParseColumnMap("cert=9"));
  Refuses(text, "4 cells, and column 9");
  for (const char* bad : {"", "id=a", "cert", "cert=", "cert=a,cert=b", "key=a,cert=b"}) {
    EXPECT_FALSE(ParseColumnMap(bad)) << bad;
  }
}

TEST_F(TextFormatTest, AChainColumnIsFoundByItsName) {
  const std::string header = "serial,device id,cert,chain\n";
  EXPECT_EQ(Of(header + "7,pump-1," + Base64(one_) + "," + Quoted(Pem({one_, factory_})) + "\n" +
               "8,pump-2," + Base64(two_) + ",\n"),
            (Lines{"pump-1 none", "pump-2 link-not-presented"}));
}

// Ten certificates beside the leaf are the limit; a chain that was added twice would break it.
TEST_F(TextFormatTest, AColumnOfWholeChainsIsTakenOnce) {
  std::vector<Entity> chain = {factory_};
  for (int i = 0; i < 6; ++i) {
    chain.insert(chain.begin(), w_.Intermediate("Line " + std::to_string(i), chain.front()));
  }
  chain.insert(chain.begin(), w_.Leaf("pump-9", chain.front()));
  const std::string text = "id,chain\nx," + Quoted(Pem(chain)) + "\n";
  EXPECT_EQ(Of(text), Lines{"x none"});
  options_.inventory.columns = Must(ParseColumnMap("cert=chain,chain=2"));
  EXPECT_EQ(Of(text), Lines{" none"});
}

// RFC 4180 2.7: a quote in a quoted cell is doubled.
TEST_F(TextFormatTest, DoubledQuotesAreOne) {
  EXPECT_EQ(Of("id,cert\n\"the \"\"big\"\" pump\"," + Quoted(Pem({one_, factory_})) + "\n"),
            Lines{"the \"big\" pump none"});
}

TEST_F(TextFormatTest, AChainColumnThatCannotBeReadIsABadRow) {
  const std::string header = "id,cert,chain\n";
  const std::string good = "pump-1," + Base64(one_) + "," + Base64(factory_) + "\n";
  for (const auto& [row, why] : std::vector<std::pair<std::string, std::string>>{
           {"x," + Base64(two_) + ",rubbish!\n", "column 3: "},
           {"x," + Base64(two_) + "\n", "the row has 2 cells, and column 3 is wanted"}}) {
    Audit(header + good + row + good);
    ASSERT_EQ(records_.size(), 3u) << why;
    EXPECT_TRUE(records_[0].verdict.accepted());
    EXPECT_NE(records_[1].read_error.find(why), std::string::npos) << records_[1].read_error;
    EXPECT_TRUE(records_[2].verdict.accepted());
  }
}

TEST_F(TextFormatTest, EscapedLineEndsInACell) {
  std::string pem = Pem({one_, factory_}), escaped;
  for (char c : pem) escaped += c == '\n' ? "\\n" : std::string(1, c);
  EXPECT_EQ(Of("id,cert\npump-1," + Quoted(escaped) + "\n"), Lines{"pump-1 none"});
}

TEST_F(TextFormatTest, BadRowsAreRecordsAndTheRestIsRead) {
  const std::string good = "pump-1," + Quoted(Pem({one_, factory_})) + "\n";
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"x," + std::string(kSecret) + "\n", "column 2: "},
      {"x\n", "1 cells"},
      {"x,\n", "holds no certificate"},
      {"x,a\"b\n", "quote stands inside"},
      {"x,\"a\"b\n", "follows the closing quote"},
      {std::string("x\0y,", 4) + Base64(two_) + "\n", "NUL"},
      {"x," + Quoted("-----BEGIN PRIVATE KEY-----\n" + std::string(kSecret) +
                     "\n-----END PRIVATE KEY-----\n") + "\n",
       "no certificate"},
      {"x," + Quoted(Pem({two_}).substr(0, 300)) + "\n", "column 2: "},
      {std::string(2'000, ',') + "\n", "more than 1000 cells"},
  };
  for (const auto& [row, why] : rows) {
    Audit("id,cert\n" + good + row + good);
    ASSERT_EQ(records_.size(), 3u) << row.substr(0, 100);
    EXPECT_TRUE(records_[0].verdict.accepted());
    EXPECT_NE(records_[1].read_error.find(why), std::string::npos) << records_[1].read_error;
    EXPECT_TRUE(records_[2].verdict.accepted());
  }
  Audit("id,cert\n" + good + "x,\"never closed\ny," + Base64(two_) + "\n");
  ASSERT_EQ(records_.size(), 2u);
  EXPECT_NE(records_[1].read_error.find("quoted cell"), std::string::npos);
}

TEST_F(TextFormatTest, ARowBeyondTheLimitIsLetGo) {
  options_.record_size_max = 5'000;
  const std::string good = "pump-1," + Quoted(Pem({one_, factory_})) + "\n";
  Audit("id,cert\n" + good + "x," + std::string(3'000'000, 'M') + "\n" + good);
  ASSERT_EQ(records_.size(), 3u);
  EXPECT_NE(records_[1].read_error.find("limit of 5000"), std::string::npos);
  EXPECT_TRUE(records_[2].verdict.accepted());
}

TEST_F(TextFormatTest, AFileWithoutCertificateColumn) {
  options_.inventory.format = "csv";
  Refuses("a,b\n1,2\n", "--map");
  Refuses("\n\n", "is empty");
}

// ---- PEM ----------------------------------------------------------------------------------------

TEST_F(TextFormatTest, PemIsNoCsvForAllItsCommas) {
  const std::string text = "subject=C = AB, O = Acme, CN = x\nissuer=CN = a, O = b\n";
  EXPECT_EQ(Of(text + Pem({one_}) + text + Pem({factory_})), Lines{" none"});
}

TEST_F(TextFormatTest, LayoutsOfAFile) {
  const std::string text = Pem({one_, two_, factory_});
  EXPECT_EQ(Of(text), (Lines{" none", " none"}));
  options_.inventory.layout = InventoryLayout::kChain;
  EXPECT_EQ(Of(text), Lines{" none"});
  EXPECT_EQ(records_[0].leaf, one_.fingerprint());
  options_.inventory.layout = InventoryLayout::kList;
  EXPECT_EQ(Of(Pem({one_, factory_})), Lines{" none"});
  Refuses(Pem({factory_, root_}), "CA certificates only");
  options_.inventory.layout = InventoryLayout::kAuto;
  EXPECT_EQ(Of(Pem({factory_, root_})).size(), 1u);
}

TEST_F(TextFormatTest, OlderLabelsAndKeys) {
  const std::string key = "-----BEGIN EC PRIVATE KEY-----\n" + std::string(kSecret) +
                          "\n-----END EC PRIVATE KEY-----\n";
  EXPECT_EQ(Of(key + EncodePem(one_.der(), "X509 CERTIFICATE") + key +
               EncodePem(factory_.der(), "TRUSTED CERTIFICATE")),
            Lines{" none"});
}

// ---- LDIF ---------------------------------------------------------------------------------------

TEST_F(TextFormatTest, Ldif) {
  const auto folded = [](const std::string& attribute) {
    std::string out;
    for (std::size_t i = 0; i < attribute.size(); i += 70) {
      out += (i == 0 ? "" : " ") + attribute.substr(i, 70) + "\r\n";
    }
    return out;
  };
  const std::string text =
      "version: 1\r\n# devices\r\n\r\ndn: ou=devices\r\nobjectClass: organizationalUnit\r\n\r\n"
      "dn: cn=pump-1,ou=devices\r\ncn: pump-1\r\nuserPassword: " +
      std::string(kSecret) + "\r\n" + folded("userCertificate;binary:: " + Base64(one_)) +
      "\r\ndn:: " + B64("cn=pump-2") + "\r\nusercertificate:: " + Base64(two_) + "\r\n\r\n";
  EXPECT_EQ(Of(text), (Lines{"pump-1 link-not-presented", "cn=pump-2 link-not-presented"}));
  EXPECT_EQ(records_[0].source.line, 10u);
}

TEST_F(TextFormatTest, LdifThatHoldsNoDevice) {
  Refuses("dn: cn=x\ncn: x\nuserCertificate;binary:< file:///etc/passwd\n", "nothing is fetched");
  Refuses("dn: cn=x\nuserCertificate;binary:: " + std::string(kSecret) + "!\n", "not base64");
  Refuses("dn: cn=x\nno colon here\n", "no colon");
  Refuses("dn: cn=x\ncn: x\n", "no entry has a userCertificate");
  options_.record_size_max = 1'000;
  Refuses("dn: cn=x\nuserCertificate:: " + std::string(5'000, 'A') + "\n", "limit of 1000");
}

// ---- Recognised, not read -----------------------------------------------------------------------

TEST_F(TextFormatTest, WhatIsOnlyRecognisedSaysWhatToDo) {
  const std::string index = "V\t261123105408Z\t\t04\tunknown\t/CN=pump-1\n";
  Refuses(index, "newcerts");
  // In its folder the certificates are found by themselves.
  Write("ca/index.txt", index);
  Write("ca/newcerts/04.pem", "Certificate:\n  Data:\n" + Pem({one_, factory_}));
  records_.clear();
  std::istringstream none;
  Must(FleetAudit(authenticator_, options_)
           .Run({folder_.At("ca")}, none,
                [this](const AuditRecord& record) { records_.push_back(record); }));
  EXPECT_EQ(Outcomes(), Lines{" none"});
}

TEST_F(TextFormatTest, FormatsHaveNamesOfTheirOwn) {
  const std::vector<InventoryFormat> formats = InventoryFormats();
  std::vector<std::string_view> names;
  for (const InventoryFormat& format : formats) {
    EXPECT_FALSE(format.description.empty());
    EXPECT_EQ(std::count(names.begin(), names.end(), format.name), 0) << format.name;
    names.push_back(format.name);
  }
  EXPECT_GE(names.size(), 10u);
}

}  // namespace
}  // namespace muster::test
