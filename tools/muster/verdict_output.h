// Verdicts and explanations, for programs and for people.
#ifndef MUSTER_TOOLS_MUSTER_VERDICT_OUTPUT_H_
#define MUSTER_TOOLS_MUSTER_VERDICT_OUTPUT_H_

#include <iosfwd>
#include <string>
#include <vector>

#include "muster/registry.h"
#include "muster/verdict.h"
#include "tools/muster/output.h"

namespace muster::cli {

// The fields of "muster-verdict/1" that come from the verdict.
Json DescribeVerdict(const Verdict& verdict, ByteView leaf, const RegistryContents& contents);

// A few lines: the decision, why, and what to do.
void PrintVerdict(std::ostream& out, const Style& style, const Verdict& verdict,
                  const RegistryContents& contents);

// One thing that was checked of one certificate, and the faults it has.
struct CheckLine {
  std::string_view name;  // "signature", "validity": stable, as in JSON.
  bool passed = true;
  std::vector<const Fault*> faults;
};
// The checks of certificate `index` of a path, in the order they are made. A check that is not
// made of this certificate is left out. `index` -1: the checks of the path as a whole.
std::vector<CheckLine> ChecksOf(const ExplainedPath& path, int index);

// The fields of "muster-explanation/1" that come from the explanation.
Json DescribeExplanation(const Explanation& explanation);

// The account as a tree, anchor on top and leaf at the bottom, with depth numbers.
void PrintExplanation(std::ostream& out, const Style& style, const Explanation& explanation);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_VERDICT_OUTPUT_H_
