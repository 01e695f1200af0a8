// Which flaws a question has: by theme, so that flaws that belong together meet.
#include <algorithm>
#include <iterator>

#include "tests/support/adversarial_draw.h"

namespace muster::test {
namespace {

using Question = AdversarialQuestion;

constexpr std::string_view kClientAuth = "1.3.6.1.5.5.7.3.2", kServerAuth = "1.3.6.1.5.5.7.3.1";
constexpr std::string_view kPolicy1 = "1.3.6.1.4.1.55555.10.1";
constexpr std::string_view kPolicy2 = "1.3.6.1.4.1.55555.10.2";

class FlawPlanter {
 public:
  FlawPlanter(Random* random, Question* question) : random_(*random), q_(*question) {}

  void Plant() {
    struct Theme {
      std::string_view name;
      void (FlawPlanter::*plant)();
    };
    static constexpr Theme kThemes[] = {
        {"nothing", &FlawPlanter::PlantNothing},    {"names", &FlawPlanter::PlantNames},
        {"names", &FlawPlanter::PlantNames},        {"policies", &FlawPlanter::PlantPolicies},
        {"constraints", &FlawPlanter::PlantBasics}, {"identifiers", &FlawPlanter::PlantIdentifiers},
        {"extensions", &FlawPlanter::PlantUnknown}, {"dates", &FlawPlanter::PlantDates},
        {"algorithms", &FlawPlanter::PlantKeys},    {"form", &FlawPlanter::PlantForm},
        {"form", &FlawPlanter::PlantForm},          {"revocation", &FlawPlanter::PlantCrls},
        {"anything", &FlawPlanter::PlantAnything},
    };
    const Theme& theme = kThemes[Below(std::size(kThemes), &random_)];
    q_.theme = theme.name;
    DrawPurpose();
    (this->*theme.plant)();
    DisturbCertificates();
  }

 private:
  using Themes = std::vector<std::string_view>;

  // A row of one of the themes that may stand in such a certificate; null where none may.
  const Flaw* DrawFlaw(const Themes& themes, bool is_ca) {
    std::vector<const Flaw*> rows;
    for (const Flaw& flaw : Flaws()) {
      const bool fits = flaw.place == FlawPlace::kAny || (flaw.place == FlawPlace::kCa) == is_ca;
      const bool meant =
          themes.empty() || std::find(themes.begin(), themes.end(), flaw.theme()) != themes.end();
      if (fits && meant) rows.push_back(&flaw);
    }
    return rows.empty() ? nullptr : rows[Below(rows.size(), &random_)];
  }

  std::size_t AnyCertificate() { return Below(q_.certificates.size(), &random_); }
  // 0 where there is no CA.
  std::size_t AnyCa() {
    for (int i = 0; i < 8; ++i) {
      const std::size_t index = AnyCertificate();
      if (q_.certificates[index].is_ca) return index;
    }
    return 0;
  }

  void PlantOn(std::size_t index, const Themes& themes) {
    CertificatePlan& plan = q_.certificates[index];
    const Flaw* flaw = DrawFlaw(themes, plan.is_ca);
    if (flaw == nullptr || plan.HasFlaw(flaw->name)) return;
    plan.flaws.push_back(flaw);
    if (plan.salt == 0) plan.salt = random_();
  }

  void PlantSome(const Themes& themes, std::size_t at_most) {
    for (std::size_t i = 1 + Below(at_most, &random_); i-- > 0;) {
      // The leaf is on every path.
      PlantOn(OneIn(3, &random_) ? 0 : AnyCertificate(), themes);
    }
  }

  void PlantNothing() {}
  void PlantAnything() { PlantSome({}, 3); }
  void PlantBasics() { PlantSome({"basic", "usage", "purpose"}, 2); }
  void PlantIdentifiers() { PlantSome({"identifier", "name"}, 2); }
  void PlantUnknown() { PlantSome({"unknown", "version", "serial"}, 2); }
  void PlantKeys() { PlantSome({"algorithm", "key", "signature"}, 1); }
  void PlantForm() { PlantSome({"form"}, 1); }

