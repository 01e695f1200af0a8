#include "tools/muster/report_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "muster/signature_algorithm.h"
#include "muster/version.h"
#include "tools/muster/audit_output.h"
#include "tools/muster/describe.h"
#include "tools/muster/findings_output.h"

namespace muster::cli {
namespace {

// Past these, what is new is left out of the table it belongs to: hostile inventories can name a
// new path with every device.
constexpr std::size_t kPathsMax = 65'536;
constexpr std::size_t kEntriesMax = 65'536;  // Groups, and individual enrollments.

constexpr std::array<int, 3> kSoonDays = {30, 90, 365};

template <typename Row, typename Count>
void KeepMost(std::vector<Row>* rows, std::size_t rows_max, const Count& count) {
  std::stable_sort(rows->begin(), rows->end(),
                   [&](const Row& a, const Row& b) { return count(a) > count(b); });
  if (rows->size() > rows_max) rows->resize(rows_max);
}

// How many rows of each list are shown, so that all of a short list are before half of a long one.
std::vector<std::size_t> Shares(const std::vector<std::size_t>& sizes, std::size_t rows_max) {
  std::vector<std::size_t> shares(sizes.size(), 0);
  for (bool grown = true; rows_max > 0 && grown;) {
    grown = false;
    for (std::size_t i = 0; i < sizes.size() && rows_max > 0; ++i) {
      if (shares[i] == sizes[i]) continue;
      ++shares[i];
      --rows_max;
      grown = true;
    }
  }
  return shares;
}

Json DescribeInputs(const AuditReport& report) {
  Json json{{"files", report.input_files},
            {"digest", report.input_files == 0 ? std::string() : report.inputs_digest.hex()},
            {"rows", Json::array()}};
  for (const AuditInput& input : report.inputs) {
    json["rows"].push_back({{"name", Printable(input.name)},
                            {"octets", input.octets},
                            {"digest", input.digest.hex()},
                            {"whole", input.whole}});
  }
  return json;
}

}  // namespace

std::size_t AuditReportModel::PathHash::operator()(const CaPath& path) const {
  std::size_t hash = path.view().size();
  for (const Fingerprint& ca : path.view()) {
    hash = hash * 31 + std::hash<Fingerprint>{}(ca);
  }
  return hash;
}

void AuditReportModel::Count(const AuditRecord& record) {
  const Verdict& verdict = record.verdict;
  const bool readable = record.read_error.empty();
  if (!readable || !verdict.accepted()) CountFailing(record);
  if (!readable) return;
  if (record.not_after) CountExpiry(*record.not_after, verdict.accepted());
  CountEnrollment(verdict.enrollment, verdict.accepted());
  if (record.chain != nullptr) CountSignature(*record.chain);
  CountPath(record);
}

void AuditReportModel::CountSignature(const PresentedChain& chain) {
  const auto leaf = CertificateView::Parse(chain.leaf());
  if (!leaf) return;
  const std::string name = DisplaySignatureAlgorithm(leaf->signature_algorithm());
  auto found = signatures_.find(name);
  if (found == signatures_.end()) {
    // Made-up OIDs are counted together.
    const bool full = signatures_.size() >= kRowsMax;
    found = signatures_.try_emplace(full ? std::string("others") : name).first;
  }
  ++found->second;
}

void AuditReportModel::CountPath(const AuditRecord& record) {
  const CaPath& path = record.verdict.ca_path;
  if (path.view().empty()) return;
  auto found = paths_.find(path);
  if (found == paths_.end()) {
    if (paths_.size() >= kPathsMax) return;
    found = paths_.emplace(path, PassCount{}).first;
    // Only a new path can go through a CA that was not seen before.
    if (record.chain != nullptr) AddPresentedCas(*record.chain, path, &known_);
  }
  found->second.Add(record.verdict.accepted());
}

void AuditReportModel::CountFailing(const AuditRecord& record) {
  const bool readable = record.read_error.empty();
  auto& rows = readable ? failing_[record.verdict.reason] : unreadable_;
  if (rows.size() >= kFailingMax) return;
  FailingDevice& row = rows.emplace_back();
  row.index = record.index;
  row.who = Printable(record.device_id.empty() ? record.verdict.registration_id.view()
                                               : std::string_view(record.device_id));
  row.source = Printable(SourceText(record.source));
  row.detail = Printable(record.read_error);
  if (!readable) return;
  if (record.verdict.enrollment.kind != EnrollmentKind::kNone) {
    row.enrollment = fmt::format("{} {}", NameOf(record.verdict.enrollment.kind),
                                 record.verdict.enrollment.id.view());
  }
  row.key = record.key_type;
  if (record.not_after) row.not_after = DateOf(*record.not_after);
  row.chain_index = record.verdict.chain_index;
}

void AuditReportModel::CountExpiry(UnixTime not_after, bool accepted) {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(not_after)};
  const int month = int{date.year()} * 12 + static_cast<int>(unsigned{date.month()}) - 1;
  months_[month].Add(accepted);
  if (!accepted) return;
  // The last second counts, as it does for the findings.
  std::size_t bucket = 0;
  while (bucket < kSoonDays.size() && not_after - at_ > std::chrono::days{kSoonDays[bucket]}) {
    ++bucket;
  }
  ++accepted_soon_[bucket];
}

