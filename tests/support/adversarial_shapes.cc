// Shapes: who certifies whom. Straight lines, and what makes building a path hard.
#include <algorithm>
#include <array>
#include <utility>

#include "tests/support/adversarial_draw.h"

namespace muster::test {
namespace {

using Question = AdversarialQuestion;

// A CA as a name with a key.
struct Ca {
  int name = 0, key = 0;
};

class ShapeDrawer {
 public:
  ShapeDrawer(Random* random, Question* question) : random_(*random), q_(*question) {
    for (int& key : keys_) key = static_cast<int>(&key - keys_.data());
    for (std::size_t i = keys_.size(); i > 1; --i) std::swap(keys_[i - 1], keys_[Below(i, random)]);
  }

  void Draw() {
    struct Shape {
      std::string_view name;
      void (ShapeDrawer::*draw)();
    };
    static constexpr Shape kShapes[] = {
        {"straight", &ShapeDrawer::Straight},
        {"straight", &ShapeDrawer::Straight},
        {"straight", &ShapeDrawer::Straight},
        {"cross-signed", &ShapeDrawer::CrossSigned},
        {"rollover", &ShapeDrawer::Rollover},
        {"cycle", &ShapeDrawer::Cycle},
        {"same name", &ShapeDrawer::SameName},
        {"look-alike", &ShapeDrawer::LookAlike},
        {"mesh", &ShapeDrawer::Mesh},
        {"twins", &ShapeDrawer::Twins},
        {"partial", &ShapeDrawer::Partial},
        {"stranger", &ShapeDrawer::StrangerAnchor},
        {"self-signed leaf", &ShapeDrawer::SelfSignedLeaf},
        {"self-issued", &ShapeDrawer::SelfIssued},
    };
    const Shape& shape = kShapes[Below(std::size(kShapes), &random_)];
    q_.shape = shape.name;
    (this->*shape.draw)();
  }

 private:
  int NextKey() {
    // Seldom something else than P-256: those take longer to sign with.
    if (OneIn(10, &random_))
      return kPlainKeys + static_cast<int>(Below(kKeyEnd - kPlainKeys, &random_));
    return keys_[next_key_++ % keys_.size()];
  }
  Ca NewCa() { return {next_name_++, NextKey()}; }

  std::size_t Add(const Ca& subject, const Ca& issuer, bool is_ca = true) {
    CertificatePlan plan;
    plan.subject = subject.name;
    plan.key = subject.key;
    plan.issuer = issuer.name;
    plan.issuer_key = issuer.key;
    plan.is_ca = is_ca;
    plan.serial = 100 + q_.certificates.size();
    q_.certificates.push_back(plan);
    return q_.certificates.size() - 1;
  }
  std::size_t Offer(const Ca& subject, const Ca& issuer) {
    const std::size_t index = Add(subject, issuer);
    q_.untrusted.push_back(index);
    return index;
  }
  std::size_t Trust(const Ca& subject, const Ca& issuer) {
    const std::size_t index = Add(subject, issuer);
    q_.anchors.push_back(index);
    return index;
  }
  void Leaf(const Ca& issuer) {
    Add({kDeviceNames + static_cast<int>(Below(100, &random_)), NextKey()}, issuer, false);
  }

  // Leaf and `intermediates` below a CA, which is returned.
  Ca Line(std::size_t intermediates) {
    std::vector<Ca> cas;
    for (std::size_t i = 0; i <= intermediates; ++i) cas.push_back(NewCa());
    Leaf(cas.front());
    for (std::size_t i = 0; i < intermediates; ++i) Offer(cas[i], cas[i + 1]);
    return cas.back();
  }

  void Straight() {
    constexpr std::size_t kIntermediates[] = {0, 1, 1, 1, 2, 2, 3, 5};
    const Ca root = Line(kIntermediates[Below(std::size(kIntermediates), &random_)]);
    const std::size_t anchor = Trust(root, root);
    if (OneIn(4, &random_)) SetPathLens(anchor);
  }

  // Path lengths that just suffice, or are one short.
  void SetPathLens(std::size_t anchor) {
    const int short_by = static_cast<int>(Below(2, &random_));
    const int below = static_cast<int>(q_.untrusted.size());
    q_.certificates[anchor].path_len = std::max(below - short_by, 0);
    for (std::size_t i = 0; i < q_.untrusted.size(); ++i) {
      q_.certificates[q_.untrusted[i]].path_len = static_cast<int>(i);
    }
  }

  void CrossSigned() {
    const Ca issuer = Line(Below(2, &random_)), first = NewCa(), second = NewCa();
    Offer(issuer, first);
    Offer(issuer, second);
    const std::size_t a = Add(first, first), b = Add(second, second);
    q_.anchors = OneIn(3, &random_) ? std::vector<std::size_t>{a, b} : std::vector<std::size_t>{a};
    if (OneIn(2, &random_)) q_.anchors.front() = b;
    if (OneIn(2, &random_)) q_.untrusted.push_back(a);  // A root that is sent, trusted or not.
  }