  void PlantNames() {
    PlantOn(0, {"altname"});
    PlantOn(AnyCa(), {"constraint"});
    if (OneIn(3, &random_)) PlantOn(AnyCa(), {"constraint"});
    if (OneIn(6, &random_)) PlantOn(0, {"constraint", "name"});
  }

  void PlantPolicies() {
    for (std::size_t i = 0; i < q_.certificates.size(); ++i) {
      if (Below(4, &random_) != 0) PlantOn(i, {"policy"});
      if (OneIn(3, &random_)) PlantOn(i, {"policy"});
    }
    switch (Below(5, &random_)) {
      case 0:
        q_.initial_policies = {std::string(kPolicy1)};
        break;
      case 1:
        q_.initial_policies = {std::string(kPolicy2)};
        break;
      case 2:
        q_.initial_policies = {std::string(kPolicy1), std::string(kPolicy2)};
        break;
      default:
        break;
    }
    q_.explicit_policy = OneIn(2, &random_);
    q_.inhibit_policy_mapping = OneIn(4, &random_);
    q_.inhibit_any_policy = OneIn(4, &random_);
  }

  void PlantDates() {
    if (OneIn(2, &random_)) PlantSome({"date"}, 2);
    if (!OneIn(3, &random_)) DrawEdge();
  }

  void DrawEdge() {
    q_.edge =
        TimeEdge{AnyCertificate(), OneIn(2, &random_), static_cast<int>(Below(3, &random_)) - 1};
  }

  // A CRL of every CA; often something is revoked, or one of them is not good.
  void PlantCrls() {
    q_.require_crl = !OneIn(3, &random_);
    for (std::size_t i = 0; i < q_.certificates.size(); ++i) {
      const CertificatePlan& ca = q_.certificates[i];
      const bool known = std::any_of(q_.crls.begin(), q_.crls.end(), [&](const CrlPlan& crl) {
        const CertificatePlan& other = q_.certificates[crl.issuer];
        return other.subject == ca.subject && other.key == ca.key;
      });
      if (ca.is_ca && !known && !OneIn(12, &random_)) q_.crls.push_back({.issuer = i});
    }
    if (q_.crls.empty()) return;
    for (CrlPlan& crl : q_.crls) {
      const CertificatePlan& ca = q_.certificates[crl.issuer];
      for (std::size_t i = 0; i < q_.certificates.size(); ++i) {
        const CertificatePlan& plan = q_.certificates[i];
        if (plan.issuer == ca.subject && plan.issuer_key == ca.key && OneIn(5, &random_)) {
          crl.revoked.push_back(i);
        }
      }
    }
    if (!OneIn(3, &random_)) {
      const std::size_t flaw = Below(static_cast<std::size_t>(CrlFlaw::kCount), &random_);
      q_.crls[Below(q_.crls.size(), &random_)].flaw = static_cast<CrlFlaw>(flaw);
    }
  }

  void DrawPurpose() {
    const std::size_t draw = Below(10, &random_);
    if (draw < 5) q_.key_purpose = kClientAuth;
    if (draw == 5) q_.key_purpose = kServerAuth;
  }

  // What is sent and trusted, whatever the shape says.
  void DisturbCertificates() {
    std::vector<std::size_t>& sent = q_.untrusted;
    if (!sent.empty() && OneIn(12, &random_)) {
      sent.erase(sent.begin() + static_cast<std::ptrdiff_t>(Below(sent.size(), &random_)));
    }
    if (!sent.empty() && OneIn(16, &random_)) sent.push_back(sent[Below(sent.size(), &random_)]);
    if (OneIn(16, &random_)) sent.push_back(AnyCertificate());
    if (OneIn(40, &random_)) q_.anchors.push_back(AnyCertificate());
    for (std::size_t i = sent.size(); i > 1; --i) std::swap(sent[i - 1], sent[Below(i, &random_)]);
    if (q_.theme != "dates" && OneIn(20, &random_)) DrawEdge();
  }

  Random& random_;
  Question& q_;
};

}  // namespace

void PlantFlaws(Random* random, AdversarialQuestion* question) {
  FlawPlanter(random, question).Plant();
}

}  // namespace muster::test
