// Comparison: one question, put to muster and to a peer.
#ifndef MUSTER_TESTS_DIFFERENTIAL_COMPARISON_H_
#define MUSTER_TESTS_DIFFERENTIAL_COMPARISON_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "muster/path_validation.h"
#include "tests/peers/peer_validation.h"
#include "tests/support/adversarial_pki.h"

namespace muster::test {

enum class Peer : std::uint8_t { kOpenssl, kBotan };
std::string_view NameOf(Peer peer);

using Ask = std::function<PeerAnswer(const PeerQuestion&)>;

struct MusterAnswer {
  ValidationOutcome outcome;
  // The certificate that does not parse, as a place in the question: 0 = target, then untrusted,
  // then anchors. A question with one is refused, as peers refuse it.
  std::optional<std::size_t> unreadable;

  bool valid() const { return outcome.valid; }
  RejectReason reason() const { return outcome.reason; }
};
MusterAnswer AskMuster(const PeerQuestion& question);

// Something that muster finds wrong, and the certificate that it stands in; null for the path as a
// whole.
struct LocatedFault {
  RejectReason reason = RejectReason::kNotEvaluated;
  const CertificatePlan* certificate = nullptr;
};

// A question on which muster and a peer disagree, with what explanations look at.
struct Disagreement {
  AdversarialQuestion question;
  PeerQuestion made;
  MusterAnswer muster;
  Peer peer = Peer::kOpenssl;
  PeerAnswer answer;
  // Certificates on the path that muster found, or got furthest with; 0 = leaf. Into `question`.
  std::vector<const CertificatePlan*> path = {};
  // Where muster refuses: all that is wrong with that path.
  std::vector<LocatedFault> faults = {};
  // Where muster accepts: what the peer says to the path that muster found, and no other
  // certificate. Where it accepts that, it did not find the path.
  PeerAnswer directly = {};

  Disagreement() = default;
  Disagreement(const Disagreement&) = delete;  // `path` points into `question`.
  Disagreement& operator=(const Disagreement&) = delete;

  bool muster_accepts() const { return muster.valid(); }
};

// Asks muster and the peer; null where they agree.
//
// Where the peer accepts and muster does not, certificates are taken away as long as the peer still
// accepts: what is left is its path, so that muster's reason is about that and not about another.
std::unique_ptr<const Disagreement> Compare(const AdversarialQuestion& question,
                                            const PeerQuestion& made, const MusterAnswer& muster,
                                            Peer peer, const Ask& ask, AdversarialIssuer* issuer);

// One line: who says what.
std::string Summarise(const Disagreement& disagreement);

}  // namespace muster::test

#endif  // MUSTER_TESTS_DIFFERENTIAL_COMPARISON_H_
