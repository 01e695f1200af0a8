#include "tests/fault/fault_vfs.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <new>
#include <string>
#include <vector>

#include "engine/registry/store/sqlite/connection.h"

namespace muster::test {
namespace {

// What undoes a write or a truncation: the octets and the size before it.
struct Undo {
  std::string path;
  sqlite3_int64 offset = 0;
  std::vector<char> octets;
  sqlite3_int64 size = 0;
};

struct State {
  FaultPlan plan;
  std::uint64_t operations = 0;
  bool failing = false;
  std::vector<Undo> unsynced;  // Oldest first.
};
State g_state;

sqlite3_vfs* System() { return sqlite3_vfs_find(nullptr); }

// An open file: SQLite's part, where it stands, and the system's file right after.
struct File {
  sqlite3_file base;
  const char* path;
  sqlite3_file* system() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

sqlite3_file* Inner(sqlite3_file* file) { return reinterpret_cast<File*>(file)->system(); }
const sqlite3_io_methods& Methods(sqlite3_file* file) { return *Inner(file)->pMethods; }

// Puts back what was there before the writes that never reached the disk, newest first. Each of a
// partial loss got through with even odds (SplitMix64 over the seed).
void UndoUnsynced() {
  std::uint64_t random = g_state.plan.seed;
  for (auto undo = g_state.unsynced.rbegin(); undo != g_state.unsynced.rend(); ++undo) {
    random += 0x9e3779b97f4a7c15u;
    const std::uint64_t mixed = (random ^ random >> 30) * 0xbf58476d1ce4e5b9u;
    if (g_state.plan.strike == Strike::kPartialLoss && (mixed >> 40 & 1) != 0) continue;
    const int fd = ::open(undo->path.c_str(), O_RDWR);
    if (fd < 0) continue;  // Deleted since.
    if (::pwrite(fd, undo->octets.data(), undo->octets.size(), undo->offset) < 0 ||
        ::ftruncate(fd, undo->size) != 0) {
      ::_exit(1);
    }
    ::close(fd);
  }
}

// Counts an operation that changes a file. The result is what it must fail with, or SQLITE_OK.
int Count(int io_error, sqlite3_file* torn_file = nullptr, const void* data = nullptr, int size = 0,
          sqlite3_int64 offset = 0) {
  const FaultPlan& plan = g_state.plan;
  if (plan.strike == Strike::kReadError) return SQLITE_OK;
  ++g_state.operations;
  const bool struck = plan.strike != Strike::kNone && g_state.operations == plan.at;
  if (struck) {
    switch (plan.strike) {
      case Strike::kTornWrite:
        if (torn_file != nullptr)
          Methods(torn_file).xWrite(Inner(torn_file), data, size / 2, offset);
        ::_exit(kStruckStatus);
      case Strike::kPowerLoss:
      case Strike::kPartialLoss:
        UndoUnsynced();
        ::_exit(kStruckStatus);
      case Strike::kExit:
        ::_exit(kStruckStatus);
      default:
        g_state.failing = true;
    }
  }
  if (!g_state.failing || plan.strike == Strike::kLostSync) return SQLITE_OK;
  if (plan.strike == Strike::kDiskFull) {
    return io_error == SQLITE_IOERR_WRITE ? SQLITE_FULL : SQLITE_OK;
  }
  return io_error;
}

void Remember(sqlite3_file* file, sqlite3_int64 offset, int size) {
  Undo undo;
  undo.path = reinterpret_cast<File*>(file)->path;
  undo.offset = offset;
  Methods(file).xFileSize(Inner(file), &undo.size);
  const sqlite3_int64 held = std::max<sqlite3_int64>(0, undo.size - offset);
  undo.octets.resize(static_cast<std::size_t>(std::min<sqlite3_int64>(size, held)));
  Methods(file).xRead(Inner(file), undo.octets.data(), static_cast<int>(undo.octets.size()),
                      offset);
  g_state.unsynced.push_back(std::move(undo));
}

int Close(sqlite3_file* file) { return Methods(file).xClose(Inner(file)); }
int Read(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
  if (g_state.plan.strike == Strike::kReadError) {
    g_state.failing = g_state.failing || ++g_state.operations == g_state.plan.at;
    if (g_state.failing) return SQLITE_IOERR_READ;
  }
  return Methods(file).xRead(Inner(file), data, size, offset);
}
int Write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  const int code = Count(SQLITE_IOERR_WRITE, file, data, size, offset);
  if (code != SQLITE_OK) return code;
  Remember(file, offset, size);
  return Methods(file).xWrite(Inner(file), data, size, offset);
}
int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  const int code = Count(SQLITE_IOERR_TRUNCATE);
  if (code != SQLITE_OK) return code;
  sqlite3_int64 before = 0;
  Methods(file).xFileSize(Inner(file), &before);
  if (before > size) Remember(file, size, static_cast<int>(before - size));
  return Methods(file).xTruncate(Inner(file), size);
}
int Sync(sqlite3_file* file, int flags) {
  const int code = Count(SQLITE_IOERR_FSYNC);
  if (code != SQLITE_OK) return code;
  if (g_state.failing && g_state.plan.strike == Strike::kLostSync) return SQLITE_OK;
  const std::string path = reinterpret_cast<File*>(file)->path;
  std::erase_if(g_state.unsynced, [&](const Undo& undo) { return undo.path == path; });
  return Methods(file).xSync(Inner(file), flags);
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Methods(file).xFileSize(Inner(file), size);
}
int Lock(sqlite3_file* file, int level) { return Methods(file).xLock(Inner(file), level); }
int Unlock(sqlite3_file* file, int level) { return Methods(file).xUnlock(Inner(file), level); }
int CheckReservedLock(sqlite3_file* file, int* out) {
  return Methods(file).xCheckReservedLock(Inner(file), out);
}
int FileControl(sqlite3_file* file, int op, void* argument) {
  return Methods(file).xFileControl(Inner(file), op, argument);
}
int SectorSize(sqlite3_file* file) { return Methods(file).xSectorSize(Inner(file)); }
// No promise about torn or reordered writes: SQLite must cope by itself.
int DeviceCharacteristics(sqlite3_file*) { return 0; }
int ShmMap(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
  return Methods(file).xShmMap(Inner(file), region, size, extend, out);
}
int ShmLock(sqlite3_file* file, int offset, int n, int flags) {
  return Methods(file).xShmLock(Inner(file), offset, n, flags);
}
void ShmBarrier(sqlite3_file* file) { Methods(file).xShmBarrier(Inner(file)); }
int ShmUnmap(sqlite3_file* file, int remove) {
  return Methods(file).xShmUnmap(Inner(file), remove);
}

constexpr sqlite3_io_methods kMethods = {2,
                                         Close,
                                         Read,
                                         Write,
                                         Truncate,
                                         Sync,
                                         FileSize,
                                         Lock,
                                         Unlock,
                                         CheckReservedLock,
                                         FileControl,
                                         SectorSize,
                                         DeviceCharacteristics,
                                         ShmMap,
                                         ShmLock,
                                         ShmBarrier,
                                         ShmUnmap,
                                         nullptr,
                                         nullptr};

int Open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  auto* mine = new (file) File{{nullptr}, path};
  const int code = System()->xOpen(System(), path, mine->system(), flags, out_flags);
  if (mine->system()->pMethods != nullptr) mine->base.pMethods = &kMethods;
  return code;
}

int Delete(sqlite3_vfs*, const char* path, int sync_folder) {
  const int code = Count(SQLITE_IOERR_DELETE);
  if (code != SQLITE_OK) return code;
  return System()->xDelete(System(), path, sync_folder);
}

sqlite3_vfs Make() {
  sqlite3_vfs vfs = *System();
  vfs.szOsFile += static_cast<int>(sizeof(File));
  vfs.pNext = nullptr;
  vfs.zName = "muster-fault";
  vfs.xOpen = Open;
  vfs.xDelete = Delete;
  return vfs;
}

}  // namespace

const char* FaultVfs::name() {
  static sqlite3_vfs vfs = [] {
    sqlite3_initialize();
    return Make();
  }();
  sqlite3_vfs_register(&vfs, 0);
  return vfs.zName;
}

void FaultVfs::Arm(const FaultPlan& plan) { g_state = State{plan, 0, false, {}}; }
void FaultVfs::Calm() { Arm({}); }
void FaultVfs::LosePower() {
  if (!g_state.failing) return;
  UndoUnsynced();
  ::_exit(kStruckStatus);
}
std::uint64_t FaultVfs::operations() { return g_state.operations; }

}  // namespace muster::test
