#include "engine/findings/batch_gcd.h"

#include <gmp.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "engine/findings/temporary_file.h"

namespace muster::findings {
namespace {

// Octets that a chunk needs for each octet of its moduli, besides one for each level of its tree:
// D of two levels, products of other chunks and what GMP multiplies with (about four operands).
constexpr std::size_t kWorkFactor = 12;
// The least octets of a chunk: below, products are no faster than pairs.
constexpr std::size_t kChunkOctetsMin = std::size_t{16} * 1024;

class Integer {
 public:
  Integer() { mpz_init(value_); }
  ~Integer() { mpz_clear(value_); }
  Integer(Integer&& other) noexcept : Integer() { mpz_swap(value_, other.value_); }
  Integer& operator=(Integer&& other) noexcept {
    mpz_swap(value_, other.value_);
    return *this;
  }
  Integer(const Integer&) = delete;
  Integer& operator=(const Integer&) = delete;

  mpz_ptr get() { return value_; }
  mpz_srcptr get() const { return value_; }

  void Assign(ByteView octets) { mpz_import(value_, octets.size(), 1, 1, 1, 0, octets.data()); }
  Bytes Octets() const {
    Bytes octets((mpz_sizeinbase(value_, 2) + 7) / 8);
    std::size_t count = 0;
    mpz_export(octets.data(), &count, 1, 1, 1, 0, value_);
    octets.resize(count);
    return octets;
  }
  // Gives the memory back that a larger value left.
  void Free() { mpz_realloc2(value_, 1); }

 private:
  mpz_t value_;
};

using Level = std::vector<Integer>;

// Runs work(i) for each i below `count`, on up to `threads` threads.
void ForEach(std::size_t count, int threads, const std::function<void(std::size_t)>& work) {
  const std::size_t helpers =
      std::min<std::size_t>(static_cast<std::size_t>(std::max(threads, 1)), count);
  if (helpers <= 1) {
    for (std::size_t i = 0; i < count; ++i) work(i);
    return;
  }
  std::atomic<std::size_t> next{0};
  const auto take = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> pool;
  for (std::size_t i = 1; i < helpers; ++i) pool.emplace_back(take);
  take();
}

// The products of a chunk's moduli, pairs first; the last level is one number.
class ProductTree {
 public:
  ProductTree(Level moduli, int threads) : threads_(threads) {
    levels_.push_back(std::move(moduli));
    while (levels_.back().size() > 1) levels_.push_back(Parents(levels_.back()));
  }

  const Integer& root() const { return levels_.back().front(); }

  // The sum of P/N over the chunk's moduli N, P being the root.
  Integer SumOfCofactors() const {
    Level sums(levels_.front().size());
    for (Integer& sum : sums) mpz_set_ui(sum.get(), 1);
    for (std::size_t height = 0; height + 1 < levels_.size(); ++height) {
      const Level& products = levels_[height];
      Level above((sums.size() + 1) / 2);
      ForEach(above.size(), threads_, [&](std::size_t i) {
        if (2 * i + 1 == sums.size()) {
          above[i] = std::move(sums[2 * i]);
          return;
        }
        mpz_mul(above[i].get(), sums[2 * i].get(), products[2 * i + 1].get());
        mpz_addmul(above[i].get(), sums[2 * i + 1].get(), products[2 * i].get());
        sums[2 * i].Free();
        sums[2 * i + 1].Free();
      });
      sums = std::move(above);
    }
    return std::move(sums.front());
  }

  // `value` modulo each of the moduli. Consumes the tree.
  Level Remainders(Integer value) {
    Level remainders(1);
    remainders.front() = std::move(value);
    while (levels_.size() > 1) {
      levels_.pop_back();
      const Level& products = levels_.back();
      Level below(products.size());
      ForEach(remainders.size(), threads_, [&](std::size_t i) {
        for (std::size_t child = 2 * i; child < std::min(2 * i + 2, products.size()); ++child) {
          mpz_mod(below[child].get(), remainders[i].get(), products[child].get());
        }
        remainders[i].Free();
      });
      remainders = std::move(below);
    }
    return remainders;
  }

  const Level& moduli() const { return levels_.front(); }

 private:
  Level Parents(const Level& level) const {
    Level parents((level.size() + 1) / 2);
    ForEach(parents.size(), threads_, [&](std::size_t i) {
      if (2 * i + 1 == level.size()) {
        mpz_set(parents[i].get(), level[2 * i].get());
      } else {
        mpz_mul(parents[i].get(), level[2 * i].get(), level[2 * i + 1].get());
      }
    });
    return parents;
  }

