// Archives through libarchive: members streamed one after the other, within limits.
#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "engine/audit/formats/readers.h"

namespace muster::audit {
namespace {

using ArchivePointer = std::unique_ptr<::archive, decltype(&archive_read_free)>;

constexpr std::string_view kRestLeft = "; the rest of the archive was not read";

// Feeds libarchive, and counts.
class ArchiveInput {
 public:
  explicit ArchiveInput(InputText input) : input_(std::move(input)) {}

  static la_ssize_t Read(::archive* archive, void* self, const void** block) {
    return static_cast<ArchiveInput*>(self)->ReadBlock(archive, block);
  }
  std::uint64_t octets() const { return input_.offset(); }

 private:
  // No exception may pass through libarchive, which is C.
  la_ssize_t ReadBlock(::archive* archive, const void** block) {
    try {
      std::size_t size = 0;
      for (; size < block_.size(); ++size) {
        const int c = input_.Take();
        if (c == InputText::kEnd) break;
        block_[size] = static_cast<char>(c);
      }
      *block = block_.data();
      return static_cast<la_ssize_t>(size);
    } catch (const std::exception& e) {
      archive_set_error(archive, EIO, "%s", e.what());
      return -1;
    }
  }

  InputText input_;
  std::array<char, std::size_t{64} * 1024> block_;
};

// What an archive has given so far.
struct ArchiveUse {
  std::uint64_t members = 0, octets = 0;
};

class ArchiveReader;

// The octets of the member at which the archive stands.
class MemberSource : public OctetSource {
 public:
  explicit MemberSource(ArchiveReader* reader) : reader_(*reader) {}
  std::size_t Read(char* out, std::size_t size) override;

 private:
  ArchiveReader& reader_;
  std::uint64_t octets_ = 0;
};

class ArchiveReader : public InventoryReader {
 public:
  ArchiveReader(InputText input, InventoryContext* context)
      : context_(context),
        limits_(context->options().archive),
        input_(std::move(input)),
        archive_(archive_read_new(), &archive_read_free) {
    if (archive_ == nullptr) throw std::bad_alloc();
    for (const auto support :
         {archive_read_support_filter_gzip, archive_read_support_filter_xz,
          archive_read_support_filter_zstd, archive_read_support_filter_bzip2,
          archive_read_support_format_tar, archive_read_support_format_zip,
          archive_read_support_format_raw, archive_read_support_format_empty}) {
      support(archive_.get());
    }
    if (archive_read_open(archive_.get(), &input_, nullptr, &ArchiveInput::Read, nullptr) !=
        ARCHIVE_OK) {
      damaged_ = "the archive cannot be opened: " + Why();
    }
  }

  bool Next(InventoryRecord* out) override {
    while (!ended_) {
      try {
        if (member_ == nullptr && !OpenMember(out)) {
          if (out->error.empty()) return false;
          out->member = name_;
          return true;
        }
        if (member_->Next(out)) {
          out->member = name_;
          return true;
        }
        member_.reset();
        Drain();
      } catch (const ReadFailure& e) {
        *out = {};
        out->member = name_;
        out->error = e.what();
        ended_ = true;
        member_.reset();
        return true;
      }
    }
    return false;
  }

 private:
  friend class MemberSource;

  std::string Why() const {
    const char* text = archive_error_string(archive_.get());
    return text == nullptr ? "it is damaged" : text;
  }

  // What its reader left of a member is read here, so that the limits hold for it too.
  void Drain() {
    std::array<char, std::size_t{16} * 1024> octets;
    MemberSource rest(this);
    while (rest.Read(octets.data(), octets.size()) != 0) {
    }
  }

  // Goes to the next member that is a file. False at the end, or with the record of what is wrong.
  bool OpenMember(InventoryRecord* out) {
    name_.clear();
    if (!damaged_.empty()) {
      out->error = std::exchange(damaged_, {});
      ended_ = true;
      return false;
    }
    for (;;) {
      archive_entry* entry = nullptr;
      const int status = archive_read_next_header(archive_.get(), &entry);
      if (status == ARCHIVE_EOF) {
        ended_ = true;
        return false;
      }
      if (status < ARCHIVE_WARN || entry == nullptr) {
        ended_ = true;
        out->error = fmt::format("the archive is damaged: {}{}", Why(), kRestLeft);
        return false;
      }
      // libarchive takes anything for a single file that nothing compresses.
      if (archive_format(archive_.get()) == ARCHIVE_FORMAT_RAW &&
          archive_filter_code(archive_.get(), 0) == ARCHIVE_FILTER_NONE) {
        ended_ = true;
        out->error = "is no archive, and no compressed file that can be read";
        return false;
      }
      if (++use_.members > limits_.members_max) {
        ended_ = true;
        out->error = fmt::format("more than {} members{}", limits_.members_max, kRestLeft);
        return false;
      }
      if (!IsFile(entry)) continue;
      name_ = NameOf(entry);
      if (IsHidden(name_)) {
        Drain();
        continue;
      }
      if (archive_entry_is_encrypted(entry) != 0) {
        out->error = "is encrypted; decrypt it first";
        return false;
      }
      return StartMember(out);
    }
  }

