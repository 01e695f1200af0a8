// Serial numbers (RFC 5280 4.1.2.2).
#ifndef MUSTER_ENGINE_X509_SERIAL_H_
#define MUSTER_ENGINE_X509_SERIAL_H_

#include <string>

#include "muster/bytes.h"

namespace muster::x509 {

// Not negative, and at most 20 octets. Irregular serials are parsed all the same: whether one
// may be used is for the path validator (AlgorithmPolicy::allow_irregular_serial).
bool IsRegularSerial(ByteView serial);

// "4F:0A": upper-case hex of the INTEGER content. A sign octet of zero is left out.
std::string SerialText(ByteView serial);

}  // namespace muster::x509

#endif  // MUSTER_ENGINE_X509_SERIAL_H_
