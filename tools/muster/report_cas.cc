#include "tools/muster/report_cas.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "muster/certificate.h"
#include "tools/muster/describe.h"
#include "tools/muster/report_graph.h"

namespace muster::cli {
namespace {

// CAs of which something is known, the registry's and those that devices sent.
constexpr std::size_t kPresentedMax = 16'384;

// A name in the picture takes one line.
constexpr std::size_t kLineMax = 40;

std::string Shortened(const std::string& text) {
  if (DisplayWidth(text) <= kLineMax) return text;
  std::string start;
  std::size_t width = 0;
  for (char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80 && ++width == kLineMax) break;
    start += c;
  }
  return start + "\u2026";
}

void Add(KnownCas* known, const Bytes& der, const CaCertificate* ca) {
  if (der.empty()) return;
  KnownCa& entry = (*known)[Fingerprint::Of(der)];
  if (entry.der.empty()) {
    entry.der = der;
    entry.held = true;
    if (auto view = CertificateView::Parse(der)) {
      entry.subject = Printable(DisplayName(view->subject()));
      entry.key = Printable(DisplayKeyType(view->spki()));
      entry.not_after = DateOf(view->not_after());
    }
  }
  if (ca == nullptr) return;
  // The same certificate may have two names; verified under one, it is verified.
  entry.name += (entry.name.empty() ? "" : ", ") + Printable(ca->name);
  entry.registered = true;
  entry.verified = entry.verified || ca->status == CaStatus::kVerified;
}

// Whether `below` names `above` as its issuer: the names, and the key identifiers where both have
// one (RFC 5280 4.2.1.1).
bool NamesAsIssuer(const CertificateView& below, const CertificateView& above) {
  if (!std::ranges::equal(below.issuer(), above.subject())) return false;
  const ByteView wanted = below.authority_key_id(), has = above.subject_key_id();
  return wanted.empty() || has.empty() || std::ranges::equal(wanted, has);
}

class PictureOfCas {
 public:
  PictureOfCas(const KnownCas& known, const std::vector<UsedPath>& paths) : known_(known) {
    for (const auto& [path, count] : paths) {
      for (std::size_t i = 0; i < path.size(); ++i) {
        devices_[path[i]].Add(count);
        if (i + 1 < path.size()) edges_[{path[i + 1], path[i]}] += count.all();
      }
    }
    for (const auto& [fingerprint, ca] : known) devices_.try_emplace(fingerprint);
  }
  std::size_t all() const { return devices_.size(); }

  Picture Cut(std::size_t nodes_max) const {
    std::vector<std::pair<Fingerprint, PassCount>> cas(devices_.begin(), devices_.end());
    std::stable_sort(cas.begin(), cas.end(),
                     [](const auto& a, const auto& b) { return a.second.all() > b.second.all(); });
    if (cas.size() > nodes_max) cas.resize(nodes_max);
    Picture picture;
    std::map<Fingerprint, std::size_t> places;
    for (const auto& [fingerprint, devices] : cas) {
      places.emplace(fingerprint, picture.nodes.size());
      picture.nodes.push_back(Node(fingerprint, devices));
    }
    std::set<std::size_t> has_issuer;
    for (const auto& [edge, count] : edges_) {
      const auto from = places.find(edge.first), to = places.find(edge.second);
      if (from == places.end() || to == places.end()) continue;
      const double width = 1 + std::log10(static_cast<double>(count) + 1) / 2;
      picture.edges.push_back({from->second, to->second, "used", width});
      has_issuer.insert(to->second);
    }
    AddNamedEdges(places, has_issuer, &picture);
    return picture;
  }

 private:
  PictureNode Node(const Fingerprint& fingerprint, const PassCount& devices) const {
    PictureNode node{{Shortened(CallCa(known_, fingerprint))}, {}};
    node.css_class = StatusOf(known_, fingerprint, devices);
    std::ranges::replace(node.css_class, ' ', '-');
    const auto found = known_.find(fingerprint);
    if (found != known_.end()) {
      for (std::size_t i = 0; i < std::min<std::size_t>(found->second.groups.size(), 2); ++i) {
        node.lines.push_back(Shortened("group " + found->second.groups[i]));
      }
    }
    node.lines.push_back(devices.all() == 0 ? "no device" : Counted(devices.all(), "device"));
    if (devices.all() == 0) node.css_class += " unused";
    return node;
  }

