// The shape of the tree, checked: who may include whom, where each third-party header may appear,
// what code below the tools must not do, and how long lines and files may be. ARCHITECTURE.md says
// why; this test says where, as file:line.

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kColumnsMax = 100;
constexpr std::size_t kHeaderLinesMax = 300;
constexpr std::size_t kSourceLinesMax = 650;

// What each engine folder may include directly or through others, itself aside.
const std::map<std::string, std::set<std::string>, std::less<>>& MayInclude() {
  static const std::map<std::string, std::set<std::string>, std::less<>> table = {
      {"base", {}},
      {"der", {"base"}},
      {"x509", {"base", "der"}},
      {"crypto", {"base", "der"}},
      {"graph", {"base", "der", "x509", "crypto"}},
      {"path", {"base", "der", "x509", "crypto", "graph"}},
      {"registry", {"base", "der", "x509", "crypto", "graph", "path"}},
      {"enrollment", {"base", "der", "x509", "crypto", "graph", "path", "registry"}},
      {"audit", {"base", "der", "x509", "crypto", "graph", "path", "registry", "enrollment"}},
      {"findings",
       {"base", "der", "x509", "crypto", "graph", "path", "registry", "enrollment", "audit"}},
      {"pki", {"base", "der", "x509", "crypto"}},
  };
  return table;
}

// Third-party headers: those that begin so may be included from the files that begin so.
struct HeaderHome {
  std::string_view header;
  std::vector<std::string_view> homes;
};

const std::vector<HeaderHome>& HeaderHomes() {
  static const std::vector<std::string_view> kernels = {"engine/crypto/kernels/"};
  static const std::vector<HeaderHome> homes = {
      {"tl/expected.hpp", {"include/", "engine/", "tools/", "bench/"}},
      {"fmt/",
       {"engine/x509/", "engine/crypto/", "engine/graph/", "engine/path/", "engine/registry/",
        "engine/enrollment/", "engine/audit/", "engine/findings/", "engine/pki/", "tools/", "bench/"}},
      {"sqlite3.h", {"engine/registry/store/sqlite/"}},
      {"boost/", {"engine/graph/"}},
      {"botan/", {"engine/crypto/", "engine/pki/", "bench/peers/"}},
      {"nlohmann/", {"engine/registry/", "engine/audit/", "tools/", "bench/"}},
      {"tbb/", {"engine/audit/"}},
      {"oneapi/tbb", {"engine/audit/"}},
      {"archive", {"engine/audit/formats/archive_reader.cc"}},
      {"arrow/", {"engine/audit/formats/parquet_reader.cc"}},
      {"parquet/", {"engine/audit/formats/parquet_reader.cc"}},
      {"gmp.h", {"engine/findings/batch_gcd"}},
      {"CLI/", {"tools/"}},
      {"benchmark/", {"bench/"}},
      {"openssl/", {"bench/peers/"}},
      {"immintrin.h", {"engine/crypto/kernels/", "engine/audit/base64_fast.cc"}},
      {"x86intrin.h", kernels},
      {"cpuid.h", kernels},
      {"arm_neon.h", kernels},
  };
  return homes;
}

struct Finding {
  std::string path;
  std::size_t line;
  std::string message;
};

std::string Print(const std::vector<Finding>& findings) {
  std::ostringstream out;
  for (const Finding& finding : findings) {
    out << finding.path << ":" << finding.line << ": " << finding.message << "\n";
  }
  return out.str();
}

