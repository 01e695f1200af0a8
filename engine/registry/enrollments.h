// Enrollment groups and individual enrollments of a service. The two are one kind of row: an id, a
// switch, and certificates or CA references.
#ifndef MUSTER_ENGINE_REGISTRY_ENROLLMENTS_H_
#define MUSTER_ENGINE_REGISTRY_ENROLLMENTS_H_

#include <string_view>

#include "engine/registry/change.h"
#include "muster/registry.h"

namespace muster::registry {

EnrollmentRow RequireEnrollment(StoreTransaction& tx, std::string_view service, EnrollmentKind kind,
                                std::string_view id);

// `may_be_empty`: a disabled enrollment without any certificate is let pass. That is what forced
// deletion of a CA leaves behind, and what an import must be able to bring back.
EnrollmentRow PutEnrollment(Change& change, EnrollmentRow row, std::string_view if_match,
                            bool may_be_empty);
EnrollmentRow SetEnabled(Change& change, EnrollmentKind kind, std::string_view id, bool enabled,
                         std::string_view if_match);
void DeleteEnrollment(Change& change, EnrollmentKind kind, std::string_view id,
                      std::string_view if_match);

// kAlreadyExists where the certificate belongs to another entry than `owner`. It belongs to those
// it was uploaded to, and to the group that refers to a CA with it. An individual enrollment that
// refers to a CA demands that CA and does not own it: any number may [ours].
void CheckNotOwnedByOthers(Change& change, const Fingerprint& fingerprint,
                           const EnrollmentRow& owner);

EnrollmentGroup ToGroup(EnrollmentRow row);
IndividualEnrollment ToIndividual(EnrollmentRow row);

}  // namespace muster::registry

#endif  // MUSTER_ENGINE_REGISTRY_ENROLLMENTS_H_
