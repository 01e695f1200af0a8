#include "engine/crypto/public_key.h"
#include "muster/certificate.h"

namespace muster {

std::string DisplayKeyType(ByteView spki) { return crypto::KeyTypeName(spki); }

}  // namespace muster
