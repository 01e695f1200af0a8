#include "engine/registry/store/memory/memory_store.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

namespace muster::registry {
namespace {

char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string Key(std::string_view name) {
  std::string key(name);
  std::transform(key.begin(), key.end(), key.begin(), ToLower);
  return key;
}

struct ServiceState {
  ServiceRow row;
  std::map<std::string, CaRow> cas;
  std::map<std::pair<std::string, std::uint64_t>, CodeRow> codes;
  std::map<std::pair<EnrollmentKind, std::string>, EnrollmentRow> enrollments;
  std::map<std::pair<std::string, Fingerprint>, CrlRow> crls;
  std::map<Fingerprint, DenyRow> denied;
};

struct State {
  std::map<std::string, ServiceState> services;
  std::vector<AuditLogEntry> audit_log;
};

template <typename Map>
auto Values(const Map& map) {
  std::vector<typename Map::mapped_type> values;
  values.reserve(map.size());
  for (const auto& [key, value] : map) values.push_back(value);
  return values;
}

template <typename Map, typename K>
auto FindIn(const Map& map, const K& key) -> std::optional<typename Map::mapped_type> {
  const auto it = map.find(key);
  if (it == map.end()) return std::nullopt;
  return it->second;
}

class MemoryTransaction final : public StoreTransaction {
 public:
  MemoryTransaction(std::unique_lock<std::mutex> lock, State* state, bool writable)
      : lock_(std::move(lock)), shared_(state), state_(*state), writable_(writable) {}

  void Commit() override {
    if (writable_) std::swap(*shared_, state_);
  }

  std::vector<ServiceRow> Services() override {
    std::vector<ServiceRow> rows;
    for (const auto& [key, service] : state_.services) rows.push_back(service.row);
    return rows;
  }
  std::optional<ServiceRow> FindService(std::string_view name) override {
    const auto it = state_.services.find(Key(name));
    if (it == state_.services.end()) return std::nullopt;
    return it->second.row;
  }
  void PutService(const ServiceRow& row) override { state_.services[Key(row.name)].row = row; }
  void DeleteService(std::string_view name) override { state_.services.erase(Key(name)); }

  std::vector<CaRow> Cas(std::string_view service) override { return Values(At(service).cas); }
  std::optional<CaRow> FindCa(std::string_view service, std::string_view name) override {
    return FindIn(At(service).cas, Key(name));
  }
  std::vector<CaRow> FindCasByFingerprint(std::string_view service,
                                          const Fingerprint& fingerprint) override {
    std::vector<CaRow> rows = Cas(service);
    std::erase_if(rows, [&](const CaRow& row) { return row.fingerprint != fingerprint; });
    return rows;
  }
  void PutCa(std::string_view service, const CaRow& row) override {
    At(service).cas[Key(row.name)] = row;
  }
  void DeleteCa(std::string_view service, std::string_view name) override {
    ServiceState& at = At(service);
    const std::string key = Key(name);
    at.cas.erase(key);
    std::erase_if(at.codes, [&](const auto& item) { return item.first.first == key; });
    std::erase_if(at.crls, [&](const auto& item) { return item.first.first == key; });
  }

  std::vector<CodeRow> Codes(std::string_view service, std::string_view ca_name) override {
    std::vector<CodeRow> rows;
    for (const auto& [key, row] : At(service).codes) {
      if (key.first == Key(ca_name)) rows.push_back(row);
    }
    return rows;
  }
  void PutCode(std::string_view service, std::string_view ca_name, const CodeRow& row) override {
    At(service).codes[{Key(ca_name), row.generation}] = row;
  }
  void DeleteCode(std::string_view service, std::string_view ca_name,
                  std::uint64_t generation) override {
    At(service).codes.erase({Key(ca_name), generation});
  }