  int threads_;
  std::vector<Level> levels_;
};

// Reads moduli until their octets make a chunk.
class Chunks {
 public:
  Chunks(ModulusSource& source, std::size_t octets_max) : source_(source), octets_max_(octets_max) {
    source_.Rewind();
  }
  // Empty at the end.
  Level Next() {
    Level moduli;
    std::size_t octets = 0;
    while (octets < octets_max_ && source_.Next(&modulus_)) {
      octets += modulus_.size();
      moduli.emplace_back().Assign(modulus_);
    }
    return moduli;
  }

 private:
  ModulusSource& source_;
  std::size_t octets_max_;
  Bytes modulus_;
};

std::size_t ChunkOctets(std::size_t memory_octets_max) {
  // Levels of a chunk of 2048-bit moduli.
  std::size_t levels = 1;
  for (std::size_t n = memory_octets_max / (256 * kWorkFactor); n > 1; n /= 2) ++levels;
  return std::max(memory_octets_max / (kWorkFactor + levels), kChunkOctetsMin);
}

// The products of all chunks, in a file.
class ChunkProducts {
 public:
  explicit ChunkProducts(const std::string& folder) : file_(folder) {}
  void Append(const Integer& product) {
    const Bytes octets = product.Octets();
    places_.push_back({file_.size(), octets.size()});
    file_.Append(octets);
  }
  std::size_t size() const { return places_.size(); }
  void Read(std::size_t i, Integer* product) const {
    Bytes octets(places_[i].size);
    file_.Read(places_[i].offset, octets);
    product->Assign(octets);
  }

 private:
  struct Place {
    std::uint64_t offset;
    std::size_t size;
  };
  TemporaryFile file_;
  std::vector<Place> places_;
};

// Finds the moduli of one chunk that share a factor, with each other or with those of other chunks.
// `others` may be null: there are none.
void FindShared(ProductTree tree, const ChunkProducts* others, std::size_t own,
                std::uint64_t first_index,
                const std::function<void(std::uint64_t, ByteView)>& shared) {
  Integer cofactors = tree.SumOfCofactors();
  const std::size_t chunks = others == nullptr ? 1 : others->size();
  for (std::size_t i = 0; i < chunks; ++i) {
    if (i == own) continue;
    Integer product;
    others->Read(i, &product);
    mpz_mod(product.get(), product.get(), tree.root().get());
    mpz_mul(cofactors.get(), cofactors.get(), product.get());
    mpz_mod(cofactors.get(), cofactors.get(), tree.root().get());
  }
  const Level remainders = tree.Remainders(std::move(cofactors));
  Integer divisor;
  for (std::size_t i = 0; i < remainders.size(); ++i) {
    mpz_gcd(divisor.get(), tree.moduli()[i].get(), remainders[i].get());
    if (mpz_cmp_ui(divisor.get(), 1) > 0) shared(first_index + i, divisor.Octets());
  }
}

}  // namespace

void BatchGcd(ModulusSource& source, const BatchGcdOptions& options,
              const std::function<void(std::uint64_t index, ByteView divisor)>& shared) {
  const std::size_t chunk_octets = ChunkOctets(options.memory_octets_max);
  Chunks chunks(source, chunk_octets);
  Level moduli = chunks.Next();
  if (moduli.empty()) return;
  Level next = chunks.Next();
  if (next.empty()) {
    FindShared(ProductTree(std::move(moduli), options.threads), nullptr, 0, 0, shared);
    return;
  }
  ChunkProducts products(options.spill_folder);
  while (!moduli.empty()) {
    products.Append(ProductTree(std::move(moduli), options.threads).root());
    moduli = std::move(next);
    next = moduli.empty() ? Level{} : chunks.Next();
  }
  Chunks again(source, chunk_octets);
  std::uint64_t first_index = 0;
  for (std::size_t i = 0; i < products.size(); ++i) {
    Level chunk = again.Next();
    const std::size_t size = chunk.size();
    FindShared(ProductTree(std::move(chunk), options.threads), &products, i, first_index, shared);
    first_index += size;
  }
}

bool ShareFactor(ByteView a, ByteView b) {
  Integer first, second;
  first.Assign(a);
  second.Assign(b);
  mpz_gcd(first.get(), first.get(), second.get());
  return mpz_cmp_ui(first.get(), 1) > 0;
}

}  // namespace muster::findings
