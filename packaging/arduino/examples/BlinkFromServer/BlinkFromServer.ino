// The server switches the LED: a line "on" or "off" from it does what it says.
//
// On the server:  tautline serve --port 8123 --expect lamp
// and then type:  lamp<TAB>on

#include <Tautline.h>

const char* const wifi_name = "my WiFi";  // used if the board remembers none, or one that does not work
const char* const wifi_password = "its password";
const char* const server = "192.168.1.10";

tautline::ArduinoClient<> client;

void setup() {
  Serial.begin(115200);
  pinMode(LED_BUILTIN, OUTPUT);

  tautline::ClientConfig config;
  config.my_id = "lamp";
  config.server = server;
  config.port = 8123;
  config.ssid = wifi_name;
  config.pw = wifi_password;
  config.verbose = true;  // tells on Serial what the link does
  client.begin(config);
}

void loop() {
  client.poll(millis());

  std::string_view line;
  while (client.readline(line)) {
    if (line == "on") digitalWrite(LED_BUILTIN, HIGH);  // many boards have it the other way round
    if (line == "off") digitalWrite(LED_BUILTIN, LOW);
    client.write(line);  // tells the server that it is done
  }
  delay(1);
}
