// Kernels seen from inside: their operations, their self-test and the tables of the base points.
#ifndef MUSTER_ENGINE_CRYPTO_KERNEL_H_
#define MUSTER_ENGINE_CRYPTO_KERNEL_H_

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include "engine/crypto/aligned_memory.h"
#include "engine/crypto/kernels/kernel_table.h"
#include "muster/kernel.h"
#include "muster/result.h"

namespace muster::crypto {

// ActiveKernel(), or kReference where that is an error.
Kernel KernelInUse();

// The operations of a supported kernel; null for kReference and for kernels that are not supported.
const kernels::KernelTable* OperationsOf(Kernel kernel);

// Whether a kernel gives the known answers: RFC 6979 A.2.5 and A.2.6, their mirror images and
// forgeries of them. OperationsOf asks this once for every kernel.
bool PassesSelfTest(const kernels::KernelTable& operations);

bool IsSupportedKernel(Kernel kernel);

// What ActiveKernel does, with the forced name (null: none) and IsSupportedKernel as arguments.
[[nodiscard]] Result<Kernel> ChooseKernel(const char* forced, bool (*is_supported)(Kernel));

// How a curve of kWords words is found in a kernel's operations.
template <int kWords>
const kernels::CurveKernel<kWords>& CurveOf(const kernels::KernelTable& operations);

// ceil(64 kWords / window): how many windows cover a scalar.
template <int kWords>
constexpr int WindowsFor(int window) {
  return (64 * kWords + window - 1) / window;
}
template <int kWords>
constexpr std::size_t TableOctets(int window) {
  return sizeof(kernels::Line<kWords>) *
         (static_cast<std::size_t>(WindowsFor<kWords>(window)) << (window - 1));
}

// A table that owns its lines.
template <int kWords>
struct OwnedTable {
  AlignedOctets memory;
  kernels::Table<kWords> table;
};

// The tables of affine points: plain integers, least significant word first, on the curve. Several
// at once cost less than one by one. Works in memory that the thread keeps. Throws std::bad_alloc.
template <int kWords>
std::vector<OwnedTable<kWords>> BuildTables(const kernels::KernelTable& operations,
                                            std::span<const kernels::Line<kWords>> points,
                                            int window);
template <int kWords>
OwnedTable<kWords> BuildTable(const kernels::KernelTable& operations,
                              const kernels::Line<kWords>& point, int window);

// The table of the curve's base point, made when it is first asked for and kept. `kernel` must be
// supported and not kReference. Throws std::bad_alloc.
template <int kWords>
const kernels::Table<kWords>& GeneratorTable(Kernel kernel);

}  // namespace muster::crypto

#endif  // MUSTER_ENGINE_CRYPTO_KERNEL_H_
