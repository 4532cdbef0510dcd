#pragma once

extern "C" void esp_log_write_line(const char* tag, const char* format, ...) __attribute__((format(printf, 2, 3)));

#define ESP_LOGI(tag, format, ...) esp_log_write_line(tag, format, ##__VA_ARGS__)
