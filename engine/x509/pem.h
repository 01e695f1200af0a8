// PemScanner: finds PEM blocks in text (RFC 7468), leniently: text around blocks, indentation, any
// line ends, a block on one line. What lies between the boundaries is left to the caller.
#ifndef MUSTER_ENGINE_X509_PEM_H_
#define MUSTER_ENGINE_X509_PEM_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace muster::x509 {

// Counts lines while walking forward through a text. LF, CRLF and a lone CR end a line.
class LineCounter {
 public:
  explicit LineCounter(std::string_view text) : text_(text) {}
  // The 1-based line of `offset`, which must not be smaller than in the call before.
  std::size_t LineAt(std::size_t offset);

 private:
  std::string_view text_;
  std::size_t offset_ = 0;
  std::size_t line_ = 1;
};

struct PemBlock {
  std::string label;       // "CERTIFICATE"; characters that are not printable ASCII become '?'.
  std::string_view body;   // Between the boundary lines.
  std::size_t offset = 0;  // Of the BEGIN boundary.
  std::size_t line = 0;    // Of the BEGIN boundary, from 1.
  std::size_t body_offset = 0;
  std::string fault;  // Why the boundaries do not fit; empty where they do.
};

class PemScanner {
 public:
  explicit PemScanner(std::string_view text) : text_(text), lines_(text) {}

  // The next block, faulty ones included; false where there is none.
  bool Next(PemBlock* out);

  // The text holds something that opens a PEM block.
  static bool HasBlock(std::string_view text);

 private:
  bool ReadBegin(PemBlock* out);
  void ReadEnd(PemBlock* out);

  std::string_view text_;
  LineCounter lines_;
  std::size_t position_ = 0;
};

}  // namespace muster::x509

#endif  // MUSTER_ENGINE_X509_PEM_H_
