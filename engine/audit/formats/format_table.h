// The table of inventory formats: how each is recognised and what reads it.
#ifndef MUSTER_ENGINE_AUDIT_FORMATS_FORMAT_TABLE_H_
#define MUSTER_ENGINE_AUDIT_FORMATS_FORMAT_TABLE_H_

#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "engine/audit/formats/input_text.h"
#include "engine/audit/formats/inventory_context.h"
#include "engine/audit/formats/inventory_reader.h"

namespace muster::audit {

// The beginning of an input, without its byte order mark, and what it looks like as JSON.
struct Beginning {
  std::string_view text;
  bool is_array = false;        // JSON that begins with '['.
  std::set<std::string> keys;   // Of the first object that has any; "a.b" for b inside of a.

  bool Has(const char* key) const { return keys.contains(key); }
};

// Where an input came from, as far as its reader is concerned.
struct InputPlace {
  bool in_folder = false;   // Found in a folder or an archive: what is no inventory lies there too.
  bool in_archive = false;
};

struct Format {
  std::string_view name;
  std::string_view description;
  bool (*recognise)(const Beginning&);
  std::unique_ptr<InventoryReader> (*open)(InputText input, InventoryContext* context,
                                           const InputPlace& place);
};

std::span<const Format> Formats();
// Null where there is none of that name.
const Format* FindFormat(std::string_view name);

// The format of an input that begins so: the one that was asked for, except that an archive is
// opened first; else by content. What nobody recognises is left to the reader of certificates, who
// says what is wrong with it.
const Format& FormatOf(std::string_view prefix, const InventoryContext& context);
// The same of a member of an archive, which is no archive: where one was asked for, by content.
const Format& FormatOfMember(std::string_view prefix, const InventoryContext& context);

// Two formats have a way of their own where they are not in an archive; see RecordReader.
bool IsOwnLines(const Format& format);
bool IsCertificates(const Format& format);

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_FORMATS_FORMAT_TABLE_H_