bool IsWordCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// The text with comments and the contents of literals blanked, line ends kept.
std::string BlankCommentsAndLiterals(std::string_view text) {
  std::string out(text);
  const auto blank = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to && i < out.size(); ++i) {
      if (out[i] != '\n') out[i] = ' ';
    }
  };
  std::size_t i = 0;
  while (i < text.size()) {
    const std::string_view rest = text.substr(i);
    std::size_t end = i + 1;
    if (rest.starts_with("//")) {
      end = std::min(text.find('\n', i), text.size());
      blank(i, end);
    } else if (rest.starts_with("/*")) {
      const std::size_t close = text.find("*/", i + 2);
      end = close == std::string_view::npos ? text.size() : close + 2;
      blank(i, end);
    } else if (rest.starts_with("R\"") && (i == 0 || !IsWordCharacter(text[i - 1]))) {
      const std::size_t open = std::min(text.find('(', i), text.size() - 1);
      const std::string closing = ")" + std::string(text.substr(i + 2, open - i - 2)) + "\"";
      const std::size_t close = text.find(closing, open);
      end = close == std::string_view::npos ? text.size() : close + closing.size();
      blank(i + 1, end);
    } else if (text[i] == '"' ||
               (text[i] == '\'' && (i == 0 || !IsWordCharacter(text[i - 1])))) {
      while (end < text.size() && text[end] != text[i] && text[end] != '\n') {
        end += text[end] == '\\' ? 2 : 1;
      }
      blank(i + 1, end);
      ++end;
    }
    i = end;
  }
  return out;
}

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t Columns(std::string_view line) {
  // UTF-8 continuation bytes take no column.
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

bool ContainsWord(std::string_view line, std::string_view word) {
  for (std::size_t at = line.find(word); at != std::string_view::npos;
       at = line.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool starts = at == 0 || !IsWordCharacter(line[at - 1]);
    const bool ends =
        end == line.size() || !IsWordCharacter(word.back()) || !IsWordCharacter(line[end]);
    if (starts && ends) return true;
  }
  return false;
}

// "engine/der/der_reader.h" -> "der"; empty outside engine/.
std::string EngineFolder(std::string_view path) {
  constexpr std::string_view kEngine = "engine/";
  if (!path.starts_with(kEngine)) return "";
  path.remove_prefix(kEngine.size());
  return std::string(path.substr(0, path.find('/')));
}

// Checks one file at a time. `path` is relative to the checkout.
class TreeChecker {
 public:
  void Check(const std::string& path, std::string_view text) {
    path_ = path;
    const std::vector<std::string> lines = Lines(text);
    const std::vector<std::string> code = Lines(BlankCommentsAndLiterals(text));
    CheckLengths(lines);
    if (path.starts_with("include/") && !text.starts_with("//")) {
      Add(1, "a public header begins with a comment that says what it is for");
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
      CheckInclude(lines[i], i + 1);
      if (path.starts_with("include/") || path.starts_with("engine/")) {
        CheckWords(code[i], i + 1);
      }
    }
  }

  const std::vector<Finding>& findings() const { return findings_; }

 private:
  void Add(std::size_t line, std::string message) {
    findings_.push_back({path_, line, std::move(message)});
  }

  void CheckLengths(const std::vector<std::string>& lines) {
    const bool is_source = path_.ends_with(".cc");
    const std::size_t lines_max = is_source ? kSourceLinesMax : kHeaderLinesMax;
    if (lines.size() > lines_max) {
      Add(lines.size(), "the file has " + std::to_string(lines.size()) + " lines, the limit is " +
                            std::to_string(lines_max) + ": look for the seam");
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::size_t columns = Columns(lines[i]);
      if (columns > kColumnsMax) {
        Add(i + 1, "the line has " + std::to_string(columns) + " columns, the limit is " +
                       std::to_string(kColumnsMax));
      }
    }
  }

  void CheckInclude(std::string_view line, std::size_t number) {
    const std::size_t hash = line.find_first_not_of(" \t");
    if (hash == std::string_view::npos || line[hash] != '#') return;
    const std::size_t keyword = line.find_first_not_of(" \t", hash + 1);
    if (keyword == std::string_view::npos || !line.substr(keyword).starts_with("include")) return;
    const std::size_t open = line.find_first_of("<\"", keyword);
    if (open == std::string_view::npos) return;
    const std::size_t close = line.find_first_of(">\"", open + 1);
    if (close == std::string_view::npos) return;
    const std::string header(line.substr(open + 1, close - open - 1));
    if (line[open] == '"') {
      CheckOwnHeader(header, number);
    } else {
      CheckForeignHeader(header, number);
    }
  }

  void CheckOwnHeader(const std::string& header, std::size_t number) {
    if (header.starts_with("muster/")) return;
    const std::string folder = EngineFolder(path_);
    const std::string included = EngineFolder(header);
    if (!folder.empty()) {
      const auto allowed = MayInclude().find(folder);
      if (allowed == MayInclude().end()) {
        Add(number, "engine/" + folder + " has no place in the include order");
      } else if (included.empty()) {
        Add(number, "name \"" + header + "\" by its path from the checkout, in engine/ or muster/");
      } else if (included != folder && !allowed->second.contains(included)) {
        Add(number, "engine/" + folder + " must not include engine/" + included);
      }
      return;
    }
    const bool own = header.substr(0, header.find('/')) == path_.substr(0, path_.find('/'));
    const bool bench_of_the_engine =
        path_.starts_with("bench/") && !path_.starts_with("bench/peers/");
    // What tests hold to its bounds, benches time.
    const bool reachable =
        own || (bench_of_the_engine && header.starts_with("tests/support/"));
    if (path_.starts_with("include/")) {
      Add(number, "a public header includes only std, tl/expected.hpp and muster/");
    } else if (!included.empty() && !bench_of_the_engine) {
      Add(number, "only include/muster may be used here, not \"" + header + "\"");
    } else if (included.empty() && !reachable) {
      Add(number, "\"" + header + "\" is not reachable from here");
    }
  }

  void CheckForeignHeader(const std::string& header, std::size_t number) {
    for (const HeaderHome& rule : HeaderHomes()) {
      if (!header.starts_with(rule.header)) continue;
      const bool at_home = std::any_of(rule.homes.begin(), rule.homes.end(), [&](auto home) {
        return path_.starts_with(home);
      });
      if (!at_home) Add(number, "<" + header + "> does not belong here");
      return;
    }
    const bool is_standard = header.find_first_of("./") == std::string::npos;
    if (path_.starts_with("include/") && !is_standard) {
      Add(number, "a public header includes only std, tl/expected.hpp and muster/");
    } else if (path_.starts_with("engine/")) {
      if (header == "iostream" || header == "print") {
        Add(number, "<" + header + ">: nothing prints below the tools");
      } else if (header.ends_with("intrin.h")) {
        Add(number, "<" + header + "> does not belong here");
      } else if (header.starts_with("muster/") || header.starts_with("engine/")) {
        Add(number, "include <" + header + "> with quotes");
      }
    }
  }

  void CheckWords(std::string_view code, std::size_t number) {
    static constexpr std::string_view kPrinting[] = {
        "printf(", "fprintf(", "vprintf(", "vfprintf(", "puts(", "fputs(", "putchar(", "fmt::print",
        "std::cout", "std::cerr", "std::clog"};
    static constexpr std::string_view kWallClock[] = {
        "system_clock::now", "utc_clock::now", "std::time(", "time(nullptr)", "time(NULL)",
        "gettimeofday(", "clock_gettime("};
    static constexpr std::string_view kEnvironment[] = {"getenv(", "secure_getenv(", "setenv(",
                                                        "environ"};
    // A failed check speaks once, before it aborts; the choice of kernel is read once.
    if (path_ != "engine/base/check.cc") {
      RefuseWords(code, number, kPrinting, "nothing prints below the tools");
    }
    // The default clock of a registry that was opened without one.
    if (path_ != "engine/registry/registry.cc") {
      RefuseWords(code, number, kWallClock, "time is an argument below the tools");
    }
    if (!path_.starts_with("engine/crypto/kernels/")) {
      RefuseWords(code, number, kEnvironment, "nothing reads the environment below the tools");
    }
  }

  template <std::size_t N>
  void RefuseWords(std::string_view code, std::size_t number, const std::string_view (&words)[N],
                   std::string_view reason) {
    for (std::string_view word : words) {
      if (ContainsWord(code, word)) Add(number, std::string(word) + ": " + std::string(reason));
    }
  }

  std::string path_;
  std::vector<Finding> findings_;
};

std::vector<Finding> CheckText(const std::string& path, std::string_view text) {
  TreeChecker checker;
  checker.Check(path, text);
  return checker.findings();
}

// ---- The tree -----------------------------------------------------------------------------------

TEST(LayeringTest, TheTreeKeepsItsShape) {
  const fs::path root(MUSTER_SOURCE_DIR);
  TreeChecker checker;
  std::size_t files = 0;
  for (const char* folder : {"include", "engine", "tools", "bench"}) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      if (!entry.is_regular_file() ||
          (extension != ".h" && extension != ".cc" && extension != ".inc")) {
        continue;
      }
      std::ifstream stream(entry.path(), std::ios::binary);
      const std::string text((std::istreambuf_iterator<char>(stream)),
                             std::istreambuf_iterator<char>());
      checker.Check(fs::relative(entry.path(), root).generic_string(), text);
      ++files;
    }
  }
  EXPECT_GT(files, 0U) << "no sources below " << root;
  EXPECT_TRUE(checker.findings().empty()) << Print(checker.findings());
}

