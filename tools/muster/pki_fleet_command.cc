// pki fleet: a fleet of devices as NDJSON, its CAs, its registry, and what to expect of an audit.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <exception>
#include <filesystem>
#include <map>
#include <mutex>
#include <ostream>
#include <thread>

#include "muster/certificate_reader.h"
#include "tools/muster/pki_files.h"

namespace muster::cli {
namespace {

constexpr const char* kService = "fleet";
constexpr std::uint64_t kChunkDevices = 256;
constexpr std::size_t kFaultKinds = static_cast<std::size_t>(PlantedFault::kCount);

struct FleetArgs {
  std::string out, ndjson, seed = "muster", key = "p256", leaf_key, at;
  std::uint64_t devices = 1'000;
  int roots = 2, intermediates = 8, threads = 0;
  double fault_rate = 0.01;
  bool force = false;
};

// What the workers learnt while they made the devices.
struct FleetTally {
  std::array<std::uint64_t, kFaultKinds> faults{};
  std::vector<Fingerprint> denied;  // In device order.
};

struct Chunk {
  std::string text;
  FleetTally tally;
};

Result<Chunk> MakeChunk(const DevelopmentFleet& fleet, std::uint64_t begin, std::uint64_t end) {
  Chunk chunk;
  for (std::uint64_t i = begin; i < end; ++i) {
    auto line = fleet.DeviceNdjson(i);
    if (!line) return tl::unexpected(std::move(line).error());
    chunk.text += *line;
    const PlantedFault fault = fleet.FaultOf(i);
    ++chunk.tally.faults[static_cast<std::size_t>(fault)];
    if (fault != PlantedFault::kDenied) continue;
    auto device = fleet.Device(i);
    if (!device) return tl::unexpected(std::move(device).error());
    chunk.tally.denied.push_back(Fingerprint::Of(device->chain.front()));
  }
  return chunk;
}

// Makes chunks on several threads and hands them on in order; few are in memory at a time.
class ChunkMill {
 public:
  ChunkMill(const DevelopmentFleet& fleet, std::uint64_t devices, int threads)
      : fleet_(fleet),
        devices_(devices),
        chunk_count_((devices + kChunkDevices - 1) / kChunkDevices),
        window_(4 * static_cast<std::uint64_t>(threads)) {
    for (int i = 0; i < threads; ++i) workers_.emplace_back([this] { Work(); });
  }
  ~ChunkMill() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  bool AtEnd() const { return given_ == chunk_count_; }
  // The next chunk in order.
  Result<Chunk> Next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return made_.contains(given_); });
    auto node = made_.extract(given_++);
    lock.unlock();
    changed_.notify_all();
    return std::move(node.mapped());
  }

 private:
  void Work() {
    while (true) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] {
        return stopped_ || taken_ == chunk_count_ || taken_ < given_ + window_;
      });
      if (stopped_ || taken_ == chunk_count_) return;
      const std::uint64_t index = taken_++;
      lock.unlock();
      Result<Chunk> chunk = MakeError(ErrorCode::kInternal, "no devices were made");
      try {
        chunk = MakeChunk(fleet_, index * kChunkDevices,
                          std::min(devices_, (index + 1) * kChunkDevices));
      } catch (const std::exception& e) {  // Out of memory: reported by the thread that writes.
        chunk = MakeError(ErrorCode::kInternal, e.what());
      }
      lock.lock();
      made_.emplace(index, std::move(chunk));
      lock.unlock();
      changed_.notify_all();
    }
  }

  const DevelopmentFleet& fleet_;
  const std::uint64_t devices_, chunk_count_, window_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, Result<Chunk>> made_;
  std::uint64_t taken_ = 0;  // Chunks that a worker has begun.
  std::uint64_t given_ = 0;  // Chunks that were handed on; the owner's thread alone changes it.
  bool stopped_ = false;
  std::vector<std::thread> workers_;  // Last: they use everything above.
};

using WriteText = std::function<Result<void>(std::string_view)>;

