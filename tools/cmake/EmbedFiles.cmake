# Writes OUTPUT, a C++ source that defines each of NAMES as the octets of the file at the same place
# in FILES: std::string_view NAMESPACE::NAME. An empty file name gives an empty text.

set(text "// Generated from the files it names: change those.\n#include <string_view>\n")
string(APPEND text "\nnamespace ${NAMESPACE} {\n")
foreach(name file IN ZIP_LISTS NAMES FILES)
  if(file STREQUAL "-")
    string(APPEND text "extern const std::string_view ${name};\nconst std::string_view ${name};\n")
    continue()
  endif()
  file(READ "${file}" hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," octets "${hex}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" octets "${octets}")
  string(APPEND text "\n// ${file}\nnamespace {\nconstexpr unsigned char ${name}Octets[] = {\n"
    "${octets}0};\n}\nextern const std::string_view ${name};\n"
    "const std::string_view ${name}(reinterpret_cast<const char*>(${name}Octets),\n"
    "                               sizeof ${name}Octets - 1);\n")
endforeach()
string(APPEND text "}\n")
file(WRITE "${OUTPUT}" "${text}")
