# Installs the build into a fresh prefix and builds the consumer there twice: through find_package and
# through pkg-config with one compiler call. Takes BUILD_DIR, SOURCE_DIR, CXX, GENERATOR, LIBDIR.

set(work "${BUILD_DIR}/install-test")
set(prefix "${work}/prefix")
file(REMOVE_RECURSE "${work}")
file(MAKE_DIRECTORY "${work}")

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "exit status ${status} of: ${ARGV}")
  endif()
endfunction()

run("${CMAKE_COMMAND}" --install "${BUILD_DIR}" --prefix "${prefix}")

# What the consumer decides about: a registry with one self-attested root and a group, and a chain.
set(muster "${prefix}/bin/muster")
set(ENV{MUSTER_REGISTRY} "${work}/registry.db")
unset(ENV{MUSTER_SERVICE})
run("${muster}" service add acme)
run("${muster}" pki root Root --out "${work}/root.pem" --key-out "${work}/root.key")
run("${muster}" pki leaf pump-17 --ca "${work}/root.pem" --ca-key "${work}/root.key"
    --out "${work}/chain.pem" --key-out "${work}/chain.key")
run("${muster}" ca add root "${work}/root.pem" --verified --why "installation test")
run("${muster}" group add pumps --ca root)
set(arguments "${work}/registry.db" acme "${work}/chain.pem")

message(STATUS "through find_package")
run("${CMAKE_COMMAND}" -S "${SOURCE_DIR}" -B "${work}/cmake" -G "${GENERATOR}"
    "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_CXX_COMPILER=${CXX}" -DCMAKE_BUILD_TYPE=Release)
run("${CMAKE_COMMAND}" --build "${work}/cmake")
run("${work}/cmake/consumer" ${arguments})

find_program(PKG_CONFIG NAMES pkg-config pkgconf)
if(NOT PKG_CONFIG)
  message(STATUS "no pkg-config here, so muster.pc is not tried")
  return()
endif()
message(STATUS "through pkg-config")
set(ENV{PKG_CONFIG_PATH} "${prefix}/${LIBDIR}/pkgconfig:$ENV{PKG_CONFIG_PATH}")
execute_process(COMMAND "${PKG_CONFIG}" --cflags --libs muster OUTPUT_VARIABLE flags
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")
run("${CXX}" -std=c++20 "${SOURCE_DIR}/consumer.cc" -o "${work}/consumer" ${flags})
run("${work}/consumer" ${arguments})
