#pragma once

// The public header of the Arduino library. On ESP8266 and ESP32 a sketch has
//
//     tautline::ArduinoClient<> client(LED_BUILTIN);
//
// On other boards it names its network library's client class:
//
//     tautline::ArduinoNetworkClient<EthernetClient> client;
//
// A board without a network, connected to a bridge by a serial port, and the bridge, an ESP8266 or ESP32:
//
//     tautline::ArduinoHostedClient<> client(Serial1, reset_pin);
//     tautline::ArduinoBridge<> bridge(Serial);

#if !defined(__cplusplus) || __cplusplus < 201703L
#error "Tautline needs C++17: core 3.0 or newer of ESP8266 or ESP32"
#endif

#include "tautline/arduino/client_transport.hpp"
#include "tautline/arduino/late_client.hpp"
#include "tautline/arduino/late_hosted_client.hpp"
#include "tautline/arduino/port.hpp"
#include "tautline/arduino/serial_bridge.hpp"

#if defined(ARDUINO_ARCH_ESP8266)
#include "tautline/arduino/esp8266.hpp"
#elif defined(ARDUINO_ARCH_ESP32)
#include "tautline/arduino/esp32.hpp"
#endif

namespace tautline {

#if defined(ARDUINO_ARCH_ESP8266) || defined(ARDUINO_ARCH_ESP32)
/// A client on ESP8266 or ESP32: joins WiFi itself, and nothing in it waits. `BufferSizes`: Sizes<longest line, lines
/// on their way from the server, lines kept until acknowledged>.
template <class BufferSizes = Sizes<>, class First = KeepTrying>
using ArduinoClient = arduino::LateClient<arduino::Port, BufferSizes, First>;

/// A bridge for a board without a network, on ESP8266 or ESP32, at a serial port.
template <class SerialPort = HardwareSerial>
using ArduinoBridge = arduino::SerialBridge<arduino::Port, SerialPort>;
#endif

/// A client over any class like Arduino's Client. The sketch brings the network up; connecting blocks, see
/// arduino::ClientTransport.
template <class NetworkClient, class BufferSizes = Sizes<>, class First = KeepTrying>
using ArduinoNetworkClient =
    arduino::LateClient<arduino::BasicPort<arduino::AlwaysUp, arduino::ClientTransport<NetworkClient>>, BufferSizes,
                        First>;

/// A client on a board without a network, through a bridge at a serial port.
template <class SerialPort = HardwareSerial, class Events = bridge::HostedEvents, class BufferSizes = Sizes<>>
using ArduinoHostedClient = arduino::LateHostedClient<SerialPort, Events, BufferSizes>;

}  // namespace tautline