  bool StartMember(InventoryRecord* out) {
    InputText text(std::make_unique<MemberSource>(this));
    const std::string_view prefix = text.Peek(InputText::kPrefixSize);
    if (prefix.empty()) {
      out->error = "is empty";
      return false;
    }
    Beginning beginning;
    beginning.text = prefix;
    if (IsArchive(beginning)) {
      out->error = "is an archive inside of an archive; unpack it first";
      Drain();
      return false;
    }
    const Format& format = FormatOfMember(prefix, *context_);
    member_ = format.open(std::move(text), context_, {.in_folder = true, .in_archive = true});
    return true;
  }

  // Links, folders and devices are left out.
  static bool IsFile(archive_entry* entry) {
    return archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == nullptr &&
           archive_entry_symlink(entry) == nullptr;
  }

  // A single compressed file has no name of its own.
  std::string NameOf(archive_entry* entry) const {
    if (archive_format(archive_.get()) == ARCHIVE_FORMAT_RAW) return {};
    // The other one is empty where the locale cannot write the name.
    const char* name = archive_entry_pathname_utf8(entry);
    if (name == nullptr) name = archive_entry_pathname(entry);
    return name == nullptr ? "?" : name;
  }

  // As in folders, names that begin with a dot are left out.
  static bool IsHidden(std::string_view name) {
    for (std::size_t at = 0; at < name.size(); ++at) {
      const std::string_view rest = name.substr(at);
      const std::string_view part = rest.substr(0, rest.find('/'));
      if (part.starts_with('.') && part != "." && part != "..") return true;
      at += part.size();
    }
    return false;
  }

  InventoryContext* context_;
  const ArchiveLimits limits_;
  ArchiveInput input_;
  ArchivePointer archive_;
  ArchiveUse use_;
  std::string damaged_;
  std::string name_;
  std::unique_ptr<InventoryReader> member_;
  bool ended_ = false;
};

std::size_t MemberSource::Read(char* out, std::size_t size) {
  constexpr std::uint64_t kRatioCountsFrom = std::uint64_t{1} << 20;
  const la_ssize_t got = archive_read_data(reader_.archive_.get(), out, size);
  if (got < 0) {
    throw ReadFailure(fmt::format("cannot be read: {}{}", reader_.Why(), kRestLeft));
  }
  const auto count = static_cast<std::uint64_t>(got);
  octets_ += count;
  ArchiveUse& use = reader_.use_;
  use.octets += count;
  const ArchiveLimits& limits = reader_.limits_;
  if (octets_ > limits.member_octets_max) {
    throw ReadFailure(fmt::format("the member has more than {} octets{}", limits.member_octets_max,
                                  kRestLeft));
  }
  if (use.octets > limits.octets_max) {
    throw ReadFailure(
        fmt::format("the archive holds more than {} octets{}", limits.octets_max, kRestLeft));
  }
  const std::uint64_t octets_in = std::max<std::uint64_t>(reader_.input_.octets(), 1);
  if (use.octets > kRatioCountsFrom && use.octets / octets_in > limits.ratio_max) {
    throw ReadFailure(fmt::format("the archive grows to more than {} times its size{}",
                                  limits.ratio_max, kRestLeft));
  }
  return static_cast<std::size_t>(count);
}

}  // namespace

bool IsArchive(const Beginning& beginning) {
  using namespace std::string_view_literals;
  const std::string_view text = beginning.text;
  for (std::string_view magic : {"\x1f\x8b"sv, "\x28\xb5\x2f\xfd"sv, "\xfd\x37zXZ\0"sv, "BZh"sv,
                                 "PK\x03\x04"sv, "PK\x05\x06"sv}) {
    if (text.starts_with(magic)) return true;
  }
  constexpr std::size_t kTarMagicOffset = 257;
  return text.size() > kTarMagicOffset && text.substr(kTarMagicOffset).starts_with("ustar");
}

std::unique_ptr<InventoryReader> OpenArchive(InputText input, InventoryContext* context,
                                             const InputPlace&) {
  return std::make_unique<ArchiveReader>(std::move(input), context);
}

}  // namespace muster::audit
