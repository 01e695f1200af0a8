// CopyToTemporaryFile: an input that came as a stream, as a file that can be read from its end.
#ifndef MUSTER_ENGINE_AUDIT_FORMATS_TEMPORARY_COPY_H_
#define MUSTER_ENGINE_AUDIT_FORMATS_TEMPORARY_COPY_H_

#include <cstdint>

#include "engine/audit/formats/input_text.h"

namespace muster::audit {

// Copies all that is left of `input` to a file without a name, which goes with its last descriptor,
// even if the process is killed. Returns the descriptor, which is the caller's to close. It lies
// where the system's other temporary files do (TMPDIR), since a copy may be too large for a folder
// in memory. Throws ReadFailure: of the source, of the disk, or beyond `octets_max`.
int CopyToTemporaryFile(InputText* input, std::uint64_t octets_max);

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_FORMATS_TEMPORARY_COPY_H_
