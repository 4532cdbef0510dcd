#include "emulator.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include <gtest/gtest.h>

namespace tautline::test {
namespace {

const std::filesystem::path firmware_directory = TAUTLINE_FIRMWARE_DIR;

std::filesystem::path image(const Board& board, const std::string& name = "node") {
  return firmware_directory / board.name / (name + ".elf");
}

std::string make_file() {
  std::string name = (std::filesystem::temp_directory_path() / "tautline-console-XXXXXX").string();
  const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) throw std::runtime_error("cannot make " + name);
  ::close(descriptor);
  return name;
}

}  // namespace

const Board& lm3s6965() {
  static const Board board{"lm3s6965", {"qemu-system-arm", "-M", "lm3s6965evb"}, false, true, true};
  return board;
}

const Board& mps2_an385() {
  static const Board board{"mps2-an385", {"qemu-system-arm", "-M", "mps2-an385"}, true, true, true};
  return board;
}

const Board& lx106() {
  static const Board board{
      "lx106", {"qemu-system-xtensa", "-M", "kc705-nommu", "-cpu", "lx106", "-m", "16M"}, true, false, false};
  return board;
}

bool has_firmware() {
  return std::filesystem::exists(image(lm3s6965())) && std::filesystem::exists(image(mps2_an385())) &&
         std::filesystem::exists(image(lx106()));
}

Emulator::Emulator(const Board& board, const std::vector<std::string>& settings, const EmulatorOptions& options)
    : options_(options), console_file_(make_file()) {
  start(command(board, settings));
  monitor_.open();
  if (options_.with_pins) pins_.open(monitor_);
  if (options_.listen_to_port >= 0) {
    pins_.listen(pins_.port(static_cast<unsigned>(options_.listen_to_port)));
    unfreeze();
  }
}

std::vector<std::string> Emulator::command(const Board& board, const std::vector<std::string>& settings) const {
  std::string arguments = "enable=on,target=native,arg=node";
  for (const std::string& word : settings) arguments += ",arg=" + word;
  std::vector<std::string> words = board.machine;
  const auto add = [&](const std::string& option, const std::string& value) {
    words.push_back(option);
    words.push_back(value);
  };
  add("-kernel", image(board, options_.image).string());
  add("-display", "none");
  add("-monitor", "none");
  const bool has_line = options_.serial_line >= 0 || !options_.serial_path.empty();
  if (!has_line || board.has_two_uarts) add("-serial", "file:" + console_file_);
  if (has_line) {
    add("-chardev", options_.serial_path.empty() ? "socket,id=line,fd=" + std::to_string(options_.serial_line)
                                                 : "serial,id=line,path=" + options_.serial_path);
    add("-serial", "chardev:line");
  }
  add("-semihosting-config", arguments);
  add("-chardev", "socket,id=monitor,fd=" + std::to_string(monitor_.peer()));
  add("-mon", "chardev=monitor,mode=control");
  if (options_.with_network) {
    add("-netdev", "user,id=n0");
    add("-net", "nic,netdev=n0");
    add("-chardev", "null,id=nowhere");
    add("-object", "filter-redirector,id=mute,netdev=n0,queue=rx,outdev=nowhere,status=off");
    if (!options_.frames_file.empty()) add("-object", "filter-dump,id=frames,netdev=n0,file=" + options_.frames_file);
  } else {
    add("-net", "none");
  }
  if (options_.with_pins) {
    add("-chardev", "socket,id=pins,fd=" + std::to_string(pins_.peer()));
    add("-object", "qtest,id=qtest,chardev=pins,log=/dev/null");
  }
  if (options_.listen_to_port >= 0) words.push_back("-S");  // a change before listen() would go unseen
  return words;
}

void Emulator::start(std::vector<std::string> command) {
  std::vector<char*> argv;
  for (std::string& word : command) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string resolver_file = console_file_ + ".resolv";
  if (!options_.name_server.empty()) std::ofstream(resolver_file) << "nameserver " << options_.name_server << "\n";

  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  // QEMU passes DNS requests on to the server that this file names.
  if (!options_.name_server.empty() &&
      (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
       ::mount(resolver_file.c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr) != 0)) {
    ::_exit(126);
  }
  ::fcntl(monitor_.peer(), F_SETFD, 0);
  if (options_.with_pins) ::fcntl(pins_.peer(), F_SETFD, 0);
  if (options_.serial_line >= 0) ::fcntl(options_.serial_line, F_SETFD, 0);
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(nothing, 0);
  ::dup2(nothing, 1);  // stderr stays, for what QEMU complains about
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

Emulator::~Emulator() {
  // The firmware ends QEMU when it meets what should never happen; startup.cpp and start.S say with which status.
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) {
    ADD_FAILURE() << "QEMU has ended by itself, with "
                  << (WIFEXITED(status) ? "status " + std::to_string(WEXITSTATUS(status))
                                        : "signal " + std::to_string(WTERMSIG(status)));
  } else {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (testing::Test::HasFailure()) {
    constexpr std::size_t shown = 40;
    console();
    std::cerr << "console of the device, last lines:\n";
    for (std::size_t i = lines_.size() > shown ? lines_.size() - shown : 0; i < lines_.size(); ++i) {
      std::cerr << "  " << lines_[i] << "\n";
    }
  }
  std::error_code ignored;
  std::filesystem::remove(console_file_, ignored);
  std::filesystem::remove(console_file_ + ".resolv", ignored);
}

const std::vector<std::string>& Emulator::console() {
  std::ifstream file(console_file_);
  file.seekg(static_cast<std::streamoff>(read_bytes_));
  std::string line;
  while (std::getline(file, line)) {
    if (file.eof()) break;  // not complete yet
    read_bytes_ += line.size() + 1;
    lines_.push_back(line);
  }
  return lines_;
}

std::size_t Emulator::count(const std::string& line) {
  const auto& lines = console();
  return static_cast<std::size_t>(std::count(lines.begin(), lines.end(), line));
}

std::size_t Emulator::count_beginning(const std::string& prefix) {
  const auto& lines = console();
  return static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.end(), [&](const std::string& line) { return line.rfind(prefix, 0) == 0; }));
}

void Emulator::mute(bool muted) {
  monitor_.command("qom-set", {{"path", "/objects/mute"}, {"property", "status"}, {"value", muted ? "on" : "off"}});
}

void Emulator::set_link(bool up) {
  monitor_.command("set_link", {{"name", "n0"}, {"up", up}});
}

}  // namespace tautline::test
