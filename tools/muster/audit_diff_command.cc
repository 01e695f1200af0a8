// audit-diff: what became different between two audits.
//
//   ndjson  a first line {"schema":"muster-audit-diff/1","type":"header",...}, one line for each
//           difference ("type":"difference"), a last line of type "summary"
//   json    one document {"schema":"muster-audit-diff/1",...,"differences":[...],"summary":{...}}
#include <fmt/format.h>

#include <fstream>
#include <map>
#include <memory>
#include <ostream>

#include "muster/audit_diff.h"
#include "tools/muster/commands.h"
#include "tools/muster/reading.h"
#include "tools/muster/result_output.h"

namespace muster::cli {
namespace {

constexpr std::string_view kSchema = "muster-audit-diff/1";

struct Args {
  std::string before, after, output;
  bool summary_only = false;
};

Json TextOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json DescribeDevice(const AuditedDevice& device) {
  if (device.records == 0) return nullptr;
  return {{"records", device.records}, {"reason", device.reason}, {"source", device.source}};
}

std::string StateText(const AuditedDevice& device) {
  if (device.records == 0) return "absent";
  if (device.records > 1) return Counted(device.records, "record");
  return device.reason == "none" ? "accepted" : Printable(device.reason);
}

Paint PaintOf(AuditChange change) {
  if (change == AuditChange::kNewlyRefused) return Paint::kBad;
  return change == AuditChange::kNewlyAccepted ? Paint::kGood : Paint::kWarning;
}

class DiffWriter {
 public:
  DiffWriter(std::ostream& out, Format format, Style style, bool summary_only)
      : out_(out), format_(format), style_(style), summary_only_(summary_only) {}

  void Begin(const Args& args) {
    if (format_ == Format::kTable) return;
    Json opening{{"schema", kSchema}};
    if (format_ == Format::kNdjson) opening["type"] = "header";
    opening["before"] = args.before;
    opening["after"] = args.after;
    std::string text = Dump(opening, false);
    if (format_ == Format::kJson) {
      text.pop_back();
      out_ << text << ",\"differences\":[";
    } else {
      out_ << text << '\n';
    }
  }

  void Difference(const AuditDifference& difference) {
    if (summary_only_) return;
    if (format_ == Format::kTable) {
      const std::string what = fmt::format("{:<15} {} -> {}", NameOf(difference.change),
                                           StateText(difference.before),
                                           StateText(difference.after));
      out_ << style_.Painted(fmt::format("{:<48}", what), PaintOf(difference.change)) << "  "
           << (difference.device_id.empty() ? "(no id)" : Printable(difference.device_id)) << "  "
           << (difference.leaf.empty() ? "(no leaf)" : Printable(difference.leaf.substr(0, 12)))
           << '\n';
      return;
    }
    const Json json{{"type", "difference"},
                    {"change", NameOf(difference.change)},
                    {"device_id", TextOrNull(difference.device_id)},
                    {"leaf", TextOrNull(difference.leaf)},
                    {"before", DescribeDevice(difference.before)},
                    {"after", DescribeDevice(difference.after)}};
    const bool ndjson = format_ == Format::kNdjson;
    if (!ndjson) out_ << (first_ ? "\n" : ",\n");
    out_ << Dump(json, false) << (ndjson ? "\n" : "");
    first_ = false;
  }

  void End(const AuditDiffReport& report) {
    if (format_ == Format::kTable) {
      PrintSummary(report);
    } else if (format_ == Format::kJson) {
      out_ << "\n],\"summary\":" << Dump(Summary(report), false) << "}\n";
    } else {
      Json line{{"type", "summary"}};
      line.update(Summary(report));
      out_ << Dump(line, false) << '\n';
    }
  }

 private:
  static Json DescribeSide(const AuditDiffReport::Side& side) {
    return {{"devices", side.devices},
            {"accepted", side.accepted},
            {"unreadable", side.unreadable},
            {"interrupted", side.interrupted}};
  }

  static Json Summary(const AuditDiffReport& report) {
    Json json{{"before", DescribeSide(report.before)},
              {"after", DescribeSide(report.after)},
              {"same", report.same}};
    json["by_change"] = Json::object();
    for (const AuditChange change :
         {AuditChange::kNewlyRefused, AuditChange::kNewlyAccepted, AuditChange::kOtherReason,
          AuditChange::kAppeared, AuditChange::kVanished, AuditChange::kAmbiguous}) {
      const auto found = report.by_change.find(change);
      json["by_change"][std::string(NameOf(change))] =
          found == report.by_change.end() ? 0 : found->second;
    }
    json["by_transition"] = Json::array();
    for (const auto& [transition, count] : report.by_transition) {
      json["by_transition"].push_back(
          {{"before", transition.first}, {"after", transition.second}, {"devices", count}});
    }
    return json;
  }

