// Whatever question about whatever PKI: muster answers as OpenSSL and Botan do, or a row of the
// table of explanations says why not. MUSTER_DIFFERENTIAL_QUESTIONS says how many questions are
// asked (in a long run a million), MUSTER_DIFFERENTIAL_SEED where they start.
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "tests/differential/comparison.h"
#include "tests/differential/explanations.h"
#include "tests/differential/minimise.h"
#include "tests/support/setting.h"

namespace muster::test {
namespace {

// The questions of one PKI share certificates.
constexpr std::uint64_t kQuestionsOfAPki = 20;

struct Tally {
  std::uint64_t questions = 0, accepted = 0, unexplained = 0;
  std::map<const Explanation*, std::uint64_t> used;
};

// Asks about one question, and counts or reports.
class Examiner {
 public:
  Examiner(Peer peer, Ask ask) : peer_(peer), ask_(std::move(ask)) {}

  void Examine(const AdversarialQuestion& question, const PeerQuestion& made,
               const MusterAnswer& muster, AdversarialIssuer* issuer, Tally* tally) const {
    const auto found = Compare(question, made, muster, peer_, ask_, issuer);
    if (found == nullptr) return;
    if (const Explanation* explanation = FindExplanation(*found)) {
      ++tally->used[explanation];
      return;
    }
    ++tally->unexplained;
    const AdversarialQuestion smallest = Smallest(question, muster.valid(), issuer);
    const PeerQuestion remade = issuer->Make(smallest);
    const auto left = Compare(smallest, remade, AskMuster(remade), peer_, ask_, issuer);
    ADD_FAILURE() << "No row explains why " << Summarise(*found) << "\n"
                  << Describe(question) << "\nMinimised: " << Summarise(*left) << "\n"
                  << Describe(left->question) << ToPem(left->made);
  }

  // Smaller, with a disagreement of the same kind that nothing explains either.
  AdversarialQuestion Smallest(const AdversarialQuestion& question, bool muster_accepts,
                               AdversarialIssuer* issuer) const {
    return Minimise(question, [&](const AdversarialQuestion& smaller) {
      const PeerQuestion made = issuer->Make(smaller);
      const MusterAnswer muster = AskMuster(made);
      if (muster.valid() != muster_accepts) return false;
      const auto found = Compare(smaller, made, muster, peer_, ask_, issuer);
      return found != nullptr && FindExplanation(*found) == nullptr;
    });
  }

