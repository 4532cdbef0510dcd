// A source of its own, so that a device that speaks protocol 2 only links none of this.
#include "link_client_impl.hpp"

namespace tautline {

template class BasicLinkClient<true>;

}  // namespace tautline
