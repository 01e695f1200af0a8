#include "engine/path/name_forms.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::path {
namespace {

// "p" within as a permitted subtree, "x" as an excluded one, both, or "-".
std::string Ask(TextForm form, std::string_view name, std::string_view constraint) {
  const TextName read_name(form, name);
  const TextConstraint read_constraint(form, constraint);
  std::string answer;
  if (read_constraint.Covers(read_name, Subtree::kPermitted)) answer += "p";
  if (read_constraint.Covers(read_name, Subtree::kExcluded)) answer += "x";
  return answer.empty() ? "-" : answer;
}
std::string Dns(std::string_view name, std::string_view constraint) {
  return Ask(TextForm::kDns, name, constraint);
}
std::string Email(std::string_view name, std::string_view constraint) {
  return Ask(TextForm::kEmail, name, constraint);
}
std::string EmailAttribute(std::string_view name, std::string_view constraint) {
  return Ask(TextForm::kEmailAttribute, name, constraint);
}
std::string Uri(std::string_view name, std::string_view constraint) {
  return Ask(TextForm::kUri, name, constraint);
}

TEST(DnsNameTest, TheNameAndWhatIsBelowIt) {
  EXPECT_EQ(Dns("example.com", "example.com"), "px");
  EXPECT_EQ(Dns("a.example.com", "example.com"), "px");
  EXPECT_EQ(Dns("a.b.EXAMPLE.com", "eXample.com"), "px");
  EXPECT_EQ(Dns("anexample.com", "example.com"), "-");
  EXPECT_EQ(Dns("com", "example.com"), "-");
  EXPECT_EQ(Dns("example.com.evil", "example.com"), "-");
}

TEST(DnsNameTest, ALeadingDotMeansBelowOnly) {
  EXPECT_EQ(Dns("a.example.com", ".example.com"), "px");
  EXPECT_EQ(Dns("example.com", ".example.com"), "-");
  EXPECT_EQ(Dns("anexample.com", ".example.com"), "-");
}

TEST(DnsNameTest, TrailingDotsAreIgnored) {
  EXPECT_EQ(Dns("a.example.com.", "example.com"), "px");
  EXPECT_EQ(Dns("a.example.com", "example.com."), "px");
  EXPECT_EQ(Dns("example.com.", "example.com."), "px");
}

TEST(DnsNameTest, AnEmptyConstraintCoversEverything) {
  EXPECT_EQ(Dns("example.com", ""), "px");
  EXPECT_EQ(Dns("", ""), "px");
}

TEST(DnsNameTest, AnEmptyNameIsWithinNothingElse) { EXPECT_EQ(Dns("", "example.com"), "-"); }

TEST(DnsNameTest, WildcardsArePermittedWhereAllOfThemAreAndExcludedWhereAnyIs) {
  EXPECT_EQ(Dns("*.example.com", "example.com"), "px");
  EXPECT_EQ(Dns("*.example.com", ".example.com"), "px");
  EXPECT_EQ(Dns("*.example.com", "a.example.com"), "x");
  EXPECT_EQ(Dns("*.example.com", ".a.example.com"), "-");  // One label only.
  EXPECT_EQ(Dns("*.example.com", "b.a.example.com"), "-");
  EXPECT_EQ(Dns("*.example.com", "example.org"), "-");
  EXPECT_EQ(Dns("*", "example.com"), "-");
  EXPECT_EQ(Dns("*.com", "com"), "px");
  EXPECT_EQ(Dns("*.host", "local"), "-") << "one label has none above it";
  EXPECT_EQ(Dns("a_b-c.example", "a_b-c.example"), "px");
}

TEST(DnsNameTest, WhatCannotBeReadIsNeverPermittedAndAlwaysExcluded) {
  for (const char* name : {"a..example.com", ".example.com", "a b.example.com", "a@example.com",
                           "example.com..", "."}) {
    EXPECT_EQ(Dns(name, "example.com"), name == std::string(".") ? "-" : "x") << name;
  }
  for (const char* constraint : {".", "..", "a..com", "..com", "*@", "a com"}) {
    EXPECT_EQ(Dns("example.com", constraint), "x") << constraint;
  }
}

TEST(Rfc822NameTest, AMailboxIsCompareedWithCaseInTheLocalPartOnly) {
  EXPECT_EQ(Email("foo@example.com", "foo@example.com"), "px");
  EXPECT_EQ(Email("foo@EXAMPLE.com", "foo@example.COM"), "px");
  EXPECT_EQ(Email("Foo@example.com", "foo@example.com"), "-");
  EXPECT_EQ(Email("foo@a.example.com", "foo@example.com"), "-");
}

TEST(Rfc822NameTest, AHostMeansThatHostOnly) {
  EXPECT_EQ(Email("foo@example.com", "Example.com"), "px");
  EXPECT_EQ(Email("foo@a.example.com", "example.com"), "-");
  EXPECT_EQ(Email("foo@anexample.com", "example.com"), "-");
}

TEST(Rfc822NameTest, ADomainMeansTheHostsBelowIt) {
  EXPECT_EQ(Email("foo@a.example.com", ".example.com"), "px");
  EXPECT_EQ(Email("foo@a.b.example.com", ".EXAMPLE.com"), "px");
  EXPECT_EQ(Email("foo@example.com", ".example.com"), "-");
}

TEST(Rfc822NameTest, WhatCannotBeReadIsNeverPermittedAndAlwaysExcluded) {
  for (const char* name :
       {"", "foo", "@example.com", "foo@", "foo@bar@example.com", "\"foo\"@example.com",
        "foo@[8.8.8.8]", "f oo@example.com", ".foo@example.com", "foo.@example.com",
        "f..oo@example.com", "foo@.example.com", "foo@example..com", "foo@example.com."}) {
    EXPECT_EQ(Email(name, "example.com"), "x") << name;
  }
  for (const char* constraint :
       {"", "@example.com", "\"foo\"@example.com", "[8.8.8.8]", ".", "foo@", "a b"}) {
    EXPECT_EQ(Email("foo@example.com", constraint), "x") << constraint;
  }
}

TEST(EmailAddressTest, IsExcludedInAnyCase) {
  EXPECT_EQ(EmailAttribute("FOO@example.com", "foo@example.com"), "x");
  EXPECT_EQ(EmailAttribute("foo@example.com", "foo@example.com"), "px");
  EXPECT_EQ(EmailAttribute("FOO@example.com", "example.com"), "px");
  EXPECT_EQ(EmailAttribute("bar@example.com", "foo@example.com"), "-");
  EXPECT_EQ(EmailAttribute("not a mailbox", "NOT a mailbox"), "x");
}

TEST(UriTest, ComparesTheHost) {
  EXPECT_EQ(Uri("https://example.com/x", "example.com"), "px");
  EXPECT_EQ(Uri("https://user:pw@EXAMPLE.com:8443/x?y#z", "example.com"), "px");
  EXPECT_EQ(Uri("coap://example.com?x", "example.com"), "px");
  EXPECT_EQ(Uri("coap://example.com#x", "example.com"), "px");
  EXPECT_EQ(Uri("https://example.com.", "example.com"), "px");
  EXPECT_EQ(Uri("https://a.example.com/", "example.com"), "-");
  EXPECT_EQ(Uri("https://a.example.com/", ".example.com"), "px");
  EXPECT_EQ(Uri("https://example.com/", ".example.com"), "-");
  // What stands before '@' is no host.
  EXPECT_EQ(Uri("https://example.com@evil.org/", "example.com"), "-");
  EXPECT_EQ(Uri("https://a@b@example.com/", "example.com"), "px");
}

TEST(UriTest, WhatHasNoHostNameIsNeverPermittedAndAlwaysExcluded) {
  for (const char* name :
       {"", "urn:isbn:123", "mailto:foo@example.com", "://example.com", "https:/example.com",
        "https:///x", "https://192.0.2.1/", "https://[2001:db8::1]/", "https://example.1",
        "https://exa mple.com/", "https://.example.com/"}) {
    EXPECT_EQ(Uri(name, "example.com"), "x") << name;
  }
  for (const char* constraint : {"", ".", "https://example.com", "example.com/x", "[::1]"}) {
    EXPECT_EQ(Uri("https://example.com/", constraint), "x") << constraint;
  }
}

// RFC 1034 3.1: 63 octets a label, 253 characters a name.
TEST(UriTest, HostNamesHaveTheLengthsAndCharactersOfTheDns) {
  const auto host = [](std::size_t first_label, std::size_t labels_of_60) {
    std::string name(first_label, 'a');
    for (std::size_t i = 0; i < labels_of_60; ++i) name += "." + std::string(60, 'b');
    return name;
  };
  const auto uri = [](const std::string& name) { return "https://" + name + "/"; };
  for (const std::string& good : {host(63, 1), host(9, 4), std::string("a-b_c.example")}) {
    EXPECT_EQ(Uri(uri(good), good), "px") << good;
  }
  for (const std::string& bad :
       {host(64, 1), host(10, 4), std::string("a+b.example"), std::string("a{b.example")}) {
    EXPECT_EQ(Uri(uri(bad), "example.com"), "x") << bad;
    EXPECT_EQ(Uri("https://example.com/", bad), "x") << bad;
  }
  EXPECT_EQ(Uri("https://example.1a/", "example.1a"), "px") << "no number";
  EXPECT_EQ(Uri("https://example.a/", "example.a"), "px");
}

TEST(IpAddressTest, ComparesUnderTheMask) {
  const Bytes net = {192, 0, 2, 0, 255, 255, 255, 0};
  EXPECT_TRUE(IpAddressWithin(Bytes{192, 0, 2, 77}, net));
  EXPECT_FALSE(IpAddressWithin(Bytes{192, 0, 3, 77}, net));
  // Host bits of the constraint do not matter.
  EXPECT_TRUE(IpAddressWithin(Bytes{192, 0, 2, 77}, Bytes{192, 0, 2, 5, 255, 255, 255, 0}));
  EXPECT_TRUE(IpAddressWithin(Bytes{1, 2, 3, 4}, Bytes(8, 0)));
  // Never the other version.
  EXPECT_FALSE(IpAddressWithin(Bytes(16, 0), Bytes(8, 0)));
  EXPECT_FALSE(IpAddressWithin(Bytes(4, 0), Bytes(32, 0)));
  Bytes v6(32, 0);
  v6[0] = 0x20;
  v6[16] = 0xff;
  Bytes address(16, 7);
  EXPECT_FALSE(IpAddressWithin(address, v6));
  address[0] = 0x20;
  EXPECT_TRUE(IpAddressWithin(address, v6));
}

TEST(IpAddressTest, ConstraintsHaveAContiguousMask) {
  EXPECT_TRUE(IsIpConstraint(Bytes{10, 0, 0, 0, 255, 0, 0, 0}));
  EXPECT_TRUE(IsIpConstraint(Bytes{10, 0, 0, 0, 255, 0xfe, 0, 0}));
  EXPECT_TRUE(IsIpConstraint(Bytes(32, 0xff)));
  EXPECT_TRUE(IsIpConstraint(Bytes(8, 0)));
  EXPECT_FALSE(IsIpConstraint(Bytes{10, 0, 0, 0, 255, 0, 255, 0}));
  EXPECT_FALSE(IsIpConstraint(Bytes{10, 0, 0, 0, 0xfd, 0, 0, 0}));
  EXPECT_FALSE(IsIpConstraint(Bytes{10, 0, 0, 0, 0, 0, 0, 1}));
  EXPECT_FALSE(IsIpConstraint(Bytes(7, 0)));
  EXPECT_FALSE(IsIpConstraint(Bytes(16, 0xff)));
  EXPECT_FALSE(IsIpConstraint(Bytes{}));
}

}  // namespace
}  // namespace muster::path