void AuditReportModel::CountById(std::string_view id, bool accepted, CountsById* counts) {
  auto found = counts->find(id);
  if (found == counts->end()) {
    if (counts->size() >= kEntriesMax) return;
    found = counts->emplace(id, PassCount{}).first;
  }
  found->second.Add(accepted);
}

void AuditReportModel::CountEnrollment(const EnrollmentRef& enrollment, bool accepted) {
  if (enrollment.kind == EnrollmentKind::kGroup) {
    CountById(enrollment.id.view(), accepted, &groups_);
  }
  if (enrollment.kind == EnrollmentKind::kIndividual) {
    through_individuals_.Add(accepted);
    CountById(enrollment.id.view(), accepted, &individuals_);
  }
}

Json AuditReportModel::Describe(const Json& header, const AuditReport& report,
                                const FindingsReport* findings) const {
  Json json = header;
  for (Json& input : json["inputs"]) input = Printable(input.get_ref<const std::string&>());
  json["version"] = kVersion;
  json["input_octets"] = report.input_octets;
  json["interrupted"] = report.interrupted;
  json["notes"] = Json::array();
  for (const std::string& note : report.notes) json["notes"].push_back(Printable(note));
  json["devices"] = report.devices;
  json["accepted"] = report.accepted;
  json["refused"] = report.rejected;
  json["unreadable"] = report.unreadable;
  json["reasons"] = DescribeReasons(report);
  json["expiry"] = DescribeExpiry();
  json["keys"] = Json::array();
  for (const auto& [key, devices] : report.by_key_type) {
    json["keys"].push_back({{"key", Printable(key)}, {"devices", devices}});
  }
  json["signatures"] = Json::array();
  for (const auto& [name, devices] : signatures_) {
    json["signatures"].push_back({{"name", Printable(name)}, {"devices", devices}});
  }
  json["read"] = DescribeInputs(report);
  json["issuers"] = DescribeIssuers(CountsOfIssuers());
  json["enrollments"] = DescribeEnrollments();
  json["anchors"] = DescribeAnchors(report);
  std::vector<UsedPath> paths;
  for (const auto& [path, count] : paths_) {
    paths.emplace_back(std::vector(path.view().begin(), path.view().end()), count);
  }
  json["graph"] = DescribePicture(known_, paths, kPictureMax);
  json["findings"] = findings == nullptr ? Json(nullptr) : DescribeFindings(*findings);
  json["failing"] = DescribeFailing(report);
  return json;
}

