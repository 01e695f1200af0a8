// The readers behind the table of formats, and what tells each format's beginning from others.
#ifndef MUSTER_ENGINE_AUDIT_FORMATS_READERS_H_
#define MUSTER_ENGINE_AUDIT_FORMATS_READERS_H_

#include <memory>
#include <string>
#include <string_view>

#include "engine/audit/formats/format_table.h"

namespace muster::audit {

// tar, zip, and single compressed files, through libarchive. A member is read as a file would be;
// an archive in an archive is refused.
bool IsArchive(const Beginning& beginning);
std::unique_ptr<InventoryReader> OpenArchive(InputText input, InventoryContext* context,
                                             const InputPlace& place);

// Delimited text, RFC 4180: quoted cells may hold line ends. Commas, semicolons, tabs and bars.
bool IsCsv(const Beginning& beginning);
std::unique_ptr<InventoryReader> OpenCsv(InputText input, InventoryContext* context,
                                         const InputPlace& place);

// LDIF, RFC 2849: each userCertificate of an entry is a device.
bool IsLdif(const Beginning& beginning);
std::unique_ptr<InventoryReader> OpenLdif(InputText input, InventoryContext* context,
                                          const InputPlace& place);

// The own format, a line a device.
std::unique_ptr<InventoryReader> OpenOwnLines(InputText input, InventoryContext* context,
                                              const InputPlace& place);
// A whole file of PEM, DER, PKCS#7 or base64 of these.
std::unique_ptr<InventoryReader> OpenCertificates(InputText input, InventoryContext* context,
                                                  const InputPlace& place);

// Says one thing, or nothing.
std::unique_ptr<InventoryReader> OpenRefusal(std::string why);

// Known, but nothing that could be read: this says so.
bool IsOpensslIndex(const Beginning& beginning);
std::unique_ptr<InventoryReader> OpenOpensslIndex(InputText input, InventoryContext* context,
                                                  const InputPlace& place);

// Apache Parquet, where muster was built with Apache Arrow; elsewhere it is refused.
#ifdef MUSTER_WITH_ARROW
inline constexpr std::string_view kParquetDescription =
    "Apache Parquet: columns as in CSV, of binary or text; chains also as lists";
#else
inline constexpr std::string_view kParquetDescription =
    "recognised and refused: this build has no Apache Arrow to read it with";
#endif
bool IsParquet(const Beginning& beginning);
std::unique_ptr<InventoryReader> OpenParquet(InputText input, InventoryContext* context,
                                             const InputPlace& place);

// JSON: one value, values one after the other or one a line, or an array of them.
std::unique_ptr<InventoryReader> OpenOwnArray(InputText input, InventoryContext* context,
                                              const InputPlace& place);
std::unique_ptr<InventoryReader> OpenAwsIot(InputText input, InventoryContext* context,
                                            const InputPlace& place);
std::unique_ptr<InventoryReader> OpenAzureIotHub(InputText input, InventoryContext* context,
                                                 const InputPlace& place);
std::unique_ptr<InventoryReader> OpenMicrochip(InputText input, InventoryContext* context,
                                               const InputPlace& place);
std::unique_ptr<InventoryReader> OpenCtEntries(InputText input, InventoryContext* context,
                                               const InputPlace& place);
std::unique_ptr<InventoryReader> OpenSpiffe(InputText input, InventoryContext* context,
                                            const InputPlace& place);
std::unique_ptr<InventoryReader> OpenVault(InputText input, InventoryContext* context,
                                           const InputPlace& place);

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_FORMATS_READERS_H_
