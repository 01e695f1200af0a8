// FaultVfs: a SQLite VFS over the system's that counts what SQLite does to its files, and at the
// n-th time strikes: ends the process, loses power, or fails.
//
// One at a time in a process. Register it, pass name() in SqliteStoreOptions::vfs.
#ifndef MUSTER_TESTS_FAULT_FAULT_VFS_H_
#define MUSTER_TESTS_FAULT_FAULT_VFS_H_

#include <cstdint>
#include <string>

namespace muster::test {

enum class Strike : std::uint8_t {
  kNone,
  kExit,         // The process ends at once; what was written stays, as after kill -9.
  kPowerLoss,    // As kExit, and everything that was not synced is lost.
  kPartialLoss,  // As kPowerLoss, but some of it, chosen by the seed, got through.
  kTornWrite,    // As kExit, after half of the write.
  kIoError,      // The operation fails, and so do all that follow until Calm().
  kDiskFull,     // Writes fail for want of room until Calm().
  kReadError,    // Reads fail until Calm(). Reads are what is counted.
  kLostSync,     // Syncs say that they are done and are not, until LosePower().
};

struct FaultPlan {
  Strike strike = Strike::kNone;
  std::uint64_t at = 0;  // The operation that is struck, counted from 1.
  std::uint64_t seed = 0;
};

class FaultVfs {
 public:
  static const char* name();               // Registered at the first call.
  static void Arm(const FaultPlan& plan);  // Also sets the count back to 0.
  static void Calm();
  // Of kLostSync, once it has struck: everything that was not synced is lost, and the process ends.
  // Before that it does nothing.
  static void LosePower();
  // Writes, truncations, syncs and deletions since Arm; of kReadError, reads.
  static std::uint64_t operations();
};

// The exit status of a process that was struck.
inline constexpr int kStruckStatus = 86;

}  // namespace muster::test

#endif  // MUSTER_TESTS_FAULT_FAULT_VFS_H_
