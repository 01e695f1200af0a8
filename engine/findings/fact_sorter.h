// FactSorter: sorts more facts than fit into memory.
//
// Facts fill blocks, which are sorted when they are full. When the blocks take all the memory there
// is, they are merged into one sorted run in a temporary file. At the end all runs and blocks are
// merged. The result does not depend on how much memory there was.
#ifndef MUSTER_ENGINE_FINDINGS_FACT_SORTER_H_
#define MUSTER_ENGINE_FINDINGS_FACT_SORTER_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/findings/temporary_file.h"

namespace muster::findings {

// What is compared between devices. Facts of equal kind and key are a group.
struct Fact {
  std::array<std::uint64_t, 2> key{};  // The kind in the highest octet, then 120 bits of a digest.
  std::uint64_t a = 0, b = 0;          // What may differ within a group.
  std::uint64_t record = 0;

  friend auto operator<=>(const Fact&, const Fact&) = default;
};

class FactSorter {
 public:
  FactSorter(std::size_t memory_octets_max, std::string folder);

  // Throws std::system_error where a file fails.
  void Add(const Fact& fact);
  // Visits all facts in order, once. Nothing may be added afterwards; the memory is given back.
  void Merge(const std::function<void(const Fact&)>& visit);

  std::uint64_t spilled_runs() const { return runs_.size(); }

 private:
  using Block = std::vector<Fact>;
  struct Run {
    std::uint64_t first = 0;  // Facts, not octets.
    std::uint64_t count = 0;
  };
  class Cursor;

  void CloseBlock();
  void Spill();
  void MergeAll(bool with_runs, const std::function<void(const Fact&)>& visit);

  std::size_t block_facts_;
  std::size_t blocks_max_;
  std::string folder_;
  Block open_;
  std::vector<Block> blocks_;
  std::vector<Run> runs_;
  std::unique_ptr<TemporaryFile> file_;
};

}  // namespace muster::findings

#endif  // MUSTER_ENGINE_FINDINGS_FACT_SORTER_H_
