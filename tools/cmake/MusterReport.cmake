# What the page of `muster audit --report` is made of: its own files, Chart.js and Graphviz from
# their packages. Where one of the packages is absent, the page says so and does without.

set(muster_report_folder "${CMAKE_CURRENT_LIST_DIR}/../muster/report")
set(muster_embed_script "${CMAKE_CURRENT_LIST_DIR}/EmbedFiles.cmake")

find_file(MUSTER_CHART_JS chart.min.js PATHS /usr/share/javascript/chart.js NO_DEFAULT_PATH
          DOC "Chart.js 3 or 4, minified, for the charts of audit reports")
set(muster_chart_js "-")
if(MUSTER_CHART_JS)
  file(READ "${MUSTER_CHART_JS}" head LIMIT 200)
  if(head MATCHES "Chart\\.js v[34]\\.")
    set(muster_chart_js "${MUSTER_CHART_JS}")
  endif()
endif()
if(muster_chart_js STREQUAL "-")
  message(STATUS "No Chart.js 3 or 4 (libjs-chart.js): audit reports have tables and no charts")
endif()

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(MUSTER_GRAPHVIZ QUIET IMPORTED_TARGET libgvc libcgraph)
endif()
if(NOT MUSTER_GRAPHVIZ_FOUND)
  message(STATUS "No Graphviz (libgraphviz-dev): audit reports have no picture of the CAs")
endif()

# Adds the page's parts to a library.
function(muster_embed_report target)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/report_assets.cc")
  set(files "${muster_report_folder}/page.html" "${muster_report_folder}/page.css"
            "${muster_report_folder}/page.js" "${muster_chart_js}")
  set(depends ${files})
  list(FILTER depends EXCLUDE REGEX "^-$")
  add_custom_command(OUTPUT "${source}"
    COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${source}" -DNAMESPACE=muster::cli
            "-DNAMES=kPageHtml;kPageCss;kPageJs;kChartJs" "-DFILES=${files}"
            -P "${muster_embed_script}"
    DEPENDS ${depends} "${muster_embed_script}" VERBATIM)
  target_sources(${target} PRIVATE "${source}")
  # Graphviz never gives back some of its memory, which leak checks take for a defect of muster's.
  if(MUSTER_GRAPHVIZ_FOUND AND NOT MUSTER_SANITIZE)
    target_link_libraries(${target} PRIVATE PkgConfig::MUSTER_GRAPHVIZ)
    target_compile_definitions(${target} PRIVATE MUSTER_WITH_GRAPHVIZ)
  endif()
endfunction()
