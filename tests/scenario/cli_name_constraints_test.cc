// validate --eku serverAuth under a CA whose name constraints permit some names: every form of name
// that RFC 5280 4.2.1.10 gives rules for, run as a user runs it.

#include "tests/scenario/cli_fixture.h"
#include "tests/unit/path/extension_writer.h"

namespace muster::test {
namespace {

struct Form {
  const char* name;
  path::Name base, inside, outside;
};

class ValidateNameConstraints : public CommandTest {
 protected:
  static Bytes Organization(const char* organization, const char* common_name = nullptr) {
    std::vector<NameAttribute> attributes = {{"2.5.4.10", organization}};
    if (common_name != nullptr) attributes.push_back({"2.5.4.3", common_name});
    return Must(EncodeName(attributes));
  }

  static std::vector<Form> Forms() {
    return {
        {"dNSName", path::Dns("example.com"), path::Dns("pump.example.com"),
         path::Dns("pump.example.org")},
        {"iPAddress", path::Ip({10, 1, 0, 0, 255, 255, 0, 0}), path::Ip({10, 1, 2, 3}),
         path::Ip({10, 2, 2, 3})},
        {"directoryName", path::Directory(Organization("Acme")),
         path::Directory(Organization("Acme", "pump")),
         path::Directory(Organization("Other", "pump"))},
        {"rfc822Name", path::Email("example.com"), path::Email("pump@example.com"),
         path::Email("pump@mail.example.com")},
        {"URI", path::Uri(".example.com"), path::Uri("https://pump.example.com/status"),
         path::Uri("https://example.org/status")},
    };
  }

  // Validates a server below a CA with these constraints.
  CommandResult Validate(const std::vector<path::Name>& permitted,
                         const std::vector<path::Name>& excluded, const path::Name& name) {
    const Entity ca = w_.Intermediate("Constrained", root_, [&](CertificateTemplate& t) {
      t.extensions.push_back(path::NameConstraints(permitted, excluded));
    });
    const Entity server = w_.Leaf("server", ca, [&](CertificateTemplate& t) {
      t.subject_der = Bytes{0x30, 0x00};  // All its names are alternative ones.
      t.extended_key_usage = {"1.3.6.1.5.5.7.3.1"};
      t.extensions.push_back(path::SubjectAltName({name}));
      t.extensions.back().critical = true;  // As RFC 5280 4.2.1.6 asks below an empty subject.
    });
    return Run({"validate", "--eku", "serverAuth", "--at", at_, "--anchor", root_pem_,
                Pem("server.pem", {server, ca})});
  }
};

TEST_F(ValidateNameConstraints, PermittedSubtrees) {
  for (const Form& form : Forms()) {
    SCOPED_TRACE(form.name);
    const CommandResult inside = Validate({form.base}, {}, form.inside);
    EXPECT_EQ(inside.status, 0) << inside.out << inside.err;
    const CommandResult outside = Validate({form.base}, {}, form.outside);
    EXPECT_EQ(outside.status, 1) << outside.err;
    EXPECT_NE(outside.out.find("name-constraint-violated"), std::string::npos) << outside.out;
  }
}

TEST_F(ValidateNameConstraints, ExcludedSubtrees) {
  for (const Form& form : Forms()) {
    SCOPED_TRACE(form.name);
    const CommandResult outside = Validate({}, {form.base}, form.outside);
    EXPECT_EQ(outside.status, 0) << outside.out << outside.err;
    const CommandResult inside = Validate({}, {form.base}, form.inside);
    EXPECT_EQ(inside.status, 1) << inside.err;
    EXPECT_NE(inside.out.find("name-constraint-violated"), std::string::npos) << inside.out;
  }
}

// A constraint says nothing about names of other forms.
TEST_F(ValidateNameConstraints, OtherFormsAreFree) {
  const std::vector<Form> forms = Forms();
  for (const Form& constraint : forms) {
    for (const Form& name : forms) {
      if (constraint.name == name.name) continue;
      const CommandResult result = Validate({constraint.base}, {}, name.outside);
      EXPECT_EQ(result.status, 0) << constraint.name << ", " << name.name << result.out;
    }
  }
}

}  // namespace
}  // namespace muster::test
