#include "tools/muster/fix_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "tools/muster/output.h"

namespace muster::cli {
namespace {

// A word as a shell takes it whole.
std::string Word(std::string_view text) {
  const bool plain =
      !text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.' || c == ':';
      });
  if (plain) return std::string(text);
  std::string quoted = "'";
  for (char c : Printable(text)) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

class Collector {
 public:
  explicit Collector(const Explanation& explanation) : explanation_(explanation) {}

  void Take(const Fault& fault, const ExplainedPath* path) {
    switch (fault.reason) {
      case RejectReason::kIndividualDisabled:
        Add("muster enrollment enable {}", explanation_.verdict.enrollment.id.view());
        return;
      case RejectReason::kDenied:
        commands_.emplace_back("muster deny rm FILE");
        return;
      case RejectReason::kGroupDisabled:
      case RejectReason::kDisabledEntryOnPath:
        if (path != nullptr) EnableEntries(*path);
        return;
      case RejectReason::kNotRolledUpToVerified:
      case RejectReason::kNoVerifiedCa:
        if (path != nullptr) VerifyOne(*path);
        return;
      case RejectReason::kNoEnrollment:
        if (path != nullptr) AddGroup(*path);
        return;
      case RejectReason::kRevocationUnknown:
        if (path != nullptr) AddCrl(*path, fault.chain_index);
        return;
      default:
        return;
    }
  }

  std::vector<std::string> Finish() {
    std::vector<std::string> once;
    for (std::string& command : commands_) {
      if (std::find(once.begin(), once.end(), command) == once.end()) {
        once.push_back(std::move(command));
      }
    }
    return once;
  }

 private:
  void Add(fmt::format_string<std::string> pattern, std::string_view word) {
    commands_.push_back(fmt::format(pattern, Word(word)));
  }
  void EnableEntries(const ExplainedPath& path) {
    for (const ExplainedCertificate& certificate : path.certificates) {
      if (certificate.enrollment_enabled) continue;
      if (certificate.enrollment.kind == EnrollmentKind::kGroup) {
        Add("muster group enable {}", certificate.enrollment.id.view());
      }
    }
  }
  // The registered CA nearest to the root covers most; where none is registered, register the top.
  void VerifyOne(const ExplainedPath& path) {
    for (auto ca = path.certificates.rbegin(); ca != path.certificates.rend(); ++ca) {
      if (!ca->registered || ca->verified) continue;
      Add("muster ca code {}", ca->ca_name);
      commands_.push_back(fmt::format("muster ca verify {} --proof FILE", Word(ca->ca_name)));
      return;
    }
    if (path.certificates.size() > 1) {
      commands_.push_back(fmt::format("muster ca add NAME FILE   (the certificate of {})",
                                      Printable(path.certificates.back().subject)));
    }
  }
  void AddGroup(const ExplainedPath& path) {
    if (path.certificates.size() < 2) return;
    const ExplainedCertificate& issuer = path.certificates[1];
    if (issuer.registered) {
      Add("muster group add ID --ca {}", issuer.ca_name);
    } else {
      commands_.push_back(
          fmt::format("muster group add ID --certificate FILE   (the certificate of {})",
                      Printable(issuer.subject)));
    }
  }
  void AddCrl(const ExplainedPath& path, int chain_index) {
    if (chain_index < 0) return;
    const std::size_t issuer = static_cast<std::size_t>(chain_index) + 1;
    if (issuer >= path.certificates.size()) return;
    const ExplainedCertificate& ca = path.certificates[issuer];
    if (ca.registered) {
      Add("muster crl add {} FILE", ca.ca_name);
    } else {
      commands_.push_back(fmt::format(
          "muster ca add NAME FILE && muster crl add NAME FILE   (of {})", Printable(ca.subject)));
    }
  }

  const Explanation& explanation_;
  std::vector<std::string> commands_;
};

}  // namespace

std::vector<std::string> FixCommands(const Explanation& explanation) {
  Collector collector(explanation);
  if (explanation.verdict.accepted()) return {};
  if (!explanation.paths.empty()) {
    const ExplainedPath& best = explanation.paths.front();
    for (const Fault& fault : best.faults) collector.Take(fault, &best);
  }
  for (const Fault& fault : explanation.faults) collector.Take(fault, nullptr);
  return collector.Finish();
}

}  // namespace muster::cli
