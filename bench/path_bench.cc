// The first sight of a CA path, which is paid once a path and not once a device: building and
// validating alone, and a whole decision from an authenticator that knows nothing yet. And the
// worst that a cross-signed mesh can cost: the search ends at its budget.
//
// Levels count the leaf and the root. x_floor: time / time of parsing the presented certificates
// and checking each link with a prepared Botan verifier. x_normal: time / time of a 3-level first
// sight.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/bench_fleet.h"
#include "bench/bench_run.h"
#include "bench/peers/raw_botan.h"
#include "engine/graph/issuer_graph.h"
#include "engine/path/path_builder.h"
#include "engine/path/path_validator.h"
#include "engine/x509/name.h"
#include "muster/authenticator.h"

namespace muster::bench {
namespace {

// A chain of `levels` certificates. The service knows the root, verified and a group.
class Ladder {
 public:
  explicit Ladder(int levels) {
    cas_.push_back(MakeCa("root", KeyKind::kP256, nullptr));
    for (int i = 2; i < levels; ++i) {
      cas_.push_back(MakeCa("level-" + std::to_string(i), KeyKind::kP256, &cas_.back()));
    }
    leaf_ = MakeLeaf("device", KeyKind::kP256, cas_.back()).der;
    RegistryContents contents;
    contents.service = "path";
    contents.cas.push_back(Registered("root", cas_.front(), CaStatus::kVerified));
    EnrollmentGroup& group = contents.groups.emplace_back();
    group.id = "root";
    group.signing.primary_ca = "root";
    snapshot_ = Must(RegistrySnapshot::Compile(std::move(contents)));
  }

  const std::vector<BenchCertificate>& cas() const { return cas_; }  // Root first.
  const Bytes& leaf() const { return leaf_; }
  const std::shared_ptr<const RegistrySnapshot>& snapshot() const { return snapshot_; }
  // The leaf and the intermediates.
  PresentedChain Presented() const {
    PresentedChain chain(leaf_);
    for (std::size_t i = cas_.size(); i-- > 1;) chain.AddUntrusted(cas_[i].der);
    return chain;
  }

 private:
  std::vector<BenchCertificate> cas_;
  Bytes leaf_;
  std::shared_ptr<const RegistrySnapshot> snapshot_;
};

// Parses what a ladder's device presents and checks every link.
class LadderFloor {
 public:
  explicit LadderFloor(const Ladder& ladder) {
    for (std::size_t i = 0; i < ladder.cas().size(); ++i) {
      const bool last = i + 1 == ladder.cas().size();
      links_.push_back({last ? ladder.leaf() : ladder.cas()[i + 1].der, nullptr});
      const CertificateView child = CertificateView::Parse(links_.back().child).value();
      const CertificateView issuer = CertificateView::Parse(ladder.cas()[i].der).value();
      links_.back().issuer =
          std::make_unique<RawBotanVerifier>(issuer.spki(), child.signature_algorithm());
    }
  }

  bool Check() const {
    for (const Link& link : links_) {
      const auto child = CertificateView::Parse(link.child);
      if (!child || !link.issuer->Verify(child->tbs(), child->signature())) return false;
    }
    return true;
  }

 private:
  struct Link {
    Bytes child;
    std::unique_ptr<RawBotanVerifier> issuer;
  };
  std::vector<Link> links_;
};

Verdict FirstSightOf(const Ladder& ladder, AuthenticatorCounters* counters = nullptr) {
  const Authenticator authenticator(ladder.snapshot());
  const Verdict verdict = authenticator.Authenticate(ladder.Presented(), BenchTime());
  if (counters != nullptr) *counters = authenticator.counters();
  return verdict;
}

void FirstSight(benchmark::State& state) {
  const Ladder ladder(static_cast<int>(state.range(0)));
  const LadderFloor floor(ladder);
  const auto links = static_cast<std::uint64_t>(state.range(0)) - 1;
  AuthenticatorCounters counters;
  if (!FirstSightOf(ladder, &counters).accepted() || !floor.Check()) {
    return Fail(state, "a good chain was rejected");
  }
  if (counters.leaf_signatures + counters.ca_signatures != links) {
    return Fail(state, "not one signature a link");
  }
  state.counters["x_floor"] =
      TimeBeside(state, [&] { benchmark::DoNotOptimize(FirstSightOf(ladder)); },
                 {[&] { benchmark::DoNotOptimize(floor.Check()); }})
          .front();
  state.counters["signatures"] = static_cast<double>(links);
}
BENCHMARK(FirstSight)->ArgName("levels")->Arg(2)->Arg(3)->Arg(5)->UseManualTime();

// Path building and validation over CA certificates that are parsed already.
class PathSearch {
 public:
  PathSearch(const std::vector<BenchCertificate>& cas, const Bytes& leaf,
             const ValidationBudget& budget)
      : graph_(NodesOf(cas)),
        leaf_(CertificateView::Parse(leaf).value()),
        issuer_(x509::CanonicalName(leaf_.issuer()).value()),
        budget_(budget),
        validator_(OptionsOf(budget), crls_, {}) {}

  struct Outcome {
    path::BuildEnd end = path::BuildEnd::kExhausted;
    int valid = 0;
    int signatures = 0;
  };

