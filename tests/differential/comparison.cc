#include "tests/differential/comparison.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "engine/base/byte_view.h"

namespace muster::test {
namespace {

ValidationOptions OptionsOf(const PeerQuestion& question) {
  ValidationOptions options;
  options.key_purpose = question.key_purpose;
  options.initial_policies = question.initial_policies;
  options.explicit_policy = question.explicit_policy;
  options.inhibit_policy_mapping = question.inhibit_policy_mapping;
  options.inhibit_any_policy = question.inhibit_any_policy;
  options.require_crl = question.require_crl;
  options.algorithms.allow_sha1 = question.allow_sha1;
  return options;
}

// The place in the question of a plan's certificate.
const CertificatePlan& PlanAt(const AdversarialQuestion& question, std::size_t place) {
  if (place == 0) return question.certificates.front();
  --place;
  const auto& untrusted = question.untrusted;
  return question
      .certificates[place < untrusted.size() ? untrusted[place]
                                             : question.anchors[place - untrusted.size()]];
}

// The question with one path and nothing else to build from.
PeerQuestion WithPath(PeerQuestion question, const std::vector<Certificate>& path) {
  question.untrusted.clear();
  for (std::size_t i = 1; i + 1 < path.size(); ++i) {
    question.untrusted.emplace_back(path[i].der().begin(), path[i].der().end());
  }
  question.anchors = {Bytes(path.back().der().begin(), path.back().der().end())};
  return question;
}

// Takes away what the peer does not need to accept.
void KeepPathOf(const Ask& ask, AdversarialQuestion* question, AdversarialIssuer* issuer) {
  for (auto* list : {&question->untrusted, &question->anchors}) {
    for (std::size_t i = list->size(); i-- > 0;) {
      const std::size_t taken = (*list)[i];
      const auto place = list->begin() + static_cast<std::ptrdiff_t>(i);
      list->erase(place);
      if (!ask(issuer->Make(*question)).valid()) {
        list->insert(list->begin() + static_cast<std::ptrdiff_t>(i), taken);
      }
    }
  }
}

// Finds the plans of the certificates that muster's answer speaks of.
void Locate(AdversarialIssuer* issuer, Disagreement* found) {
  const ValidationOutcome& outcome = found->muster.outcome;
  if (found->muster.unreadable) {
    found->faults = {{outcome.reason, &PlanAt(found->question, *found->muster.unreadable)}};
    return;
  }
  for (const Certificate& certificate : outcome.path) {
    const CertificatePlan* made_by = nullptr;
    for (const CertificatePlan& plan : found->question.certificates) {
      if (base::Equal(issuer->Certificate(plan), certificate.der())) made_by = &plan;
    }
    found->path.push_back(made_by);
  }
  if (found->muster_accepts()) return;
  const auto add = [&](RejectReason reason, int index) {
    const bool on_path = index >= 0 && index < std::ssize(found->path);
    found->faults.push_back(
        {reason, on_path ? found->path[static_cast<std::size_t>(index)] : nullptr});
  };
  add(outcome.reason, outcome.chain_index);
  for (const Fault& fault : outcome.faults) add(fault.reason, fault.chain_index);
}

}  // namespace

std::string_view NameOf(Peer peer) { return peer == Peer::kOpenssl ? "OpenSSL" : "Botan"; }

MusterAnswer AskMuster(const PeerQuestion& question) {
  MusterAnswer answer;
  std::vector<Certificate> certificates;
  std::vector<const Bytes*> octets = {&question.target};
  for (const Bytes& der : question.untrusted) octets.push_back(&der);
  for (const Bytes& der : question.anchors) octets.push_back(&der);
  for (std::size_t i = 0; i < octets.size(); ++i) {
    auto certificate = Certificate::Parse(*octets[i]);
    if (!certificate) {
      answer.unreadable = i;
      answer.outcome.reason = certificate.error().reason;
      answer.outcome.faults = {
          {certificate.error().reason, static_cast<int>(i), std::string(certificate.error().what)}};
      return answer;
    }
    certificates.push_back(*std::move(certificate));
  }
  const auto first_anchor =
      certificates.begin() + 1 + static_cast<std::ptrdiff_t>(question.untrusted.size());
  const ValidationInput input{certificates.front(),
                              {certificates.begin() + 1, first_anchor},
                              {first_anchor, certificates.end()},
                              question.crls};
  answer.outcome = ValidatePath(input, OptionsOf(question), question.at);
  return answer;
}

std::unique_ptr<const Disagreement> Compare(const AdversarialQuestion& question,
                                            const PeerQuestion& made, const MusterAnswer& muster,
                                            Peer peer, const Ask& ask, AdversarialIssuer* issuer) {
  PeerAnswer answer = ask(made);
  if (answer.valid() == muster.valid()) return nullptr;
  auto found = std::make_unique<Disagreement>();
  found->question = question;
  found->peer = peer;
  found->answer = std::move(answer);
  if (muster.valid()) {
    found->made = made;
    found->muster = muster;
    found->directly = ask(WithPath(made, muster.outcome.path));
  } else {
    // One that muster cannot read refuses the question, needed or not: that is the reason then.
    if (!muster.unreadable) KeepPathOf(ask, &found->question, issuer);
    found->made = issuer->Make(found->question);
    found->muster = AskMuster(found->made);
    // Fewer certificates, fewer paths: what muster refused it still refuses.
    if (found->muster.valid()) throw std::logic_error("fewer certificates made a path valid");
  }
  Locate(issuer, found.get());
  return found;
}

std::string Summarise(const Disagreement& d) {
  std::string text;
  if (d.muster_accepts()) {
    text = "muster accepts";
  } else {
    text = fmt::format("muster refuses: {} at {}", NameOf(d.muster.reason()),
                       d.muster.outcome.chain_index);
    for (const Fault& fault : d.muster.outcome.faults) text += fmt::format(" ({})", fault.detail);
  }
  text += fmt::format("; {} {}", NameOf(d.peer),
                      d.answer.valid() ? "accepts" : "refuses: " + d.answer.reason);
  if (d.muster_accepts() && d.directly.reason != d.answer.reason) {
    text +=
        fmt::format(" (that path alone: {})", d.directly.valid() ? "accepts" : d.directly.reason);
  }
  return text;
}

}  // namespace muster::test
