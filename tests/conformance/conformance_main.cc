// muster_conformance: asks muster, OpenSSL and Botan every question of the conformance suites, and
// prints how many each answers as the suite's authors do. tools/conformance builds and runs it.

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/ledger.h"
#include "tests/conformance/suite.h"
#include "tests/peers/peer_validation.h"
#include "tests/support/conformance_data.h"

namespace muster::conformance {
namespace {

using test::PeerAnswer;
using test::PeerNames;
using test::PeerQuestion;
using test::PeerSignature;

constexpr const char* kUsage = R"(usage: muster_conformance [--json FILE] [--differences]

Asks muster, OpenSSL and Botan every question of the public suites in the folder
MUSTER_CONFORMANCE_DIR, and prints how many each answers as the suite does. The
ledger holds the differences of muster that are meant (tests/conformance/ledgers).

  --json FILE     write {suite, implementation, cases, agree, ledgered, disagree}
  --differences   also print each answer that differs
  --help          this text

Exit status: 0 muster answers as the suites and its ledgers say, 1 it does not,
2 usage, 3 something cannot be read or written, 4 there are no suites.
)";

// --- The questions, as other implementations take them -------------------------------------------

PeerQuestion AsPeerQuestion(const PathQuestion& question) {
  const ValidationOptions& options = question.options;
  PeerQuestion peer;
  peer.target = question.target;
  peer.untrusted = question.untrusted;
  peer.anchors = question.anchors;
  peer.crls = question.crls;
  peer.at = question.at;
  peer.key_purpose = options.key_purpose;
  peer.initial_policies = options.initial_policies;
  peer.explicit_policy = options.explicit_policy;
  peer.inhibit_policy_mapping = options.inhibit_policy_mapping;
  peer.inhibit_any_policy = options.inhibit_any_policy;
  peer.require_crl = options.require_crl;
  peer.check_anchor_validity = options.check_anchor_validity;
  // Not muster's floor for algorithms: what a suite takes is the suite's to judge.
  peer.allow_sha1 = !question.refuses_sha1;
  peer.intermediates_max = options.budget.path_len_max - 2;
  peer.skip_unreadable = question.skip_unreadable;
  return peer;
}

struct Peer {
  const char* name;
  std::string version;
  std::function<PeerAnswer(const PeerQuestion&)> path;
  std::function<PeerAnswer(const PeerSignature&)> signature;
  std::function<PeerAnswer(const PeerNames&)> names;
  std::function<PeerAnswer(ByteView)> reads;
};

std::vector<Peer> Peers() {
  const auto openssl = [](const auto& question) { return test::AskOpenssl(question); };
  const auto botan = [](const auto& question) { return test::AskBotan(question); };
  return {
      {"OpenSSL", test::OpensslVersion(), openssl, openssl, openssl, test::OpensslReads},
      {"Botan", test::BotanVersion(), botan, botan, botan, test::BotanReads},
  };
}

Answer InWords(const PeerAnswer& answer, const char* yes, const char* no, const char* error) {
  const char* const words[] = {yes, no, error};
  return {words[static_cast<std::size_t>(answer.kind)], answer.reason, {}, {}};
}

// Nothing where the implementation has no way to be asked.
std::optional<Answer> AskPeer(const Peer& peer, const Question& question) {
  if (const auto* path = std::get_if<PathQuestion>(&question)) {
    return InWords(peer.path(AsPeerQuestion(*path)), "valid", "invalid", "error");
  }
  if (const auto* one = std::get_if<SignatureQuestion>(&question)) {
    const PeerAnswer answer =
        peer.signature({one->spki, one->algorithm, one->message, one->signature});
    return InWords(answer, "valid", "invalid", "error");
  }
  if (const auto* names = std::get_if<NamePairQuestion>(&question)) {
    return InWords(peer.names({names->a, names->b}), "match", "differ", "error");
  }
  if (const auto* name = std::get_if<NameQuestion>(&question)) {
    return InWords(peer.names({name->name, name->name}), "accept", "accept", "reject");
  }
  if (const auto* parse = std::get_if<ParseQuestion>(&question)) {
    if (parse->kind == ParseQuestion::Kind::kCertificate) {
      return InWords(peer.reads(parse->octets), "accept", "reject", "reject");
    }
  }
  return std::nullopt;
}

// --- Counting ------------------------------------------------------------------------------------

struct Row {
  std::string suite, implementation;
  std::size_t cases = 0, agree = 0, ledgered = 0, disagree = 0;
};

struct Run {
  std::vector<Row> rows;
  bool show_differences = false;
};

void Show(const Run& run, const Row& row, const Case& one, const Answer& answer) {
  if (!run.show_differences) return;
  fmt::print("{} | {} | {} | expected {} | {} | {} {}\n", row.suite, row.implementation, one.id,
             one.expected, answer.outcome, answer.detail, one.note);
}

// False where muster's answers are not as the ledger says.
bool CountMuster(const Suite& suite, const std::vector<Case>& cases, Run* run) {
  Row row{suite.name, "muster", cases.size()};
  Ledger ledger(suite.name);
  for (const Case& one : cases) {
    const Answer answer = AskMuster(one.question);
    const bool agrees = Agrees(answer.outcome, one.expected);
    ledger.Judge(one.id, answer.outcome, agrees);
    if (!agrees) Show(*run, row, one, answer);
  }
  row.agree = ledger.agreeing();
  row.ledgered = ledger.ledgered();
  row.disagree = ledger.failing();
  run->rows.push_back(row);
  for (const std::string& problem : ledger.Problems()) {
    fmt::print(stderr, "muster_conformance: {}\n", problem);
  }
  return ledger.Problems().empty();
}

void CountPeer(const Peer& peer, const Suite& suite, const std::vector<Case>& cases, Run* run) {
  Row row{suite.name, peer.name};
  for (const Case& one : cases) {
    const std::optional<Answer> answer = AskPeer(peer, one.question);
    if (!answer) return;  // A suite is asked as a whole or not at all.
    ++row.cases;
    const bool agrees = Agrees(answer->outcome, one.expected);
    ++(agrees ? row.agree : row.disagree);
    if (!agrees) Show(*run, row, one, *answer);
  }
  run->rows.push_back(row);
}

void PrintRow(const Suite& suite, std::size_t cases, const Run& run) {
  const auto figure = [&](std::string_view implementation) -> std::string {
    for (const Row& row : run.rows) {
      if (row.suite != suite.name || row.implementation != implementation) continue;
      if (row.ledgered == 0) return fmt::to_string(row.agree);
      return fmt::format("{} + {}", row.agree, row.ledgered);
    }
    return "-";
  };
  fmt::print("| {} | {} | {} | {} | {} |\n", suite.title, cases, figure("muster"),
             figure("OpenSSL"), figure("Botan"));
  std::fflush(stdout);
}

bool WriteJson(const std::string& path, const std::vector<Row>& rows) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    list.push_back({{"suite", row.suite},
                    {"implementation", row.implementation},
                    {"cases", row.cases},
                    {"agree", row.agree},
                    {"ledgered", row.ledgered},
                    {"disagree", row.disagree}});
  }
  std::ofstream file(path);
  file << list.dump(2) << '\n';
  return static_cast<bool>(file.flush());
}

