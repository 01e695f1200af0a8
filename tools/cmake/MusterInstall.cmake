# What cmake --install puts in place: the archive, its public headers, the command, a CMake package
# and a pkg-config file. Both of the latter name every private dependency, since the archive is static.

include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/muster")

install(TARGETS muster EXPORT muster-targets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/muster" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.h" PATTERN "*.inc")
install(FILES "${PROJECT_BINARY_DIR}/generated/include/muster/version.h"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/muster")
if(TARGET muster_cli)
  install(TARGETS muster_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  install(FILES "${PROJECT_SOURCE_DIR}/tools/muster/schema/audit.schema.json"
          DESTINATION "${CMAKE_INSTALL_DATADIR}/muster")
endif()

install(EXPORT muster-targets NAMESPACE muster:: DESTINATION "${package_dir}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/tools/cmake/muster-config.cmake.in"
  "${PROJECT_BINARY_DIR}/generated/muster-config.cmake" INSTALL_DESTINATION "${package_dir}"
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/generated/muster-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/generated/muster-config.cmake"
              "${PROJECT_BINARY_DIR}/generated/muster-config-version.cmake"
              "${PROJECT_SOURCE_DIR}/tools/cmake/FindBotan.cmake"
              "${PROJECT_SOURCE_DIR}/tools/cmake/FindGMP.cmake"
              "${PROJECT_SOURCE_DIR}/tools/cmake/FindArrowParquet.cmake"
        DESTINATION "${package_dir}")

# pkg-config knows a Botan of the system by name; one in the cache is named by its file.
if(Botan_CACHE_PREFIX)
  set(pc_botan_requires "")
  set(pc_botan_libs " ${Botan_LIBRARY}")
else()
  set(pc_botan_requires " botan-3")
  set(pc_botan_libs "")
endif()
# The same holds for Apache Arrow, whose folder programs must also find when they start.
set(pc_arrow_requires "")
set(pc_arrow_libs "")
if(ArrowParquet_FOUND AND ArrowParquet_LIBRARIES)
  list(GET ArrowParquet_LIBRARIES 0 arrow_file)
  cmake_path(GET arrow_file PARENT_PATH arrow_folder)
  list(JOIN ArrowParquet_LIBRARIES " " arrow_files)
  set(pc_arrow_libs " ${arrow_files} -Wl,-rpath,${arrow_folder}")
elseif(ArrowParquet_FOUND)
  set(pc_arrow_requires " parquet arrow")
endif()
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(pc_prefix "${CMAKE_INSTALL_PREFIX}")
  set(pc_libdir "${CMAKE_INSTALL_LIBDIR}")
else()
  # Relative to the file itself, so that an installed tree may be moved.
  file(RELATIVE_PATH pc_up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" pc_up "${pc_up}")
  set(pc_prefix "\${pcfiledir}/${pc_up}")
  set(pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
configure_file("${PROJECT_SOURCE_DIR}/tools/cmake/muster.pc.in"
               "${PROJECT_BINARY_DIR}/generated/muster.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/generated/muster.pc"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
