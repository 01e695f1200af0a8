#include "engine/crypto/kernels/portable_kernel.h"

namespace muster::crypto::kernels {

const KernelTable& PortableKernel() { return kPortableTable; }

}  // namespace muster::crypto::kernels
