// InventoryReader: one file or member of an archive, as devices and bad records in order.
#ifndef MUSTER_ENGINE_AUDIT_FORMATS_INVENTORY_READER_H_
#define MUSTER_ENGINE_AUDIT_FORMATS_INVENTORY_READER_H_

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "muster/bytes.h"

namespace muster::audit {

struct InventoryRecord {
  enum class Kind : std::uint8_t {
    kDevice,  // `device_id` and `chain`, leaf first.
    kError,   // `error`, and `device_id` where it is known.
    kLine,    // `text` is a device of the own format (ndjson_record.h), still to be decoded.
    kFile,    // `text` is a file of certificates, still to be decoded.
  };
  Kind kind = Kind::kError;
  std::string member;        // Of an archive; empty where there is none.
  std::uint64_t line = 0;    // 1-based, in the member or file; rows of Parquet; 0 if binary.
  std::uint64_t offset = 0;  // Octets from the start of the member or file.
  std::string device_id;
  std::vector<Bytes> chain;
  std::string text;
  std::string error;  // Never holds octets of the input: they may be secret.
};

// The input broke off or must not be read any further: what() says why.
class ReadFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class OctetSource {
 public:
  OctetSource() = default;
  OctetSource(const OctetSource&) = delete;
  OctetSource& operator=(const OctetSource&) = delete;
  virtual ~OctetSource() = default;
  // Fills `out` as far as there is something; 0 at the end. Throws ReadFailure.
  virtual std::size_t Read(char* out, std::size_t size) = 0;
};

class InventoryReader {
 public:
  InventoryReader() = default;
  InventoryReader(const InventoryReader&) = delete;
  InventoryReader& operator=(const InventoryReader&) = delete;
  virtual ~InventoryReader() = default;
  // The next record; false at the end. `out` is fresh. Throws ReadFailure, which ends the input.
  virtual bool Next(InventoryRecord* out) = 0;
};

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_FORMATS_INVENTORY_READER_H_
