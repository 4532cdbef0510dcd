#pragma once

#include <span>

#include "tautline/store/detail/database.hpp"

/// The tables of a store's file and their versions. docs/store.md, "Schema".
namespace tautline::detail {

/// PRAGMA application_id of a store's file: "TAut".
constexpr std::int64_t application_id = 0x54417574;

/// Step i is SQL that makes version i + 1 of the schema out of version i; version 0 is an empty file.
using SchemaSteps = std::span<const char* const>;

/// The steps that this program knows; their number is its version.
SchemaSteps schema_steps();

/// The version of the file, 0 if it is empty. StoreError if it is another program's.
std::int64_t schema_version(Database& database);

/// StoreError if the file is of a newer version or of another program.
void check_version(Database& database, SchemaSteps steps);

/// Brings the file to the version of the last step, in one transaction. StoreError as check_version().
void migrate(Database& database, SchemaSteps steps);

/// StoreError unless the file has exactly the version of this program.
void require_version(Database& database, SchemaSteps steps);

}  // namespace tautline::detail
