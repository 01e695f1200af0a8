// What a file is, judged by its first bytes alone: SQLite is not asked, since it would make files
// beside it.
#ifndef MUSTER_ENGINE_REGISTRY_STORE_SQLITE_FILE_HEADER_H_
#define MUSTER_ENGINE_REGISTRY_STORE_SQLITE_FILE_HEADER_H_

#include <cstdint>
#include <string>

namespace muster::registry::sqlite {

// Marks a SQLite file as a registry of ours ("Mstr", SQLite's application_id).
inline constexpr std::uint32_t kApplicationId = 0x4d737472;

enum class FileState : std::uint8_t { kAbsent, kEmpty, kRegistry };

// Throws RegistryFailure: kStoreCorrupt where the file is not a registry, is of a version newer
// than `version_max`, or was cut short; kStoreIo where it cannot be read or is no regular file.
FileState InspectFile(const std::string& path, std::uint32_t version_max);

// Whether there is a file, and it is not empty.
bool HasContent(const std::string& path);

}  // namespace muster::registry::sqlite

#endif  // MUSTER_ENGINE_REGISTRY_STORE_SQLITE_FILE_HEADER_H_
