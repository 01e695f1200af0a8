#include "bench/peers/fleet_file.h"

#include <chrono>
#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace muster::bench {
namespace {

class Reader {
 public:
  Reader(ByteView octets, const std::string& path) : rest_(octets), path_(path) {}

  ByteView Take(std::size_t count) {
    if (count > rest_.size()) {
      throw std::runtime_error(path_ + " ends early; delete it, tools/compare makes it again");
    }
    const ByteView taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  template <typename T>
  T Number() {
    std::uint64_t value = 0;
    const ByteView octets = Take(sizeof(T));
    for (std::size_t i = 0; i < octets.size(); ++i) value |= std::uint64_t{octets[i]} << (8 * i);
    return static_cast<T>(value);
  }

  ByteView Blob() { return Take(Number<std::uint32_t>()); }

  std::vector<ByteView> Blobs() {
    std::vector<ByteView> blobs(Number<std::uint32_t>());
    for (ByteView& blob : blobs) blob = Blob();
    return blobs;
  }

  PresentedChain Chain() {
    const std::uint32_t count = Number<std::uint32_t>();
    PresentedChain chain(Blob());
    for (std::uint32_t i = 1; i < count; ++i) chain.AddUntrusted(Blob());
    return chain;
  }

 private:
  ByteView rest_;
  const std::string& path_;
};

Bytes ReadOctets(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  Bytes octets(file ? static_cast<std::size_t>(file.tellg()) : 0);
  file.seekg(0);
  file.read(reinterpret_cast<char*>(octets.data()), static_cast<std::streamsize>(octets.size()));
  if (!file) throw std::runtime_error("cannot read the fleet " + path);
  return octets;
}

}  // namespace

FleetFile ReadFleetFile(const std::string& path) {
  FleetFile fleet;
  fleet.octets = ReadOctets(path);
  Reader reader(fleet.octets, path);
  const ByteView magic = reader.Take(kFleetMagic.size());
  if (std::string(magic.begin(), magic.end()) != kFleetMagic ||
      reader.Number<std::uint32_t>() != kFleetVersion) {
    throw std::runtime_error(path + " is no fleet of version " + std::to_string(kFleetVersion));
  }
  fleet.at = UnixTime(std::chrono::seconds(reader.Number<std::int64_t>()));
  fleet.questions.resize(reader.Number<std::uint32_t>());
  for (PresentedChain& chain : fleet.questions) {
    chain = reader.Chain();
    reader.Blob();  // What the right answer is concerns the driver alone.
  }
  fleet.roots = reader.Blobs();
  fleet.intermediates = reader.Blobs();
  fleet.devices.resize(reader.Number<std::uint32_t>());
  for (PresentedChain& chain : fleet.devices) chain = reader.Chain();
  return fleet;
}

}  // namespace muster::bench
