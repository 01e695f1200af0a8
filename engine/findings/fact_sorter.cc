#include "engine/findings/fact_sorter.h"

#include <algorithm>
#include <queue>
#include <span>
#include <utility>

#include "muster/bytes.h"

namespace muster::findings {
namespace {

// Large enough that merging costs little, small enough that sorting stays in the cache.
constexpr std::size_t kBlockFactsMax = std::size_t{1} << 15;
constexpr std::size_t kBlocksMin = 4;
constexpr std::size_t kBufferFactsMax = 4'096;

ByteView AsOctets(std::span<const Fact> facts) {
  return {reinterpret_cast<const std::uint8_t*>(facts.data()), facts.size_bytes()};
}

}  // namespace

// Walks a sorted block, or a run in the file by way of a buffer.
class FactSorter::Cursor {
 public:
  explicit Cursor(const Block& block) : next_(block.data()), end_(next_ + block.size()) {}
  Cursor(const TemporaryFile& file, const Run& run, std::size_t buffer_facts)
      : file_(&file), rest_(run), buffer_(buffer_facts) {
    Refill();
  }

  bool AtEnd() const { return next_ == end_; }
  const Fact& fact() const { return *next_; }
  void Advance() {
    if (++next_ == end_ && rest_.count != 0) Refill();
  }

 private:
  void Refill() {
    const std::size_t n = std::min<std::uint64_t>(buffer_.size(), rest_.count);
    file_->Read(rest_.first * sizeof(Fact),
                {reinterpret_cast<std::uint8_t*>(buffer_.data()), n * sizeof(Fact)});
    rest_.first += n;
    rest_.count -= n;
    next_ = buffer_.data();
    end_ = next_ + n;
  }

  const TemporaryFile* file_ = nullptr;
  Run rest_;
  Block buffer_;
  const Fact* next_ = nullptr;
  const Fact* end_ = nullptr;
};

FactSorter::FactSorter(std::size_t memory_octets_max, std::string folder)
    : folder_(std::move(folder)) {
  // Half for the blocks and for the buffers of the runs each: neither exceeds the other.
  const std::size_t facts = memory_octets_max / sizeof(Fact);
  block_facts_ = std::clamp<std::size_t>(facts / kBlocksMin, 1, kBlockFactsMax);
  blocks_max_ = std::max<std::size_t>(facts / block_facts_, 1);
}

void FactSorter::Add(const Fact& fact) {
  if (open_.size() == block_facts_) CloseBlock();
  if (open_.capacity() == 0) open_.reserve(block_facts_);
  open_.push_back(fact);
}

void FactSorter::CloseBlock() {
  std::sort(open_.begin(), open_.end());
  blocks_.push_back(std::move(open_));
  open_ = {};
  if (blocks_.size() >= blocks_max_) Spill();
}

void FactSorter::Spill() {
  if (!file_) file_ = std::make_unique<TemporaryFile>(folder_);
  Run run{file_->size() / sizeof(Fact), 0};
  std::vector<Fact> buffer;
  buffer.reserve(std::min(block_facts_, kBufferFactsMax));
  MergeAll(false, [&](const Fact& fact) {
    buffer.push_back(fact);
    ++run.count;
    if (buffer.size() < buffer.capacity()) return;
    file_->Append(AsOctets(buffer));
    buffer.clear();
  });
  file_->Append(AsOctets(buffer));
  blocks_.clear();
  runs_.push_back(run);
}

void FactSorter::MergeAll(bool with_runs, const std::function<void(const Fact&)>& visit) {
  std::vector<Cursor> cursors;
  for (const Block& block : blocks_) cursors.emplace_back(block);
  if (with_runs && !runs_.empty()) {
    const std::size_t facts = block_facts_ * blocks_max_;
    const std::size_t buffer = std::clamp<std::size_t>(facts / runs_.size(), 1, kBufferFactsMax);
    for (const Run& run : runs_) cursors.emplace_back(*file_, run, buffer);
  }
  const auto later = [&](std::size_t x, std::size_t y) {
    return cursors[x].fact() > cursors[y].fact();
  };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> queue(later);
  for (std::size_t i = 0; i < cursors.size(); ++i) {
    if (!cursors[i].AtEnd()) queue.push(i);
  }
  while (!queue.empty()) {
    const std::size_t i = queue.top();
    queue.pop();
    visit(cursors[i].fact());
    cursors[i].Advance();
    if (!cursors[i].AtEnd()) queue.push(i);
  }
}

void FactSorter::Merge(const std::function<void(const Fact&)>& visit) {
  std::sort(open_.begin(), open_.end());
  if (!open_.empty()) blocks_.push_back(std::move(open_));
  // Where there are runs, the last blocks become one too: then only buffers are in memory.
  if (!runs_.empty() && !blocks_.empty()) Spill();
  MergeAll(true, visit);
  blocks_ = {};
  runs_ = {};
  file_.reset();
}

}  // namespace muster::findings
