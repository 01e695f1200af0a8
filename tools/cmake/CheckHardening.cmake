# Fails when the command or the library lost a property that MusterHardening.cmake asks for.
# Takes BINARY (the command), ARCHIVE (the library), WORK (a folder to write to), READELF, AR, OBJDUMP
# and X86 (TRUE on x86-64).

file(MAKE_DIRECTORY "${WORK}")
set(faults "")

function(run output)
  execute_process(COMMAND ${ARGN} OUTPUT_FILE "${WORK}/${output}.txt" ERROR_QUIET
                  COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# want(OUTPUT PATTERN FAULT): some line of the output must match.
function(want output pattern fault)
  file(STRINGS "${WORK}/${output}.txt" found REGEX "${pattern}" LIMIT_COUNT 1)
  if(NOT found)
    set(faults ${faults} "${fault}" PARENT_SCOPE)
  endif()
endfunction()

# want_no(OUTPUT PATTERN FAULT): no line may match.
function(want_no output pattern fault)
  file(STRINGS "${WORK}/${output}.txt" found REGEX "${pattern}" LIMIT_COUNT 1)
  if(found)
    set(faults ${faults} "${fault}: ${found}" PARENT_SCOPE)
  endif()
endfunction()

# A defined symbol of ours that other shared objects see. Instances of std templates always are.
set(own_default "(GLOBAL|WEAK|UNIQUE) +DEFAULT +[0-9]+ _Z[A-Z]*6muster")

run(headers "${READELF}" -W -h -l -d "${BINARY}")
want(headers "Type: +DYN" "the command is not position independent")
want(headers "^ +GNU_RELRO " "the command has no RELRO segment")
want(headers "FLAGS.*NOW" "the command binds symbols lazily, so RELRO is partial")
want(headers "^ +GNU_STACK .* RW +0x" "the command's stack may be executable")
want_no(headers "^ +[A-Z_]+ +0x.* RWE +0x" "a segment is writable and executable")
want_no(headers "TEXTREL" "the command relocates its code")

run(dynamic "${READELF}" -W --dyn-syms "${BINARY}")
want(dynamic "UND __stack_chk_fail" "the command has no stack protector")
want(dynamic "UND __[a-z_]+_chk@" "the command calls no fortified function")
want_no(dynamic "${own_default}" "the command exports a symbol")

run(symbols "${READELF}" -W -s "${ARCHIVE}")
want(symbols "UND __stack_chk_fail" "the library has no stack protector")
want(symbols "UND __[a-z_]+_chk$" "the library calls no fortified function")
want(symbols "GLOBAL +HIDDEN +[0-9]+ _ZN6muster" "the library defines nothing")
want_no(symbols "${own_default}" "the library shows a symbol to other shared objects")

if(X86)
  run(notes "${READELF}" -W -n "${ARCHIVE}")
  file(STRINGS "${WORK}/notes.txt" objects REGEX "^File: ")
  file(STRINGS "${WORK}/notes.txt" marked REGEX "x86 feature: IBT, SHSTK")
  list(LENGTH objects object_count)
  list(LENGTH marked marked_count)
  if(object_count EQUAL 0 OR NOT marked_count EQUAL object_count)
    list(APPEND faults
         "${marked_count} of ${object_count} objects are marked for control-flow protection")
  endif()
  # One source with a frame larger than a page stands for all.
  run(hash_batch "${AR}" p "${ARCHIVE}" hash_batch.cc.o)
  run(code "${OBJDUMP}" -d --no-show-raw-insn "${WORK}/hash_batch.txt")
  want(code "orq +[$]0x0,(0x[0-9a-f]+)?[(]%rsp[)]" "hash_batch.cc does not probe its large frames")
endif()

if(faults)
  list(JOIN faults "\n  " faults)
  message(FATAL_ERROR "Hardening was lost:\n  ${faults}")
endif()
message(STATUS "position independent, RELRO, stack protector, fortified, symbols hidden")
