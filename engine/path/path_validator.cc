#include "engine/path/path_validator.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/der/der_reader.h"
#include "engine/path/ca_validation.h"
#include "engine/path/leaf_validation.h"
#include "engine/path/path_state.h"

namespace muster::path {

ValidationContext::ValidationContext(const ValidationOptions& the_options, const CrlSet& the_crls,
                                     const LeafRules& the_rules)
    : options(the_options),
      rules(the_rules),
      crls(&the_crls),
      policy_inputs(std::make_shared<const PolicyInputs>(the_options)) {
  if (options.key_purpose.empty()) return;
  // No OID starts with 0x80 (X.690 8.19.2): it stands for a purpose that nothing allows.
  purpose = der::OidFromText(options.key_purpose).value_or(Bytes{0x80});
}

class PathValidator::Impl {
 public:
  Impl(const ValidationOptions& options, const CrlSet& crls, const LeafRules& leaf_rules)
      : context(options, crls, leaf_rules) {}

  const ValidationContext context;
};

PathValidator::PathValidator(const ValidationOptions& options, const CrlSet& crls,
                             const LeafRules& leaf_rules)
    : impl_(std::make_unique<Impl>(options, crls, leaf_rules)) {}

PathValidator::~PathValidator() = default;

std::optional<ValidatedPath> PathValidator::ValidateCas(std::vector<graph::CaNodePtr> cas,
                                                        UnixTime at, LinkVerifier* links,
                                                        FaultSink* sink,
                                                        StableWindow* stable) const {
  MUSTER_CHECK(!cas.empty());
  CaValidation run(impl_->context, cas, at, links, sink, stable);
  const bool certificates_good = run.CheckCertificates();
  if (!certificates_good && !sink->collect_all()) return std::nullopt;
  if (!run.CheckRevocation() || !certificates_good) return std::nullopt;
  auto state = std::make_shared<const PathState>(std::move(*run.state()));
  return ValidatedPath(std::move(cas), std::move(state));
}

bool PathValidator::CheckLeaf(const ValidatedPath& path, const CertificateView& leaf, UnixTime at,
                              FaultSink* sink, std::vector<std::string>* policies,
                              std::optional<crypto::CurvePoint>* deferred) const {
  return CheckLeafCertificate(impl_->context, *path.state_, path.issuer(), leaf, at, sink, policies,
                              deferred);
}

bool PathValidator::VerifyLeafSignature(const ValidatedPath& path, const CertificateView& leaf,
                                        FaultSink* sink) const {
  return CheckLeafSignature(impl_->context, path.issuer(), leaf, sink);
}

bool PathValidator::AcceptLeafSignature(const ValidatedPath& path, RejectReason answer,
                                        FaultSink* sink) const {
  return ReportLeafSignature(path.issuer(), answer, sink);
}

bool PathValidator::ValidateLeaf(const ValidatedPath& path, const CertificateView& leaf,
                                 UnixTime at, FaultSink* sink,
                                 std::vector<std::string>* policies) const {
  const bool good = CheckLeaf(path, leaf, at, sink, policies);
  if (!good && !sink->collect_all()) return false;
  return VerifyLeafSignature(path, leaf, sink) && good;
}

bool PathValidator::ValidateLeafAlone(const CertificateView& leaf, UnixTime at,
                                      FaultSink* sink) const {
  return CheckLeafAlone(impl_->context, leaf, at, sink);
}

bool PathValidator::ValidateWhole(std::vector<graph::CaNodePtr> cas, const CertificateView& leaf,
                                  UnixTime at, LinkVerifier* links, FaultSink* sink,
                                  std::vector<std::string>* policies) const {
  MUSTER_CHECK(!cas.empty());
  StableWindow stable;
  CaValidation run(impl_->context, cas, at, links, sink, &stable);
  bool good = run.CheckCertificates();
  if (!good && !sink->collect_all()) return false;
  good = run.CheckRevocation() && good;
  if (!good && !sink->collect_all()) return false;
  const graph::CaNode& issuer = *cas.front();
  good =
      CheckLeafCertificate(impl_->context, *run.state(), issuer, leaf, at, sink, policies) && good;
  if (!good && !sink->collect_all()) return false;
  if (!issuer.key) return false;  // Reported with the CA certificates.
  return CheckLeafSignature(impl_->context, issuer, leaf, sink) && good;
}

}  // namespace muster::path