// --- The program ---------------------------------------------------------------------------------

struct Arguments {
  std::string json;
  bool differences = false;
};

// Nothing where there is nothing to run; `status` says why.
std::optional<Arguments> Parse(int argc, char** argv, int* status) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      fmt::print("{}", kUsage);
      *status = 0;
      return std::nullopt;
    }
    if (argument == "--json" && i + 1 < argc) {
      arguments.json = argv[++i];
    } else if (argument == "--differences") {
      arguments.differences = true;
    } else {
      fmt::print(stderr, "muster_conformance: unknown option '{}'\n{}", argument, kUsage);
      *status = 2;
      return std::nullopt;
    }
  }
  return arguments;
}

int Main(int argc, char** argv) {
  int status = 0;
  const std::optional<Arguments> arguments = Parse(argc, argv, &status);
  if (!arguments) return status;
  // Without all the data there would be a table that looks complete.
  for (const Suite& suite : Suites()) {
    if (!test::ConformanceFolder(suite.folder)) {
      fmt::print(stderr, "muster_conformance: {}\n", test::NoConformanceData(suite.folder));
      return 4;
    }
  }
  const std::vector<Peer> peers = Peers();
  for (const Peer& peer : peers) fmt::print("{}: {}\n", peer.name, peer.version);
  fmt::print(
      "\n| suite | cases | muster (+ in the ledger) | OpenSSL | Botan |\n|---|---|---|---|---|\n");
  Run run;
  run.show_differences = arguments->differences;
  bool as_expected = true;
  for (const Suite& suite : Suites()) {
    const std::vector<Case> cases = suite.read(*test::ConformanceFolder(suite.folder));
    if (cases.size() != suite.cases) {
      fmt::print(stderr, "muster_conformance: {} has {} cases, expected {}\n", suite.name,
                 cases.size(), suite.cases);
      as_expected = false;
    }
    as_expected = CountMuster(suite, cases, &run) && as_expected;
    for (const Peer& peer : peers) CountPeer(peer, suite, cases, &run);
    PrintRow(suite, cases.size(), run);
  }
  if (!arguments->json.empty() && !WriteJson(arguments->json, run.rows)) {
    fmt::print(stderr, "muster_conformance: cannot write {}\n", arguments->json);
    return 3;
  }
  return as_expected ? 0 : 1;
}

}  // namespace
}  // namespace muster::conformance

int main(int argc, char** argv) {
  try {
    return muster::conformance::Main(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "muster_conformance: {}\n", error.what());
    return 3;
  }
}
