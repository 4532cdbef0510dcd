#include "report.hpp"

#include <stdexcept>

namespace bench {

Report::Report(const std::string& path) {
  if (path.empty()) return;
  file_ = std::fopen(path.c_str(), "a");
  if (file_ == nullptr) throw std::runtime_error("cannot write " + path);
}

Report::~Report() {
  if (file_ != nullptr) std::fclose(file_);
}

void Report::describe(const Contender& contender) {
  write({{"section", "contender"},
         {"contender", contender.name},
         {"hops", contender.hops},
         {"durability", contender.durability},
         {"description", contender.description}});
}

void Report::add(const Figure& figure) {
  nlohmann::ordered_json object = {{"section", figure.section},     {"name", figure.name},
                                   {"unit", figure.unit},           {"parameters", figure.parameters},
                                   {"contender", figure.contender}, {"values", figure.values.values}};
  if (figure.parameters.is_null()) object["parameters"] = nlohmann::ordered_json::object();
  if (!figure.ratio_to.empty()) {
    object["ratio_to"] = figure.ratio_to;
    object["ratios"] = figure.ratios.values;
  }
  if (figure.target) {
    nlohmann::ordered_json target = {{"what", figure.target->what}};
    if (figure.target->at_most) target["at_most"] = *figure.target->at_most;
    if (figure.target->at_least) target["at_least"] = *figure.target->at_least;
    object["target"] = target;
  }
  if (!figure.server_cpu.empty()) object["server_cpu"] = figure.server_cpu.values;
  if (!figure.load_cpu.empty()) object["load_cpu"] = figure.load_cpu.values;
  if (!figure.note.empty()) object["note"] = figure.note;
  write(object);
}

void Report::failed(const std::string& section, const std::string& name, const std::string& why) {
  write({{"section", section}, {"name", name}, {"failed", why}});
}

void Report::write(const nlohmann::ordered_json& object) {
  if (file_ == nullptr) return;
  std::fprintf(file_, "%s\n", object.dump().c_str());
  std::fflush(file_);
}

}  // namespace bench