  void PrintSummary(const AuditDiffReport& report) {
    Table sides({"", "DEVICES", "ACCEPTED", "UNREADABLE"});
    for (const auto& [name, side] : {std::pair("before", &report.before),
                                     std::pair("after", &report.after)}) {
      sides.AddRow({{name}, {Grouped(side->devices)}, {Grouped(side->accepted)},
                    {Grouped(side->unreadable)}});
    }
    sides.Print(out_, style_, {1, 2, 3});
    out_ << '\n' << Counted(report.same, "device") << " without a difference\n";
    Table changes({"DIFFERENCE", "DEVICES"});
    for (const auto& [change, count] : report.by_change) {
      changes.AddRow({{std::string(NameOf(change)), PaintOf(change)}, {Grouped(count)}});
    }
    Table transitions({"BEFORE", "AFTER", "DEVICES"});
    for (const auto& [transition, count] : report.by_transition) {
      transitions.AddRow({{transition.first}, {transition.second}, {Grouped(count)}});
    }
    if (!changes.empty()) out_ << '\n';
    if (!changes.empty()) changes.Print(out_, style_, {1});
    if (!transitions.empty()) out_ << '\n';
    if (!transitions.empty()) transitions.Print(out_, style_, {2});
  }

  std::ostream& out_;
  const Format format_;
  const Style style_;
  const bool summary_only_;
  bool first_ = true;
};

// An opened input; standard input is the context's.
class ResultsFile {
 public:
  static Result<std::unique_ptr<ResultsFile>> Open(CliContext& context, const std::string& path) {
    auto file = std::make_unique<ResultsFile>();
    if (path == "-") {
      if (!context.ClaimStandardInput()) {
        return MakeError(ErrorCode::kInvalidArgument, "standard input cannot be read twice");
      }
      file->stream_ = &context.in();
      return file;
    }
    file->opened_.open(path, std::ios::binary);
    if (!file->opened_ || file->opened_.peek() == std::ifstream::traits_type::eof()) {
      return MakeError(ErrorCode::kUnreadableInput,
                       fmt::format("{} cannot be read, or is empty; results are written by "
                                   "'muster audit --format ndjson --output FILE'",
                                   SourceName(path)));
    }
    file->stream_ = &file->opened_;
    return file;
  }
  std::istream& stream() { return *stream_; }

 private:
  std::ifstream opened_;
  std::istream* stream_ = nullptr;
};

int StatusOf(const AuditDiffReport& report) {
  return report.by_change.empty() ? kExitAccepted : kExitRefused;
}

Result<int> AuditDiff(CliContext& context, const Args& args) {
  auto before = ResultsFile::Open(context, args.before);
  if (!before) return tl::unexpected(std::move(before).error());
  auto after = ResultsFile::Open(context, args.after);
  if (!after) return tl::unexpected(std::move(after).error());
  return WriteResults(
      context, args.output, {args.before, args.after},
      [&](std::ostream& out, Style style) -> Result<int> {
        DiffWriter writer(out, context.format(), style, args.summary_only);
        bool begun = false;  // So that an input that cannot be read leaves no output.
        const auto begin = [&] {
          if (!begun) writer.Begin(args);
          begun = true;
        };
        auto report = DiffAudits({(*before)->stream(), SourceName(args.before)},
                                 {(*after)->stream(), SourceName(args.after)},
                                 [&](const AuditDifference& difference) {
                                   begin();
                                   writer.Difference(difference);
                                   if (!out) throw ResultsLost();
                                 });
        if (!report) return tl::unexpected(std::move(report).error());
        begin();
        writer.End(*report);
        for (const auto& [path, side] : {std::pair(&args.before, &report->before),
                                         std::pair(&args.after, &report->after)}) {
          if (side->interrupted) {
            context.Warn(fmt::format("{} is of an audit that was interrupted: devices are missing",
                                     Printable(SourceName(*path))));
          }
        }
        return StatusOf(*report);
      });
}

}  // namespace

void AddAuditDiffCommand(CLI::App& app, CliContext& context) {
  auto args = std::make_shared<Args>();
  CLI::App* verb = AddVerb(app, context, "audit-diff",
                           "Say what became different between the results of two audits",
                           [&context, args] { return AuditDiff(context, *args); });
  verb->add_option("before", args->before, "Results of 'muster audit --format ndjson' or json")
      ->required()
      ->type_name("FILE");
  verb->add_option("after", args->after, "Later results")->required()->type_name("FILE");
  verb->add_option("--output", args->output, "Write the differences here")->type_name("FILE");
  verb->add_flag("--summary-only", args->summary_only, "Leave the differences out");
}

}  // namespace muster::cli
