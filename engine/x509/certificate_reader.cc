#include "muster/certificate_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"
#include "engine/der/der_reader.h"
#include "engine/x509/der_shape.h"
#include "engine/x509/pem.h"

namespace muster {
namespace {

using x509::DerShape;

// Labels that are read: RFC 7468 5 to 7, and the older ones of tools in the field.
enum class Label { kCertificate, kTrustedCertificate, kCrl, kSignedData, kSkipped };

Label LabelOf(std::string_view label) {
  if (label == "CERTIFICATE" || label == "X509 CERTIFICATE" || label == "X.509 CERTIFICATE") {
    return Label::kCertificate;
  }
  if (label == "TRUSTED CERTIFICATE") return Label::kTrustedCertificate;
  if (label == "X509 CRL" || label == "CRL") return Label::kCrl;
  if (label == "PKCS7" || label == "CMS" || label == "PKCS #7 SIGNED DATA") {
    return Label::kSignedData;
  }
  return Label::kSkipped;
}

std::string Quoted(char c) {
  if (c >= 0x20 && c < 0x7f) return {'\'', c, '\''};
  const auto octet = static_cast<std::uint8_t>(c);
  return "octet 0x" + base::HexLower({&octet, 1});
}

// Collects objects and faults of one input.
class ObjectCollector {
 public:
  explicit ObjectCollector(ReadOutcome* outcome) : outcome_(*outcome) {}

  // Takes one whole DER value found at `line` and `offset`. `where` opens the text of a fault.
  // `label_kind` decides for a value whose shape tells nothing: its owner said what it is, and the
  // parser will say what is wrong with it.
  void Take(ByteView element, std::size_t line, std::size_t offset, const std::string& where,
            bool labelled, EncodedKind label_kind) {
    switch (x509::ShapeOf(element)) {
      case DerShape::kCertificate:
        Add(EncodedKind::kCertificate, element, line, offset);
        return;
      case DerShape::kCrl:
        Add(EncodedKind::kCrl, element, line, offset);
        return;
      case DerShape::kSignedData:
        TakeSignedData(element, line, offset, where);
        return;
      case DerShape::kCertificateRequest:
        Fault(line, offset, where + "this is a certificate request, not a certificate");
        return;
      case DerShape::kUnknown:
        break;
    }
    if (labelled) {
      Add(label_kind, element, line, offset);
    } else {
      Fault(line, offset, where + "DER that is neither a certificate, a CRL nor PKCS#7 SignedData");
    }
  }

  // Takes the values of concatenated DER.
  void TakeAll(ByteView input) {
    der::DerReader in(input);
    der::Element element;
    while (!in.AtEnd() && !full_) {
      const auto offset = static_cast<std::size_t>(in.position() - input.data());
      const std::string where = "offset " + std::to_string(offset) + ": ";
      if (!in.Read(&element)) {
        Fault(0, offset, where + std::string(in.error()));
        return;
      }
      Take(element.whole, 0, offset, where, /*labelled=*/false, EncodedKind::kCertificate);
    }
  }

  void Fault(std::size_t line, std::size_t offset, std::string what) {
    outcome_.faults.push_back({line, offset, std::move(what)});
    if (outcome_.faults.size() == kFaultsMax) Stop(line, offset);
  }

  // A bound was reached: nothing more is taken.
  bool full() const { return full_; }

 private:
  // Real certificates have 300 octets and more, so an input of kReadSizeMax holds fewer objects;
  // the bounds keep made-up ones from filling the memory.
  static constexpr std::size_t kObjectsMax = 1'000'000;
  static constexpr std::size_t kFaultsMax = 10'000;

  void Stop(std::size_t line, std::size_t offset) {
    full_ = true;
    outcome_.faults.push_back({line, offset, "too many objects or faults; the rest was not read"});
  }

  void Add(EncodedKind kind, ByteView element, std::size_t line, std::size_t offset) {
    outcome_.objects.push_back({kind, base::ToBytes(element), line, offset});
    if (outcome_.objects.size() == kObjectsMax) Stop(line, offset);
  }

