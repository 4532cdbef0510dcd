#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "tautline/store/session_store.hpp"

namespace tautline {

/// Records in memory, which live as long as the object and those that share them: for servers without a file, and for
/// tests. Objects that share records may be used by different threads.
class RamStore : public SessionStore {
 public:
  RamStore();
  /// A handle of its own on the same records, as another server's: each fences the other.
  std::shared_ptr<RamStore> share() const;

  std::vector<StoredLink> take_over() override;
  std::vector<UpdateResult> commit(const std::vector<LinkUpdate>& updates) override;
  std::string name() const override;

  /// Removes a record; false: there is none.
  bool drop(const std::string& id);

 private:
  struct Records;
  explicit RamStore(std::shared_ptr<Records> records);
  void apply(const LinkUpdate& update, UpdateResult& result);

  std::shared_ptr<Records> records_;
  std::unordered_map<std::string, std::uint64_t> seen_;  ///< each record's revision when this handle last had it
};

}  // namespace tautline
