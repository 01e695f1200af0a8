// What a user of the installed library writes first. Public headers only.

#include <cstdio>
#include <string>

#include "muster/version.h"

int main() {
  std::printf("muster %s\n", std::string(muster::kVersion).c_str());
  return 0;
}
