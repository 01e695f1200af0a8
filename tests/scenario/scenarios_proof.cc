// Proofs of possession, accepted and refused (6xx).
#include <stdexcept>

#include "muster/proof_of_possession.h"
#include "tests/scenario/scenario.h"

namespace muster::test {
namespace {

using R = RejectReason;
using std::chrono::days;

class ProofSet {
 public:
  World w{"proof"};
  const Entity root = w.Root("Root");
  const Entity ca = w.Intermediate("Factory", root);
  const Entity child = w.Intermediate("Line", ca);

  ProofScenario& Add(std::string name, std::string about, R reason, Bytes proof) {
    ProofScenario& scenario = all_.emplace_back();
    scenario.name = "proof-" + std::move(name);
    scenario.about = std::move(about);
    scenario.ca = ca.bytes();
    scenario.proof = std::move(proof);
    scenario.at = w.at();
    scenario.reason = reason;
    return scenario;
  }
  Bytes Good() { return w.Proof(ca, FirstCode()); }
  // A certificate for the code, by `issuer`, that `edit` spoils.
  Bytes Issued(const Entity& issuer, const Edit& edit = {}) {
    return w
        .Leaf(FirstCode(), issuer,
              [&](CertificateTemplate& t) {
                t.extended_key_usage.clear();
                if (edit) edit(t);
              })
        .bytes();
  }
  std::vector<ProofScenario> Take() { return std::move(all_); }

 private:
  std::vector<ProofScenario> all_;
};

void AddCodes(ProofSet& s) {
  s.Add("good", "The code, signed with the CA's own key.", R::kNone, s.Good());
  s.Add("no-code", "No code was made.", R::kProofNoCode, s.Good()).with_code = false;
  s.Add("code-expired", "The code is older than thirty days.", R::kProofCodeExpired, s.Good())
      .wait = kVerificationCodeLifetime + std::chrono::seconds{1};
  s.Add("code-exhausted", "Ten bad proofs killed the code.", R::kProofCodeExhausted, s.Good())
      .bad_proofs_before = kBadProofsMax;
  s.Add("nine-bad-proofs", "Nine bad proofs do not kill the code.", R::kNone, s.Good())
      .bad_proofs_before = kBadProofsMax - 1;
  s.Add("other-code", "A code that was never made.", R::kProofCodeMismatch,
        s.w.Proof(s.ca, std::string(48, 'A')));
  std::string lower = FirstCode();
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  s.Add("code-in-lower-case", "The code is compared octet by octet.", R::kProofCodeMismatch,
        s.w.Proof(s.ca, lower));
}

void AddSigners(ProofSet& s) {
  s.Add("by-parent", "Signed with the root's key: the commonest mistake.", R::kProofIssuerMismatch,
        s.Issued(s.root));
  s.Add("by-child", "Signed with the key of a CA below.", R::kProofIssuerMismatch,
        s.Issued(s.child));
  const Entity twin = s.w.Intermediate("Factory", s.root, {.key_label = "another key"});
  s.Add("same-name-other-key", "Signed by a CA of the same name with another key.",
        R::kProofBadSignature, s.Issued(twin));
  s.Add("bad-signature", "One bit of the signature was changed.", R::kProofBadSignature,
        FlipSignatureBit(s.Good()));
}

void AddForms(ProofSet& s) {
  Bytes version = s.Good();
  // [0] { INTEGER 2 } becomes [0] { OCTET STRING }.
  for (std::size_t i = 0; i + 4 < version.size(); ++i) {
    if (version[i] == 0xa0 && version[i + 1] == 0x03 && version[i + 2] == 0x02) {
      version[i + 2] = 0x04;
      break;
    }
  }
  s.Add("malformed", "Not a well-formed certificate.", R::kProofMalformed, version);
  const NameAttribute cn{"2.5.4.3", FirstCode()};
  s.Add("two-cns", "The code twice.", R::kProofSubject, s.Issued(s.ca, [&](CertificateTemplate& t) {
    t.subject = {cn, cn};
  }));
  s.Add("no-cn", "An organisation instead of a CN.", R::kProofSubject,
        s.Issued(s.ca, [&](CertificateTemplate& t) {
          t.subject = {{"2.5.4.10", FirstCode()}};
        }));
  s.Add("nul-in-cn", "A NUL behind the code.", R::kProofSubject,
        s.Issued(s.ca, [&](CertificateTemplate& t) {
          t.subject = {{"2.5.4.3", FirstCode() + std::string(1, '\0')}};
        }));
  s.Add("not-yet-valid", "The proof's own validity begins tomorrow.", R::kProofNotYetValid,
        s.Issued(s.ca, [&](CertificateTemplate& t) { t.not_before = s.w.at() + days{1}; }));
  s.Add("expired", "The proof's own validity ended yesterday.", R::kProofExpired,
        s.Issued(s.ca, [&](CertificateTemplate& t) { t.not_after = s.w.at() - days{1}; }));
  s.Add("is-ca", "The proof is a CA certificate.", R::kProofIsCa,
        s.Issued(s.ca, [](CertificateTemplate& t) { t.is_ca = true; }));
  s.Add("ca-itself", "The CA certificate itself.", R::kProofSelfIssued, s.ca.bytes());
  s.Add("sha1", "Signed with SHA-1.", R::kProofAlgorithm,
        s.Issued(s.ca, [](CertificateTemplate& t) { t.hash = "SHA-1"; }));
}

}  // namespace

std::vector<ProofScenario> ProofScenarios() {
  ProofSet s;
  AddCodes(s);
  AddSigners(s);
  AddForms(s);
  return s.Take();
}

}  // namespace muster::test
