#pragma once

class Ticker {
 public:
  template <class Argument>
  void attach(float seconds, void (*callback)(Argument), Argument argument) {
    static_assert(sizeof(Argument) <= sizeof(void*), "an argument is passed as a pointer");
    attach_pointer(seconds, reinterpret_cast<void (*)(void*)>(callback), reinterpret_cast<void*>(argument));
  }
  void detach();

 private:
  void attach_pointer(float seconds, void (*callback)(void*), void* argument);
};