  std::vector<EnrollmentRow> Enrollments(std::string_view service, EnrollmentKind kind) override {
    return SelectEnrollments(service, [&](const EnrollmentRow& row) { return row.kind == kind; });
  }
  std::optional<EnrollmentRow> FindEnrollment(std::string_view service, EnrollmentKind kind,
                                              std::string_view id) override {
    return FindIn(At(service).enrollments, std::pair(kind, Key(id)));
  }
  std::vector<EnrollmentRow> FindEnrollmentsByCertificate(std::string_view service,
                                                          const Fingerprint& fingerprint) override {
    const auto is = [&](const Bytes& der) {
      return !der.empty() && Fingerprint::Of(der) == fingerprint;
    };
    return SelectEnrollments(service, [&](const EnrollmentRow& row) {
      return is(row.certificates.primary) || is(row.certificates.secondary);
    });
  }
  std::vector<EnrollmentRow> FindEnrollmentsByCa(std::string_view service,
                                                 std::string_view ca_name) override {
    const std::string key = Key(ca_name);
    return SelectEnrollments(service, [&](const EnrollmentRow& row) {
      return Key(row.certificates.primary_ca) == key || Key(row.certificates.secondary_ca) == key;
    });
  }
  void PutEnrollment(std::string_view service, const EnrollmentRow& row) override {
    At(service).enrollments[{row.kind, Key(row.id)}] = row;
  }
  void DeleteEnrollment(std::string_view service, EnrollmentKind kind,
                        std::string_view id) override {
    At(service).enrollments.erase({kind, Key(id)});
  }

  std::vector<CrlRow> Crls(std::string_view service) override { return Values(At(service).crls); }
  std::optional<CrlRow> FindCrl(std::string_view service, std::string_view ca_name,
                                const Fingerprint& scope) override {
    return FindIn(At(service).crls, std::pair(Key(ca_name), scope));
  }
  void PutCrl(std::string_view service, const CrlRow& row) override {
    At(service).crls[{Key(row.ca_name), row.scope}] = row;
  }
  void DeleteCrl(std::string_view service, std::string_view ca_name,
                 const Fingerprint& scope) override {
    At(service).crls.erase({Key(ca_name), scope});
  }

  std::vector<DenyRow> Denied(std::string_view service) override {
    return Values(At(service).denied);
  }
  std::optional<DenyRow> FindDenied(std::string_view service, const Fingerprint& key) override {
    return FindIn(At(service).denied, key);
  }
  void PutDenied(std::string_view service, const DenyRow& row) override {
    At(service).denied[row.key] = row;
  }
  void DeleteDenied(std::string_view service, const Fingerprint& key) override {
    At(service).denied.erase(key);
  }

  std::vector<AuditLogEntry> AuditLog(std::string_view service) override {
    std::vector<AuditLogEntry> entries = state_.audit_log;
    if (!service.empty()) {
      std::erase_if(entries,
                    [&](const AuditLogEntry& entry) { return Key(entry.service) != Key(service); });
    }
    return entries;
  }
  std::uint64_t LastAuditSequence() override { return state_.audit_log.size(); }
  void AppendAudit(const AuditLogEntry& entry) override {
    state_.audit_log.push_back(entry);
    state_.audit_log.back().sequence = state_.audit_log.size();
  }

 private:
  ServiceState& At(std::string_view service) {
    const auto it = state_.services.find(Key(service));
    if (it == state_.services.end()) {
      Fail(ErrorCode::kInternal, "a row of an unknown service was asked for");
    }
    return it->second;
  }

  template <typename Predicate>
  std::vector<EnrollmentRow> SelectEnrollments(std::string_view service, Predicate wanted) {
    std::vector<EnrollmentRow> rows;
    for (const auto& [key, row] : At(service).enrollments) {
      if (wanted(row)) rows.push_back(row);
    }
    return rows;
  }

  std::unique_lock<std::mutex> lock_;
  State* shared_;
  State state_;  // A copy to work on: what is not committed is forgotten.
  bool writable_;
};

class MemoryStore final : public RegistryStore {
 public:
  std::unique_ptr<StoreTransaction> BeginRead() override { return Begin(false); }
  std::unique_ptr<StoreTransaction> BeginWrite() override { return Begin(true); }
  std::vector<std::string> FindDamage() override { return {}; }

 private:
  std::unique_ptr<StoreTransaction> Begin(bool writable) {
    return std::make_unique<MemoryTransaction>(std::unique_lock(mutex_), &state_, writable);
  }
  std::mutex mutex_;
  State state_;
};

}  // namespace

std::unique_ptr<RegistryStore> MakeMemoryStore() { return std::make_unique<MemoryStore>(); }

}  // namespace muster::registry