// ---- The checker itself -------------------------------------------------------------------------

struct Planted {
  const char* path;
  const char* line;
};

TEST(LayeringCheckerTest, ReportsEveryPlantedViolationAtItsLine) {
  const Planted violations[] = {
      {"engine/base/x.cc", "#include \"engine/der/der_reader.h\""},
      {"engine/x509/x.cc", "#include \"engine/crypto/public_key.h\""},
      {"engine/crypto/x.cc", "#include \"engine/x509/name.h\""},
      {"engine/graph/x.cc", "#include \"engine/path/path_builder.h\""},
      {"engine/path/x.h", "  #  include \"engine/registry/x.h\""},
      {"engine/audit/x.cc", "#include \"engine/pki/x.h\""},
      {"engine/pki/x.cc", "#include \"engine/registry/x.h\""},
      {"engine/newcomer/x.cc", "#include \"engine/base/check.h\""},
      {"engine/der/x.cc", "#include \"der_reader.h\""},
      {"engine/der/x.cc", "#include <fmt/format.h>"},
      {"engine/path/x.cc", "#include <boost/graph/adjacency_list.hpp>"},
      {"engine/path/x.cc", "#include <botan/pubkey.h>"},
      {"engine/registry/store/x.cc", "#include <sqlite3.h>"},
      {"engine/crypto/x.cc", "#include <immintrin.h>"},
      {"engine/crypto/x.cc", "#include <wmmintrin.h>"},
      {"engine/registry/x.cc", "#include <tbb/parallel_for.h>"},
      {"engine/audit/formats/csv_reader.cc", "#include <arrow/api.h>"},
      {"engine/audit/record_reader.cc", "#include <parquet/file_reader.h>"},
      {"engine/base/x.cc", "#include <iostream>"},
      {"engine/base/x.cc", "  std::printf(\"x\");"},
      {"engine/base/x.cc", "  std::cerr << 1;"},
      {"engine/base/x.cc", "  auto t = std::chrono::system_clock::now();"},
      {"engine/base/x.cc", "  const char* v = std::getenv(\"X\");"},
      {"include/muster/x.h", "#include <botan/pubkey.h>"},
      {"include/muster/x.h", "#include <nlohmann/json.hpp>"},
      {"include/muster/x.h", "#include <unistd.h>"},
      {"include/muster/x.h", "#include \"engine/base/check.h\""},
      {"tools/muster/x.cc", "#include \"engine/base/check.h\""},
      {"tools/muster/x.cc", "#include <botan/pubkey.h>"},
      {"bench/peers/x_bench.cc", "#include \"engine/base/check.h\""},
      {"bench/x_bench.cc", "#include <openssl/x509.h>"},
  };
  for (const Planted& planted : violations) {
    const std::string text = "// First line.\n\n" + std::string(planted.line) + "\n";
    const std::vector<Finding> findings = CheckText(planted.path, text);
    ASSERT_EQ(findings.size(), 1U) << planted.path << " with " << planted.line << "\n"
                                   << Print(findings);
    EXPECT_EQ(findings[0].path, planted.path);
    EXPECT_EQ(findings[0].line, 3U) << planted.line;
  }
}

