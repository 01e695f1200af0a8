# Options, warnings, hardening and sanitizers of the whole build.

set(default_build_type Release)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  message(STATUS "muster: no build type given, using ${default_build_type}")
  set(CMAKE_BUILD_TYPE ${default_build_type} CACHE STRING "Release, RelWithDebInfo or Debug" FORCE)
endif()

# Only an optimised build without instruments can time anything.
set(plain_release OFF)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(plain_release ON)
endif()

option(MUSTER_BUILD_TOOLS "Build the muster command" ${PROJECT_IS_TOP_LEVEL})
option(MUSTER_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
include(CMakeDependentOption)
cmake_dependent_option(MUSTER_BUILD_BENCH "Build the benchmarks (Release only)"
                       ${PROJECT_IS_TOP_LEVEL} "plain_release" OFF)
option(MUSTER_WERROR "Treat warnings as errors" OFF)
option(MUSTER_CHECKED "Check invariants at run time, in the library and in libstdc++" OFF)
option(MUSTER_COVERAGE "Measure line coverage (GCC and gcovr)" OFF)
option(MUSTER_LONG_RUNS "Let tests run for days (the preset long)" OFF)
option(MUSTER_FUZZ "Build libFuzzer targets instead of the other tests (Clang)" OFF)
set(MUSTER_SANITIZE "" CACHE STRING "Sanitizers: address;undefined or thread")
set(MUSTER_CONFORMANCE_DIR "$ENV{MUSTER_CONFORMANCE_DIR}" CACHE PATH
    "Folder with the conformance data; the tests that need it are skipped when empty")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(MUSTER_CCACHE ccache)
  mark_as_advanced(MUSTER_CCACHE)
  if(MUSTER_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${MUSTER_CCACHE}")
  endif()
endif()

# Warnings. Those that the optimiser derives are too often wrong in GCC 12 to stop a build.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
                    -Woverloaded-virtual)
if(MUSTER_WERROR)
  add_compile_options(-Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-restrict -Wno-error=array-bounds -Wno-error=maybe-uninitialized
                      -Wno-error=stringop-overflow -Wno-error=stringop-overread
                      -Wno-error=free-nonheap-object)
endif()

# __FILE__ is relative to the checkout: the same sources give the same bytes anywhere.
add_compile_options("-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=")
# Position independent code may still inline its own functions.
add_compile_options(-fno-semantic-interposition)

include(MusterHardening)

if(MUSTER_CHECKED)
  add_compile_options(-UNDEBUG)
  add_compile_definitions(MUSTER_CHECKED=1 _GLIBCXX_ASSERTIONS)
endif()

if(MUSTER_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "MUSTER_FUZZ needs Clang: run tools/setup --with-clang, then "
                        "cmake --preset fuzz")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(MUSTER_SANITIZE)
  list(JOIN MUSTER_SANITIZE "," sanitizers)
  add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${sanitizers})
endif()

if(MUSTER_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
  find_program(MUSTER_GCOVR gcovr)
  mark_as_advanced(MUSTER_GCOVR)
  if(MUSTER_GCOVR)
    # Run the tests first: the report reads what they left behind. Fails below the floor.
    set(coverage_line_percent_min 95)
    add_custom_target(coverage-report
      COMMAND "${CMAKE_COMMAND}" -E make_directory "${PROJECT_BINARY_DIR}/coverage"
      COMMAND "${MUSTER_GCOVR}" --root "${PROJECT_SOURCE_DIR}" --filter engine/
              --object-directory "${PROJECT_BINARY_DIR}" --exclude-unreachable-branches
              --exclude-throw-branches --print-summary
              --fail-under-line ${coverage_line_percent_min}
              --html-details "${PROJECT_BINARY_DIR}/coverage/index.html"
              --json-summary "${PROJECT_BINARY_DIR}/coverage/summary.json"
              "${PROJECT_BINARY_DIR}"
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
      COMMENT "Line coverage of engine/ (details: coverage/index.html in the build folder)"
      USES_TERMINAL VERBATIM)
  endif()
endif()

# Static checks: .clang-tidy says which. Reads the compile commands of this build, needs nothing built.
find_program(MUSTER_RUN_CLANG_TIDY NAMES run-clang-tidy)
mark_as_advanced(MUSTER_RUN_CLANG_TIDY)
if(MUSTER_RUN_CLANG_TIDY)
  add_custom_target(tidy
    COMMAND "${MUSTER_RUN_CLANG_TIDY}" -quiet -p "${PROJECT_BINARY_DIR}"
            "^${PROJECT_SOURCE_DIR}/(engine|tools)/"
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    COMMENT "clang-tidy over engine/, include/ and tools/" USES_TERMINAL VERBATIM)
endif()

# muster_glob(VARIABLE PATTERN...): sources by pattern, looked for again at every build.
function(muster_glob variable)
  file(GLOB found CONFIGURE_DEPENDS LIST_DIRECTORIES false ${ARGN})
  set(${variable} ${found} PARENT_SCOPE)
endfunction()
