// Lines both ways: what is typed in the serial monitor goes to the server, what comes from it is printed.
//
// On the server:  tautline serve --port 8123 --expect desk
// and then type:  desk<TAB>hello

#include <Tautline.h>

const char* const wifi_name = "my WiFi";  // used if the board remembers none, or one that does not work
const char* const wifi_password = "its password";
const char* const server = "192.168.1.10";

tautline::ArduinoClient<> client(LED_BUILTIN);

char typed[100];
size_t typed_size = 0;

// Called whenever the link comes up or goes down, with the reason.
void link_changed(void*, bool up, tautline::Reason reason) {
  Serial.print(up ? "link up" : "link down: ");
  Serial.println(up ? "" : tautline::to_string(reason));
}

// True when a whole line stands in `typed`.
bool read_serial() {
  while (Serial.available() > 0) {
    const char c = (char)Serial.read();
    if (c == '\n') return true;
    if (c != '\r' && typed_size < sizeof typed) typed[typed_size++] = c;
  }
  return false;
}

void setup() {
  Serial.begin(115200);

  tautline::ClientConfig config;
  config.my_id = "desk";
  config.server = server;
  config.port = 8123;
  config.ssid = wifi_name;
  config.pw = wifi_password;
  config.conn_cb = link_changed;
  config.led = true;  // toggles the LED on each sign of life of the server
  client.begin(config);
}

void loop() {
  client.poll(millis());

  std::string_view line;
  while (client.readline(line)) {
    Serial.print("server: ");
    Serial.write((const uint8_t*)line.data(), line.size());
    Serial.println();
  }

  if (read_serial()) {
    if (client.write(std::string_view(typed, typed_size)).status != tautline::WriteStatus::ok) {
      Serial.println("not sent: too many lines wait");
    }
    typed_size = 0;
  }
  delay(1);
}
