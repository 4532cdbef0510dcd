#include "link_client_impl.hpp"

namespace tautline {

template class BasicLinkClient<false>;

}  // namespace tautline
