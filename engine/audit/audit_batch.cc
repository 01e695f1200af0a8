#include "engine/audit/audit_batch.h"

#include <fmt/format.h>

#include <exception>

#include "engine/audit/file_devices.h"
#include "engine/base/byte_view.h"

namespace muster::audit {

void AuditBatch::AddError(const RawSource& source, std::string why) {
  records_.push_back({.source = source, .device_id = {}, .error = std::move(why)});
}

void AuditBatch::AddDevice(const RawSource& source, const PresentedChain& chain,
                           std::string_view device_id) {
  records_.push_back(
      {.source = source, .device_id = device_id, .error = {}, .device = chains_.size()});
  chains_.push_back(chain);
}

void AuditBatch::Decide(const AuditJudges& judges, UnixTime at, bool leaf_fingerprints) {
  records_.clear();
  chains_.clear();
  files_.clear();
  tally_.Clear();
  arena_.Resize(LineDecoder::ArenaFor(raw.text.size()));
  LineDecoder decoder({arena_.data(), arena_.size()});
  for (const RawRecord& raw_record : raw.records) {
    switch (raw_record.kind) {
      case RawRecord::Kind::kLine:
        DecodeLine(raw_record, &decoder);
        break;
      case RawRecord::Kind::kFile:
        DecodeFile(raw_record);
        break;
      case RawRecord::Kind::kDevice:
        AddRawDevice(raw_record);
        break;
      case RawRecord::Kind::kError:
        AddError(raw_record.source, raw_record.error);
        break;
    }
  }
  DecideAll(judges, at, leaf_fingerprints);
  for (const Record& record : records_) {
    if (record.device == kNoDevice) {
      tally_.CountUnreadable();
    } else {
      tally_.Count(verdicts_[record.device], leaves_[record.device]);
    }
  }
}

RecordSource AuditBatch::SourceOf(const Record& record) const {
  return {raw.names[record.source.name], std::string(raw.MemberOf(record.source)),
          record.source.line, record.source.offset};
}

void AuditBatch::Fill(std::size_t i, AuditRecord* out) const {
  const Record& record = records_[i];
  if (out->source.name != raw.names[record.source.name]) {
    out->source.name = raw.names[record.source.name];
  }
  out->source.member = raw.MemberOf(record.source);
  out->source.line = record.source.line;
  out->source.offset = record.source.offset;
  out->device_id = record.device_id;
  out->read_error = record.error;
  const bool is_device = record.device != kNoDevice;
  out->verdict = is_device ? verdicts_[record.device] : Verdict{};
  out->chain = is_device ? &chains_[record.device] : nullptr;
  out->second = nullptr;
  out->forecast = nullptr;
  if (!is_device) {
    out->leaf = {};
    out->key_type.clear();
    out->not_after.reset();
    return;
  }
  const LeafDescription& leaf = leaves_[record.device];
  out->leaf = leaf.fingerprint;
  out->key_type = leaf.key_type;
  out->not_after = leaf.readable ? std::optional(leaf.not_after) : std::nullopt;
  if (!forecasts_.empty()) out->forecast = &forecasts_[record.device];
  if (!second_verdicts_.empty()) out->second = &second_verdicts_[record.device];
}

void AuditBatch::DecodeLine(const RawRecord& raw_record, LineDecoder* decoder) {
  decoder->Decode(raw.TextOf(raw_record), &line_);
  if (line_.error.empty()) {
    AddDevice(raw_record.source, line_.chain, line_.device_id);
  } else {
    AddError(raw_record.source, line_.error);
    records_.back().device_id = line_.device_id;
  }
}

void AuditBatch::AddRawDevice(const RawRecord& raw_record) {
  const RawDevice& device = raw.devices[raw_record.text_offset];
  if (device.chain.empty() || !device.error.empty()) {
    AddError(raw_record.source, device.error);
    records_.back().device_id = device.id;
    return;
  }
  PresentedChain chain(device.chain.front());
  for (std::size_t i = 1; i < device.chain.size(); ++i) chain.AddUntrusted(device.chain[i]);
  AddDevice(raw_record.source, chain, device.id);
}

void AuditBatch::DecodeFile(const RawRecord& raw_record) {
  Result<ReadOutcome> outcome = ReadEncoded(base::AsBytes(raw.TextOf(raw_record)));
  if (!outcome) {
    AddError(raw_record.source, outcome.error().message);
    return;
  }
  // Moving an outcome leaves its octets where they are: they belong to the vectors inside.
  files_.push_back(*std::move(outcome));
  for (const ReadFault& fault : files_.back().faults) {
    RawSource source = raw_record.source;
    source.line = fault.line;
    source.offset = fault.offset;
    AddError(source, std::string(fault.what));
  }
  AddFileDevices(raw_record, files_.back());
}

void AuditBatch::AddFileDevices(const RawRecord& raw_record, const ReadOutcome& outcome) {
  std::vector<ByteView> certificates;
  std::vector<const EncodedObject*> objects;
  for (const EncodedObject& object : outcome.objects) {
    if (object.kind != EncodedKind::kCertificate) continue;
    certificates.emplace_back(object.der);
    objects.push_back(&object);
  }
  if (certificates.empty()) {
    // In a folder, files of keys and CRLs lie beside the certificates and are none of ours.
    if (raw_record.in_folder || !outcome.faults.empty()) return;
    AddError(raw_record.source, "holds no certificate");
    return;
  }
  const std::vector<FileDevice> found = FindDevices(certificates, raw_record.layout);
  if (found.empty()) {
    AddError(raw_record.source, "holds CA certificates only, and no device's");
    return;
  }
  for (const FileDevice& file_device : found) {
    RawSource source = raw_record.source;
    source.line = objects[file_device.leaf]->line;
    source.offset = objects[file_device.leaf]->offset;
    PresentedChain chain(certificates[file_device.leaf]);
    for (std::size_t ca : file_device.untrusted) chain.AddUntrusted(certificates[ca]);
    AddDevice(source, chain);
  }
}

void AuditBatch::DecideAll(const AuditJudges& judges, UnixTime at, bool leaf_fingerprints) {
  verdicts_.resize(chains_.size());
  leaves_.resize(chains_.size());
  if (judges.forecaster != nullptr) {
    forecasts_.resize(chains_.size());
    judges.forecaster->ForecastBatch(chains_, at, forecasts_, leaves_);
    for (std::size_t i = 0; i < forecasts_.size(); ++i) verdicts_[i] = forecasts_[i].now;
  } else {
    judges.authenticator.AuthenticateBatch(chains_, at, verdicts_, leaves_, leaf_fingerprints);
  }
  if (judges.reference != nullptr) CrossCheck(judges, at);
  if (judges.second == nullptr) return;
  second_verdicts_.resize(chains_.size());
  judges.second->AuthenticateBatch(chains_, judges.second_at, second_verdicts_);
}

void AuditBatch::CrossCheck(const AuditJudges& judges, UnixTime at) {
  std::bernoulli_distribution is_chosen(judges.share);
  for (const Record& record : records_) {
    if (record.device == kNoDevice || !is_chosen(random_)) continue;
    const Verdict& verdict = verdicts_[record.device];
    const Verdict again = judges.reference->Authenticate(chains_[record.device], at);
    if (again == verdict) continue;
    const RecordSource source = SourceOf(record);
    throw JudgesDisagree(fmt::format(
        "the kernel in use and the reference disagree about {} line {} offset {}: {} against {}; "
        "nothing of this audit can be relied on; run it with --kernel reference, and report this",
        source.name, source.line, source.offset, NameOf(verdict.reason),
        NameOf(again.reason)));
  }
}

}  // namespace muster::audit
