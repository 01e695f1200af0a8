// What the processor can run and what the environment asks for: the two things that only code this
// close to the machine may look at.
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_CHOICE_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_CHOICE_H_

#include "engine/crypto/kernels/kernel_table.h"
#include "muster/kernel.h"

namespace muster::crypto::kernels {

// The operations of a kernel that this build has and this processor (and its operating system) can
// run; null otherwise, and for kReference.
const KernelTable* RunnableKernel(Kernel kernel);

// SHA-NI, with the SSE that goes with it.
bool HasShaInstructions();

// MUSTER_KERNEL as it was when first asked for; null where it is not set or empty.
const char* ForcedKernelName();

}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_CHOICE_H_
