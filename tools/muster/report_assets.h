// The parts of the report page, from tools/muster/report/ and Chart.js's package: the build puts
// them into the binary.
#ifndef MUSTER_TOOLS_MUSTER_REPORT_ASSETS_H_
#define MUSTER_TOOLS_MUSTER_REPORT_ASSETS_H_

#include <string_view>

namespace muster::cli {

extern const std::string_view kPageHtml, kPageCss, kPageJs;
// Empty where the package was absent at build time: then the page has tables only.
extern const std::string_view kChartJs;

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_REPORT_ASSETS_H_