Result<FleetTally> WriteDevices(const DevelopmentFleet& fleet, const FleetArgs& args,
                                const WriteText& write) {
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  FleetTally tally;
  ChunkMill mill(fleet, args.devices, args.threads > 0 ? args.threads : cores);
  while (!mill.AtEnd()) {
    auto chunk = mill.Next();
    if (!chunk) return tl::unexpected(std::move(chunk).error());
    if (auto wrote = write(chunk->text); !wrote) return tl::unexpected(std::move(wrote).error());
    for (std::size_t i = 0; i < kFaultKinds; ++i) tally.faults[i] += chunk->tally.faults[i];
    tally.denied.insert(tally.denied.end(), chunk->tally.denied.begin(),
                        chunk->tally.denied.end());
  }
  return tally;
}

Result<FleetTally> WriteInventory(CliContext& context, const DevelopmentFleet& fleet,
                                  const FleetArgs& args) {
  if (args.ndjson == "-") {
    return WriteDevices(fleet, args, [&](std::string_view text) -> Result<void> {
      if (context.out() << text) return {};
      return MakeError(ErrorCode::kInternal, "standard output could not be written");
    });
  }
  auto file = OutputFile::Create(args.ndjson, Privacy::kPublic, args.force);
  if (!file) return tl::unexpected(std::move(file).error());
  auto tally =
      WriteDevices(fleet, args, [&](std::string_view text) { return file->Write(text); });
  if (!tally) return tally;
  if (auto closed = file->Close(); !closed) return tl::unexpected(std::move(closed).error());
  return tally;
}

Result<void> WriteCas(const DevelopmentFleet& fleet, const FleetArgs& args) {
  for (const char* folder : {"/cas", "/keys"}) {
    if (auto made = MakeFolder(args.out + folder); !made) return made;
  }
  for (const FleetCa& ca : fleet.cas()) {
    auto certificate = WriteFile(args.out + "/cas/" + ca.name + ".pem",
                                 EncodePem(ca.der, "CERTIFICATE"), Privacy::kPublic, args.force);
    if (!certificate) return certificate;
    auto key = WriteFile(args.out + "/keys/" + ca.name + ".pem", ca.key.ToPem(), Privacy::kSecret,
                         args.force);
    if (!key) return key;
  }
  return {};
}

// Goes the whole way with the registry: proofs of possession for what is to be verified.
Result<void> FillRegistry(Registry& registry, const DevelopmentFleet& fleet,
                          const FleetTally& tally, UnixTime at) {
  if (auto made = registry.CreateService(kService); !made) return made;
  for (const FleetCa& ca : fleet.cas()) {
    auto added = registry.AddCa(kService, ca.name, ca.der);
    if (!added) return tl::unexpected(std::move(added).error());
    if (ca.verified) {
      auto code = registry.GenerateCode(kService, ca.name);
      if (!code) return tl::unexpected(std::move(code).error());
      auto certificate = Certificate::Parse(ca.der);
      if (!certificate) {
        return MakeError(ErrorCode::kInternal, std::string(certificate.error().what));
      }
      auto proof = IssueProof(code->text, *certificate, ca.key, at - std::chrono::days{1},
                              at + std::chrono::days{1});
      if (!proof) return tl::unexpected(std::move(proof).error());
      auto verified = registry.VerifyCa(kService, ca.name, *proof);
      if (!verified) return tl::unexpected(std::move(verified).error());
    }
    if (!ca.group) continue;
    EnrollmentGroup group;
    group.id = ca.name;
    group.enabled = ca.group_enabled;
    group.signing.primary = ca.der;
    auto put = registry.PutGroup(kService, group);
    if (!put) return tl::unexpected(std::move(put).error());
  }
  for (const Fingerprint& fingerprint : tally.denied) {
    DenyEntry entry;
    entry.fingerprint = fingerprint;
    entry.comment = "planted";
    auto added = registry.AddDenied(kService, entry);
    if (!added) return tl::unexpected(std::move(added).error());
  }
  return {};
}

