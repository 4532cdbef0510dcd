#pragma once

#include "report.hpp"

/// Part 4 of the benchmarks: what links cost that say nothing but that they are there. Each function prints its tables
/// and reports its figures; `quick` is the short form. They throw std::runtime_error if something could not be
/// measured.
namespace bench {

constexpr const char* tautline_server = "Tautline server";
constexpr const char* memory_title = "Memory per idle link";

/// Memory and CPU of 1,000, 10,000 and 18,000 links in one server process, and how both grow.
void run_idle(Report& report, bool quick);

/// Memory of idle clients of the peer Mosquitto, in the same table.
void run_mosquitto(Report& report, bool quick);

/// 250,000 links on the machine, over several server processes.
void run_machine(Report& report, bool quick);

}  // namespace bench