TEST(LayeringCheckerTest, AcceptsWhatIsAllowed) {
  const Planted allowed[] = {
      {"engine/registry/x.cc", "#include \"engine/path/path_validator.h\""},
      {"engine/path/x.cc", "#include \"engine/path/path_builder.h\""},
      {"engine/base/x.cc", "#include \"muster/verdict.h\""},
      {"engine/graph/x.cc", "#include <boost/graph/adjacency_list.hpp>"},
      {"engine/crypto/x.cc", "#include <botan/pubkey.h>"},
      {"engine/crypto/kernels/x.cc", "#include <immintrin.h>"},
      {"engine/crypto/kernels/x.cc", "  const char* v = std::getenv(\"X\");"},
      {"engine/registry/store/sqlite/x.cc", "#include <sqlite3.h>"},
      {"engine/audit/formats/parquet_reader.cc", "#include <parquet/file_reader.h>"},
      {"engine/base/check.cc", "  std::fprintf(stderr, \"x\");"},
      {"engine/base/x.cc", "  std::snprintf(buffer, sizeof buffer, \"printf(\");"},
      {"engine/base/x.cc", "  // std::cout << std::getenv(\"X\");"},
      {"engine/base/x.cc", "  const char* s = R\"(std::cout)\";"},
      {"engine/base/x.cc", "  const int big = 1'000; Validate(big); // printf("},
      {"include/muster/x.h", "#include <tl/expected.hpp>"},
      {"include/muster/x.h", "#include <vector>"},
      {"tools/muster/x.cc", "  std::printf(\"x\");"},
      {"tools/muster/x.cc", "#include \"tools/muster/output.h\""},
      {"bench/x_bench.cc", "#include \"engine/der/der_reader.h\""},
      {"bench/peers/x_bench.cc", "#include <openssl/x509.h>"},
  };
  for (const Planted& planted : allowed) {
    const std::string text = "// First line.\n\n" + std::string(planted.line) + "\n";
    const std::vector<Finding> findings = CheckText(planted.path, text);
    EXPECT_TRUE(findings.empty()) << planted.line << "\n" << Print(findings);
  }
}

