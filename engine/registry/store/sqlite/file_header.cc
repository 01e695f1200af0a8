#include "engine/registry/store/sqlite/file_header.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "engine/registry/store/failure.h"

namespace muster::registry::sqlite {
namespace {

namespace fs = std::filesystem;

// The database header of SQLite's file format, section 1.3; integers are big-endian.
constexpr std::size_t kHeaderSize = 100;
constexpr std::string_view kMagic{"SQLite format 3\0", 16};
constexpr std::size_t kPageSizeOffset = 16;
constexpr std::size_t kWriteVersionOffset = 18;  // And the read version.
constexpr std::size_t kPayloadFractionsOffset = 21;
constexpr std::size_t kChangeCounterOffset = 24;
constexpr std::size_t kPageCountOffset = 28;
constexpr std::size_t kSchemaFormatOffset = 44;
constexpr std::size_t kTextEncodingOffset = 56;
constexpr std::size_t kUserVersionOffset = 60;
constexpr std::size_t kApplicationIdOffset = 68;
constexpr std::size_t kVersionValidForOffset = 92;

using Header = std::array<char, kHeaderSize>;

std::uint32_t ReadBigEndian(const Header& header, std::size_t offset, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value = value << 8 | static_cast<std::uint8_t>(header[offset + i]);
  }
  return value;
}

// What every SQLite file's header says of its format (1.3.2 to 1.3.13). SQLite itself would look
// at the pages first, and make files beside this one to do so.
bool IsSoundHeader(const Header& header) {
  const std::uint32_t page_size = ReadBigEndian(header, kPageSizeOffset, 2);
  const std::uint32_t versions = ReadBigEndian(header, kWriteVersionOffset, 2);
  return (page_size == 1 || (page_size >= 512 && std::has_single_bit(page_size))) &&
         (versions == 0x0101 || versions == 0x0202) &&
         ReadBigEndian(header, kPayloadFractionsOffset, 3) == 0x402020 &&
         ReadBigEndian(header, kSchemaFormatOffset, 4) <= 4 &&
         ReadBigEndian(header, kTextEncodingOffset, 4) <= 3;
}

// A process that died while it made the first tables may leave a file without its first page. The
// journal beside it takes the file back to nothing.
bool IsCutOffCreation(const Header& header, const std::string& path) {
  return header == Header{} && HasContent(path + "-journal");
}

// Whether pages are missing at the end. A journal or a write-ahead log may put that right; the size
// is asked for after them, since another process may be finishing its work just now.
bool IsCutShort(const Header& header, const std::string& path) {
  if (HasContent(path + "-wal") || HasContent(path + "-journal")) return false;
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) return true;
  // The page count is meaningful only where these two agree.
  if (ReadBigEndian(header, kChangeCounterOffset, 4) !=
      ReadBigEndian(header, kVersionValidForOffset, 4)) {
    return false;
  }
  std::uintmax_t page_size = ReadBigEndian(header, kPageSizeOffset, 2);
  if (page_size == 1) page_size = 65536;
  return size < page_size * ReadBigEndian(header, kPageCountOffset, 4);
}

}  // namespace

bool HasContent(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  return !error && size > 0;
}

FileState InspectFile(const std::string& path, std::uint32_t version_max) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return FileState::kAbsent;
  if (error) {
    Fail(ErrorCode::kStoreIo,
         fmt::format("cannot look at registry '{}': {}", path, error.message()));
  }
  if (status.type() != fs::file_type::regular) {
    Fail(ErrorCode::kStoreIo,
         fmt::format("'{}' is not a regular file; give the path of a registry file", path));
  }
  const std::uintmax_t size = fs::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  Header header{};
  file.read(header.data(), header.size());
  if (error || file.bad() || (!file.is_open() && size > 0)) {
    Fail(ErrorCode::kStoreIo, fmt::format("cannot read registry '{}': {}; check its permissions",
                                          path, std::generic_category().message(errno)));
  }
  if (size == 0) return FileState::kEmpty;
  if (IsCutOffCreation(header, path)) return FileState::kEmpty;
  if (static_cast<std::size_t>(file.gcount()) < kHeaderSize ||
      std::string_view(header.data(), kMagic.size()) != kMagic) {
    Fail(ErrorCode::kStoreCorrupt,
         fmt::format("'{}' is not a muster registry, and was left untouched; give another path",
                     path));
  }
  if (ReadBigEndian(header, kApplicationIdOffset, 4) != kApplicationId) {
    Fail(ErrorCode::kStoreCorrupt,
         fmt::format("'{}' is a SQLite file of another application, and was left untouched; give "
                     "another path",
                     path));
  }
  const std::uint32_t version = ReadBigEndian(header, kUserVersionOffset, 4);
  // The application's number and the first version are written together.
  if (!IsSoundHeader(header) || version == 0) {
    Fail(ErrorCode::kStoreCorrupt,
         fmt::format("registry '{}' is damaged at its beginning, and was left untouched; restore "
                     "it from a backup or an export",
                     path));
  }
  if (version > version_max) {
    Fail(ErrorCode::kStoreCorrupt,
         fmt::format("registry '{}' has schema version {}, and this muster knows versions up to "
                     "{}; it was left untouched: use a newer muster",
                     path, version, version_max));
  }
  if (IsCutShort(header, path)) {
    Fail(ErrorCode::kStoreCorrupt,
         fmt::format("registry '{}' was cut short, and was left untouched; restore it from a "
                     "backup or an export",
                     path));
  }
  return FileState::kRegistry;
}

}  // namespace muster::registry::sqlite