  // RFC 4210 4.4: the old key certifies the new one, and the new one the old.
  void Rollover() {
    const Ca issuer = OneIn(2, &random_) ? Line(1) : Line(0);
    const Ca old_key = issuer, new_key{issuer.name, NextKey()};
    const std::size_t old_root = Add(old_key, old_key), new_root = Add(new_key, new_key);
    Offer(new_key, old_key);
    Offer(old_key, new_key);
    q_.anchors = {OneIn(3, &random_) ? old_root : new_root};
  }

  void Cycle() {
    const Ca a = Line(Below(2, &random_)), b = NewCa(), c = NewCa(), root = NewCa();
    Offer(a, b);
    Offer(b, c);
    Offer(c, a);
    Offer(b, a);
    const std::size_t anchor = Trust(root, root);
    if (OneIn(4, &random_)) return;  // Nothing leads out.
    Offer(OneIn(2, &random_) ? b : c, root);
    static_cast<void>(anchor);
  }

  void SameName() {
    const Ca issuer = Line(Below(2, &random_)), root = NewCa();
    Offer(issuer, root);
    for (std::size_t i = 1 + Below(3, &random_); i-- > 0;) Offer({issuer.name, NextKey()}, root);
    Trust(root, root);
    if (OneIn(2, &random_)) Trust({root.name, keys_[10]}, {root.name, keys_[10]});
  }

  void LookAlike() {
    const Ca issuer = Line(Below(2, &random_)), root = NewCa();
    Offer(issuer, root);
    // Same name and key identifier, other key.
    const std::size_t impostor = Offer({issuer.name, keys_[9]}, {root.name, keys_[8]});
    q_.certificates[impostor].claimed_key = issuer.key;
    // Same key, other name.
    Offer({next_name_++, issuer.key}, root);
    // A root of the same name and key identifier.
    const std::size_t false_root = Offer({root.name, keys_[8]}, {root.name, keys_[8]});
    q_.certificates[false_root].claimed_key = root.key;
    Trust(root, root);
    if (OneIn(4, &random_)) q_.anchors = {false_root};
  }

  void Mesh() {
    std::vector<Ca> cas = {Line(0)};
    while (cas.size() < 4) cas.push_back(NewCa());
    for (const Ca& subject : cas) {
      for (const Ca& issuer : cas) {
        if (subject.name != issuer.name && OneIn(2, &random_)) Offer(subject, issuer);
      }
    }
    const Ca& top = cas[1 + Below(3, &random_)];
    Trust(top, top);
    if (OneIn(3, &random_)) Trust(cas[2], cas[2]);
  }

  // One CA certified twice by the same issuer. Often one of the two is not good.
  void Twins() {
    const Ca issuer = Line(Below(2, &random_)), root = NewCa();
    const std::size_t first = Offer(issuer, root);
    Offer(issuer, root);
    static constexpr std::string_view kFlaws[] = {"date: expired", "basic: absent",
                                                  "usage: cRLSign alone", "date: not yet valid"};
    q_.certificates[first].flaws.push_back(FindFlaw(kFlaws[Below(std::size(kFlaws), &random_)]));
    Trust(root, root);
  }

  // The anchor is an intermediate.
  void Partial() {
    const Ca anchor = Line(Below(3, &random_)), root = NewCa();
    const std::size_t trusted = Trust(anchor, root);
    const std::size_t above = Add(root, root);
    if (OneIn(2, &random_)) q_.untrusted.push_back(above);
    if (OneIn(3, &random_)) q_.untrusted.push_back(trusted);
  }

  void StrangerAnchor() {
    const Ca root = Line(Below(3, &random_)), other = NewCa();
    const std::size_t own = Add(root, root);
    if (OneIn(2, &random_)) q_.untrusted.push_back(own);
    // Sometimes of the very name.
    Trust(OneIn(2, &random_) ? Ca{root.name, keys_[11]} : other,
          OneIn(2, &random_) ? Ca{root.name, keys_[11]} : other);
  }

  void SelfSignedLeaf() {
    const Ca device{kDeviceNames + 7, NextKey()}, root = NewCa();
    Add(device, device, false);
    Trust(root, root);
    if (OneIn(2, &random_)) q_.anchors.push_back(0);
    if (OneIn(2, &random_)) q_.untrusted.push_back(0);
  }

  // Self-issued intermediates do not count for path lengths (RFC 5280 6.1.4 (l)).
  void SelfIssued() {
    const Ca first = NewCa(), root = NewCa();
    const Ca second{first.name, NextKey()};
    Leaf(first);
    Offer(first, second);
    const std::size_t top = Offer(second, root);
    const std::size_t anchor = Trust(root, root);
    q_.certificates[top].path_len = static_cast<int>(Below(2, &random_));
    if (OneIn(2, &random_)) q_.certificates[anchor].path_len = static_cast<int>(Below(3, &random_));
  }

  Random& random_;
  Question& q_;
  std::array<int, kPlainKeys> keys_{};
  std::size_t next_key_ = 0;
  int next_name_ = 1;
};

}  // namespace

void DrawShape(Random* random, AdversarialQuestion* question) {
  ShapeDrawer(random, question).Draw();
}

}  // namespace muster::test
