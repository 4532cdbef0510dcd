// Objects as large as the types of the device client, for script/size, which reads their sizes. Not linked.

#include "device.hpp"

char size_of_LinkNumbers[sizeof(tautline::LinkNumbers)];
char size_of_Protocol2[sizeof(tautline::Protocol2)];
char size_of_LineQueue[sizeof(tautline::LineQueue)];
char size_of_LineBuffer[sizeof(tautline::LineBuffer)];
char size_of_LinkClient[sizeof(tautline::LinkClient)];
char size_of_BasicClient[sizeof(tautline::BasicClient<size_test::Port>)];
char size_of_Client[sizeof(size_test::Client)];
