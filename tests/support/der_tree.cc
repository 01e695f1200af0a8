#include "tests/support/der_tree.h"

#include <utility>
#include <vector>

#include "engine/der/der_reader.h"
#include "engine/pki/der_writer.h"

namespace muster::test {
namespace {

using pki::DerWriter;

struct Node {
  std::uint8_t tag = 0;
  Bytes content;               // Of primitive elements.
  std::vector<Node> children;  // Of constructed ones.

  bool constructed() const { return (tag & 0x20) != 0; }
};

constexpr int kDepthMax = 24;

bool Read(ByteView content, int depth, std::vector<Node>* out) {
  if (depth == kDepthMax) return false;
  der::DerReader reader(content);
  while (!reader.AtEnd()) {
    der::Element element;
    if (!reader.Read(&element)) return false;
    Node& node = out->emplace_back();
    node.tag = element.tag;
    if (!node.constructed()) {
      node.content.assign(element.content.begin(), element.content.end());
    } else if (!Read(element.content, depth + 1, &node.children)) {
      return false;
    }
  }
  return true;
}

std::size_t Count(const std::vector<Node>& nodes) {
  std::size_t count = nodes.size();
  for (const Node& node : nodes) count += Count(node.children);
  return count;
}

// Writes nodes, and the flaw where its element comes.
class FlawedWriter {
 public:
  FlawedWriter(FormFlaw flaw, std::size_t which) : flaw_(flaw), left_(which) {}

  Bytes Write(const std::vector<Node>& nodes) {
    Bytes out;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const bool has_next = i + 1 < nodes.size();
      if (!done_ && left_ == 0 && CanHave(nodes[i], has_next)) {
        done_ = true;
        Append(Flawed(nodes[i]), &out);
        if (flaw_ == FormFlaw::kSwapped) {
          // The next one was to stand here.
          out.clear();
          for (std::size_t k = 0; k < i; ++k) Append(Plain(nodes[k]), &out);
          Append(Plain(nodes[i + 1]), &out);
          Append(Plain(nodes[i]), &out);
          ++i;
        }
        continue;
      }
      if (!done_ && left_ > 0) --left_;
      Append(Plain(nodes[i]), &out);
    }
    return out;
  }

  bool done() const { return done_; }

 private:
  static void Append(const Bytes& octets, Bytes* out) {
    out->insert(out->end(), octets.begin(), octets.end());
  }

  bool CanHave(const Node& node, bool has_next) const {
    switch (flaw_) {
      case FormFlaw::kIndefiniteLength:
      case FormFlaw::kExtraElement:
        return node.constructed();
      case FormFlaw::kEmptied:
        return !node.content.empty() || !node.children.empty();
      case FormFlaw::kSwapped:
        return has_next;
      case FormFlaw::kOtherTag:
        return (node.tag & 0xc0) == 0;
      default:
        return true;
    }
  }

  Bytes ContentOf(const Node& node) {
    return node.constructed() ? Write(node.children) : node.content;
  }

  Bytes Plain(const Node& node) { return DerWriter().Add(node.tag, ContentOf(node)).Take(); }

  // 81 nn, or one zero octet before a long length.
  static Bytes NonMinimal(std::uint8_t tag, const Bytes& content) {
    const Bytes good = DerWriter().Add(tag, content).Take();
    Bytes out = {tag};
    if (content.size() < 0x80) {
      out.push_back(0x81);
      out.insert(out.end(), good.begin() + 1, good.end());
    } else {
      out.push_back(static_cast<std::uint8_t>(good[1] + 1));
      out.push_back(0);
      out.insert(out.end(), good.begin() + 2, good.end());
    }
    return out;
  }

  Bytes Flawed(const Node& node) {
    const Bytes content = ContentOf(node);
    switch (flaw_) {
      case FormFlaw::kNonMinimalLength:
        return NonMinimal(node.tag, content);
      case FormFlaw::kIndefiniteLength: {
        Bytes out = {node.tag, 0x80};
        Append(content, &out);
        Append({0, 0}, &out);
        return out;
      }
      case FormFlaw::kOtherTag: {
        const bool was_sequence = node.tag == der::kSequence;
        const std::uint8_t other = was_sequence                ? der::kSet
                                   : node.constructed()        ? der::kSequence
                                   : node.tag == der::kInteger ? der::kOctetString
                                                               : der::kInteger;
        return DerWriter().Add(other, content).Take();
      }
      case FormFlaw::kExtraElement: {
        Bytes longer = content;
        Append({der::kNull, 0}, &longer);
        return DerWriter().Add(node.tag, longer).Take();
      }
      case FormFlaw::kEmptied:
        return DerWriter().Add(node.tag, {}).Take();
      case FormFlaw::kDropped:
        return {};
      case FormFlaw::kDoubled: {
        Bytes out = DerWriter().Add(node.tag, content).Take();
        Append(Bytes(out), &out);
        return out;
      }
      case FormFlaw::kLongerThanParent: {
        Bytes longer = content;
        longer.push_back(0);
        Bytes out = DerWriter().Add(node.tag, longer).Take();
        out.pop_back();
        return out;
      }
      case FormFlaw::kSwapped:
      case FormFlaw::kCount:
        break;
    }
    return DerWriter().Add(node.tag, content).Take();
  }

  const FormFlaw flaw_;
  std::size_t left_;
  bool done_ = false;
};

}  // namespace

std::string_view NameOf(FormFlaw flaw) {
  constexpr std::string_view kNames[] = {"non-minimal length",
                                         "indefinite length",
                                         "other tag",
                                         "extra element",
                                         "emptied",
                                         "dropped",
                                         "doubled",
                                         "swapped",
                                         "too long"};
  return flaw < FormFlaw::kCount ? kNames[static_cast<std::size_t>(flaw)] : "none";
}

std::optional<Bytes> WithFormFlaw(ByteView der, FormFlaw flaw, std::size_t which) {
  std::vector<Node> nodes;
  if (!Read(der, 0, &nodes)) return std::nullopt;
  FlawedWriter writer(flaw, which);
  Bytes out = writer.Write(nodes);
  if (!writer.done()) return std::nullopt;
  return out;
}

std::size_t ElementCount(ByteView der) {
  std::vector<Node> nodes;
  return Read(der, 0, &nodes) ? Count(nodes) : 0;
}

}  // namespace muster::test
