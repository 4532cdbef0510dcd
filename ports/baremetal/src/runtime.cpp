// What the compiler expects of a C++ runtime, for a program that never ends: destructors of static objects are not run.

extern "C" {

void* __dso_handle = nullptr;

int __cxa_atexit(void (*)(void*), void*, void*);
int __cxa_atexit(void (*)(void*), void*, void*) {
  return 0;
}

#ifdef __arm__
int __aeabi_atexit(void*, void (*)(void*), void*);
int __aeabi_atexit(void*, void (*)(void*), void*) {
  return 0;
}
#endif

}  // extern "C"
