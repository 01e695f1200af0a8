// Chains refused for their form (1xx) and their algorithms and keys (2xx).
#include <algorithm>
#include <stdexcept>

#include "tests/scenario/scenario_set.h"

namespace muster::test {
namespace {

using R = RejectReason;

// Replaces the first or the last occurrence of `from`, which must be as long as `to`.
Bytes Patched(Bytes der, const Bytes& from, const Bytes& to, bool last = false) {
  const auto at = last ? std::find_end(der.begin(), der.end(), from.begin(), from.end())
                       : std::search(der.begin(), der.end(), from.begin(), from.end());
  if (at == der.end() || from.size() != to.size()) throw std::runtime_error("nothing to patch");
  std::copy(to.begin(), to.end(), at);
  return der;
}

const Bytes kEcdsaSha256 = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
const Bytes kEcdsaSha384 = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03};
const Bytes kEcdsaUnknown = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x7f};
const Bytes kVersion3 = {0xa0, 0x03, 0x02, 0x01, 0x02};

void AddShapes(ScenarioSet& s) {
  Scenario& nothing = s.Refuse("chain-empty", "No certificate at all.", R::kChainEmpty, -1, {});
  nothing.form = ChainForm::kNothing;
  std::vector<Entity> many = {s.device, s.factory};
  while (many.size() < kUntrustedMax + 2) many.push_back(s.factory);
  s.Refuse("chain-too-long", "Eleven certificates beside the leaf.", R::kChainTooLong, -1, many);
  const Entity large = s.w.Leaf("device-1", s.factory, [](CertificateTemplate& t) {
    t.extensions.push_back({"1.3.6.1.4.1.99999.1", false, Bytes(kCertificateSizeMax, 0x05)});
  });
  s.Refuse("certificate-too-large", "A leaf of more than 64 KiB.", R::kCertificateTooLarge, 0,
           {large, s.factory});
  const Entity malformed =
      s.w.WithDer(s.device, Patched(s.device.bytes(), kVersion3, {0xa0, 0x03, 0x04, 0x01, 0x02}));
  s.Refuse("malformed-leaf", "The version is an OCTET STRING.", R::kMalformedCertificate, 0,
           {malformed, s.factory});
  const Entity malformed_ca =
      s.w.WithDer(s.factory, Patched(s.factory.bytes(), kVersion3, {0xa0, 0x03, 0x04, 0x01, 0x02}));
  s.Refuse("malformed-intermediate", "The second certificate is malformed, and is named.",
           R::kMalformedCertificate, 1, {s.device, malformed_ca});
  Bytes longer = s.device.bytes();
  longer.push_back(0);
  Scenario& trailing = s.Refuse("trailing-data", "An octet follows the leaf.", R::kTrailingData, 0,
                                {s.w.WithDer(s.device, longer), s.factory});
  trailing.form = ChainForm::kNdjson;
}

