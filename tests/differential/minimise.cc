#include "tests/differential/minimise.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace muster::test {
namespace {

using Question = AdversarialQuestion;

template <typename T>
void Erase(std::vector<T>* list, std::size_t i) {
  list->erase(list->begin() + static_cast<std::ptrdiff_t>(i));
}

// Each way to make a question a little smaller.
class Reducer {
 public:
  Reducer(Question question, const std::function<bool(const Question&)>& persists)
      : question_(std::move(question)), persists_(persists) {}

  Question Run() {
    do {
      smaller_ = false;
      DropFlaws();
      DropFrom(&Question::untrusted);
      DropFrom(&Question::anchors);
      DropFrom(&Question::crls);
      for (std::size_t i = 0; i < question_.crls.size(); ++i) {
        while (Try([&](Question* q) {
          if (q->crls[i].revoked.empty()) return false;
          q->crls[i].revoked.pop_back();
          return true;
        })) {
        }
      }
      Splice();
      DropOptions();
    } while (smaller_);
    return std::move(question_);
  }

 private:
  // True where `change` changed the question and the disagreement is still there.
  template <typename Change>
  bool Try(const Change& change) {
    Question changed = question_;
    if (!change(&changed) || !persists_(changed)) return false;
    question_ = std::move(changed);
    return smaller_ = true;
  }

  void DropFlaws() {
    for (std::size_t i = 0; i < question_.certificates.size(); ++i) {
      for (std::size_t k = question_.certificates[i].flaws.size(); k-- > 0;) {
        Try([&](Question* q) {
          Erase(&q->certificates[i].flaws, k);
          return true;
        });
      }
      Try([&](Question* q) { return std::exchange(q->certificates[i].path_len, {}).has_value(); });
      Try([&](Question* q) {
        return std::exchange(q->certificates[i].claimed_key, {}).has_value();
      });
    }
  }

  template <typename List>
  void DropFrom(List Question::*list) {
    for (std::size_t i = (question_.*list).size(); i-- > 0;) {
      Try([&](Question* q) {
        Erase(&(q->*list), i);
        return true;
      });
    }
  }

  // Lets a certificate be issued by its issuer's issuer.
  void Splice() {
    for (std::size_t i = 0; i < question_.certificates.size(); ++i) {
      for (std::size_t k = 0; k < question_.certificates.size(); ++k) {
        Try([&](Question* q) {
          CertificatePlan& child = q->certificates[i];
          const CertificatePlan& ca = q->certificates[k];
          const bool is_link = i != k && ca.subject == child.issuer && ca.key == child.issuer_key;
          if (!is_link || (ca.issuer == ca.subject && ca.issuer_key == ca.key)) return false;
          child.issuer = ca.issuer;
          child.issuer_key = ca.issuer_key;
          return true;
        });
      }
    }
  }

  void DropOptions() {
    Try([](Question* q) { return std::exchange(q->edge, {}).has_value(); });
    Try([](Question* q) { return !std::exchange(q->key_purpose, {}).empty(); });
    Try([](Question* q) { return !std::exchange(q->initial_policies, {}).empty(); });
    for (bool Question::*flag : {&Question::explicit_policy, &Question::inhibit_policy_mapping,
                                 &Question::inhibit_any_policy, &Question::require_crl}) {
      Try([&](Question* q) { return std::exchange(q->*flag, false); });
    }
  }

  Question question_;
  const std::function<bool(const Question&)>& persists_;
  bool smaller_ = false;
};

}  // namespace

AdversarialQuestion Minimise(AdversarialQuestion question,
                             const std::function<bool(const AdversarialQuestion&)>& persists) {
  return Reducer(std::move(question), persists).Run();
}

}  // namespace muster::test
