#pragma once

#include "bus/part.hpp"
#include "tautline/bridge/i2c_bridge_channel.hpp"
#include "tautline/bridge/i2c_exchange.hpp"
#include "tautline/bridge/seams.hpp"

namespace tautline::sim {

/// What a slave does that is addressed while it has no exchange.
enum class Unarmed : std::uint8_t {
  refuses,      ///< no acknowledgement
  holds_clock,  ///< until it is armed
};

struct I2cSettings {
  std::uint32_t clock_hz = 400'000;
  Unarmed unarmed = Unarmed::refuses;
  Nanoseconds handler_ns = 0;  ///< the slave holds the clock so long at each byte, for its interrupt handler
  bool prefetches = false;     ///< the slave's hardware asks for one byte more than the master reads
};

struct I2cFaults {
  std::uint32_t refuse_address_ppm = 0;  ///< per transfer: no acknowledgement
  std::uint32_t refuse_byte_ppm = 0;     ///< per byte that the master writes: none, and the slave has not got it
  std::uint32_t flip_ppm = 0;            ///< per byte either way: one bit is changed
  std::uint32_t short_stretch_ppm = 0;   ///< per byte: the slave holds the clock ...
  Span short_stretch_ns = {ns_per_us, ns_per_ms};
  std::uint32_t long_stretch_ppm = 0;  ///< ... or beyond what the master waits
  Span long_stretch_ns = {(bridge::i2c_transfer_limit_ms + 1) * ns_per_ms, 4 * ns_per_s};
  std::uint32_t stuck_ppm = 0;  ///< per byte: SDA or SCL is stuck low; the transfer stands still, then has failed
  Span stuck_ns = {ns_per_ms, 10 * ns_per_s};
  std::uint32_t abort_in_vain_ppm = 0;     ///< per abort() of a stuck bus: it is still stuck
  std::uint32_t reset_leaves_low_ppm = 0;  ///< per reset of the master in a transfer: the slave holds SDA low, stuck_ns
};

/// An I2C bus with the bridge as its master and the hosted board as its slave. A byte takes nine bits, START and STOP
/// one each. Bytes move at their times through the slave's I2cExchange, as its interrupt handler would call it.
///
/// Wakes: the bridge at the end of each transfer, the board when its exchange is complete.
class I2cBus {
 public:
  /// The seam I2cMaster.
  class Master {
   public:
    void begin_write(const char* data, std::size_t size) { bus_.begin(data, nullptr, size); }
    void begin_read(char* data, std::size_t size) { bus_.begin(nullptr, data, size); }
    bridge::I2cStatus status() const { return bus_.status_; }
    void abort() { bus_.abort(); }

   private:
    friend class I2cBus;
    explicit Master(I2cBus& bus) : bus_(bus) {}
    I2cBus& bus_;
  };

  /// The seam I2cSlave.
  class Slave {
   public:
    void arm(bridge::I2cExchange& exchange) { bus_.arm(exchange); }
    void disarm() { bus_.disarm(); }

   private:
    friend class I2cBus;
    explicit Slave(I2cBus& bus) : bus_(bus) {}
    I2cBus& bus_;
  };

  struct Counters {
    std::uint64_t transfers = 0;  ///< begun
    std::uint64_t bytes = 0;      ///< that went over, without addresses
    std::uint64_t failed = 0;
    std::uint64_t aborted = 0;
    std::uint64_t faults = 0;  ///< drawn
  };

  explicit I2cBus(const I2cSettings& settings = {}, Random* random = nullptr, const I2cFaults& faults = {})
      : settings_(settings), bit_ns_(ns_per_s / settings.clock_hz), chance_(random), faults_(faults) {}
  I2cBus(const I2cBus&) = delete;
  I2cBus& operator=(const I2cBus&) = delete;

  Master& master() { return master_; }
  Slave& slave() { return slave_; }

  /// When something happens next by itself.
  Nanoseconds next_ns() const { return next_ns_; }
  /// Does what is due until then.
  Wakes advance(Nanoseconds now_ns);

  /// The bridge has crashed or is in reset: a transfer ends where it is, without STOP; its memory is touched no more.
  void reset_master();
  /// The hosted board has; its exchange is touched no more.
  void reset_slave();
  /// SDA or SCL is held low from now on. abort_in_vain_ppm says what abort() does about it.
  void stick(Nanoseconds until_ns);
  bool stuck() const { return stuck_until_ns_ > now_ns_; }

  void set_faults(const I2cFaults& faults) { faults_ = faults; }
  const Counters& counters() const { return counters_; }

 private:
  enum class Phase : std::uint8_t {
    free,
    blocked,  ///< a transfer was asked for while the bus is stuck, or abort() is not over
    address,
    held,  ///< the slave holds the clock until it is armed
    bytes,
    stuck,    ///< in the middle
    success,  ///< STOP at the end
    failure,  ///< STOP after an error
  };

  void begin(const char* out, char* in, std::size_t size);
  void abort();
  void arm(bridge::I2cExchange& exchange);
  void disarm();

  void step(Wakes& wakes);
  void send_address();
  void on_address();
  void on_addressed();
  void on_byte();
  void take_byte();
  void give_byte();
  void fetch();
  void next_byte();
  void stop(Phase phase);
  void end(bridge::I2cStatus status, Wakes& wakes);
  bool fault(std::uint32_t ppm);

  const I2cSettings settings_;
  const Nanoseconds bit_ns_;
  Chance chance_;
  I2cFaults faults_;
  Counters counters_;
  Master master_{*this};
  Slave slave_{*this};

  Nanoseconds now_ns_ = 0;
  Nanoseconds next_ns_ = never_ns;
  Nanoseconds stuck_until_ns_ = 0;
  Phase phase_ = Phase::free;
  bridge::I2cStatus status_ = bridge::I2cStatus::done;
  const char* out_ = nullptr;  ///< of the master
  char* in_ = nullptr;
  std::size_t size_ = 0;
  std::size_t at_ = 0;
  char shifting_ = '\xFF';  ///< the byte that the slave is sending

  bridge::I2cExchange* exchange_ = nullptr;
  bool addressed_ = false;  ///< the slave takes part in the present transfer
};

}  // namespace tautline::sim
