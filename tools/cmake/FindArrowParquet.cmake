# Finds the C++ libraries arrow and parquet of Apache Arrow, which are optional: in MUSTER_ARROW_ROOT
# where it is given, else by their own CMake packages. MUSTER_ARROW_ROOT is an installed prefix, or the
# folder pyarrow/ of an unpacked wheel, whose libraries bear a version in their names only. Found is
# only what this compiler can link with. Defines the target ArrowParquet::ArrowParquet,
# ArrowParquet_VERSION and ArrowParquet_LIBRARIES (files; empty where the packages were taken).

if(NOT DEFINED MUSTER_ARROW_ROOT)
  set(MUSTER_ARROW_ROOT "" CACHE PATH
      "Apache Arrow's C++ libraries: a prefix, or pyarrow/ of a wheel")
endif()

set(_arrow_links "")
set(ArrowParquet_LIBRARIES "")
if(MUSTER_ARROW_ROOT)
  foreach(_name IN ITEMS parquet arrow)
    file(GLOB _files "${MUSTER_ARROW_ROOT}/lib${_name}.so*" "${MUSTER_ARROW_ROOT}/lib/lib${_name}.so*"
         "${MUSTER_ARROW_ROOT}/lib/*/lib${_name}.so*" "${MUSTER_ARROW_ROOT}/lib64/lib${_name}.so*")
    if(_files)
      list(GET _files 0 _file)
      list(APPEND ArrowParquet_LIBRARIES "${_file}")
    endif()
  endforeach()
  list(LENGTH ArrowParquet_LIBRARIES _count)
  set(_arrow_include "${MUSTER_ARROW_ROOT}/include")
  if(_count EQUAL 2 AND EXISTS "${_arrow_include}/arrow/util/config.h")
    set(_arrow_links ${ArrowParquet_LIBRARIES})
    file(STRINGS "${_arrow_include}/arrow/util/config.h" _line REGEX "define ARROW_VERSION_STRING")
    string(REGEX REPLACE ".*\"([0-9.]+).*" "\\1" ArrowParquet_VERSION "${_line}")
  endif()
else()
  find_package(Parquet CONFIG QUIET)
  if(Parquet_FOUND)
    set(_arrow_include "")
    set(ArrowParquet_VERSION "${Parquet_VERSION}")
    foreach(_target IN ITEMS Parquet::parquet_shared Parquet::parquet_static)
      if(TARGET ${_target} AND NOT _arrow_links)
        string(REPLACE "Parquet::parquet" "Arrow::arrow" _arrow_target ${_target})
        set(_arrow_links ${_target} ${_arrow_target})
      endif()
    endforeach()
  endif()
endif()

if(_arrow_links AND NOT TARGET ArrowParquet::ArrowParquet)
  # Other compilers' standard libraries and older releases show here, and not in the middle of a build.
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_LIBRARIES ${_arrow_links})
  set(CMAKE_REQUIRED_INCLUDES ${_arrow_include})
  string(SHA256 _arrow_hash "${_arrow_links} ${ArrowParquet_VERSION}")
  string(SUBSTRING "${_arrow_hash}" 0 8 _arrow_hash)
  check_cxx_source_compiles("
    #include <arrow/memory_pool.h>
    #include <parquet/file_reader.h>
    #include <parquet/properties.h>
    #include <string>
    int main(int, char** argv) {
      arrow::ProxyMemoryPool pool(arrow::default_memory_pool());
      parquet::ReaderProperties properties(&pool);
      properties.set_thrift_container_size_limit(1);
      return parquet::ParquetFileReader::OpenFile(std::string(argv[0]), false, properties) == nullptr;
    }" ArrowParquet_LINKS_${_arrow_hash})
  unset(CMAKE_REQUIRED_LIBRARIES)
  unset(CMAKE_REQUIRED_INCLUDES)
  set(ArrowParquet_LINKS ${ArrowParquet_LINKS_${_arrow_hash}})
  if(ArrowParquet_LINKS)
    add_library(ArrowParquet::ArrowParquet INTERFACE IMPORTED)
    set_target_properties(ArrowParquet::ArrowParquet PROPERTIES
      INTERFACE_LINK_LIBRARIES "${_arrow_links}" INTERFACE_INCLUDE_DIRECTORIES "${_arrow_include}")
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(ArrowParquet
  REQUIRED_VARS ArrowParquet_LINKS VERSION_VAR ArrowParquet_VERSION
  REASON_FAILURE_MESSAGE "Name it by -DMUSTER_ARROW_ROOT=...")
