#include "engine/registry/contents.h"

#include <utility>

#include "engine/registry/ca_certificates.h"
#include "engine/registry/crls_and_denials.h"
#include "engine/registry/enrollments.h"

namespace muster::registry {

RegistryContents ReadContents(StoreTransaction& tx, std::string_view service) {
  ServiceRow row = RequireService(tx, service);
  RegistryContents contents;
  contents.service = std::move(row.name);
  contents.generation = row.generation;
  for (CaRow& ca : tx.Cas(service)) {
    contents.cas.push_back(ToCaCertificate(tx, service, std::move(ca)));
  }
  for (EnrollmentRow& group : tx.Enrollments(service, EnrollmentKind::kGroup)) {
    contents.groups.push_back(ToGroup(std::move(group)));
  }
  for (EnrollmentRow& individual : tx.Enrollments(service, EnrollmentKind::kIndividual)) {
    contents.individuals.push_back(ToIndividual(std::move(individual)));
  }
  for (CrlRow& crl : tx.Crls(service)) contents.crls.push_back(ToCrl(std::move(crl)));
  for (DenyRow& entry : tx.Denied(service)) {
    contents.denied.push_back(ToDenyEntry(std::move(entry)));
  }
  return contents;
}

void CopyService(StoreTransaction& from, std::string_view service, StoreTransaction* to) {
  to->PutService(RequireService(from, service));
  for (const CaRow& ca : from.Cas(service)) {
    to->PutCa(service, ca);
    for (const CodeRow& code : from.Codes(service, ca.name)) to->PutCode(service, ca.name, code);
  }
  for (const EnrollmentKind kind : {EnrollmentKind::kGroup, EnrollmentKind::kIndividual}) {
    for (const EnrollmentRow& row : from.Enrollments(service, kind)) {
      to->PutEnrollment(service, row);
    }
  }
  for (const CrlRow& crl : from.Crls(service)) to->PutCrl(service, crl);
  for (const DenyRow& entry : from.Denied(service)) to->PutDenied(service, entry);
}

}  // namespace muster::registry
