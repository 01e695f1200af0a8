// Decides about one device chain: consumer REGISTRY SERVICE CHAIN.pem
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "muster/authenticator.h"
#include "muster/certificate_reader.h"
#include "muster/registry.h"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  auto registry = muster::Registry::Open(argv[1], {.create = false, .read_only = true});
  if (!registry) return std::puts(registry.error().message.c_str()), 4;
  auto snapshot = registry->Snapshot(argv[2]);  // Immutable; take a new one after a change.
  if (!snapshot) return std::puts(snapshot.error().message.c_str()), 4;
  const muster::Authenticator authenticator(*snapshot);  // Share it between threads.

  std::ifstream file(argv[3], std::ios::binary);
  const muster::Bytes octets{std::istreambuf_iterator<char>(file), {}};
  auto certificates = muster::ReadAllCertificates(octets, argv[3]);  // Leaf first.
  if (!certificates) return std::puts(certificates.error().message.c_str()), 3;
  muster::PresentedChain chain(certificates->front());
  for (std::size_t i = 1; i < certificates->size(); ++i) chain.AddUntrusted((*certificates)[i]);

  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const muster::Verdict verdict = authenticator.Authenticate(chain, now);
  std::printf("%s: %s\n", verdict.accepted() ? "accepted" : "refused",
              muster::NameOf(verdict.reason).data());
  return verdict.accepted() ? 0 : 1;
}
