// Files that the build puts into the binary: the report page's parts, from tools/muster/report/ and
// Chart.js's package, and the schema.
#ifndef MUSTER_TOOLS_MUSTER_REPORT_ASSETS_H_
#define MUSTER_TOOLS_MUSTER_REPORT_ASSETS_H_

#include <string_view>

namespace muster::cli {

extern const std::string_view kPageHtml, kPageCss, kPageJs;
// Empty where the package was absent at build time: then the page has tables only.
extern const std::string_view kChartJs;
// JSON Schema of what an audit writes as json and ndjson.
extern const std::string_view kAuditSchema;

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_REPORT_ASSETS_H_
