// The portable kernel with multiplication rows written for BMI2 and ADX (see rows64.h).

#include "engine/crypto/kernels/portable_kernel.h"

namespace muster::crypto::kernels {

#ifdef __x86_64__
const KernelTable& Bmi2Kernel() { return kPortableTable; }
#endif

}  // namespace muster::crypto::kernels