Json AuditReportModel::DescribeReasons(const AuditReport& report) const {
  std::vector<Json> rows;
  for (const auto& [name, devices] : report.by_reason) {
    const ReasonInfo& info = InfoOf(FindReason(name).value_or(RejectReason::kNotEvaluated));
    rows.push_back({{"reason", name},
                    {"number", info.number},
                    {"sentence", info.sentence},
                    {"remedy", info.remedy},
                    {"devices", devices}});
  }
  KeepMost(&rows, rows.size(), [](const Json& row) { return row["devices"].get<std::uint64_t>(); });
  return rows;
}

Json AuditReportModel::DescribeFailing(const AuditReport& report) const {
  std::vector<std::pair<std::string_view, const std::vector<FailingDevice>*>> lists;
  lists.emplace_back("unreadable", &unreadable_);
  for (const auto& [reason, rows] : failing_) lists.emplace_back(NameOf(reason), &rows);
  std::vector<std::size_t> sizes;
  sizes.reserve(lists.size());
  for (const auto& [name, rows] : lists) sizes.push_back(rows->size());
  const std::vector<std::size_t> shares = Shares(sizes, kFailingMax);
  std::vector<std::pair<std::uint64_t, Json>> shown;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    for (std::size_t row = 0; row < shares[i]; ++row) {
      const FailingDevice& device = (*lists[i].second)[row];
      shown.emplace_back(device.index, Json{{"who", device.who},
                                            {"reason", lists[i].first},
                                            {"detail", device.detail},
                                            {"at", device.chain_index},
                                            {"enrollment", device.enrollment},
                                            {"key", device.key},
                                            {"not_after", device.not_after},
                                            {"source", device.source}});
    }
  }
  std::sort(shown.begin(), shown.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  Json json{{"all", report.rejected + report.unreadable}, {"rows", Json::array()}};
  for (auto& [index, row] : shown) json["rows"].push_back(std::move(row));
  return json;
}

Json AuditReportModel::DescribeExpiry() const {
  Json json{{"months", Json::array()}};
  for (const auto& [month, count] : months_) {
    json["months"].push_back({{"month", fmt::format("{:04}-{:02}", month / 12, month % 12 + 1)},
                              {"accepted", count.accepted},
                              {"refused", count.refused}});
  }
  std::uint64_t devices = 0;
  json["soon"] = Json::array();
  for (std::size_t i = 0; i < kSoonDays.size(); ++i) {
    devices += accepted_soon_[i];
    json["soon"].push_back({{"days", kSoonDays[i]}, {"devices", devices}});
  }
  return json;
}

Json AuditReportModel::DescribeIndividuals() const {
  std::vector<std::pair<std::string_view, PassCount>> most(individuals_.begin(),
                                                           individuals_.end());
  KeepMost(&most, kRowsMax, [](const auto& individual) { return individual.second.all(); });
  std::map<std::string_view, Json*> shown;
  std::vector<Json> rows;
  rows.reserve(most.size());
  for (const auto& [id, count] : most) {
    rows.push_back({{"id", Printable(id)},
                    {"enabled", nullptr},
                    {"accepted", count.accepted},
                    {"refused", count.refused}});
    shown.emplace(id, &rows.back());
  }
  for (const IndividualEnrollment& individual : contents_.individuals) {
    const auto found = shown.find(individual.registration_id);
    if (found != shown.end()) (*found->second)["enabled"] = individual.enabled;
  }
  return rows;
}

Json AuditReportModel::DescribeEnrollments() const {
  std::map<std::string, Json> groups;
  const auto row = [](const std::string& id, const PassCount& count) {
    return Json{{"id", Printable(id)},
                {"enabled", nullptr},
                {"accepted", count.accepted},
                {"refused", count.refused}};
  };
  for (const auto& [id, count] : groups_) groups.emplace(id, row(id, count));
  for (const EnrollmentGroup& group : contents_.groups) {
    const auto found = groups.try_emplace(group.id, row(group.id, {})).first;
    found->second["enabled"] = group.enabled;
  }
  std::vector<Json> rows;
  rows.reserve(groups.size());
  for (auto& [id, group] : groups) rows.push_back(std::move(group));
  KeepMost(&rows, kRowsMax, [](const Json& group) {
    return group["accepted"].get<std::uint64_t>() + group["refused"].get<std::uint64_t>();
  });
  return {{"groups", std::move(rows)},
          {"groups_all", groups.size()},
          {"individuals", DescribeIndividuals()},
          {"individuals_used", individuals_.size()},
          {"individuals_all", contents_.individuals.size()},
          {"individuals_accepted", through_individuals_.accepted},
          {"individuals_refused", through_individuals_.refused}};
}

