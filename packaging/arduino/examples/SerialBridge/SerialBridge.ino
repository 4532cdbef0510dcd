// The bridge for a board without a network: an ESP8266 or ESP32 that needs no settings, because all of them come from
// that board. Its serial port is the channel, so nothing is printed; the LED is on while the server is connected.
//
// The other end is the example HostedNode, which shows the wiring.

#include <Tautline.h>

tautline::ArduinoBridge<> bridge(Serial);

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
  bridge.begin();
}

void loop() {
  bridge.poll(millis());
  digitalWrite(LED_BUILTIN, bridge.is_connected() ? LOW : HIGH);  // low is on
  delay(1);
}
