#include "engine/path/name_constraints.h"

#include <gmock/gmock.h>

#include <random>

#include "engine/x509/name.h"
#include "tests/unit/path/path_fixture.h"

namespace muster::path {
namespace {

using ::testing::HasSubstr;

const Finding kViolatedByLeaf{RejectReason::kNameConstraintViolated, 0};

class NameConstraintsTest : public PathTest {
 protected:
  static Bytes NameOf(const std::vector<NameAttribute>& attributes) {
    return test::Must(EncodeName(attributes));
  }
  static NameAttribute Org(std::string value) { return {"2.5.4.10", std::move(value)}; }
  static NameAttribute Cn(std::string value) { return {"2.5.4.3", std::move(value)}; }

  // A leaf with `names` (or without an extension) under a CA with `constraints`.
  Finding Validate(const RawExtension& constraints, const std::vector<Name>& names,
                   const test::Edit& edit = {}) {
    const Entity factory = w_.Intermediate("Factory", root_, With(constraints));
    const Entity leaf = w_.Leaf("device-1", factory, [&](CertificateTemplate& t) {
      if (!names.empty()) t.extensions.push_back(SubjectAltName(names));
      if (edit) edit(t);
    });
    return PathTest::Validate({leaf, factory, root_});
  }
  using PathTest::Validate;

