#pragma once

#include <cstddef>
#include <cstdint>

struct pbuf {
  pbuf* next;
  void* payload;
  std::uint16_t tot_len;
  std::uint16_t len;
};

extern "C" {
void pbuf_cat(pbuf* head, pbuf* tail);
std::uint16_t pbuf_copy_partial(const pbuf* from, void* to, std::uint16_t size, std::uint16_t offset);
pbuf* pbuf_free_header(pbuf* head, std::uint16_t size);
std::uint8_t pbuf_free(pbuf* head);
}