 private:
  Peer peer_;
  Ask ask_;
};

PeerAnswer Openssl(const PeerQuestion& question) { return AskOpenssl(question); }
PeerAnswer Botan(const PeerQuestion& question) { return AskBotan(question); }

// Seeds and numbers of questions that reach rows which one question in thousands does.
struct Rare {
  std::uint64_t seed, number;
};
constexpr Rare kRare[] = {
    {2, 11},     {8, 0},     {17, 1},    {18, 5},     {22, 7},    {26, 6},     {29, 12},
    {32, 14},    {34, 6},    {40, 9},    {41, 2},     {49, 17},   {65, 6},     {74, 16},
    {79, 15},    {90, 13},   {102, 12},  {107, 10},   {134, 1},   {139, 5},    {146, 19},
    {147, 10},   {151, 8},   {152, 19},  {160, 10},   {177, 4},   {193, 11},   {215, 15},
    {232, 3},    {261, 19},  {339, 9},   {370, 6},    {394, 16},  {657, 15},   {743, 7},
    {743, 12},   {771, 9},   {772, 16},  {791, 3},    {823, 2},   {899, 9},    {1108, 4},
    {1130, 2},   {1428, 7},  {2000, 7},  {2018, 7},   {614, 3},   {2676, 44},  {2979, 21},
    {3293, 6},   {3708, 15}, {4170, 3},  {5700, 16},  {6319, 19}, {6716, 1},   {7273, 15},
    {20433, 10}, {21072, 3}, {21142, 7}, {21581, 12}, {21799, 0}, {22371, 12}, {22503, 12},
    {32482, 7},  {35462, 3}, {37012, 15}, {2002015, 2}, {2002434, 12},
    {2006592, 11}, {2007381, 11}, {2007529, 13}, {2008390, 8},
    {2010249, 10}, {2024298, 8}, {2028237, 9}, {2028797, 8},
    {2033113, 0}, {2033598, 4}, {2016313, 12}};

void AskOne(const std::vector<Examiner>& examiners, const AdversarialQuestion& question,
            AdversarialIssuer* issuer, Tally* tally) {
  const PeerQuestion made = issuer->Make(question);
  const MusterAnswer muster = AskMuster(made);
  ++tally->questions;
  tally->accepted += muster.valid();
  for (const Examiner& examiner : examiners) {
    examiner.Examine(question, made, muster, issuer, tally);
  }
}

void AskAll(const std::vector<Examiner>& examiners, std::uint64_t first_seed, std::uint64_t count,
            Tally* tally) {
  for (const Rare& rare : kRare) {
    AdversarialIssuer issuer;
    AskOne(examiners, AdversarialPki(rare.seed).Question(rare.number), &issuer, tally);
  }
  for (std::uint64_t seed = first_seed; tally->questions < count; ++seed) {
    const AdversarialPki pki(seed);
    AdversarialIssuer issuer;
    for (std::uint64_t n = 0; n < kQuestionsOfAPki && tally->questions < count; ++n) {
      AskOne(examiners, pki.Question(n), &issuer, tally);
      if (tally->unexplained > 20) return;  // One cause, most likely; enough to see it.
    }
  }
}

TEST(AdversarialAgreement, WithOpensslAndBotan) {
  const std::uint64_t count = Setting("MUSTER_DIFFERENTIAL_QUESTIONS", 10'000);
  Tally tally;
  AskAll({Examiner(Peer::kOpenssl, Openssl), Examiner(Peer::kBotan, Botan)},
         Setting("MUSTER_DIFFERENTIAL_SEED", 1), count, &tally);
  EXPECT_EQ(tally.unexplained, 0u);
  // Questions that all end alike would prove nothing.
  EXPECT_GT(tally.accepted, tally.questions / 8);
  EXPECT_LT(tally.accepted, tally.questions / 2);
  std::string use;
  for (const auto* rows : {&RefusalExplanations(), &AcceptanceExplanations()}) {
    for (const Explanation& row : *rows) {
      use += std::to_string(tally.used[&row]) + "  " + std::string(row.name) + "\n";
      // A row that explains nothing is wrong, or the peer has changed.
      EXPECT_TRUE(count < 10'000 || tally.used[&row] > 0) << row.name << ": explains nothing";
    }
  }
  RecordProperty("questions", std::to_string(tally.questions));
  RecordProperty("accepted", std::to_string(tally.accepted));
  RecordProperty("explanations", use);
}

TEST(AdversarialAgreement, EveryRowIsNarrow) {
  std::set<std::string_view> names;
  for (const auto* rows : {&RefusalExplanations(), &AcceptanceExplanations()}) {
    for (const Explanation& row : *rows) {
      EXPECT_FALSE(row.clause.empty()) << row.name;
      EXPECT_TRUE(!row.flaws.empty() || row.holds != nullptr) << row.name;
      EXPECT_NE(row.reasons.empty(), row.peer_says.empty()) << row.name;
      for (const std::string_view flaw : row.flaws) {
        const bool is_theme = flaw.ends_with(':');
        bool known = FindFlaw(flaw) != nullptr;
        for (const Flaw& planted : Flaws()) known |= is_theme && planted.name.starts_with(flaw);
        EXPECT_TRUE(known) << row.name << " names the flaw '" << flaw << "', which is none";
      }
    }
  }
}

// --- The harness itself -----------------------------------------------------------------------

// OpenSSL, but for one lie.
PeerAnswer LiesAboutExpiry(const PeerQuestion& question) {
  PeerAnswer answer = AskOpenssl(question);
  if (answer.reason == "certificate has expired") answer = {PeerAnswer::Kind::kValid, ""};
  return answer;
}

PeerAnswer LiesAboutServers(const PeerQuestion& question) {
  if (question.key_purpose == "1.3.6.1.5.5.7.3.2") return {PeerAnswer::Kind::kInvalid, "a lie"};
  return AskOpenssl(question);
}

// The first question on which a peer that lies is caught, made small.
AdversarialQuestion Caught(const Ask& lying, bool muster_accepts, std::size_t flaws_at_least) {
  const Examiner examiner(Peer::kOpenssl, lying);
  for (std::uint64_t seed = 1; seed < 500; ++seed) {
    const AdversarialPki pki(seed);
    AdversarialIssuer issuer;
    for (std::uint64_t n = 0; n < kQuestionsOfAPki; ++n) {
      const AdversarialQuestion question = pki.Question(n);
      if (question.FlawCount() < flaws_at_least || question.untrusted.size() < 2) continue;
      const PeerQuestion made = issuer.Make(question);
      const MusterAnswer muster = AskMuster(made);
      if (muster.valid() != muster_accepts) continue;
      const auto found = Compare(question, made, muster, Peer::kOpenssl, lying, &issuer);
      if (found == nullptr || FindExplanation(*found) != nullptr) continue;
      return examiner.Smallest(question, muster_accepts, &issuer);
    }
  }
  ADD_FAILURE() << "the lie was not noticed";
  return {};
}

TEST(AdversarialAgreement, CatchesAPeerThatAcceptsTooMuch) {
  const AdversarialQuestion smallest = Caught(LiesAboutExpiry, false, 2);
  EXPECT_LE(smallest.FlawCount(), 1u) << Describe(smallest);
  EXPECT_LE(smallest.untrusted.size(), 1u) << Describe(smallest);
  EXPECT_EQ(smallest.anchors.size(), 1u) << Describe(smallest);
  EXPECT_TRUE(smallest.crls.empty());
}

TEST(AdversarialAgreement, CatchesAPeerThatRefusesTooMuch) {
  const AdversarialQuestion smallest = Caught(LiesAboutServers, true, 1);
  EXPECT_EQ(smallest.FlawCount(), 0u) << Describe(smallest);
  EXPECT_TRUE(smallest.untrusted.empty()) << Describe(smallest);
  EXPECT_EQ(smallest.anchors.size(), 1u) << Describe(smallest);
  EXPECT_EQ(smallest.key_purpose, "1.3.6.1.5.5.7.3.2");
}

TEST(AdversarialPki, GivesTheSameQuestionAgain) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    // In another order, by another issuer.
    AdversarialIssuer one, other;
    const AdversarialPki first(seed), again(seed);
    for (std::uint64_t n = 0; n < 10; ++n) {
      const AdversarialQuestion question = first.Question(n);
      static_cast<void>(again.Question(99 - n));
      EXPECT_EQ(Describe(question), Describe(again.Question(n)));
      static_cast<void>(other.Make(again.Question(9 - n)));
      EXPECT_EQ(ToPem(one.Make(question)), ToPem(other.Make(again.Question(n))));
    }
  }
}

// The generator that these seeds have always meant: a change of it is to be seen.
TEST(AdversarialPki, ReachesEveryShapeThemeAndFlaw) {
  std::set<std::string_view> shapes, themes, flaws;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const AdversarialPki pki(seed);
    for (std::uint64_t n = 0; n < kQuestionsOfAPki; ++n) {
      const AdversarialQuestion question = pki.Question(n);
      shapes.insert(question.shape);
      themes.insert(question.theme);
      for (const CertificatePlan& plan : question.certificates) {
        for (const Flaw* flaw : plan.flaws) flaws.insert(flaw->name);
      }
    }
  }
  EXPECT_EQ(shapes.size(), 12u);
  EXPECT_EQ(themes.size(), 11u);
  for (const Flaw& flaw : Flaws()) EXPECT_TRUE(flaws.contains(flaw.name)) << flaw.name;
}

// Without a flaw, everybody accepts: the flaws are what the rest is about.
TEST(AdversarialPki, IsGoodWithoutFlaws) {
  AdversarialIssuer issuer;
  int straight = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const AdversarialPki pki(seed);
    const AdversarialQuestion& plain = pki.plain();
    bool usual = plain.shape == "straight";
    for (const CertificatePlan& plan : plain.certificates) {
      usual = usual && plan.key != kKeySmallRsa && !plan.path_len;
    }
    if (!usual) continue;
    ++straight;
    const PeerQuestion made = issuer.Make(plain);
    EXPECT_TRUE(AskMuster(made).valid()) << Describe(plain);
    EXPECT_TRUE(AskOpenssl(made).valid()) << AskOpenssl(made).reason << Describe(plain);
    EXPECT_TRUE(AskBotan(made).valid()) << AskBotan(made).reason << Describe(plain);
  }
  EXPECT_GT(straight, 5);
}

}  // namespace
}  // namespace muster::test
