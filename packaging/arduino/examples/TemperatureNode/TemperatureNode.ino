// Sends a temperature every ten seconds. Those of an outage are kept, as many as there is room for, and sent after it.
//
// On the server:  tautline serve --port 8123 --expect kitchen

#include <Tautline.h>
#include <stdio.h>

const char* const wifi_name = "my WiFi";  // used if the board remembers none, or one that does not work
const char* const wifi_password = "its password";
const char* const server = "192.168.1.10";
const unsigned long period_ms = 10000;

// Lines of up to 64 bytes; 4 may be on their way from the server; 60 of ours, ten minutes of them, are kept.
tautline::ArduinoClient<tautline::Sizes<64, 4, 60>> client(LED_BUILTIN);

unsigned long last_ms = 0;

// In tenths of a degree. Put your sensor here; this is an LM35 at 3.3 V and 10 bits.
int read_temperature() {
  return analogRead(A0) * 3300L / 1023;
}

void send_temperature() {
  const int tenths = read_temperature();
  char line[32];
  snprintf(line, sizeof line, "temperature %d.%d", tenths / 10, tenths % 10);
  if (client.write(line).status != tautline::WriteStatus::ok) Serial.println("no room: the outage lasts too long");
}

void setup() {
  Serial.begin(115200);

  tautline::ClientConfig config;
  config.my_id = "kitchen";
  config.server = server;
  config.port = 8123;
  config.ssid = wifi_name;
  config.pw = wifi_password;
  config.led = true;   // toggles the LED on each sign of life of the server
  config.wdog = true;  // resets the board if loop() hangs; starts when the link is up for the first time
  client.begin(config);
}

void loop() {
  client.poll(millis());

  if (millis() - last_ms >= period_ms) {
    last_ms = millis();
    send_temperature();
  }
  delay(1);
}
