#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

// Macros of the cores that names of a library may run into.
#define HIGH 0x1
#define LOW 0x0
#define INPUT 0x0
#define OUTPUT 0x1
#define INPUT_PULLUP 0x2
#define CHANGE 0x03
#define RISING 0x01
#define FALLING 0x02
#define DEFAULT 1
#define EXTERNAL 0
#define PI 3.1415926535897932384626433832795
#define TWO_PI 6.283185307179586476925286766559
#define EULER 2.718281828459045235360287471352
#define SERIAL 0x0
#define DISPLAY 0x1
#define LSBFIRST 0
#define MSBFIRST 1
#define DEC 10
#define HEX 16
#define OCT 8
#define BIN 2
#define bit(b) (1UL << (b))
#define bitRead(value, bit) (((value) >> (bit)) & 0x01)
#define bitSet(value, bit) ((value) |= (1UL << (bit)))
#define bitClear(value, bit) ((value) &= ~(1UL << (bit)))
#define lowByte(w) ((std::uint8_t)((w)&0xff))
#define highByte(w) ((std::uint8_t)((w) >> 8))
#define constrain(amt, low, high) ((amt) < (low) ? (low) : ((amt) > (high) ? (high) : (amt)))
#define radians(deg) ((deg)*DEG_TO_RAD)
#define degrees(rad) ((rad)*RAD_TO_DEG)
#define sq(x) ((x) * (x))
#define interrupts() xt_rsil(0)
#define noInterrupts() xt_rsil(15)
#define _BV(b) (1UL << (b))
#define F(text) (text)
#define word(...) makeWord(__VA_ARGS__)
#define round(x) ((x) >= 0 ? (long)((x) + 0.5) : (long)((x)-0.5))
#define abs(x) ((x) > 0 ? (x) : -(x))
#define ENABLED 0x01
#define DISABLED 0x00
#define B1 1
#define B0 0

#define LED_BUILTIN 2
#define A0 17

using byte = std::uint8_t;
using std::size_t;

unsigned long millis();
unsigned long micros();
void delay(unsigned long ms);
void yield();
void pinMode(std::uint8_t pin, std::uint8_t mode);
void digitalWrite(std::uint8_t pin, std::uint8_t value);
int digitalRead(std::uint8_t pin);
int analogRead(std::uint8_t pin);
long random(long limit);

class String {
 public:
  explicit String(const char* text = "") : size_(static_cast<unsigned>(std::strlen(text))) {}
  unsigned length() const { return size_; }

 private:
  unsigned size_;
};

class Print {
 public:
  virtual ~Print() = default;
  virtual size_t write(std::uint8_t byte) = 0;
  virtual size_t write(const std::uint8_t* data, size_t size) = 0;
  virtual int availableForWrite() { return 0; }
  size_t print(const char* text);
  size_t println(const char* text = "");
};

class Stream : public Print {
 public:
  virtual int available() = 0;
  virtual int read() = 0;
  virtual int peek() = 0;
  void setTimeout(unsigned long ms);
};

class HardwareSerial : public Stream {
 public:
  void begin(unsigned long baud);
  int available() override;
  int read() override;
  int peek() override;
  size_t write(std::uint8_t byte) override;
  size_t write(const std::uint8_t* data, size_t size) override;
};

extern HardwareSerial Serial;

#if defined(ARDUINO_ARCH_ESP8266)
class EspClass {
 public:
  std::uint32_t random() const;
  void restart();
};

extern EspClass ESP;
#endif

void setup();
void loop();
