#include "tools/muster/verdict_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <ostream>
#include <span>

#include "tools/muster/describe.h"
#include "tools/muster/fix_commands.h"

namespace muster::cli {
namespace {

// Which certificates a check is made of.
enum class Scope { kEvery, kBelowTop, kCa, kLeaf, kPath };

struct Check {
  std::string_view name;
  Scope scope;
  std::uint16_t first, last;                    // Reason numbers.
  std::initializer_list<RejectReason> reasons;  // Where the numbers are no run.
};

using R = RejectReason;
// In the order in which a reader looks for trouble.
const std::array<Check, 15> kChecks = {{
    {"form", Scope::kEvery, 100, 199, {}},
    {"key and algorithm", Scope::kEvery, 200, 299, {}},
    {"issuer", Scope::kBelowTop, 0, 0, {R::kIssuerNotFound}},
    {"signature", Scope::kBelowTop, 0, 0, {R::kBadSignature}},
    {"validity", Scope::kEvery, 0, 0, {R::kNotYetValid, R::kExpired}},
    {"CA rights",
     Scope::kCa,
     0,
     0,
     {R::kNotACa, R::kMissingKeyCertSign, R::kPathLenExceeded, R::kExtendedKeyUsageNotAllowed}},
    {"name constraints",
     Scope::kEvery,
     0,
     0,
     {R::kNameConstraintViolated, R::kUnsupportedNameConstraint}},
    {"critical extensions", Scope::kEvery, 0, 0, {R::kUnhandledCriticalExtension}},
    {"policies", Scope::kEvery, 0, 0, {R::kNoValidPolicy, R::kInvalidPolicyMapping}},
    {"revocation", Scope::kBelowTop, 0, 0, {R::kRevoked, R::kRevocationUnknown, R::kDenied}},
    {"leaf profile", Scope::kLeaf, 400, 403, {}},
    {"registration ID", Scope::kLeaf, 0, 0, {R::kMalformedRegistrationId}},
    {"links presented", Scope::kPath, 0, 0, {R::kLinkNotPresented}},
    {"enrollment",
     Scope::kPath,
     0,
     0,
     {R::kNoEnrollment, R::kGroupDisabled, R::kIndividualDisabled, R::kIndividualMismatch,
      R::kDisabledEntryOnPath}},
    {"roll-up to verified", Scope::kPath, 0, 0, {R::kNotRolledUpToVerified, R::kNoVerifiedCa}},
}};

bool Covers(const Check& check, RejectReason reason) {
  auto number = static_cast<std::uint16_t>(reason);
  if (check.first != 0) return number >= check.first && number <= check.last;
  return std::find(check.reasons.begin(), check.reasons.end(), reason) != check.reasons.end();
}

bool AppliesTo(const Check& check, const ExplainedPath& path, int index) {
  int top = static_cast<int>(path.certificates.size()) - 1;
  switch (check.scope) {
    case Scope::kEvery:
      return index >= 0;
    case Scope::kBelowTop:
      return index >= 0 && index < top;
    case Scope::kCa:
      return index > 0;
    case Scope::kLeaf:
      return index == 0;
    case Scope::kPath:
      return index < 0;
  }
  return false;
}

std::string FaultText(const Fault& fault) {
  std::string text = fmt::format("{} ({})", NameOf(fault.reason), InfoOf(fault.reason).number);
  if (!fault.detail.empty()) text += ": " + Printable(fault.detail);
  return text;
}

std::string SourceText(const ExplainedCertificate& certificate) {
  std::vector<std::string> parts;
  if (certificate.presented) parts.emplace_back("presented");
  if (certificate.registered) {
    parts.push_back(fmt::format("registered as '{}'", Printable(certificate.ca_name)));
    parts.emplace_back(certificate.verified ? "verified" : "not verified");
  }
  if (certificate.enrollment.kind != EnrollmentKind::kNone) {
    parts.push_back(fmt::format("{} ({})", Printable(EnrollmentText(certificate.enrollment)),
                                certificate.enrollment_enabled ? "enabled" : "disabled"));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

// An individual enrollment with a client certificate pins its leaf and needs no anchor.
std::string AnchorText(const Fingerprint& anchor, const RegistryContents& contents) {
  if (anchor == Fingerprint{}) return "by its own certificate";
  const std::string name = CaNameOf(contents, anchor);
  return "anchor " + (name.empty() ? anchor.hex() : "'" + Printable(name) + "'");
}

Json ExplainedCertificateJson(const ExplainedPath& path, int depth) {
  const ExplainedCertificate& certificate = path.certificates[static_cast<std::size_t>(depth)];
  Json json{{"depth", depth}};
  json.update(DescribeCertificate(certificate.der));
  json["presented"] = certificate.presented;
  json["registered"] = certificate.registered;
  json["verified"] = certificate.verified;
  json["ca_name"] = certificate.ca_name.empty() ? Json(nullptr) : Json(certificate.ca_name);
  json["enrollment"] = DescribeEnrollment(certificate.enrollment);
  if (certificate.enrollment.kind != EnrollmentKind::kNone) {
    json["enrollment"]["enabled"] = certificate.enrollment_enabled;
  }
  json["checks"] = Json::array();
  for (const CheckLine& check : ChecksOf(path, depth)) {
    json["checks"].push_back({{"check", check.name}, {"passed", check.passed}});
  }
  return json;
}

// Prints the checks of one certificate: those that passed on one line, each fault on its own.
void PrintChecks(std::ostream& out, const Style& style, const std::vector<CheckLine>& checks,
                 const std::string& indent) {
  std::string passed;
  for (const CheckLine& check : checks) {
    if (check.passed) passed += (passed.empty() ? "" : ", ") + std::string(check.name);
  }
  if (!passed.empty()) {
    out << indent << style.Painted(style.tick(), Paint::kGood) << ' ' << passed << '\n';
  }
  for (const CheckLine& check : checks) {
    for (const Fault* fault : check.faults) {
      out << indent << style.Painted(style.cross(), Paint::kBad) << ' '
          << style.Painted(fmt::format("{}: {}", check.name, FaultText(*fault)), Paint::kBad)
          << '\n';
    }
  }
}

void PrintCertificate(std::ostream& out, const Style& style, const ExplainedPath& path, int depth) {
  const ExplainedCertificate& certificate = path.certificates[static_cast<std::size_t>(depth)];
  std::size_t level = path.certificates.size() - 1 - static_cast<std::size_t>(depth);
  std::string indent(level * 3, ' ');
  Json fields = DescribeCertificate(certificate.der);
  out << "  " << (level == 0 ? "" : std::string((level - 1) * 3, ' '))
      << (level == 0 ? std::string_view{} : style.branch())
      << style.Painted(fmt::format("{}", depth), Paint::kBold) << ' '
      << style.Painted(Printable(certificate.subject), Paint::kBold) << '\n';
  std::string inner = "    " + indent;
  std::string source = SourceText(certificate);
  if (!source.empty()) out << inner << source << '\n';
  if (fields.contains("key")) {
    out << inner
        << fmt::format("{}, valid {} to {}, serial {}\n", fields["key"].get<std::string>(),
                       fields["not_before"].get<std::string>(),
                       fields["not_after"].get<std::string>(), fields["serial"].get<std::string>());
  }
  out << inner << "SHA-256 " << fields["sha256"].get<std::string>() << '\n'
      << inner << "SHA-1   " << fields["sha1"].get<std::string>() << '\n';
  PrintChecks(out, style, ChecksOf(path, depth), inner);
}

}  // namespace

Json DescribeVerdict(const Verdict& verdict, ByteView leaf, const RegistryContents& contents) {
  const ReasonInfo& info = InfoOf(verdict.reason);
  std::string anchor_name = CaNameOf(contents, verdict.anchor);
  Json path = Json::array();
  if (!leaf.empty()) path.push_back(Fingerprint::Of(leaf).hex());
  for (const Fingerprint& ca : verdict.ca_path.view()) path.push_back(ca.hex());
  Json json{{"decision", verdict.accepted() ? "accept" : "reject"},
            {"reason", info.name},
            {"reason_number", info.number},
            {"sentence", info.sentence},
            {"remedy", info.remedy},
            {"chain_index", verdict.chain_index}};
  json["enrollment"] = DescribeEnrollment(verdict.enrollment);
  json["anchor"] = FingerprintOrNull(verdict.anchor);
  json["anchor_name"] = anchor_name.empty() ? Json(nullptr) : Json(anchor_name);
  json["registration_id"] =
      verdict.registration_id.empty() ? Json(nullptr) : Json(verdict.registration_id.view());
  json["path"] = std::move(path);
  json["generation"] = verdict.generation;
  return json;
}

void PrintVerdict(std::ostream& out, const Style& style, const Verdict& verdict,
                  const RegistryContents& contents) {
  if (verdict.accepted()) {
    out << style.Painted("accepted", Paint::kGood)
        << fmt::format("  device '{}' through {}, {}\n", verdict.registration_id.view(),
                       Printable(EnrollmentText(verdict.enrollment)),
                       AnchorText(verdict.anchor, contents));
    return;
  }
  const ReasonInfo& info = InfoOf(verdict.reason);
  out << style.Painted("refused", Paint::kBad) << fmt::format("  {} ({})", info.name, info.number);
  if (verdict.chain_index >= 0) out << fmt::format(", certificate {}", verdict.chain_index);
  if (verdict.enrollment.kind != EnrollmentKind::kNone) {
    out << ", " << Printable(EnrollmentText(verdict.enrollment));
  }
  out << fmt::format("\n  {}\n  {}\n", info.sentence, info.remedy);
}

std::vector<CheckLine> ChecksOf(const ExplainedPath& path, int index) {
  std::vector<CheckLine> lines;
  for (const Check& check : kChecks) {
    CheckLine line{check.name, true, {}};
    for (const Fault& fault : path.faults) {
      // A fault of the path that names a certificate is shown at that certificate.
      if (fault.chain_index == index && Covers(check, fault.reason)) line.faults.push_back(&fault);
    }
    line.passed = line.faults.empty();
    bool elsewhere = check.scope == Scope::kPath && index < 0 &&
                     std::any_of(path.faults.begin(), path.faults.end(),
                                 [&](const Fault& fault) { return Covers(check, fault.reason); });
    if (line.passed && (elsewhere || !AppliesTo(check, path, index))) continue;
    lines.push_back(std::move(line));
  }
  // Whatever no check covers (the budget, a defect) is shown too.
  CheckLine other{"other", false, {}};
  for (const Fault& fault : path.faults) {
    bool covered = std::any_of(kChecks.begin(), kChecks.end(),
                               [&](const Check& check) { return Covers(check, fault.reason); });
    if (fault.chain_index == index && !covered) other.faults.push_back(&fault);
  }
  if (!other.faults.empty()) lines.push_back(std::move(other));
  return lines;
}

Json DescribeExplanation(const Explanation& explanation) {
  Json json = Json::object();
  json["paths"] = Json::array();
  for (const ExplainedPath& path : explanation.paths) {
    Json entry{{"accepts", path.faults.empty()}, {"reaches_verified", path.reaches_verified}};
    entry["certificates"] = Json::array();
    for (std::size_t i = 0; i < path.certificates.size(); ++i) {
      entry["certificates"].push_back(ExplainedCertificateJson(path, static_cast<int>(i)));
    }
    entry["faults"] = Json::array();
    for (const Fault& fault : path.faults) entry["faults"].push_back(DescribeFault(fault));
    json["paths"].push_back(std::move(entry));
  }
  json["faults"] = Json::array();
  for (const Fault& fault : explanation.faults) json["faults"].push_back(DescribeFault(fault));
  json["remedies"] = explanation.remedies;
  json["commands"] = FixCommands(explanation);
  return json;
}

void PrintExplanation(std::ostream& out, const Style& style, const Explanation& explanation) {
  for (std::size_t i = 0; i < explanation.paths.size(); ++i) {
    const ExplainedPath& path = explanation.paths[i];
    out << fmt::format("\npath {} of {}: ", i + 1, explanation.paths.size())
        << (path.faults.empty() ? style.Painted("accepts", Paint::kGood)
                                : style.Painted("does not accept", Paint::kBad))
        << '\n';
    for (std::size_t depth = path.certificates.size(); depth-- > 0;) {
      PrintCertificate(out, style, path, static_cast<int>(depth));
    }
    std::vector<CheckLine> whole = ChecksOf(path, -1);
    if (!whole.empty()) {
      out << "  the path as a whole\n";
      PrintChecks(out, style, whole, "    ");
    }
  }
  if (!explanation.faults.empty()) out << "\nof no path\n";
  for (const Fault& fault : explanation.faults) {
    std::string where =
        fault.chain_index < 0 ? "" : fmt::format("certificate {}: ", fault.chain_index);
    out << "  " << style.Painted(style.cross(), Paint::kBad) << ' ' << where << FaultText(fault)
        << '\n';
  }
  if (!explanation.remedies.empty()) out << "\nwhat would fix it\n";
  for (const std::string& remedy : explanation.remedies) out << "  - " << Printable(remedy) << '\n';
  for (const std::string& command : FixCommands(explanation)) {
    out << "  $ " << style.Painted(command, Paint::kBold) << '\n';
  }
}

}  // namespace muster::cli