  Outcome Run(const path::PathBuilder::IsAnchor& is_anchor) const {
    Outcome outcome;
    path::LinkVerifier links({}, budget_.signatures_max);
    path::StableWindow stable;
    const path::PathBuilder builder(graph_, is_anchor, &links, budget_);
    outcome.end =
        builder.Build(issuer_, leaf_.authority_key_id(), [&](const path::CandidatePath& candidate) {
          if (!candidate.reaches_anchor) return path::Visit::kContinue;
          path::FaultSink sink(/*collect_all=*/false);
          const auto validated =
              validator_.ValidateCas(candidate.cas, BenchTime(), &links, &sink, &stable);
          outcome.valid += validated ? 1 : 0;
          return path::Visit::kContinue;
        });
    outcome.signatures = links.signatures_checked();
    return outcome;
  }

 private:
  static std::vector<graph::CaNodePtr> NodesOf(const std::vector<BenchCertificate>& cas) {
    std::vector<graph::CaNodePtr> nodes;
    for (const BenchCertificate& ca : cas) {
      nodes.push_back(graph::CaNode::Create(Certificate::Parse(ca.der).value(), {}).value());
    }
    return nodes;
  }
  static ValidationOptions OptionsOf(const ValidationBudget& budget) {
    ValidationOptions options;
    options.budget = budget;
    return options;
  }

  graph::IssuerGraph graph_;
  CertificateView leaf_;
  std::string issuer_;
  ValidationBudget budget_;
  path::CrlSet crls_;
  path::PathValidator validator_;
};

void BuildAndValidate(benchmark::State& state) {
  const Ladder ladder(static_cast<int>(state.range(0)));
  const PathSearch search(ladder.cas(), ladder.leaf(), {});
  const auto is_root = [](const graph::CaNode& ca) { return ca.IsSelfIssued(); };
  const PathSearch::Outcome answer = search.Run(is_root);
  if (answer.valid != 1 || answer.signatures != state.range(0) - 2 ||
      answer.end != path::BuildEnd::kExhausted) {
    return Fail(state, "not one valid path with one signature a link");
  }
  for (auto _ : state) {
    auto outcome = search.Run(is_root);
    benchmark::DoNotOptimize(outcome);
  }
  state.counters["signatures"] = answer.signatures;
}
BENCHMARK(BuildAndValidate)->ArgName("levels")->Arg(2)->Arg(3)->Arg(5);

// `size` CAs, each of which certified every other one; no root. The first one issues a leaf.
struct Mesh {
  explicit Mesh(int size) {
    const auto name = [](int i) { return "mesh-" + std::to_string(i); };
    std::vector<BenchCertificate> issuers;
    for (int i = 0; i < size; ++i) issuers.push_back(MakeCa(name(i), KeyKind::kP256, nullptr));
    for (int distance = 1; distance < size; ++distance) {
      for (int i = 0; i < size; ++i) {
        const auto by = static_cast<std::size_t>((i + distance) % size);
        cas.push_back(MakeCa(name(i), KeyKind::kP256, &issuers[by]));
      }
    }
    leaf = MakeLeaf("device", KeyKind::kP256, issuers.front()).der;
  }
  std::vector<BenchCertificate> cas;
  Bytes leaf;
};

// The search alone, with every link checked until a bound is reached. The default bounds, or, to
// see what the bound on steps is worth, no bound on signatures.
void MeshSearch(benchmark::State& state, bool bound_signatures) {
  const Mesh mesh(8);
  ValidationBudget budget;
  if (!bound_signatures) budget.signatures_max = 1'000'000;
  const PathSearch search(mesh.cas, mesh.leaf, budget);
  const auto no_anchor = [](const graph::CaNode&) { return false; };
  const PathSearch::Outcome answer = search.Run(no_anchor);
  if (answer.valid != 0 || answer.end != path::BuildEnd::kBudget ||
      answer.signatures > budget.signatures_max) {
    return Fail(state, "the search did not end at its budget");
  }
  const Ladder ladder(3);
  state.counters["x_normal"] =
      TimeBeside(state, [&] { benchmark::DoNotOptimize(search.Run(no_anchor)); },
                 {[&] { benchmark::DoNotOptimize(FirstSightOf(ladder)); }})
          .front();
  state.counters["signatures"] = answer.signatures;
}
BENCHMARK_CAPTURE(MeshSearch, default_budget, true)->UseManualTime();
BENCHMARK_CAPTURE(MeshSearch, steps_only, false)->UseManualTime();

// The worst that one device can do: it presents as many certificates of a mesh as a chain may hold.
void PresentedMesh(benchmark::State& state) {
  const Mesh mesh(4);
  const Ladder ladder(3);
  PresentedChain chain(mesh.leaf);
  for (std::size_t i = 0; i < kUntrustedMax; ++i) chain.AddUntrusted(mesh.cas[i].der);
  const auto decide = [&](AuthenticatorCounters* counters) {
    const Authenticator authenticator(ladder.snapshot());
    const Verdict verdict = authenticator.Authenticate(chain, BenchTime());
    if (counters != nullptr) *counters = authenticator.counters();
    return verdict;
  };
  AuthenticatorCounters counters;
  if (decide(&counters).accepted()) return Fail(state, "a stranger was accepted");
  state.counters["x_normal"] = TimeBeside(state, [&] { benchmark::DoNotOptimize(decide(nullptr)); },
                                          {[&] { benchmark::DoNotOptimize(FirstSightOf(ladder)); }})
                                   .front();
  state.counters["signatures"] =
      static_cast<double>(counters.ca_signatures + counters.leaf_signatures);
}
BENCHMARK(PresentedMesh)->UseManualTime();

}  // namespace
}  // namespace muster::bench