  Entity root_ = w_.Root("Root");
};

TEST_F(NameConstraintsTest, DnsNames) {
  const auto permitted = NameConstraints({Dns("example.com")}, {});
  EXPECT_EQ(Validate(permitted, {Dns("a.example.com")}), kGoodPath);
  EXPECT_EQ(Validate(permitted, {Dns("example.com"), Dns("example.org")}), kViolatedByLeaf);
  EXPECT_EQ(detail_, "dNSName example.org is not permitted by CN=Factory");
  const auto excluded = NameConstraints({}, {Dns("example.com")});
  EXPECT_EQ(Validate(excluded, {Dns("a.example.com")}), kViolatedByLeaf);
  EXPECT_EQ(detail_, "dNSName a.example.com is excluded by dNSName example.com of CN=Factory");
  EXPECT_EQ(Validate(excluded, {Dns("example.org")}), kGoodPath);
}

TEST_F(NameConstraintsTest, ConstraintsThatAreNotCriticalCountToo) {
  EXPECT_EQ(Validate(NameConstraints({Dns("example.com")}, {}, false), {Dns("example.org")}),
            kViolatedByLeaf);
}

TEST_F(NameConstraintsTest, OtherFormsAreFree) {
  const auto dns_only = NameConstraints({Dns("example.com")}, {Dns("x.example.com")});
  EXPECT_EQ(Validate(dns_only, {Email("foo@example.org"), Ip({1, 2, 3, 4}), Uri("urn:x"),
                                RegisteredId("1.2.3"), Directory(NameOf({Org("Acme")}))}),
            kGoodPath);
  EXPECT_EQ(Validate(dns_only, {}), kGoodPath);
}

TEST_F(NameConstraintsTest, ExclusionWinsOverPermission) {
  const auto both = NameConstraints({Dns("example.com")}, {Dns("b.example.com")});
  EXPECT_EQ(Validate(both, {Dns("a.example.com")}), kGoodPath);
  EXPECT_EQ(Validate(both, {Dns("b.example.com")}), kViolatedByLeaf);
}

TEST_F(NameConstraintsTest, MailUriAndIpForms) {
  EXPECT_EQ(Validate(NameConstraints({Email(".example.com")}, {}), {Email("a@b.example.com")}),
            kGoodPath);
  EXPECT_EQ(Validate(NameConstraints({Email(".example.com")}, {}), {Email("a@example.com")}),
            kViolatedByLeaf);
  EXPECT_EQ(Validate(NameConstraints({Uri("example.com")}, {}), {Uri("https://example.com/")}),
            kGoodPath);
  EXPECT_EQ(Validate(NameConstraints({Uri("example.com")}, {}), {Uri("https://192.0.2.1/")}),
            kViolatedByLeaf);
  const Bytes net = {10, 0, 0, 0, 255, 0, 0, 0};
  EXPECT_EQ(Validate(NameConstraints({Ip(net)}, {}), {Ip({10, 1, 2, 3})}), kGoodPath);
  EXPECT_EQ(Validate(NameConstraints({Ip(net)}, {}), {Ip({11, 1, 2, 3})}), kViolatedByLeaf);
  EXPECT_EQ(Validate(NameConstraints({Ip(net)}, {}), {Ip(Bytes(16, 1))}), kViolatedByLeaf);
}

TEST_F(NameConstraintsTest, DirectoryNamesConstrainTheSubject) {
  const auto acme = NameConstraints({Directory(NameOf({Org("Acme")}))}, {});
  const auto subject = [&](std::vector<NameAttribute> attributes) {
    return [attributes](CertificateTemplate& t) { t.subject = attributes; };
  };
  EXPECT_EQ(Validate(acme, {}, subject({Org("ACME "), Cn("d")})), kGoodPath);
  EXPECT_EQ(Validate(acme, {}, subject({Org("Other"), Cn("d")})), kViolatedByLeaf);
  EXPECT_THAT(detail_, HasSubstr("directoryName"));
  EXPECT_EQ(Validate(acme, {}, subject({Cn("d"), Org("Acme")})), kViolatedByLeaf);
  // And directoryNames among the alternative names.
  EXPECT_EQ(Validate(acme, {Directory(NameOf({Org("Other")}))}, subject({Org("Acme")})),
            kViolatedByLeaf);
  const auto not_acme = NameConstraints({}, {Directory(NameOf({Org("Acme")}))});
  EXPECT_EQ(Validate(not_acme, {}, subject({Org("Acme"), Cn("d")})), kViolatedByLeaf);
  EXPECT_EQ(Validate(not_acme, {}, subject({Org("Acme Ltd"), Cn("d")})), kGoodPath);
}

TEST_F(NameConstraintsTest, AnEmptySubjectIsNotConstrained) {
  EXPECT_EQ(Validate(NameConstraints({Directory(NameOf({Org("Acme")}))}, {}), {Dns("a.b")},
                     [](CertificateTemplate& t) {
                       t.subject_der = Bytes{0x30, 0x00};
                     }),
            kGoodPath);
}

TEST_F(NameConstraintsTest, EmailAddressesOfTheSubjectCountWithoutAlternativeNames) {
  const auto mail = [](std::string address) {
    return [address](CertificateTemplate& t) {
      t.subject = {{"2.5.4.3", "d"},
                   {"1.2.840.113549.1.9.1", address, NameAttribute::StringKind::kIa5}};
    };
  };
  const auto permitted = NameConstraints({Email("example.com")}, {});
  EXPECT_EQ(Validate(permitted, {}, mail("a@example.com")), kGoodPath);
  EXPECT_EQ(Validate(permitted, {}, mail("a@example.org")), kViolatedByLeaf);
  EXPECT_EQ(Validate(permitted, {Dns("x.y")}, mail("a@example.org")), kGoodPath);
  EXPECT_EQ(Validate(NameConstraints({}, {Email("a@example.com")}), {}, mail("A@example.com")),
            kViolatedByLeaf);
}

TEST_F(NameConstraintsTest, ConstrainsIntermediatesButNotSelfIssuedOnes) {
  const auto acme = NameConstraints({Directory(NameOf({Org("Acme")}))}, {});
  const Entity root = w_.Root("Acme Root", With(acme));
  const auto in_acme = [&](CertificateTemplate& t) { t.subject = {Org("Acme"), Cn("d")}; };
  const Entity outside = w_.Intermediate("Outside", root);
  EXPECT_EQ(Validate({w_.Leaf("d", outside, in_acme), outside, root}),
            (Finding{RejectReason::kNameConstraintViolated, 1}));
  // The same name as its issuer: exempt (6.1.3 (b)).
  const Entity rolled = w_.Intermediate("Acme Root", root, {.key_label = "new key"});
  EXPECT_EQ(Validate({w_.Leaf("d", rolled, in_acme), rolled, root}), kGoodPath);
  // The last certificate never is.
  rules_.refuse_ca = false;
  rules_.require_digital_signature = false;
  EXPECT_EQ(Validate({rolled, root}), kViolatedByLeaf);
}

TEST_F(NameConstraintsTest, EveryCaOfThePathConstrains) {
  const Entity root = w_.Root("R", With(NameConstraints({Dns("example.com")}, {})));
  const Entity factory =
      w_.Intermediate("F", root, With(NameConstraints({Dns("com")}, {Dns("x.example.com")})));
  const auto leaf = [&](std::string_view name) {
    return w_.Leaf("d", factory, With(SubjectAltName({Dns(name)})));
  };
  EXPECT_EQ(Validate({leaf("a.example.com"), factory, root}), kGoodPath);
  EXPECT_EQ(Validate({leaf("a.com"), factory, root}), kViolatedByLeaf);
  EXPECT_EQ(Validate({leaf("x.example.com"), factory, root}), kViolatedByLeaf);
}

TEST_F(NameConstraintsTest, FormsWithoutARuleFailClosed) {
  const Finding unsupported{RejectReason::kUnsupportedNameConstraint, 0};
  for (const bool critical : {true, false}) {
    EXPECT_EQ(
        Validate(NameConstraints({RegisteredId("1.2.3")}, {}, critical), {RegisteredId("1.2.3")}),
        unsupported);
    EXPECT_EQ(
        Validate(NameConstraints({}, {RegisteredId("1.2.3")}, critical), {RegisteredId("1.2.4")}),
        unsupported);
    EXPECT_EQ(Validate(NameConstraints({RegisteredId("1.2.3")}, {}, critical), {Dns("a.b")}),
              kGoodPath);
  }
}

TEST_F(NameConstraintsTest, SaysWhichFormCannotBeCompared) {
  const Bytes utf8 = {0x0c, 0x01, 0x61};
  const Bytes other = DerWriter()
                          .AddOid(OidOf("1.2.3"))
                          .Add(der::ContextConstructed(0), utf8)
                          .Take();
  const std::pair<Name, const char*> forms[] = {
      {{der::ContextConstructed(0), other}, "otherName 06022a03a0030c0161"},
      {{der::ContextConstructed(3), utf8}, "x400Address 0c0161"},
      {{der::ContextConstructed(5), utf8}, "ediPartyName 0c0161"},
      {RegisteredId("1.2.3"), "registeredID 2a03"},
  };
  for (const auto& [name, shown] : forms) {
    for (const auto& constraints : {NameConstraints({name}, {}), NameConstraints({}, {name})}) {
      EXPECT_EQ(Validate(constraints, {name}),
                (Finding{RejectReason::kUnsupportedNameConstraint, 0}));
      EXPECT_EQ(detail_, std::string(shown) + " is constrained and cannot be compared");
    }
  }
}

TEST_F(NameConstraintsTest, NamesAreShownPrintableAndShort) {
  const auto excluded = NameConstraints({}, {Dns("example.com")});
  EXPECT_EQ(Validate(excluded, {Dns("a b\x7f.example.com")}), kViolatedByLeaf);
  EXPECT_EQ(detail_,
            R"(dNSName a\20b\7f.example.com is excluded by dNSName example.com of CN=Factory)");
  const std::string label(250, 'a');
  EXPECT_EQ(Validate(excluded, {Dns(label + ".example.com")}), kViolatedByLeaf);
  EXPECT_THAT(detail_, HasSubstr("dNSName " + label.substr(0, 200) + "... is excluded"));
}

// Each level counts for the forms it constrains.
TEST_F(NameConstraintsTest, LevelsMayConstrainDifferentForms) {
  const Entity root = w_.Root("R", With(NameConstraints({Dns("example.com")}, {})));
  const Entity factory =
      w_.Intermediate("F", root, With(NameConstraints({Email("example.org")}, {})));
  const auto leaf = [&](std::string_view dns, std::string_view email) {
    return w_.Leaf("d", factory, With(SubjectAltName({Dns(dns), Email(email)})));
  };
  EXPECT_EQ(Validate({leaf("a.example.com", "a@example.org"), factory, root}), kGoodPath);
  EXPECT_EQ(Validate({leaf("a.example.org", "a@example.org"), factory, root}), kViolatedByLeaf);
  EXPECT_EQ(Validate({leaf("a.example.com", "a@example.com"), factory, root}), kViolatedByLeaf);
}

TEST_F(NameConstraintsTest, RefusesMalformedConstraints) {
  EXPECT_EQ(Validate(NameConstraints({Ip({10, 0, 0, 0, 255, 0, 255, 0})}, {}), {}),
            (Finding{RejectReason::kMalformedExtension, 1}));
  EXPECT_EQ(Validate(NameConstraints({}, {Ip({10, 0, 0, 0, 0, 0, 0, 1})}), {}),
            (Finding{RejectReason::kMalformedExtension, 1}));
  EXPECT_EQ(Validate(NameConstraints({}, {}), {}), (Finding{RejectReason::kMalformedExtension, 1}));
}

TEST_F(NameConstraintsTest, ComparisonsAreBudgetedOverThePath) {
  // Three names of the leaf with two constraints each; the subject with none.
  const auto constraints = NameConstraints({Dns("a.example"), Dns("example")}, {});
  const std::vector<Name> names = {Dns("x.example"), Dns("y.example"), Dns("z.example")};
  options_.budget.name_comparisons_max = 6;
  EXPECT_EQ(Validate(constraints, names), kGoodPath);
  options_.budget.name_comparisons_max = 5;
  EXPECT_EQ(Validate(constraints, names), (Finding{RejectReason::kBudgetExhausted, 0}));
  const auto excluded = NameConstraints({}, {Dns("a.example"), Dns("b.example")});
  EXPECT_EQ(Validate(excluded, names), (Finding{RejectReason::kBudgetExhausted, 0}));
  options_.budget.name_comparisons_max = 6;
  EXPECT_EQ(Validate(excluded, names), kGoodPath);
}

TEST_F(NameConstraintsTest, ComparisonsOfIntermediatesCountForTheLeafToo) {
  const Entity root = w_.Root("R", With(NameConstraints({}, {Dns("example")})));
  const Entity factory = w_.Intermediate("F", root, With(SubjectAltName({Dns("f.test")})));
  const Entity leaf = w_.Leaf("d", factory, With(SubjectAltName({Dns("d.test")})));
  options_.budget.name_comparisons_max = 2;
  EXPECT_EQ(Validate({leaf, factory, root}), kGoodPath);
  options_.budget.name_comparisons_max = 1;
  EXPECT_EQ(Validate({leaf, factory, root}), (Finding{RejectReason::kBudgetExhausted, 0}));
}

TEST_F(NameConstraintsTest, ManyNamesTimesManyConstraintsEndSoon) {
  std::vector<Name> names, constraints;
  for (int i = 0; i < 2'000; ++i) {
    names.push_back(Dns("n" + std::to_string(i) + ".example"));
    constraints.push_back(Dns("c" + std::to_string(i) + ".example"));
  }
  EXPECT_EQ(Validate(NameConstraints({}, constraints), names),
            (Finding{RejectReason::kBudgetExhausted, 0}));
}

// What is compared counts, not only how often: few names of tens of thousands of octets would
// otherwise cost more than many.
TEST_F(NameConstraintsTest, LongTextsCostByTheOctetsThatBothHave) {
  const auto long_name = [](char c) { return Dns(std::string(640, c)); };
  const auto constraints = NameConstraints({}, {long_name('a'), Dns("example")});
  options_.budget.name_comparisons_max = 12;
  EXPECT_EQ(Validate(constraints, {long_name('b')}), kGoodPath);
  EXPECT_EQ(Validate(constraints, {Dns("short.test"), Dns("b.test"), Dns("c.test")}), kGoodPath);
  options_.budget.name_comparisons_max = 11;
  EXPECT_EQ(Validate(constraints, {long_name('b')}), (Finding{RejectReason::kBudgetExhausted, 0}));
}

TEST_F(NameConstraintsTest, FewLongNamesTimesManyLongConstraintsEndSoon) {
  std::vector<Name> names, constraints;
  for (int i = 0; i < 200; ++i) {
    names.push_back(Dns(std::string(300, 'a') + std::to_string(i)));
    constraints.push_back(Dns(std::string(295, 'a') + "c" + std::to_string(i)));
  }
  // 40,000 comparisons, which would pass if they were short.
  EXPECT_EQ(Validate(NameConstraints({}, constraints), names), kGoodPath);
  for (Name& name : names) name.content.insert(name.content.begin(), 900, 'a');
  for (Name& name : constraints) name.content.insert(name.content.begin(), 900, 'a');
  names.resize(50), constraints.resize(50);
  options_.budget.name_comparisons_max = 2'500 * 18;
  EXPECT_EQ(Validate(NameConstraints({}, constraints), names),
            (Finding{RejectReason::kBudgetExhausted, 0}));
}

// The set compares canonical octets; x509::NameWithinSubtree is what they stand for.
TEST_F(NameConstraintsTest, AgreesWithNameWithinSubtree) {
  std::mt19937 random(7);
  const std::vector<std::string> values = {"a", "A ", "b", "ab", ""};
  const auto name = [&] {
    std::vector<NameAttribute> attributes;
    for (auto n = random() % 4; n > 0; --n) {
      attributes.push_back(
          {random() % 2 == 0 ? "2.5.4.10" : "2.5.4.11", values[random() % values.size()]});
    }
    return NameOf(attributes);
  };
  int within = 0;
  for (int i = 0; i < 300; ++i) {
    const Bytes base = name(), subject = name();
    const Entity ca = w_.Root("ca", With(NameConstraints({Directory(base)}, {})));
    NameConstraintSet names;
    ASSERT_TRUE(names.Add(ca.view()));
    const Entity leaf = w_.Leaf("d", ca, [&](CertificateTemplate& t) {
      t.subject_der = Bytes{0x30, 0x00};
      t.extensions.push_back(SubjectAltName({Directory(subject)}));
    });
    int comparisons_left = 10;
    const bool permitted = !names.Check(leaf.view(), &comparisons_left).has_value();
    EXPECT_EQ(permitted, x509::NameWithinSubtree(subject, base))
        << DisplayName(subject) << " in " << DisplayName(base);
    within += permitted ? 1 : 0;
  }
  EXPECT_GT(within, 30);
  EXPECT_LT(within, 270);
}

}  // namespace
}  // namespace muster::path
