#include "engine/audit/audit_batch.h"

#include <fmt/format.h>

#include <exception>

#include "engine/audit/file_devices.h"
#include "engine/base/byte_view.h"

namespace muster::audit {

AuditRecord& AuditBatch::AddRecord(const RecordSource& source) {
  if (record_count_ == records_.size()) records_.emplace_back();
  AuditRecord& record = records_[record_count_++];
  record.source = source;
  record.device_id.clear();
  record.read_error.clear();
  record.leaf = Fingerprint{};
  record.key_type.clear();
  record.not_after.reset();
  return record;
}

void AuditBatch::AddError(const RecordSource& source, std::string why) {
  SetError(&AddRecord(source), std::move(why));
}

void AuditBatch::SetError(AuditRecord* record, std::string why) {
  record->read_error = std::move(why);
  record->verdict = Verdict{};
}

AuditBatch::Device& AuditBatch::AddDevice(std::size_t record) {
  if (device_count_ == devices_.size()) devices_.emplace_back();
  Device& device = devices_[device_count_++];
  device.record = record;
  device.chain = PresentedChain();
  device.in_arena = false;
  return device;
}

void AuditBatch::Decide(const AuditJudges& judges, UnixTime at) {
  arena_.clear();
  files_.clear();
  record_count_ = 0;
  device_count_ = 0;
  tally_.Clear();
  LineDecoder decoder(&arena_);
  for (const RawRecord& raw_record : raw.records) {
    switch (raw_record.kind) {
      case RawRecord::Kind::kLine:
        DecodeLine(raw_record, &decoder);
        break;
      case RawRecord::Kind::kFile:
        DecodeFile(raw_record);
        break;
      case RawRecord::Kind::kError:
        AddError(raw_record.source, raw_record.error);
        break;
    }
  }
  DecideAll(judges, at);
  for (std::size_t i = 0; i < record_count_; ++i) tally_.Count(records_[i]);
}

void AuditBatch::DecodeLine(const RawRecord& raw_record, LineDecoder* decoder) {
  const std::size_t index = record_count_;
  AuditRecord& record = AddRecord(raw_record.source);
  Device& device = AddDevice(index);
  device.in_arena = true;
  decoder->Decode(raw.TextOf(raw_record), &device.line);
  record.device_id = device.line.device_id;
  if (device.line.error.empty()) return;
  SetError(&record, device.line.error);
  --device_count_;
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
    RecordSource source = raw_record.source;
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
  const std::vector<FileDevice> found = FindDevices(certificates);
  if (found.empty()) {
    AddError(raw_record.source, "holds CA certificates only, and no device's");
    return;
  }
  for (const FileDevice& file_device : found) {
    RecordSource source = raw_record.source;
    source.line = objects[file_device.leaf]->line;
    source.offset = objects[file_device.leaf]->offset;
    const std::size_t index = record_count_;
    AddRecord(source);
    Device& device = AddDevice(index);
    device.chain = PresentedChain(certificates[file_device.leaf]);
    for (std::size_t ca : file_device.untrusted) device.chain.AddUntrusted(certificates[ca]);
  }
}

void AuditBatch::DecideAll(const AuditJudges& judges, UnixTime at) {
  chains_.clear();
  const ByteView arena = arena_;
  for (std::size_t i = 0; i < device_count_; ++i) {
    Device& device = devices_[i];
    if (device.in_arena) {
      const DeviceLine& line = device.line;
      device.chain = PresentedChain(arena.subspan(line.chain[0].offset, line.chain[0].size));
      for (std::size_t c = 1; c < line.chain_size; ++c) {
        device.chain.AddUntrusted(arena.subspan(line.chain[c].offset, line.chain[c].size));
      }
    }
    chains_.push_back(device.chain);
  }
  verdicts_.assign(device_count_, Verdict{});  // Rejections until they are decided.
  judges.authenticator.AuthenticateBatch(chains_, at, verdicts_);
  if (judges.reference != nullptr) CrossCheck(judges, at);
  leaf_hashes_.clear();
  for (std::size_t i = 0; i < device_count_; ++i) {
    AuditRecord& record = records_[devices_[i].record];
    record.verdict = verdicts_[i];
    DescribeLeaf(chains_[i].leaf(), &record);
  }
  crypto::HashBatchWith(crypto::HashKind::kSha256, leaf_hashes_, crypto::HashEngine::kShaNi,
                        hash_scratch_);
}

void AuditBatch::CrossCheck(const AuditJudges& judges, UnixTime at) {
  std::bernoulli_distribution is_chosen(judges.share);
  for (std::size_t i = 0; i < device_count_; ++i) {
    if (!is_chosen(random_)) continue;
    const Verdict again = judges.reference->Authenticate(chains_[i], at);
    if (again == verdicts_[i]) continue;
    const RecordSource& source = records_[devices_[i].record].source;
    throw JudgesDisagree(fmt::format(
        "the kernel in use and the reference disagree about {} line {} offset {}: {} against {}; "
        "nothing of this audit can be relied on; run it with --kernel reference, and report this",
        source.name, source.line, source.offset, NameOf(verdicts_[i].reason),
        NameOf(again.reason)));
  }
}

void AuditBatch::DescribeLeaf(ByteView leaf, AuditRecord* record) {
  const auto view = CertificateView::Parse(leaf);
  if (!view) return;
  leaf_hashes_.push_back({leaf, record->leaf.bytes.data()});
  record->key_type = DisplayKeyType(view->spki());
  record->not_after = view->not_after();
}

}  // namespace muster::audit
