// The client of device.cpp in an object of its own, so that script/size can tell it from the application.

#include "device.hpp"

template class tautline::BasicClient<size_test::Port>;
