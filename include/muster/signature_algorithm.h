// What a certificate is signed with, as a person calls it.
#ifndef MUSTER_SIGNATURE_ALGORITHM_H_
#define MUSTER_SIGNATURE_ALGORITHM_H_

#include <string>

#include "muster/bytes.h"

namespace muster {

// "ECDSA SHA-256", "RSA SHA-256", "RSA-PSS SHA-256", "Ed25519", and of those that are refused
// "RSA SHA-1" or "RSA MD5"; the dotted OID of others; empty where malformed. `algorithm` is a whole
// AlgorithmIdentifier SEQUENCE, as CertificateView::signature_algorithm gives it.
// Thread-safe: a free function without state.
std::string DisplaySignatureAlgorithm(ByteView algorithm);

}  // namespace muster

#endif  // MUSTER_SIGNATURE_ALGORITHM_H_