// The registry as a JSON document, the same octets each time: its clock stands still at `at`, and
// its codes, which are spent at once and never exported, are counted instead of drawn.
Result<std::string> RegistryJson(const DevelopmentFleet& fleet, const FleetTally& tally,
                                 const std::string& folder, UnixTime at) {
  namespace fs = std::filesystem;
  const fs::path scratch = fs::path(folder) / ".registry-scratch";
  std::error_code error;
  fs::remove_all(scratch, error);
  if (auto made = MakeFolder(scratch.string()); !made) return tl::unexpected(made.error());
  std::uint8_t counter = 0;
  RegistryOptions options;
  options.environment.now = [at] { return at; };
  options.environment.random = [&counter](std::span<std::uint8_t> out) {
    for (std::uint8_t& octet : out) octet = ++counter;
  };
  Result<std::string> json = [&]() -> Result<std::string> {
    auto registry = Registry::Open((scratch / "registry.db").string(), std::move(options));
    if (!registry) return tl::unexpected(std::move(registry).error());
    if (auto filled = FillRegistry(*registry, fleet, tally, at); !filled) {
      return tl::unexpected(std::move(filled).error());
    }
    return registry->ExportJson(kService);
  }();
  fs::remove_all(scratch, error);
  return json;
}

Json ManifestCas(const DevelopmentFleet& fleet) {
  Json cas = Json::array();
  for (const FleetCa& ca : fleet.cas()) {
    Json entry{{"name", ca.name},
               {"sha256", Fingerprint::Of(ca.der).hex()},
               {"parent", ca.parent.empty() ? Json() : Json(ca.parent)},
               {"verified", ca.verified},
               {"group", ca.group ? Json(ca.name) : Json()},
               {"group_enabled", ca.group ? Json(ca.group_enabled) : Json()},
               {"certificate", "cas/" + ca.name + ".pem"},
               {"key", "keys/" + ca.name + ".pem"}};
    cas.push_back(std::move(entry));
  }
  return cas;
}

// What an audit with such links must count.
Json Expectation(const FleetTally& tally, LinkSource links) {
  std::uint64_t accepted = 0, rejected = 0;
  std::map<std::string, std::uint64_t> by_reason;
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    const auto fault = static_cast<PlantedFault>(i);
    const RejectReason reason = ExpectedReason(fault, links);
    if (tally.faults[i] == 0 || fault == PlantedFault::kUnreadableRecord) continue;
    if (reason == RejectReason::kNone) {
      accepted += tally.faults[i];
    } else {
      rejected += tally.faults[i];
      by_reason[std::string(NameOf(reason))] += tally.faults[i];
    }
  }
  const auto unreadable = static_cast<std::size_t>(PlantedFault::kUnreadableRecord);
  return {{"accepted", accepted},
          {"rejected", rejected},
          {"unreadable", tally.faults[unreadable]},
          {"by_reason", by_reason}};
}

Json Manifest(const DevelopmentFleet& fleet, const FleetArgs& args, const FleetTally& tally,
              UnixTime at) {
  Json faults = Json::array();
  for (std::size_t i = 1; i < kFaultKinds; ++i) {
    const auto fault = static_cast<PlantedFault>(i);
    const RejectReason reason = ExpectedReason(fault);
    faults.push_back({{"fault", NameOf(fault)},
                      {"devices", tally.faults[i]},
                      {"reason", reason == RejectReason::kNone ? Json() : Json(NameOf(reason))}});
  }
  return {{"schema", "muster-fleet-manifest/1"},
          {"service", kService},
          {"at", FormatRfc3339(at)},
          {"seed", args.seed},
          {"devices", args.devices},
          {"key", args.key},
          {"leaf_key", args.leaf_key.empty() ? args.key : args.leaf_key},
          {"fault_rate", args.fault_rate},
          {"cas", ManifestCas(fleet)},
          {"faults", std::move(faults)},
          {"expected",
           {{"presented", Expectation(tally, LinkSource::kPresented)},
            {"registry", Expectation(tally, LinkSource::kRegistry)}}}};
}

