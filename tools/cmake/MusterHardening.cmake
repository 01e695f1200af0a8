# Hardening of what is built. The test `hardening` looks at the results (CheckHardening.cmake). With all
# of it GCC 12 makes 0.02 to 0.04 % more instructions of the ECDSA kernels: entries of functions, and
# probes of large frames, none in a loop over words.
#
# Not taken: -ftrivial-auto-var-init, which clears every buffer on the stack once a device, and nothing
# secret was there before; _GLIBCXX_ASSERTIONS, a compare for each octet that a parser looks at (the
# preset `checked` runs every test with it); -fzero-call-used-regs, since registers hold public data.
# What is linked statically, Botan for one, has the flags of its own build.

include(CheckCXXCompilerFlag)
include(CheckLinkerFlag)

# Only what the linker needs is visible to a program that embeds the archive in a shared library.
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

add_compile_options(-fstack-protector-strong)
foreach(flag IN ITEMS -fstack-clash-protection -fcf-protection=full)
  # Not on every architecture.
  string(MAKE_C_IDENTIFIER "MUSTER_HAS${flag}" has_flag)
  check_cxx_compiler_flag("${flag}" ${has_flag})
  if(${has_flag})
    add_compile_options(${flag})
  endif()
endforeach()

foreach(flag IN ITEMS relro now noexecstack separate-code)
  check_linker_flag(CXX "-Wl,-z,${flag}" MUSTER_LINKS_${flag})
  if(MUSTER_LINKS_${flag})
    add_link_options("-Wl,-z,${flag}")
  endif()
endforeach()

# Level 3 also bounds buffers whose size is known only at run time. It needs an optimiser, and the
# sanitizers bring checks of their own.
if(NOT MUSTER_SANITIZE AND NOT MUSTER_COVERAGE AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
