# Fails when an object compiled for a newer instruction set (see engine/CMakeLists.txt) defines a weak
# symbol: the linker could choose that copy for code that must run on any processor.
# Takes ARCHIVE and NM.

execute_process(COMMAND "${NM}" --defined-only -C -A "${ARCHIVE}"
                OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n:]*_(bmi2|avx2|shani|avx512|avx512ifma)\\.cc\\.o:[^\n]* W [^\n]*" shared
       "${symbols}")
if(shared)
  list(JOIN shared "\n  " shared)
  message(FATAL_ERROR "Weak symbols in kernel objects; make the functions static or always inlined:"
                      "\n  ${shared}")
endif()
message(STATUS "no weak symbols in kernel objects")