Json AuditReportModel::DescribeAnchors(const AuditReport& report) const {
  std::vector<Json> rows;
  for (const auto& [hex, devices] : report.by_anchor) {
    Json row{{"name", nullptr}, {"method", ""}, {"key", ""}, {"not_after", ""}};
    for (const CaCertificate& ca : contents_.cas) {
      if (Fingerprint::Of(ca.der).hex() != hex) continue;
      row["name"] = Printable(ca.name);
      row["method"] = NameOf(ca.method);
      if (auto view = CertificateView::Parse(ca.der)) {
        row["key"] = DisplayKeyType(view->spki());
        row["not_after"] = DateOf(view->not_after());
      }
    }
    row["fingerprint"] = hex;
    row["devices"] = devices;
    rows.push_back(std::move(row));
  }
  const std::size_t all = rows.size();
  KeepMost(&rows, kRowsMax, [](const Json& row) { return row["devices"].get<std::uint64_t>(); });
  return {{"all", all}, {"rows", std::move(rows)}};
}

AuditReportModel::CountsByCa AuditReportModel::CountsOfIssuers() const {
  CountsByCa issuers;
  for (const auto& [path, count] : paths_) {
    issuers[path.view().front()].Add(count);
  }
  return issuers;
}

Json AuditReportModel::DescribeIssuers(const CountsByCa& issuers) const {
  std::vector<std::pair<Fingerprint, PassCount>> most(issuers.begin(), issuers.end());
  std::sort(most.begin(), most.end(),
            [&](const auto& a, const auto& b) {
              const auto called = CallCa(known_, a.first), other = CallCa(known_, b.first);
              return called != other ? called < other : a.first < b.first;
            });
  KeepMost(&most, kRowsMax, [](const auto& issuer) { return issuer.second.all(); });
  Json json{{"all", issuers.size()}, {"rows", Json::array()}};
  for (const auto& [fingerprint, count] : most) {
    const auto found = known_.find(fingerprint);
    const KnownCa unknown;
    const KnownCa& ca = found == known_.end() ? unknown : found->second;
    json["rows"].push_back({{"name", CallCa(known_, fingerprint)},
                            {"fingerprint", fingerprint.hex()},
                            {"status", StatusOf(known_, fingerprint, count)},
                            {"key", ca.key},
                            {"not_after", ca.not_after},
                            {"accepted", count.accepted},
                            {"refused", count.refused}});
  }
  return json;
}

Json DescribeFindings(const FindingsReport& findings) {
  Json json = Json::array();
  for (const FindingCount& finding : findings.findings) {
    Json row{{"id", finding.info->id},
             {"severity", NameOf(finding.info->severity)},
             {"title", finding.info->title},
             {"explanation", finding.info->explanation},
             {"remedy", finding.info->remedy},
             {"count", finding.count}};
    row["examples"] = Json::array();
    for (const FindingExample& example : finding.examples) {
      row["examples"].push_back({{"who", Printable(example.device_id)},
                                 {"source", example.record_index == kNoRecord
                                                ? std::string()
                                                : Printable(SourceText(example.source))},
                                 {"detail", Printable(example.detail)},
                                 {"partner", example.partner ? PartnerText(*example.partner)
                                                             : std::string()}});
    }
    json.push_back(std::move(row));
  }
  return json;
}

}  // namespace muster::cli
