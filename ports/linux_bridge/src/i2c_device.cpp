#include "tautline/linux_bridge/i2c_device.hpp"

#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "tautline/bridge/i2c_bridge_channel.hpp"

namespace tautline::linux_bridge {
namespace {

/// The kernel counts the time of a transfer in these.
constexpr unsigned long timeout_unit_ms = 10;

std::string explain_open(const std::string& path, int error) {
  std::string what = std::strerror(error);
  switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return what +
             ": enable it (Raspberry Pi: raspi-config, Interface Options, I2C), and load the module i2c-dev; `ls "
             "/dev/i2c-*` shows what there is";
    case EACCES:
    case EPERM: return what + ": run as a user of its group (`ls -l " + path + "`), on Debian i2c";
    default: return what;
  }
}

std::string check_adapter(int descriptor) {
  unsigned long functions = 0;
  if (::ioctl(descriptor, I2C_FUNCS, &functions) != 0) return "is no I2C adapter";
  if ((functions & I2C_FUNC_I2C) == 0)
    return "speaks only SMBus, which has no transfers of this length: use another adapter";
  return {};
}

int transfer(int descriptor, std::uint8_t address, bool read, char* data, std::size_t size) {
  i2c_msg message{};
  message.addr = address;
  message.flags = read ? I2C_M_RD : 0;
  message.len = static_cast<std::uint16_t>(size);
  message.buf = reinterpret_cast<std::uint8_t*>(data);
  i2c_rdwr_ioctl_data transfers{&message, 1};
  return ::ioctl(descriptor, I2C_RDWR, &transfers) == 1 ? 0 : errno;
}

}  // namespace

I2cDevice::I2cDevice(const std::string& path, std::uint8_t address) {
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  const std::string problem = descriptor_ < 0 ? explain_open(path, errno) : check_adapter(descriptor_);
  if (!problem.empty()) {
    if (descriptor_ >= 0) ::close(descriptor_);
    throw std::runtime_error("I2C adapter " + path + ": " + problem);
  }
  // The channel repeats what failed. Drivers that refuse these go on with their own.
  ::ioctl(descriptor_, I2C_TIMEOUT, (bridge::i2c_transfer_limit_ms + timeout_unit_ms - 1) / timeout_unit_ms);
  ::ioctl(descriptor_, I2C_RETRIES, 0UL);
  transfer_ = [this, address](bool read, char* data, std::size_t size) {
    return transfer(descriptor_, address, read, data, size);
  };
}

I2cDevice::I2cDevice(I2cTransfer transfer) : transfer_(std::move(transfer)) {}

I2cDevice::~I2cDevice() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void I2cDevice::begin_write(const char* data, std::size_t size) {
  error_ = transfer_(false, const_cast<char*>(data), size);  // the kernel's structure has one pointer for both ways
}

void I2cDevice::begin_read(char* data, std::size_t size) {
  error_ = transfer_(true, data, size);
}

bridge::I2cStatus I2cDevice::status() const {
  return error_ == 0 ? bridge::I2cStatus::done : bridge::I2cStatus::failed;
}

}  // namespace tautline::linux_bridge
