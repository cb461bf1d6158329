// Runs a fuzz target without libFuzzer: every seed of a folder, then mutations of seeds for some seconds. The same
// number gives the same mutations. An input that ends the program is written to the file of --crash.
//   fuzz_<target> SEEDS [--seconds=5] [--number=1] [--dictionary=FILE] [--crash=FILE]    |    fuzz_<target> FILE…
#include <sanitizer/common_interface_defs.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr unsigned kSecondsPerInput = 20;
std::string now, crashFile;

void keep() {
  std::ofstream(crashFile, std::ios::binary) << now;
  std::fprintf(stderr, "the input is kept as %s\n", crashFile.c_str());
}
void onSignal(int) {
  std::fprintf(stderr, "an input took more than %u seconds\n", kSecondsPerInput);
  keep();
  std::_Exit(77);
}
void onAbort(int) {
  keep();
  std::_Exit(1);
}

void run(std::string input) {
  now = std::move(input);
  alarm(kSecondsPerInput);
  // A copy of exactly its size, so that the sanitizer notices reads past its end.
  std::vector<uint8_t> bytes(now.begin(), now.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  alarm(0);
}

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Lines of a libFuzzer dictionary: "text" with \" \\ and \xAB.
std::vector<std::string> dictionary(const std::string& file) {
  std::vector<std::string> out;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const size_t begin = line.find('"'), end = line.rfind('"');
    if (line.empty() || line[0] == '#' || begin == line.npos || end <= begin) continue;
    std::string word;
    for (size_t i = begin + 1; i < end; ++i) {
      if (line[i] != '\\')
        word += line[i];
      else if (line[i + 1] == 'x')
        word += char(std::stoi(line.substr(i + 2, 2), nullptr, 16)), i += 3;
      else
        word += line[++i];
    }
    out.push_back(word);
  }
  return out;
}

std::string mutated(std::string s, std::mt19937& random, const std::vector<std::string>& seeds,
                    const std::vector<std::string>& words) {
  for (size_t n = 1 + random() % 4; n; --n) {
    const size_t at = s.empty() ? 0 : random() % (s.size() + 1), length = random() % 16;
    switch (random() % 9) {
      case 0:
        if (at < s.size()) s[at] = char(random());
        break;
      case 1:
        if (at < s.size()) s[at] = char(s[at] ^ (1 << random() % 8));
        break;
      case 2: s.erase(at, length); break;
      case 3: s.insert(at, s.substr(at, length)); break;
      case 4: s.insert(at, 1, char(random())); break;
      case 5:
        if (!words.empty()) s.insert(at, words[random() % words.size()]);
        break;
      case 6: {
        const std::string& other = seeds[random() % seeds.size()];
        const size_t from = other.empty() ? 0 : random() % other.size();
        s.replace(at, length, other.substr(from, random() % 64));
        break;
      }
      case 7: s.insert(at, std::to_string(uint64_t(random()) * (random() % 2 ? 1u : uint64_t(random())))); break;
      default: {  // repeats a piece
        const std::string piece = s.substr(at, length);
        for (size_t k = random() % 40; k && s.size() < 20000; --k) s.insert(at, piece);
      }
    }
  }
  return s;
}

}  // namespace

int main(int argc, char** argv) {
  double seconds = 5;
  unsigned number = 1;
  std::vector<std::string> paths, words;
  crashFile = std::string(argv[0]) + ".crash";  // beside the program, not in the caller's folder
  for (int i = 1; i < argc; ++i) {
    const std::string a = argv[i];
    if (a.starts_with("--seconds="))
      seconds = std::stod(a.substr(10));
    else if (a.starts_with("--number="))
      number = unsigned(std::stoul(a.substr(9)));
    else if (a.starts_with("--dictionary="))
      words = dictionary(a.substr(13));
    else if (a.starts_with("--crash="))
      crashFile = a.substr(8);
    else
      paths.push_back(a);
  }
  std::signal(SIGALRM, onSignal);
  std::signal(SIGABRT, onAbort);
  __sanitizer_set_death_callback(keep);
  std::vector<std::string> seeds;
  for (const std::string& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      run(read(path));
      std::printf("%s: passed\n", path.c_str());
      continue;
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(path)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& file : files) seeds.push_back(read(file));
  }
  for (const std::string& seed : seeds) run(seed);
  size_t done = 0;
  std::mt19937 random(number);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  for (; !seeds.empty() && std::chrono::steady_clock::now() < end; ++done)
    run(mutated(seeds[random() % seeds.size()], random, seeds, words));
  std::printf("%zu seeds, %zu mutations: passed\n", seeds.size(), done);
}
