// For boards with an Ethernet shield, and as an example for any network library that has a class like Arduino's Client.
// The board needs a core that compiles C++17. Connecting blocks loop(), here for at most two seconds.
//
// On the server:  tautline serve --port 8123 --expect barn

#include <Ethernet.h>
#include <SPI.h>
#include <Tautline.h>

byte mac[] = {0x02, 0x00, 0x00, 0x00, 0x00, 0x01};  // every board needs its own
const char* const server = "192.168.1.10";

tautline::ArduinoNetworkClient<EthernetClient> client;

unsigned long last_ms = 0;

void setup() {
  Serial.begin(115200);
  Ethernet.begin(mac);  // address by DHCP

  tautline::ClientConfig config;
  config.my_id = "barn";
  config.server = server;
  config.port = 8123;
  config.verbose = true;  // tells on Serial what the link does
  client.port().transport.network_client().setConnectionTimeout(2000);
  client.begin(config);
}

void loop() {
  Ethernet.maintain();
  client.poll(millis());

  std::string_view line;
  while (client.readline(line)) {
    Serial.print("server: ");
    Serial.write((const uint8_t*)line.data(), line.size());
    Serial.println();
  }

  if (millis() - last_ms >= 10000 && client.write("still here").status == tautline::WriteStatus::ok) last_ms = millis();
  delay(1);
}