void AddFields(ScenarioSet& s) {
  const Entity negative = s.w.Leaf("device-1", s.factory, [](CertificateTemplate& t) {
    t.serial = {0x80, 0x01};
  });
  s.Refuse("negative-serial", "A serial number is positive.", R::kMalformedSerial, 0,
           {negative, s.factory})
      .expected.group = "line-1";
  const Entity long_serial =
      s.w.Leaf("device-1", s.factory, [](CertificateTemplate& t) { t.serial = Bytes(21, 0x11); });
  s.Refuse("over-long-serial", "A serial number has at most 20 octets.", R::kMalformedSerial, 0,
           {long_serial, s.factory})
      .expected.group = "line-1";
  const Entity mismatch =
      s.w.WithDer(s.device, Patched(s.device.bytes(), kEcdsaSha256, kEcdsaSha384, /*last=*/true));
  s.Refuse("algorithm-mismatch", "Inside ECDSA with SHA-256, outside with SHA-384.",
           R::kAlgorithmMismatch, 0, {mismatch, s.factory});
  const Entity version4 =
      s.w.WithDer(s.device, Patched(s.device.bytes(), kVersion3, {0xa0, 0x03, 0x02, 0x01, 0x03}));
  s.Refuse("unsupported-version", "There is no version 4.", R::kUnsupportedVersion, 0,
           {version4, s.factory});
  const RawExtension extension{"1.3.6.1.4.1.99999.1", false, {0x05, 0x00}};
  const Entity twice = s.w.Leaf("device-1", s.factory, [&](CertificateTemplate& t) {
    t.extensions = {extension, extension};
  });
  s.Refuse("duplicate-extension", "The same extension twice.", R::kDuplicateExtension, 0,
           {twice, s.factory});
  const Entity bad_usage = s.w.Leaf("device-1", s.factory, [](CertificateTemplate& t) {
    t.key_usage = std::uint16_t{0};
    t.extensions.push_back({"2.5.29.15", true, {0x04, 0x01, 0x80}});
  });
  s.Refuse("malformed-extension", "keyUsage is an OCTET STRING.", R::kMalformedExtension, 0,
           {bad_usage, s.factory});
  const Entity nameless = s.w.Leaf("device-1", s.factory, [](CertificateTemplate& t) {
    t.issuer_der = Bytes{0x30, 0x00};
  });
  s.Refuse("malformed-name", "The issuer is empty.", R::kMalformedName, 0, {nameless, s.factory});
}

void AddAlgorithms(ScenarioSet& s) {
  const Entity sha1 =
      s.w.Leaf("device-1", s.factory, [](CertificateTemplate& t) { t.hash = "SHA-1"; });
  s.Refuse("weak-signature-algorithm", "Signed with SHA-1.", R::kWeakSignatureAlgorithm, 0,
           {sha1, s.factory})
      .expected.group = "line-1";
  Bytes unknown = Patched(s.device.bytes(), kEcdsaSha256, kEcdsaUnknown);
  unknown = Patched(unknown, kEcdsaSha256, kEcdsaUnknown, /*last=*/true);
  s.Refuse("unsupported-signature-algorithm", "Signed with an algorithm that nobody knows.",
           R::kUnsupportedSignatureAlgorithm, 0, {s.w.WithDer(s.device, unknown), s.factory})
      .expected.group = "line-1";
  const Entity weak = s.w.Leaf("device-1", s.factory, {.key = KeyKind::kRsa1024});
  s.Refuse("weak-key", "A device key of RSA with 1024 bits.", R::kWeakKey, 0, {weak, s.factory})
      .expected.group = "line-1";
  // id-ecPublicKey (1.2.840.10045.2.1) becomes an OID of nothing.
  const Bytes ec_key = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
  const Bytes no_key = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x7f};
  const Bytes spki = Patched(s.device.spki(), ec_key, no_key);
  CertificateTemplate what;
  what.common_name = "device-1";
  what.not_before = s.w.at() - std::chrono::days{1};
  what.not_after = s.w.at() + std::chrono::days{1};
  const Entity foreign =
      s.w.WithDer(s.device, Must(IssueCertificate(what, spki, s.factory.issuer())));
  s.Refuse("unsupported-key-algorithm", "A key of no known kind.", R::kUnsupportedKeyAlgorithm, 0,
           {foreign, s.factory})
      .expected.group = "line-1";
  Bytes off_curve = s.device.spki();
  off_curve.back() ^= 1;
  const Entity off =
      s.w.WithDer(s.device, Must(IssueCertificate(what, off_curve, s.factory.issuer())));
  s.Refuse("malformed-key", "A point off its curve.", R::kMalformedKey, 0, {off, s.factory})
      .expected.group = "line-1";
}

}  // namespace

std::vector<Scenario> FormScenarios() {
  ScenarioSet s("form");
  AddShapes(s);
  AddFields(s);
  AddAlgorithms(s);
  return s.Take();
}

}  // namespace muster::test
