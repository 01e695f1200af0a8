# Finds Botan 3: Botan_ROOT or CMAKE_PREFIX_PATH, then the system, then the build that tools/setup
# left in the per-user cache. Defines the target Botan::Botan, Botan_VERSION, and Botan_CACHE_PREFIX
# when the one from the cache was taken.

find_path(Botan_INCLUDE_DIR botan/build.h PATH_SUFFIXES botan-3 include/botan-3)
find_library(Botan_LIBRARY NAMES botan-3)

set(_botan_modules "${CMAKE_CURRENT_LIST_DIR}/botan-modules.txt")
if((NOT Botan_INCLUDE_DIR OR NOT Botan_LIBRARY) AND EXISTS "${_botan_modules}")
  file(SHA256 "${_botan_modules}" _botan_hash)
  string(SUBSTRING "${_botan_hash}" 0 12 _botan_hash)
  set(_botan_cache "$ENV{XDG_CACHE_HOME}")
  if(NOT _botan_cache)
    set(_botan_cache "$ENV{HOME}/.cache")
  endif()
  file(GLOB _botan_builds LIST_DIRECTORIES true "${_botan_cache}/muster/botan-*-${_botan_hash}")
  list(SORT _botan_builds COMPARE NATURAL ORDER DESCENDING)
  foreach(_botan_prefix IN LISTS _botan_builds)
    if(EXISTS "${_botan_prefix}/lib/libbotan-3.a")
      set(Botan_INCLUDE_DIR "${_botan_prefix}/include/botan-3" CACHE PATH "" FORCE)
      set(Botan_LIBRARY "${_botan_prefix}/lib/libbotan-3.a" CACHE FILEPATH "" FORCE)
      set(Botan_CACHE_PREFIX "${_botan_prefix}" CACHE INTERNAL "Where tools/setup put Botan")
      break()
    endif()
  endforeach()
endif()
mark_as_advanced(Botan_INCLUDE_DIR Botan_LIBRARY)

if(Botan_INCLUDE_DIR AND EXISTS "${Botan_INCLUDE_DIR}/botan/build.h")
  file(STRINGS "${Botan_INCLUDE_DIR}/botan/build.h" _botan_lines
       REGEX "#define BOTAN_VERSION_(MAJOR|MINOR|PATCH) ")
  string(REGEX REPLACE ".*MAJOR ([0-9]+).*MINOR ([0-9]+).*PATCH ([0-9]+).*" "\\1.\\2.\\3"
         Botan_VERSION "${_botan_lines}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Botan
  REQUIRED_VARS Botan_LIBRARY Botan_INCLUDE_DIR VERSION_VAR Botan_VERSION
  REASON_FAILURE_MESSAGE "Run tools/setup, or name its prefix with -DBotan_ROOT=...")

if(Botan_FOUND AND NOT TARGET Botan::Botan)
  find_package(Threads REQUIRED)
  add_library(Botan::Botan UNKNOWN IMPORTED)
  set_target_properties(Botan::Botan PROPERTIES
    IMPORTED_LOCATION "${Botan_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${Botan_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES Threads::Threads)
endif()