  // What no device came by still has an issuer.
  void AddNamedEdges(const std::map<Fingerprint, std::size_t>& places,
                     const std::set<std::size_t>& has_issuer, Picture* picture) const {
    std::vector<std::pair<std::size_t, CertificateView>> views;
    for (const auto& [fingerprint, place] : places) {
      const auto found = known_.find(fingerprint);
      if (found == known_.end()) continue;
      if (auto view = CertificateView::Parse(found->second.der)) views.emplace_back(place, *view);
    }
    for (const auto& [below, view] : views) {
      if (has_issuer.contains(below)) continue;
      for (const auto& [above, issuer] : views) {
        if (above != below && NamesAsIssuer(view, issuer)) {
          picture->edges.push_back({above, below, "named", 1});
        }
      }
    }
  }

  const KnownCas& known_;
  std::map<Fingerprint, PassCount> devices_;
  std::map<std::pair<Fingerprint, Fingerprint>, std::uint64_t> edges_;
};

}  // namespace

KnownCas KnownCasOf(const RegistryContents& contents) {
  KnownCas known;
  for (const CaCertificate& ca : contents.cas) Add(&known, ca.der, &ca);
  for (const EnrollmentGroup& group : contents.groups) {
    const std::string id = group.id + (group.enabled ? "" : " (disabled)");
    for (const Bytes* der : {&group.signing.primary, &group.signing.secondary}) {
      Add(&known, *der, nullptr);
      if (!der->empty()) known[Fingerprint::Of(*der)].groups.push_back(id);
    }
    for (const std::string* name : {&group.signing.primary_ca, &group.signing.secondary_ca}) {
      if (name->empty()) continue;
      for (const CaCertificate& ca : contents.cas) {
        if (ca.name == *name) known[Fingerprint::Of(ca.der)].groups.push_back(id);
      }
    }
  }
  return known;
}

void AddPresentedCas(const PresentedChain& chain, const CaPath& path, KnownCas* known) {
  for (const Fingerprint& fingerprint : path.view()) {
    if (known->size() >= kPresentedMax || known->contains(fingerprint)) continue;
    for (const ByteView der : chain.untrusted()) {
      if (Fingerprint::Of(der) != fingerprint) continue;
      const auto view = CertificateView::Parse(der);
      if (!view) break;
      KnownCa& entry = (*known)[fingerprint];
      entry.subject = Printable(DisplayName(view->subject()));
      entry.key = Printable(DisplayKeyType(view->spki()));
      entry.not_after = DateOf(view->not_after());
      break;
    }
  }
}

std::string CallCa(const KnownCas& known, const Fingerprint& fingerprint) {
  const auto found = known.find(fingerprint);
  if (found == known.end()) return ShortHex(fingerprint);
  if (!found->second.name.empty()) return found->second.name;
  const std::string& subject = found->second.subject;
  if (subject.empty()) return ShortHex(fingerprint);
  return found->second.held ? subject : subject + " (" + ShortHex(fingerprint) + ")";
}

std::string_view StatusOf(const KnownCas& known, const Fingerprint& fingerprint,
                          const PassCount& devices) {
  const auto found = known.find(fingerprint);
  if (found != known.end() && found->second.verified) return "verified";
  if (devices.accepted > 0) return "rolls up";
  return found == known.end() || !found->second.held ? "not registered" : "not verified";
}

Json DescribePicture(const KnownCas& known, const std::vector<UsedPath>& paths,
                     std::size_t nodes_max) {
  const PictureOfCas cas(known, paths);
  const auto svg = cas.all() == 0 ? std::nullopt : DrawSvg(cas.Cut(nodes_max));
  return {{"built_in", GraphvizIsBuiltIn()},
          {"all", cas.all()},
          {"shown", std::min(cas.all(), nodes_max)},
          {"svg", svg ? Json(*svg) : Json(nullptr)}};
}

}  // namespace muster::cli