TEST(LayeringCheckerTest, MeasuresLinesAndFiles) {
  const std::string fits(kColumnsMax, 'x');
  EXPECT_TRUE(CheckText("engine/base/x.cc", fits + "\n").empty());
  EXPECT_EQ(CheckText("engine/base/x.cc", "\n" + fits + "x\n").at(0).line, 2U);
  std::string accents;
  for (std::size_t i = 0; i < kColumnsMax; ++i) accents += "\xC3\xA9";
  EXPECT_TRUE(CheckText("engine/base/x.cc", accents + "\n").empty());

  EXPECT_TRUE(CheckText("engine/base/x.h", std::string(kHeaderLinesMax, '\n')).empty());
  EXPECT_EQ(CheckText("engine/base/x.h", std::string(kHeaderLinesMax + 1, '\n')).size(), 1U);
  EXPECT_TRUE(CheckText("engine/base/x.cc", std::string(kSourceLinesMax, '\n')).empty());
  EXPECT_EQ(CheckText("engine/base/x.cc", std::string(kSourceLinesMax + 1, '\n')).size(), 1U);
}

TEST(LayeringCheckerTest, WantsAWordAtTheTopOfAPublicHeader) {
  EXPECT_EQ(CheckText("include/muster/x.h", "#ifndef X\n").size(), 1U);
  EXPECT_TRUE(CheckText("engine/base/x.h", "#ifndef X\n").empty());
}

TEST(LayeringCheckerTest, IncludeOrderHasNoLoop) {
  for (const auto& [folder, below] : MayInclude()) {
    for (const std::string& other : below) {
      ASSERT_TRUE(MayInclude().contains(other)) << other;
      EXPECT_FALSE(MayInclude().find(other)->second.contains(folder)) << folder << ", " << other;
      for (const std::string& deeper : MayInclude().find(other)->second) {
        EXPECT_TRUE(below.contains(deeper)) << folder << " reaches " << deeper << " by " << other;
      }
    }
  }
}

}  // namespace
}  // namespace muster
