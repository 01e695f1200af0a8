// The report page: one HTML file that needs no network and runs no script but its own.
#ifndef MUSTER_TOOLS_MUSTER_REPORT_PAGE_H_
#define MUSTER_TOOLS_MUSTER_REPORT_PAGE_H_

#include <string>
#include <string_view>

#include "tools/muster/output.h"

namespace muster::cli {

// The whole page around `data`. Its Content-Security-Policy names its scripts and its style sheet
// by their hashes; the data can be neither, whatever text they hold.
std::string ReportPage(const Json& data);

// The data as JSON that ends no element of HTML and starts none.
std::string JsonForHtml(const Json& data);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_REPORT_PAGE_H_
