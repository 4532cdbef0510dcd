// A board without a network: sends a number every five seconds, and prints what the server says. A second board at its
// serial port, which runs the example SerialBridge, has the network.
//
//   this board            the bridge (ESP8266)
//   TX of Serial  ------  RX
//   RX of Serial  ------  TX
//   reset_pin     ------  RST, 10 kOhm to 3.3 V
//   GND           ------  GND
//
// Both boards must be of 3.3 V. Most boards have a second serial port, Serial1: then name that, and Serial is free for
// messages.
//
// On the server:  tautline serve --port 8123 --expect pump

#include <stdio.h>

#include <Tautline.h>

const int reset_pin = 4;
tautline::ArduinoHostedClient<> client(Serial, reset_pin);

const unsigned long period_ms = 5000;
unsigned long last_ms = 0;
int count = 0;

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);

  tautline::ClientConfig config;
  config.my_id = "pump";
  config.server = "192.168.1.10";
  config.port = 8123;
  client.begin(config, {"my WiFi", "its password"});
}

void loop() {
  client.poll(millis());

  std::string_view line;
  while (client.readline(line)) digitalWrite(LED_BUILTIN, line == "on" ? HIGH : LOW);

  if (millis() - last_ms >= period_ms) {
    last_ms = millis();
    char text[16];
    snprintf(text, sizeof text, "count %d", count);
    // Not taken: the queue is full. The bridge or the server has been away for long.
    if (client.write(text).status == tautline::WriteStatus::ok) ++count;
  }
  delay(1);
}
