#include <gtest/gtest.h>
TEST(Scratch, Scratch) {}
