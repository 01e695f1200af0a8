// Names of columns in exports, for formats that have a header or a schema.
#ifndef MUSTER_ENGINE_AUDIT_FORMATS_COLUMN_NAMES_H_
#define MUSTER_ENGINE_AUDIT_FORMATS_COLUMN_NAMES_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace muster::audit {

// From 0; nothing where there is none.
using ColumnIndex = std::optional<std::size_t>;

// Columns are known by their names without case and punctuation; of several, the best one counts.
ColumnIndex FindIdColumn(const std::vector<std::string>& names);
ColumnIndex FindCertificateColumn(const std::vector<std::string>& names);
ColumnIndex FindChainColumn(const std::vector<std::string>& names);

// What a part of ColumnMap means: exactly this name, or else a number from 1, which may be beyond
// the last column.
ColumnIndex FindMappedColumn(const std::vector<std::string>& names, const std::string& wanted);

// No encoded certificate is that short, and no name of a column as long.
inline constexpr std::size_t kEncodedCertificateMin = 100;
// Rows that are asked which column holds certificates.
inline constexpr std::size_t kRowsAskedForColumns = 16;

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_FORMATS_COLUMN_NAMES_H_