  void TakeSignedData(ByteView element, std::size_t line, std::size_t offset,
                      const std::string& where) {
    const auto take = [&](x509::MemberKind kind, ByteView member) {
      // Inside a PEM block only the block has a place in the input.
      const std::size_t at =
          line != 0 ? offset : offset + static_cast<std::size_t>(member.data() - element.data());
      const DerShape shape = x509::ShapeOf(member);
      const bool other = kind == x509::MemberKind::kOther || shape == DerShape::kSignedData ||
                         shape == DerShape::kCertificateRequest;
      const bool crl = shape == DerShape::kCrl ||
                       (shape == DerShape::kUnknown && kind == x509::MemberKind::kCrl);
      if (other) {
        Fault(line, at, where + "PKCS#7 holds something that is no X.509 certificate or CRL");
      } else {
        Add(crl ? EncodedKind::kCrl : EncodedKind::kCertificate, member, line, at);
      }
      return !full_;
    };
    if (!x509::ReadSignedData(element, take)) {
      Fault(line, offset, where + "PKCS#7 SignedData is not DER; re-encode it as DER");
    }
  }

  ReadOutcome& outcome_;
  bool full_ = false;
};

// --- PEM ----------------------------------------------------------------------------------------

void TakeBlock(std::string_view text, const x509::PemBlock& block, ObjectCollector* collector) {
  const std::string where = "PEM block " + (block.label.empty() ? "" : block.label + " ") +
                            "at line " + std::to_string(block.line) + ": ";
  if (!block.fault.empty()) {
    collector->Fault(block.line, block.offset, where + block.fault);
    return;
  }
  const Label label = LabelOf(block.label);
  // Private keys end here: neither decoded nor copied.
  if (label == Label::kSkipped) return;
  Bytes der;
  const base::Base64Outcome decoded = base::DecodeBase64(block.body, &der);
  if (!decoded.good) {
    if (decoded.error_offset >= block.body.size()) {
      collector->Fault(block.line, block.offset, where + "base64 ends within a group of four");
      return;
    }
    const std::size_t at = block.body_offset + decoded.error_offset;
    const std::size_t line =
        block.line + x509::LineCounter(text.substr(block.offset)).LineAt(at - block.offset) - 1;
    collector->Fault(line, at,
                     where + Quoted(text[at]) + " at line " + std::to_string(line) +
                         " is not base64 or stands in the wrong place");
    return;
  }
  der::DerReader in(der);
  der::Element element;
  if (!in.ReadElement(der::kSequence, &element)) {
    collector->Fault(block.line, block.offset, where + "not DER: " + std::string(in.error()));
    return;
  }
  // OpenSSL appends its trust settings to a TRUSTED CERTIFICATE; elsewhere nothing may follow.
  if (!in.AtEnd() && label != Label::kTrustedCertificate) {
    collector->Fault(block.line, block.offset,
                     where + std::to_string(in.rest().size()) + " octets follow the DER value");
    return;
  }
  collector->Take(element.whole, block.line, block.offset, where, label != Label::kSignedData,
                  label == Label::kCrl ? EncodedKind::kCrl : EncodedKind::kCertificate);
}

void ReadPem(std::string_view text, ReadOutcome* outcome) {
  ObjectCollector collector(outcome);
  x509::PemScanner scanner(text);
  x509::PemBlock block;
  while (!collector.full() && scanner.Next(&block)) TakeBlock(text, block, &collector);
}

// --- Formats ------------------------------------------------------------------------------------

// The first DER value is one of those that are read. A text may start with '0' too, so the tag
// alone does not tell.
bool StartsWithKnownDer(ByteView input) {
  der::DerReader in(input);
  der::Element first;
  return in.Read(&first) && x509::ShapeOf(first.whole) != DerShape::kUnknown;
}

tl::unexpected<Error> Unreadable(std::string message) {
  return MakeError(ErrorCode::kUnreadableInput, std::move(message));
}

// Why binary input is not read, as exactly as can be told.
tl::unexpected<Error> UnreadableBinary(ByteView input) {
  constexpr std::string_view kWanted = "; give PEM, DER, PKCS#7 (P7B) or base64 of these";
  const auto fail = [&](std::string text) { return Unreadable(std::move(text.append(kWanted))); };
  if (input.size() >= 2 && input[0] == der::kSequence && input[1] == 0x80) {
    return fail("BER with indefinite length is not accepted");
  }
  if (input.size() >= 2 && input[0] == der::kSequence) {
    der::DerReader in(input);
    der::Element element;
    if (!in.Read(&element)) {
      return fail("the input starts like DER, but: " + std::string(in.error()));
    }
    return fail("the input is DER that is neither a certificate, a CRL nor PKCS#7 SignedData");
  }
  return fail("the input is in no known format");
}

// Base64 of DER or of PEM, without boundaries.
Result<ReadOutcome> ReadBareBase64(std::string_view text, ByteView input) {
  Bytes decoded;
  const base::Base64Outcome outcome = base::DecodeBase64(text, &decoded);
  if (!outcome.good || decoded.empty()) return UnreadableBinary(input);
  ReadOutcome out;
  if (StartsWithKnownDer(decoded)) {
    out.format = "base64-der";
    ObjectCollector(&out).TakeAll(decoded);
    return out;
  }
  if (x509::PemScanner::HasBlock(base::AsText(decoded))) {
    out.format = "base64-pem";
    ReadPem(base::AsText(decoded), &out);
    return out;
  }
  return Unreadable("the input is base64, but not of PEM, DER or PKCS#7");
}

}  // namespace

Result<ReadOutcome> ReadEncoded(ByteView input) {
  if (input.size() > kReadSizeMax) {
    return Unreadable("the input has " + std::to_string(input.size()) + " octets, more than the " +
                      std::to_string(kReadSizeMax) + " that are read at once; split it");
  }
  if (input.empty()) return Unreadable("the input is empty");
  ReadOutcome out;
  if (StartsWithKnownDer(input)) {
    der::DerReader in(input);
    der::Element first;
    const bool bag = in.Read(&first) && x509::ShapeOf(first.whole) == DerShape::kSignedData;
    out.format = bag ? "pkcs7" : "der";
    ObjectCollector(&out).TakeAll(input);
    return out;
  }
  std::string_view text = base::AsText(input);
  if (text.substr(0, 2) == "\xff\xfe" || text.substr(0, 2) == "\xfe\xff") {
    return Unreadable("the input is UTF-16 text; save it as UTF-8");
  }
  if (x509::PemScanner::HasBlock(text)) {
    out.format = "pem";
    ReadPem(text, &out);
    return out;
  }
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  return ReadBareBase64(text, input);
}

Result<std::vector<Bytes>> ReadAllCertificates(ByteView input, std::string_view source) {
  const std::string prefix = std::string(source) + ": ";
  Result<ReadOutcome> outcome = ReadEncoded(input);
  if (!outcome) return Unreadable(prefix + outcome.error().message);
  if (!outcome->faults.empty()) {
    std::string message = prefix + outcome->faults.front().what;
    const std::size_t more = outcome->faults.size() - 1;
    if (more != 0) message += " (and " + std::to_string(more) + " more)";
    return Unreadable(std::move(message));
  }
  std::vector<Bytes> certificates;
  for (EncodedObject& object : outcome->objects) {
    if (object.kind == EncodedKind::kCertificate) certificates.push_back(std::move(object.der));
  }
  if (certificates.empty()) {
    return Unreadable(prefix +
                      "no certificate in it; keys, requests and CRLs are not certificates");
  }
  return certificates;
}

Result<Bytes> ReadOneCertificate(ByteView input, std::string_view source) {
  Result<std::vector<Bytes>> certificates = ReadAllCertificates(input, source);
  if (!certificates) return tl::unexpected<Error>(std::move(certificates.error()));
  if (certificates->size() != 1) {
    return Unreadable(std::string(source) + ": holds " + std::to_string(certificates->size()) +
                      " certificates where one is wanted; keep only that one");
  }
  return std::move(certificates->front());
}

}  // namespace muster