Result<FleetTemplate> TemplateOf(CliContext& context, const FleetArgs& args) {
  auto at = context.TimeOf(args.at);
  if (!at) return tl::unexpected(std::move(at).error());
  FleetTemplate what;
  what.seed = args.seed;
  what.devices = args.devices;
  what.roots = args.roots;
  what.intermediates = args.intermediates;
  what.key = *ParseKeyKind(args.key);
  if (!args.leaf_key.empty()) what.leaf_key = ParseKeyKind(args.leaf_key);
  what.at = *at;
  what.fault_rate = args.fault_rate;
  return what;
}

Result<int> RunFleet(CliContext& context, FleetArgs args) {
  WarnDevelopmentOnly(context);
  auto what = TemplateOf(context, args);
  if (!what) return tl::unexpected(std::move(what).error());
  auto fleet = DevelopmentFleet::Create(*what);
  if (!fleet) return tl::unexpected(std::move(fleet).error());
  if (args.ndjson.empty()) args.ndjson = args.out + "/fleet.ndjson";
  if (auto made = MakeFolder(args.out); !made) return tl::unexpected(std::move(made).error());
  if (auto wrote = WriteCas(*fleet, args); !wrote) return tl::unexpected(std::move(wrote).error());
  auto tally = WriteInventory(context, *fleet, args);
  if (!tally) return tl::unexpected(std::move(tally).error());
  auto registry = RegistryJson(*fleet, *tally, args.out, what->at);
  if (!registry) return tl::unexpected(std::move(registry).error());
  const Json manifest = Manifest(*fleet, args, *tally, what->at);
  for (const auto& [name, text] : {std::pair<std::string, std::string>{"/registry.json", *registry},
                                   {"/manifest.json", Dump(manifest, true) + "\n"}}) {
    auto wrote = WriteFile(args.out + name, text, Privacy::kPublic, args.force);
    if (!wrote) return tl::unexpected(std::move(wrote).error());
  }
  context.Say(fmt::format("{} devices and {} CAs are in '{}'\n"
                          "next: muster --registry REGISTRY registry import {}/registry.json\n"
                          "      muster --registry REGISTRY audit --at {} {}",
                          Grouped(args.devices), fleet->cas().size(), args.out, args.out,
                          FormatRfc3339(what->at), args.ndjson));
  if (args.ndjson != "-") context.Emit(manifest, [](std::ostream&) {});
  return kExitAccepted;
}

}  // namespace

void AddFleetVerb(CLI::App& noun, CliContext& context) {
  auto args = std::make_shared<FleetArgs>();
  CLI::App* verb = AddVerb(noun, context, "fleet",
                           "Make a fleet with planted faults, its CAs, registry and manifest",
                           [&context, args] { return RunFleet(context, *args); });
  verb->add_option("--out", args->out, "The folder to write into")
      ->required()
      ->type_name("FOLDER");
  verb->add_option("--ndjson", args->ndjson,
                   "Where to write the devices; '-' is standard output; default: "
                   "FOLDER/fleet.ndjson")
      ->type_name("FILE");
  verb->add_option("--devices", args->devices, "How many devices")
      ->type_name("N")
      ->capture_default_str();
  verb->add_option("--roots", args->roots, "How many verified roots")
      ->type_name("N")
      ->capture_default_str();
  verb->add_option("--intermediates", args->intermediates,
                   "How many factories, each an enrollment group")
      ->type_name("N")
      ->capture_default_str();
  AddKeyKind(*verb, "--key", args->key, "Kind of the CAs' keys");
  AddKeyKind(*verb, "--leaf-key", args->leaf_key, "Kind of the devices' keys; default: as --key");
  verb->add_option("--seed", args->seed, "Everything is derived from this")
      ->type_name("TEXT")
      ->capture_default_str();
  verb->add_option("--fault-rate", args->fault_rate, "Share of devices with a fault, 0 to 1")
      ->type_name("SHARE")
      ->capture_default_str();
  AddAt(*verb, args->at);
  verb->add_option("--threads", args->threads,
                   "How many threads; the output is the same; default: all cores")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  verb->add_flag("--force", args->force, "Overwrite files");
}

}  // namespace muster::cli
