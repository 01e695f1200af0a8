// The muster command.
#include <unistd.h>

#include <iostream>
#include <istream>
#include <string>
#include <vector>

#include "tools/muster/commands.h"
#include "tools/muster/standard_input.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  muster::cli::DescriptorBuffer input_buffer(STDIN_FILENO);
  std::istream input(&input_buffer);
  std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return muster::cli::RunCommandLine(arguments, {.in = input,
                                                 .out = std::cout,
                                                 .err = std::cerr,
                                                 .out_is_terminal = isatty(STDOUT_FILENO) == 1,
                                                 .err_is_terminal = isatty(STDERR_FILENO) == 1});
}
